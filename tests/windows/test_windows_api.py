"""Windows as its users know it: windows, resources, timers, wide strings, error codes, interfaces of COM's kind."""
from __future__ import annotations

import decimal
import os
import shutil
import subprocess
import sys
import threading

import pytest

import libffi
from libffi import CIF, Library, c, closure

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine: python tools/windows.py", allow_module_level=True)

kernel32 = Library("kernel32")
FILETIME = c.struct("FILETIME", low=c.uint32, high=c.uint32)
SYSTEM_INFO = c.struct(
    "SYSTEM_INFO", architecture=c.uint16, reserved=c.uint16, page_size=c.uint32, lowest=c.pointer, highest=c.pointer,
    mask=c.uintptr_t, processors=c.uint32, type=c.uint32, granularity=c.uint32, level=c.uint16, revision=c.uint16)


def test_wide_strings_with_surrogate_pairs():
    lstrlen = kernel32.function("lstrlenW", c.int, [c.wstring])
    assert lstrlen("a\U0001F600") == 3
    memory = c.array(c.wchar_t, 8).new("\U0001F600b")
    assert libffi.wstring_at(memory) == "\U0001F600b"
    assert c.wchar_t.size == 2 and c.long.size == 4 and c.longdouble.size == 8


def test_structs():
    time = FILETIME.new()
    kernel32.function("GetSystemTimeAsFileTime", c.void, [c.ptr(FILETIME)])(time)
    assert time.high > 0x01D00000       # after 2014
    info = SYSTEM_INFO.new()
    kernel32.function("GetSystemInfo", c.void, [c.ptr(SYSTEM_INFO)])(info)
    assert info.page_size == 4096 and info.processors >= 1 and SYSTEM_INFO.size == 48


def test_last_error_is_saved_at_once():
    missing = kernel32.function("GetFileAttributesW", c.uint32, [c.wstring], last_error=True)
    assert missing(r"C:\no\such\file") == 0xFFFFFFFF and missing.last_error
    code = libffi.get_last_error()
    assert code in (2, 3)
    os.path.exists("nowhere")           # changes the thread's own
    assert libffi.get_last_error() == code
    error = libffi.WinError()
    assert isinstance(error, FileNotFoundError) and error.winerror == code
    assert libffi.WinError(5).winerror == 5 and isinstance(libffi.WinError(5), PermissionError)


def test_last_error_in_closures_is_c_s():
    seen = []

    @closure(c.int, [c.pointer, c.intptr_t])
    def callback(_window, _):
        seen.append(libffi.set_last_error(1234))
        return 0

    libffi.set_last_error(77)
    enum = Library("user32").function("EnumThreadWindows", c.int, [c.uint32, c.pointer, c.intptr_t], last_error=True)
    enum(kernel32.function("GetCurrentThreadId", c.uint32)(), callback, 0)
    get = kernel32.function("GetLastError", c.uint32, last_error=True)
    libffi.set_last_error(4321)
    assert get() == 4321


def test_enum_windows():
    seen = []

    @closure(c.int, [c.pointer, c.intptr_t])
    def show(window, parameter):
        seen.append((window, parameter))
        return True

    Library("user32").function("EnumWindows", c.int, [c.pointer, c.intptr_t])(show, 42)
    assert all(parameter == 42 for _, parameter in seen)


def test_enum_resource_names():
    seen = []

    @closure(c.int, [c.pointer, c.pointer, c.pointer, c.intptr_t])
    def show(_module, _type, name, _):
        seen.append(int(name))
        return True

    module = kernel32.function("LoadLibraryW", c.pointer, [c.wstring])("user32.dll")
    kernel32.function("EnumResourceNamesW", c.int, [c.pointer, c.pointer, c.pointer, c.intptr_t])(module, 14, show, 0)
    assert seen     # groups of icons


def test_set_timer():
    user32 = Library("user32")
    MSG = c.struct("MSG", window=c.pointer, message=c.uint, w=c.uintptr_t, l=c.intptr_t, time=c.uint32,
                   x=c.int, y=c.int)
    called = []

    @closure(c.void, [c.pointer, c.uint, c.uintptr_t, c.uint32])
    def tick(_window, message, timer, _time):
        called.append((message, timer))

    timer = user32.function("SetTimer", c.uintptr_t, [c.pointer, c.uintptr_t, c.uint, c.pointer])(None, 0, 10, tick)
    message = MSG.new()
    user32.function("GetMessageW", c.int, [c.ptr(MSG), c.pointer, c.uint, c.uint])(message, None, 0, 0)
    user32.function("DispatchMessageW", c.intptr_t, [c.ptr(MSG)])(message)
    user32.function("KillTimer", c.int, [c.pointer, c.uintptr_t])(None, timer)
    assert called == [(0x113, timer)]


