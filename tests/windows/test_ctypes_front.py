"""What ctypes has on Windows only, over libffi.compat.ctypes."""
from __future__ import annotations

import os
import sys
from uuid import UUID

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


@pytest.mark.parametrize("ctypes", [theirs, ctypes], ids=["ctypes", "ours"])
def test_text_of_coms(ctypes):
    class BSTR(ctypes._SimpleCData):
        _type_ = "X"

    text = BSTR("with a \0 inside")
    assert text.value == "with a \0 inside" and ctypes.sizeof(text) == ctypes.sizeof(ctypes.c_void_p)
    length = ctypes.WinDLL("oleaut32").SysStringLen
    length.argtypes = [BSTR]
    assert length(text) == 15
    text.value = "\U0001F600"
    assert text.value == "\U0001F600" and length(text) == 2
    text.value = None
    assert text.value is None and BSTR().value is None and length(text) == 0
    with pytest.raises(TypeError, match="unicode string expected instead of bytes instance"):
        text.value = b"bytes"


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


def interface(module, *methods):
    """Return an object of COM's kind, whose methods are in a table, and a pointer to it."""
    table = (module.c_void_p * len(methods))(*(module.cast(method, module.c_void_p) for method in methods))
    made = module.c_void_p(module.addressof(table))
    made.kept = table, methods
    return made, module.c_void_p(module.addressof(made))


E_FAIL, E_NOINTERFACE = -2147467259, -2147467262
BOTH = pytest.mark.parametrize("module", [ctypes, theirs], ids=["ours", "theirs"])


@BOTH
def test_methods_by_number(module):
    long, pointer = module.c_long, module.POINTER(module.c_long)
    seen = []

    @module.WINFUNCTYPE(long, module.c_void_p, long, pointer)
    def add(this, number, result):
        seen.append(this)
        result[0] = number + 1
        return 7 if number > 0 else E_FAIL

    thing, this = interface(module, add, add)
    result = long()
    method = module.WINFUNCTYPE(long, long, pointer)(1, "Add")
    assert method and method(this, 41, module.byref(result)) == 7
    assert result.value == 42 and seen == [module.addressof(thing)]
    named = module.WINFUNCTYPE(module.HRESULT, long, pointer)(1, "Add", ((1, "number"), (2, "result")))
    assert named(this, 5) == named(this, number=5) == 6
    with pytest.raises(OSError) as caught:
        named(this, -1)
    assert caught.value.winerror == E_FAIL
    checked = []
    named.errcheck = lambda result, function, arguments: checked.append((result, len(arguments))) or arguments
    assert named(this, 5) == 6 and checked == [(7, 2)]
    plain = module.WINFUNCTYPE(long)(1, "Add")
    plain.argtypes = [long, pointer]
    assert plain(this, 1, module.byref(result)) == 7 and result.value == 2


@BOTH
def test_what_is_no_method(module):
    method = module.WINFUNCTYPE(module.c_long, module.c_long)(3, "Method")
    thing, this = interface(module)
    thing.value = None
    for arguments, error in [((), ValueError), ((1,), TypeError), ((module.c_void_p(), 1), ValueError),
                             ((this, 1), ValueError)]:
        with pytest.raises(error):
            method(*arguments)
    with pytest.raises(TypeError, match="this function takes 1 argument|takes exactly"):
        interface_of_one = interface(module, *[module.WINFUNCTYPE(module.c_long, module.c_void_p)(lambda _: 0)] * 4)
        method(interface_of_one[1], 1, 2)
    with pytest.raises(TypeError):
        module.WINFUNCTYPE(module.c_long)(3, 4)
    with pytest.raises((TypeError, ValueError)):
        module.WINFUNCTYPE(module.c_long, module.c_long)(3, "Method", ())


@BOTH
def test_errors_of_interfaces(module):
    """A method says what was wrong by COM's error object, which is made and called by number, too."""
    oleaut32 = module.OleDLL("oleaut32")
    pointer = module.POINTER(module.c_void_p)
    guid = UUID("DF0B3D60-548F-101B-8E65-08002B2BD119").bytes_le            # ISupportErrorInfo
    error_info = UUID("1CF2B120-547D-101B-8E65-08002B2BD119").bytes_le
    query = module.WINFUNCTYPE(module.HRESULT, module.c_char_p, pointer)(0, "QueryInterface")
    release = module.WINFUNCTYPE(module.c_ulong)(2, "Release")
    set_description = module.WINFUNCTYPE(module.HRESULT, module.c_wchar_p)(5, "SetDescription")
    known = [guid]

    @module.WINFUNCTYPE(module.c_long, module.c_void_p, module.c_void_p, pointer)
    def query_interface(this, asked, result):
        if module.string_at(asked, 16) not in known:
            result[0] = None
            return E_NOINTERFACE
        result[0] = this
        return 0

    @module.WINFUNCTYPE(module.c_ulong, module.c_void_p)
    def count(this):
        return 1

    @module.WINFUNCTYPE(module.c_long, module.c_void_p, module.c_void_p)
    def supports(this, asked):
        return 0

    @module.WINFUNCTYPE(module.c_long, module.c_void_p)
    def fail(this):
        made, info = module.c_void_p(), module.c_void_p()
        oleaut32.CreateErrorInfo(module.byref(made))
        set_description(made, "the reason")
        query(made, error_info, module.byref(info))
        oleaut32.SetErrorInfo(0, info)
        release(info)
        release(made)
        return E_FAIL

    thing, this = interface(module, query_interface, count, count, supports, fail)
    method = module.WINFUNCTYPE(module.c_long)(4, "Fail", None, guid)
    system = sys.modules["_ctypes" if module is theirs else "libffi.compat._ctypes"]
    with pytest.raises(system.COMError) as caught:
        method(this)
    assert caught.value.hresult == E_FAIL and caught.value.details == ("the reason", None, None, 0, None)
    assert caught.value.args == (E_FAIL, caught.value.text, caught.value.details)
    known.clear()
    with pytest.raises(system.COMError) as caught:
        method(this)
    assert caught.value.details == (None, None, None, 0, None)
    copied = module.c_void_p()
    assert system.CopyComPointer(this, module.byref(copied)) == 0 and copied.value == this.value
    assert system.CopyComPointer(this, None) == -2147467261
    assert system.CopyComPointer(None, module.byref(copied)) == 0 and copied.value is None
