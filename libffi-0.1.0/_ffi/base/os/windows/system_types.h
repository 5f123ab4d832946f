/* The types that each system chooses: those of Windows' headers that are numbers or plain addresses. */
#ifndef FFIPY_BASE_OS_WINDOWS_SYSTEM_TYPES_H
#define FFIPY_BASE_OS_WINDOWS_SYSTEM_TYPES_H

#include <Python.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "base/os/windows/api.h"
#include <winsock2.h>

typedef unsigned long long QWORD;

// clang-format off
#define WINDOWS_TYPES(TYPE, AS)                                                                   \
    TYPE(_off_t) TYPE(_ino_t) TYPE(_dev_t) TYPE(errno_t)              \
    TYPE(BYTE) TYPE(WORD) TYPE(DWORD) TYPE(QWORD) TYPE(BOOL) TYPE(BOOLEAN) TYPE(CHAR)            \
    TYPE(UCHAR) TYPE(SHORT) TYPE(USHORT) TYPE(INT) TYPE(UINT) TYPE(LONG) TYPE(ULONG) TYPE(FLOAT) \
    TYPE(LONGLONG) TYPE(ULONGLONG) TYPE(LONG32) TYPE(ULONG32) TYPE(LONG64) TYPE(ULONG64)         \
    TYPE(INT8) TYPE(UINT8) TYPE(INT16) TYPE(UINT16) TYPE(INT32) TYPE(UINT32) TYPE(INT64)         \
    TYPE(UINT64) TYPE(DWORD32) TYPE(DWORD64) TYPE(DWORDLONG)                                     \
    TYPE(INT_PTR) TYPE(UINT_PTR) TYPE(LONG_PTR) TYPE(ULONG_PTR) TYPE(DWORD_PTR) TYPE(SIZE_T)     \
    TYPE(SSIZE_T) TYPE(WPARAM) TYPE(LPARAM) TYPE(LRESULT) TYPE(HRESULT) TYPE(ATOM) TYPE(COLORREF) \
    TYPE(LCID) TYPE(LANGID) TYPE(LCTYPE) TYPE(ACCESS_MASK) TYPE(HFILE) TYPE(SOCKET)              \
    AS(WCHAR, "wchar_t") AS(TCHAR, "wchar_t") AS(LPCSTR, "string") AS(LPCWSTR, "wstring")        \
    AS(PCSTR, "string") AS(PCWSTR, "wstring")                                                    \
    AS(PVOID, "pointer") AS(LPVOID, "pointer") AS(LPCVOID, "pointer") AS(HANDLE, "pointer")      \
    AS(HWND, "pointer") AS(HINSTANCE, "pointer") AS(HMODULE, "pointer") AS(HDC, "pointer")       \
    AS(HGDIOBJ, "pointer") AS(HBITMAP, "pointer") AS(HBRUSH, "pointer") AS(HFONT, "pointer")     \
    AS(HPEN, "pointer") AS(HRGN, "pointer") AS(HICON, "pointer") AS(HCURSOR, "pointer")          \
    AS(HMENU, "pointer") AS(HHOOK, "pointer") AS(HKEY, "pointer") AS(HGLOBAL, "pointer")         \
    AS(HLOCAL, "pointer") AS(HRSRC, "pointer") AS(HMONITOR, "pointer")
// clang-format on

#endif
