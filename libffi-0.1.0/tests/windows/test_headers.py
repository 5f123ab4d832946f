"""A module made of a header of Windows', used: what bindgen reads there is MinGW's."""
from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from libffi import bindgen

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine: python tools/windows.py", allow_module_level=True)


def test_a_header(tmp_path, monkeypatch):
    module = bindgen.generate(["windows.h", "shlwapi.h"], libraries=["shlwapi"], files=["shlwapi.h", "minwindef.h"],
                              match="StrToIntW|PathFindExtensionW|PathIsRelativeW|MAX_PATH|FILETIME")
    module.write(tmp_path / "shlwapi_17.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    shlwapi = importlib.import_module("shlwapi_17")
    assert shlwapi.StrToIntW("-42 and more") == -42
    assert shlwapi.PathIsRelativeW("a.txt") and not shlwapi.PathIsRelativeW(r"C:\a.txt")
    assert shlwapi.MAX_PATH == 260 and shlwapi.FILETIME.size == 8


def test_from_the_command_line(tmp_path):
    """As a user has it: the header of a program's clock, in a process of its own."""
    module = tmp_path / "clock_17.py"
    subprocess.run([sys.executable, "-m", "libffi", "bindgen", "windows.h", "profileapi.h", "--library", "kernel32",
                    "--from", "profileapi.h", "--from", "winnt.h", "--match", "QueryPerformance.*|LARGE_INTEGER",
                    "--quiet", "--output", module], check=True, timeout=300)
    shown = subprocess.run([sys.executable, "-c", f"""if True:
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import clock_17 as clock
        first, second = clock.LARGE_INTEGER.new(), clock.LARGE_INTEGER.new()
        assert clock.QueryPerformanceCounter(first) and clock.QueryPerformanceCounter(second)
        print(second.QuadPart >= first.QuadPart > 0)
    """], capture_output=True, text=True, check=True, timeout=120)
    assert shown.stdout == "True\n"
