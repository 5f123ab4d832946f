"""What ctypes has on Windows only, over libffi.compat.ctypes."""
from __future__ import annotations

import os
import sys

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine: python tools/windows.py", allow_module_level=True)

import ctypes as theirs

import libffi.compat.ctypes as ctypes
from libffi.compat.ctypes import wintypes

MISSING = r"C:\no\such\file"


def test_all_of_it_is_there():
    assert set(dir(theirs)) - set(dir(ctypes)) == set()


def test_libraries():
    kernel32 = ctypes.windll.kernel32
    assert kernel32.lstrlenW("four") == 4
    assert ctypes.WinDLL("kernel32.dll").GetCurrentProcessId() == os.getpid()
    assert ctypes.cdll.ucrtbase.abs(-5) == 5
    with pytest.raises(AttributeError, match="function 'no_such_function' not found"):
        kernel32.no_such_function  # noqa: B018
    with pytest.raises(ValueError, match="symbol 'no_such_variable' not found"):
        ctypes.c_int.in_dll(kernel32, "no_such_variable")
    with pytest.raises(FileNotFoundError, match=r"Could not find module 'nowhere_17' \(or one of its dependencies\)"):
        ctypes.CDLL("nowhere_17")
    with pytest.raises(TypeError):
        ctypes.CDLL(None)


def test_functions_by_number():
    shlwapi = ctypes.WinDLL("shlwapi")
    assert shlwapi[12]
    with pytest.raises(AttributeError, match="function ordinal 65000 not found"):
        shlwapi[65000]


def test_a_library_that_was_freed():
    from libffi.compat._ctypes import FreeLibrary, LoadLibrary
    library = ctypes.WinDLL("version", handle=LoadLibrary("version.dll"))    # which nobody else opens
    function = library.GetFileVersionInfoSizeW
    assert function(MISSING, None) == 0
    FreeLibrary(library._handle)
    with pytest.raises(ValueError, match="closed"):
        function(MISSING, None)


def test_last_error():
    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    ctypes.set_last_error(77)
    assert kernel32.GetFileAttributesW(MISSING) == -1
    code = ctypes.get_last_error()
    assert code in (2, 3)
    assert ctypes.set_last_error(5) == code and ctypes.get_last_error() == 5
    assert str(ctypes.WinError(2)) == str(theirs.WinError(2)) and ctypes.FormatError(5) == theirs.FormatError(5)
    assert isinstance(ctypes.WinError(code), FileNotFoundError)


def test_hresults():
    assert ctypes.HRESULT(-1).value == -1
    returns = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_long)(lambda code: code)
    checked = ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_long)(ctypes.cast(returns, ctypes.c_void_p).value)
    assert checked(0) == 0 and checked(1) == 1
    with pytest.raises(PermissionError) as caught:
        checked(-2147024891)            # E_ACCESSDENIED
    assert caught.value.winerror == -2147024891
    with pytest.raises(OSError, match="."):
        ctypes.oledll.ole32.CLSIDFromString("no class", ctypes.create_string_buffer(16))


def test_callbacks():
    seen = []

    @ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)
    def show(window, parameter):
        seen.append(parameter)
        return True

    ctypes.windll.user32.EnumWindows(show, 42)
    assert set(seen) <= {42}


def test_structures():
    class SYSTEMTIME(ctypes.Structure):
        _fields_ = [(name, wintypes.WORD) for name in "year month weekday day hour minute second milliseconds".split()]

    time, stamp = SYSTEMTIME(), wintypes.FILETIME()
    ctypes.windll.kernel32.GetSystemTime(ctypes.byref(time))
    assert ctypes.windll.kernel32.SystemTimeToFileTime(ctypes.byref(time), ctypes.byref(stamp))
    assert time.year >= 2025 and stamp.dwHighDateTime > 0x01D00000
    text = ctypes.create_unicode_buffer("a\U0001F600")
    assert len(text) == 4 and text.value == "a\U0001F600"


def test_bit_fields_lie_as_microsofts():
    for module in ctypes, theirs:
        class Flags(module.Structure):
            _fields_ = [("a", module.c_byte, 3), ("b", module.c_int, 5), ("c", module.c_short, 9)]
        assert module.sizeof(Flags) == 12 and bytes(Flags(1, 2, 3)) == b"\1\0\0\0\2\0\0\0\3\0\0\0"