def test_an_interface_of_coms_kind():
    """A table of functions behind a pointer: called through it, and made for C to call."""
    self_ = c.pointer
    VTABLE = c.struct("vtable", add=c.func(CIF(c.long, [self_, c.long])), release=c.func(CIF(c.ulong, [self_])))
    OBJECT = c.struct("object", vtable=c.ptr(VTABLE))
    add = closure(c.long, [self_, c.long])(lambda _, n: n + 1)
    release = closure(c.ulong, [self_])(lambda _: 0)
    table = VTABLE.new(add=add, release=release)
    thing = OBJECT.new(vtable=table)
    assert thing.vtable[0].add(thing, 41) == 42 and thing.vtable[0].release(thing) == 0


def test_the_process_and_the_c_library():
    process = Library(None)
    assert process.function("lstrlenA", c.int, [c.string])("four") == 4
    assert process.symbol("qsort") == Library("c").symbol("qsort") == Library("ucrtbase.dll").symbol("qsort")
    with pytest.raises(libffi.SymbolNotFound, match="WinError 127"):
        process.symbol("no_such_function")


def test_symbols_by_ordinal():
    shell = Library("shlwapi")
    assert shell.symbol("#12") > 0
    with pytest.raises(libffi.SymbolNotFound):
        shell.symbol("#65000")


def test_libraries_are_not_searched_in_the_current_folder(tmp_path, monkeypatch, compile_c):
    built = compile_c("__declspec(dllexport) int here(void) { return 7; }", "here")
    shutil.copy(built, tmp_path / "here_17.dll")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(libffi.LibraryNotFound, match="here_17.dll .*WinError 126"):
        Library("here_17")
    with os.add_dll_directory(str(tmp_path)):
        assert Library("here_17").function("here", c.int)() == 7


def test_closures_are_never_writable_and_executable():
    region = c.struct("region", base=c.pointer, allocation=c.pointer, first=c.uint32, partition=c.uint16,
                      size=c.size_t, state=c.uint32, protect=c.uint32, type=c.uint32)
    query = kernel32.function("VirtualQuery", c.size_t, [c.pointer, c.ptr(region), c.size_t])
    closures = [closure(c.int)(lambda: 1) for _ in range(100)]
    found = region.new()
    for made in closures:
        query(made.address, found, region.size)
        assert found.protect == 0x20    # PAGE_EXECUTE_READ


def test_threads_of_the_system():
    seen = []
    entry = closure(c.uint32, [c.pointer])(lambda _: seen.append(threading.get_ident()) or 0)
    create = kernel32.function("CreateThread", c.pointer,
                               [c.pointer, c.size_t, c.pointer, c.pointer, c.uint32, c.pointer])
    wait = kernel32.function("WaitForSingleObject", c.uint32, [c.pointer, c.uint32])
    for _ in range(8):
        assert wait(create(None, 0, entry, None, 0, None), 10000) == 0
    assert len(seen) == 8 and threading.get_ident() not in seen


def test_declared():
    kernel32.declare("""
        DWORD WINAPI GetCurrentProcessId(void);
        BOOL __stdcall QueryPerformanceCounter(LONGLONG *);
    """)
    assert kernel32.GetCurrentProcessId() == os.getpid()
    with pytest.raises(libffi.DeclarationError, match="__vectorcall"):
        kernel32.declare("int __vectorcall f(int);")


