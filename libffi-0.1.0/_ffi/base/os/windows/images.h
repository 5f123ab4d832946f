/* Whose code is at an address? */
#ifndef FFIPY_BASE_OS_WINDOWS_IMAGES_H
#define FFIPY_BASE_OS_WINDOWS_IMAGES_H

#include <Python.h>
#include <string.h>
#include "base/os/windows/api.h"

/* Does a DLL import from python3xx.dll, or is it that? */
static int image_uses_python(const char *base)
{
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *imports = &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    const IMAGE_IMPORT_DESCRIPTOR *entry;

    if (GetProcAddress((HMODULE)(uintptr_t)base, "PyErr_SetString") != NULL)
        return 1;
    if (imports->VirtualAddress == 0)
        return 0;
    for (entry = (const void *)(base + imports->VirtualAddress); entry->Name != 0; ++entry)
        if (_strnicmp(base + entry->Name, "python3", 7) == 0)
            return 1;
    return 0;
}

/* May the code at `address` set a Python exception?  Not where its library has none of the functions
   that do; closures and other code of no library may. */
static int uses_python(const void *address)
{
    HMODULE module = NULL;
    const DWORD how = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;

    return !GetModuleHandleExW(how, address, &module) || image_uses_python((const char *)module);
}

#endif
