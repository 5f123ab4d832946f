/* What COM knows of an error, and its references. */
#ifndef COMPAT_CTYPES_COM_H
#define COMPAT_CTYPES_COM_H

#include <Python.h>

#include "loader.h"

#if IS_WINDOWS

#define COBJMACROS
#include <oaidl.h>

typedef HRESULT(WINAPI *get_error_info)(ULONG, IErrorInfo **);
typedef void(WINAPI *free_string)(BSTR);
typedef HRESULT(WINAPI *get_program)(REFCLSID, LPOLESTR *);
typedef void(WINAPI *free_memory)(void *);

/* A function of a library of the system's, which the extension is not linked with; NULL: there is none. */
static void *com_function(const wchar_t *library, const char *name)
{
    HMODULE module = LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return module == NULL ? NULL : (void *)GetProcAddress(module, name);
}

/* What there is of an error of an interface's method in this thread, or NULL; the caller releases it. */
static IErrorInfo *com_error_info(void *interface_, const void *iid)
{
    static const GUID supports = {0xDF0B3D60, 0x548F, 0x101B, {0x8E, 0x65, 0x08, 0x00, 0x2B, 0x2B, 0xD1, 0x19}};
    get_error_info get = (get_error_info)com_function(L"oleaut32.dll", "GetErrorInfo");
    IUnknown *unknown = (IUnknown *)interface_;
    ISupportErrorInfo *support;
    IErrorInfo *info;
    GUID known;
    HRESULT code;

    memcpy(&known, iid, sizeof known);
    if (get == NULL || FAILED(IUnknown_QueryInterface(unknown, &supports, (void **)&support)))
        return NULL;
    code = ISupportErrorInfo_InterfaceSupportsErrorInfo(support, &known);
    ISupportErrorInfo_Release(support);
    return SUCCEEDED(code) && get(0, &info) == S_OK ? info : NULL;
}

/* Its text, which is freed, or None.  New; raises. */
static PyObject *com_text(BSTR text)
{
    PyObject *made;
    free_string end;
    if (text == NULL)
        return Py_NewRef(Py_None);
    made = PyUnicode_FromWideChar(text, -1);
    end = (free_string)com_function(L"oleaut32.dll", "SysFreeString");
    if (end != NULL)
        end(text);
    return made;
}

/* The name of a class as programs know it, or None.  New; raises. */
static PyObject *com_program(const GUID *class_)
{
    get_program get = (get_program)com_function(L"ole32.dll", "ProgIDFromCLSID");
    free_memory end = (free_memory)com_function(L"ole32.dll", "CoTaskMemFree");
    LPOLESTR name = NULL;
    PyObject *made;
    if (get == NULL || end == NULL || FAILED(get(class_, &name)) || name == NULL)
        return Py_NewRef(Py_None);
    made = PyUnicode_FromWideChar(name, -1);
    end(name);
    return made;
}

/* (description, source, file of help, place in it, program).  The calls may wait for other threads.  New; raises. */
static PyObject *com_details(void *interface_, const void *iid)
{
    BSTR description = NULL, source = NULL, help = NULL;
    DWORD place = 0;
    GUID class_ = {0};
    IErrorInfo *info;

    Py_BEGIN_ALLOW_THREADS
    info = com_error_info(interface_, iid);
    if (info != NULL) {
        IErrorInfo_GetDescription(info, &description);
        IErrorInfo_GetSource(info, &source);
        IErrorInfo_GetHelpFile(info, &help);
        IErrorInfo_GetHelpContext(info, &place);
        IErrorInfo_GetGUID(info, &class_);
        IErrorInfo_Release(info);
    }
    Py_END_ALLOW_THREADS
    return Py_BuildValue("(NNNkN)", com_text(description), com_text(source), com_text(help), (unsigned long)place,
                         com_program(&class_));
}

/* ---- BSTR, COM's own text ---- */

typedef BSTR(WINAPI *make_string)(const OLECHAR *, UINT);

static PyObject *get_bstr(const char *where)
{
    BSTR text;
    memcpy(&text, where, sizeof text);
    if (text == NULL)
        return Py_NewRef(Py_None);
    return PyUnicode_FromWideChar(text, (Py_ssize_t)(((const uint32_t *)text)[-1] / sizeof *text));
}

/* What was there is freed, as ctypes does. */
static int set_bstr(char *where, PyObject *value, PyObject **keep)
{
    make_string make = (make_string)com_function(L"oleaut32.dll", "SysAllocStringLen");
    free_string end = (free_string)com_function(L"oleaut32.dll", "SysFreeString");
    BSTR before, made = NULL;
    (void)keep;
    if (make == NULL || end == NULL) {
        PyErr_SetFromWindowsErr(0);
        return -1;
    }
    if (value != Py_None) {
        Py_ssize_t length;
        wchar_t *text;
        if (!PyUnicode_Check(value)) {
            PyErr_Format(PyExc_TypeError, "unicode string expected instead of %s instance", Py_TYPE(value)->tp_name);
            return -1;
        }
        text = PyUnicode_AsWideCharString(value, &length);
        if (text == NULL)
            return -1;
        if ((size_t)length <= UINT_MAX / sizeof *text)
            made = make(text, (UINT)length);
        PyMem_Free(text);
        if (made == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    memcpy(&before, where, sizeof before);
    memcpy(where, &made, sizeof made);
    end(before);                    /* NULL is nothing to it */
    return 0;
}

static void com_take(void *interface_)
{
    IUnknown_AddRef((IUnknown *)interface_);
}

#else

#define com_details(interface_, iid) ((void)(interface_), (void)(iid), Py_NewRef(Py_None))
#define com_take(interface_) ((void)(interface_))

#endif

#endif
