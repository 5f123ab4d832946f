"""A module made of a header of Windows', used: what bindgen reads there is MinGW's."""
from __future__ import annotations

import importlib
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
