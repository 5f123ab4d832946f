/* The system's loader and its words for errors, as ctypes shows them. */
#ifndef COMPAT_CTYPES_LOADER_H
#define COMPAT_CTYPES_LOADER_H

#include <Python.h>

#if defined(_WIN32)

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#define IS_WINDOWS 1
#define RTLD_LOCAL 0
#define RTLD_GLOBAL 0

/* How Windows words a code.  New; raises. */
static PyObject *words_of_code(unsigned long code)
{
    wchar_t words[512];
    DWORD n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, code, 0, words, 512,
                             NULL);
    while (n > 0 && words[n - 1] <= L' ')
        --n;
    return n ? PyUnicode_FromWideChar(words, (Py_ssize_t)n) : PyUnicode_FromString("<no description>");
}

/* NULL: raises an OSError of what Windows says. */
static void *loader_open(PyObject *name, int flags)
{
    wchar_t *path;
    HMODULE module;
    DWORD code;

    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "LoadLibrary() argument 1 must be str, not %s", Py_TYPE(name)->tp_name);
        return NULL;
    }
    path = PyUnicode_AsWideCharString(name, NULL);
    if (path == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    module = LoadLibraryExW(path, NULL, (DWORD)flags);
    code = module == NULL ? GetLastError() : 0;
    Py_END_ALLOW_THREADS
    PyMem_Free(path);
    if (code == ERROR_MOD_NOT_FOUND)
        PyErr_Format(PyExc_FileNotFoundError,
                     "Could not find module '%.500U' (or one of its dependencies). Try using the full path with "
                     "constructor syntax.",
                     name);
    else if (module == NULL)
        PyErr_SetFromWindowsErr((int)code);
    return module;
}

/* 0; -1 raises. */
static int loader_close(void *handle)
{
    DWORD code;
    Py_BEGIN_ALLOW_THREADS
    code = FreeLibrary(handle) ? 0 : GetLastError();
    Py_END_ALLOW_THREADS
    if (code != 0)
        PyErr_SetFromWindowsErr((int)code);
    return code != 0 ? -1 : 0;
}

static void *loader_symbol(void *handle, const char *name)
{
    return (void *)GetProcAddress(handle, name);
}

static void *loader_ordinal(void *handle, unsigned short ordinal)
{
    return (void *)GetProcAddress(handle, (LPCSTR)(uintptr_t)ordinal);
}

/* There are no words for it.  New. */
static PyObject *loader_words(void)
{
    return Py_NewRef(Py_None);
}

static int raise_code(unsigned long code)
{
    PyErr_SetFromWindowsErr((int)code);
    return -1;
}

static unsigned long last_code(void)
{
    return GetLastError();
}

#else

#include <dlfcn.h>

#define IS_WINDOWS 0

/* What went wrong last in this thread; None: nothing, or there are no words for it.  New; raises. */
static PyObject *loader_words(void)
{
    const char *words = dlerror();
    return words == NULL ? Py_NewRef(Py_None)
                         : PyUnicode_DecodeUTF8(words, (Py_ssize_t)strlen(words), "surrogateescape");
}

static void raise_words(void)
{
    PyObject *words = loader_words();
    if (words != NULL)
        PyErr_SetObject(PyExc_OSError, words);
    Py_XDECREF(words);
}

/* None: the process.  NULL: raises an OSError of what dlopen says. */
static void *loader_open(PyObject *name, int flags)
{
    PyObject *path = NULL;
    void *handle;

    if (name != Py_None && !PyUnicode_FSConverter(name, &path))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    handle = dlopen(path == NULL ? NULL : PyBytes_AS_STRING(path), flags | RTLD_NOW);
    Py_END_ALLOW_THREADS
    Py_XDECREF(path);
    if (handle == NULL)
        raise_words();
    return handle;
}

/* 0; -1 raises. */
static int loader_close(void *handle)
{
    if (dlclose(handle) == 0)
        return 0;
    raise_words();
    return -1;
}

static void *loader_symbol(void *handle, const char *name)
{
    dlerror();                      /* of something else */
    return dlsym(handle, name);
}

/* Only Windows' libraries number what they have, and only its functions leave another code than errno. */
#define loader_ordinal(handle, ordinal) ((void)(handle), (void)(ordinal), (void *)NULL)
#define words_of_code(code) ((void)(code), Py_NewRef(Py_None))
#define raise_code(code) ((void)(code), 0)
#define last_code() 0ul

#endif

#endif