def test_declared_as_microsofts_pages_have_it():
    """Annotations, [in, out], what stands before functions, pointers by the names of Windows' headers."""
    user32 = Library("user32")
    user32.declare("""
        WINUSERAPI int WINAPI GetWindowTextW(_In_ HWND hWnd, _Out_writes_(nMaxCount) LPWSTR lpString,
                                             _In_ int nMaxCount);
        BOOL GetCursorPos([out] LPPOINT lpPoint);
        BOOL SetRect([out] LPRECT lprc, [in] int xLeft, [in] int yTop, [in] int xRight, [in] int yBottom);
    """)
    kernel32.declare("""
        BOOL WINAPI GetComputerNameW(_Out_ LPWSTR lpBuffer, _Inout_ LPDWORD nSize);
        void WINAPI GetLocalTime(_Out_ LPSYSTEMTIME lpSystemTime);
        BOOL WINAPI QueryPerformanceFrequency(_Out_ LARGE_INTEGER *lpFrequency);
        unsigned __int64 __cdecl no_such_function(void);
    """, partial=True)
    name, size = c.array(c.wchar_t, 64).new(), c.uint32.new(64)
    assert kernel32.GetComputerNameW(name, size) and name.value == os.environ["COMPUTERNAME"]
    rect = user32.SetRect.cif.argtypes[0].item.new()
    assert user32.SetRect(rect, 1, 2, 3, 4) and (rect.left, rect.top, rect.right, rect.bottom) == (1, 2, 3, 4)
    time = kernel32.GetLocalTime.cif.argtypes[0].item.new()
    kernel32.GetLocalTime(time)
    assert time.wYear >= 2026 and 1 <= time.wMonth <= 12
    frequency = kernel32.QueryPerformanceFrequency.cif.argtypes[0].item.new()
    assert kernel32.QueryPerformanceFrequency(frequency)
    assert frequency.LowPart == frequency.u.LowPart == frequency.QuadPart & 0xFFFFFFFF


def test_names_of_windows_headers_can_be_ones_own():
    library = Library("kernel32")
    library.declare("typedef char TCHAR; typedef TCHAR *LPTSTR; typedef struct { int x; } POINT; struct GUID;")
    assert library["POINT"].size == 4 and library["TCHAR"] is c.char


def test_a_table_of_coms_as_its_header_has_it():
    ole32 = Library("ole32")
    ole32.declare("""
        typedef struct IMalloc IMalloc;
        typedef struct IMallocVtbl {
            HRESULT (STDMETHODCALLTYPE *QueryInterface)(IMalloc *This, REFIID riid, void **ppvObject);
            ULONG (STDMETHODCALLTYPE *AddRef)(IMalloc *This);
            ULONG (STDMETHODCALLTYPE *Release)(IMalloc *This);
            void *(STDMETHODCALLTYPE *Alloc)(IMalloc *This, SIZE_T cb);
            void *(STDMETHODCALLTYPE *Realloc)(IMalloc *This, void *pv, SIZE_T cb);
            void (STDMETHODCALLTYPE *Free)(IMalloc *This, void *pv);
            SIZE_T (STDMETHODCALLTYPE *GetSize)(IMalloc *This, void *pv);
        } IMallocVtbl;
        struct IMalloc { IMallocVtbl *lpVtbl; };
        HRESULT WINAPI CoGetMalloc(DWORD dwMemContext, IMalloc **ppMalloc);
    """)
    place = c.ptr(ole32["IMalloc"]).new()
    assert ole32.CoGetMalloc(1, place) == 0
    malloc = place.value
    table = malloc[0].lpVtbl[0]
    memory = table.Alloc(malloc, 100)
    assert table.GetSize(malloc, memory) >= 100
    table.Free(malloc, memory)
    unknown = table.QueryInterface.cif.argtypes[1].item.new(Data4=[0xC0, 0, 0, 0, 0, 0, 0, 0x46])
    found = c.pointer.new()
    assert table.QueryInterface(malloc, unknown, found) == 0 and found.value == malloc


def test_bit_fields_lie_as_microsofts():
    assert c.struct("a", a=c.bits(c.char, 3), b=c.bits(c.int, 5)).size == 8
    assert c.struct("b", a=c.bits(c.short, 9), b=c.bits(c.char, 7)).size == 4
    assert c.struct("a", a=c.bits(c.char, 3), b=c.bits(c.int, 5), _layout_="gcc").size == 4


def test_exact_numbers():
    exact = c.exact(c.longdouble)
    memory = exact.new(0.1)
    assert memory.value == decimal.Decimal(0.1) and str(memory.value).startswith("0.1000000000000000055511")
    memory.value = decimal.Decimal("2.5")
    assert memory.value == decimal.Decimal("2.5")
    with pytest.raises(OverflowError):
        memory.value = decimal.Decimal("1e400")
    assert exact.new(float("-inf")).value == decimal.Decimal("-Infinity")


def test_a_fatal_exception_is_told_with_the_call():
    source = """if True:
        import libffi
        from libffi import CIF, Library, c
        libffi.enable_crash_reports()
        CIF(c.size_t, [c.ptr(c.char)]).bind(Library(None).symbol("strlen"), "strlen")(c.ptr(c.char)(1))
    """
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0xC0000005
    assert "libffi: access violation in a call into C (the innermost first):" in done.stderr
    assert "  call strlen(0x1)" in done.stderr and "size_t strlen(char *)" in done.stderr
