/* Which libffi this is, and what is known about the build. */
#ifndef FFIPY_LIBFFI_BUILD_H
#define FFIPY_LIBFFI_BUILD_H

#include <Python.h>
#include <ffi.h>
#include <float.h>
#include <stdio.h>

#include "libffi_config.h"

typedef struct {
    const char *name;
    long value;
} named_abi;

// clang-format off
static const named_abi abi_names[] = {
#define ABI_NAME(name) {#name, (long)name},
    FFIPY_ABIS(ABI_NAME)
#undef ABI_NAME
    {NULL, 0},
};
// clang-format on

static const char *libffi_version(void)
{
#if FFIPY_HAVE_VERSION
    return ffi_get_version();
#else
    return FFIPY_BUILD_VERSION;
#endif
}

static unsigned long libffi_version_number(void)
{
#if FFIPY_HAVE_VERSION
    return ffi_get_version_number();
#else
    unsigned major = 0, minor = 0, patch = 0;
    sscanf(FFIPY_BUILD_VERSION, "%u.%u.%u", &major, &minor, &patch);
    return major * 10000UL + minor * 100UL + patch;
#endif
}

static size_t core_closure_size(void)
{
#if FFIPY_HAVE_CLOSURE_SIZE
    return ffi_get_closure_size();
#else
    return sizeof(ffi_closure);
#endif
}

static int core_default_abi(void)
{
#if FFIPY_HAVE_DEFAULT_ABI
    return (int)ffi_get_default_abi();
#else
    return FFI_DEFAULT_ABI;
#endif
}

static const char *long_double_format(void)
{
    if (sizeof(long double) == sizeof(double))
        return "IEEE double";
    switch (LDBL_MANT_DIG) {
    case 64: return "x87 80-bit";
    case 106: return "IBM double-double";
    case 113: return "IEEE quad";
    default: return "unknown";
    }
}

#endif
