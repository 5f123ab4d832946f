/* Calling conventions by name. */
#ifndef FFIPY_CAPI_ABIS_H
#define FFIPY_CAPI_ABIS_H

#include <Python.h>
#include <string.h>

#include "capi/public.h"
#include "libffi/build.h"

/* Static: part of `name`. */
static const char *abi_short_name(const char *name)
{
    return strncmp(name, "FFI_", 4) == 0 ? name + 4 : name;
}

static int capi_abi_default(void)
{
    return core_default_abi();
}

/* Static; NULL: there are no more. */
static const char *capi_abi_name(Py_ssize_t index, int *abi)
{
    Py_ssize_t i;
    for (i = 0; abi_names[i].name != NULL; ++i)
        if (i == index) {
            *abi = (int)abi_names[i].value;
            return abi_short_name(abi_names[i].name);
        }
    return NULL;
}

/* 1, and *abi; 0: this platform has none of that name. */
static int capi_abi_find(const char *name, int *abi)
{
    const char *known;
    Py_ssize_t i;
    int number;
    if (strcmp(name, "DEFAULT") == 0) {
        *abi = core_default_abi();
        return 1;
    }
    for (i = 0; (known = capi_abi_name(i, &number)) != NULL; ++i)
        if (strcmp(known, name) == 0) {
            *abi = number;
            return 1;
        }
    return 0;
}

static const char *capi_libffi_version(void)
{
    return libffi_version();
}

#endif
