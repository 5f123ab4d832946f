/* What C functions leave when they fail: errno, and on Windows GetLastError()'s code beside it. */
#ifndef FFIPY_BASE_OS_ERROR_CODES_H
#define FFIPY_BASE_OS_ERROR_CODES_H

#include <Python.h>
#include <errno.h>

#include "base/exceptions.h"

#if defined(_WIN32)
#include "base/os/windows/api.h"

#define HAS_LAST_ERROR 1

typedef struct {
    int number;
    DWORD last;
} error_codes;

static inline void take_last_error(error_codes *codes)
{
    codes->last = GetLastError();
}

static inline void give_last_error(const error_codes *codes)
{
    SetLastError(codes->last);
}

#define last_error_of(codes) ((codes)->last)
#define set_last_error_of(codes, code) ((void)((codes)->last = (code)))

/* The OSError of a code, in Windows' words.  New.  GIL. */
static PyObject *error_of_code(DWORD code)
{
    PyErr_SetFromWindowsErr((int)code);
    return take_exception();
}

#else
#define HAS_LAST_ERROR 0

typedef struct {
    int number;
} error_codes;

#define take_last_error(codes) ((void)(codes))
#define give_last_error(codes) ((void)(codes))
#define last_error_of(codes) ((void)(codes), 0ul)
#define set_last_error_of(codes, code) ((void)(codes), (void)(code))
#define error_of_code(code) ((void)(code), Py_NewRef(Py_None))
#endif

/* Those of this thread; first of all, for whatever is called next may change them. */
static inline error_codes take_error_codes(void)
{
    error_codes codes;
    take_last_error(&codes);
    codes.number = errno;
    return codes;
}

/* Last of all. */
static inline void give_error_codes(error_codes codes)
{
    errno = codes.number;
    give_last_error(&codes);
}

#endif
