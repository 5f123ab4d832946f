/* libffi's type for each of the platform's. */
#ifndef FFIPY_LIBFFI_SCALARS_H
#define FFIPY_LIBFFI_SCALARS_H

#include <Python.h>
#include <ffi.h>

#include "base/os/c_abi.h"
#include "model/kinds.h"

/* Static. */
static ffi_type *int_ffi_type(size_t size, int is_signed)
{
    switch (size) {
    case 1: return is_signed ? &ffi_type_sint8 : &ffi_type_uint8;
    case 2: return is_signed ? &ffi_type_sint16 : &ffi_type_uint16;
    case 4: return is_signed ? &ffi_type_sint32 : &ffi_type_uint32;
    case 8: return is_signed ? &ffi_type_sint64 : &ffi_type_uint64;
#ifdef FFI_TARGET_HAS_INT128
    case 16: return is_signed ? &ffi_type_sint128 : &ffi_type_uint128;
#endif
    default: return NULL;
    }
}

#ifdef FFI_TARGET_HAS_COMPLEX_TYPE
#define COMPLEX_FFI(type) (&ffi_type_complex_##type)
#elif defined(__riscv)      /* its ABI passes them like structs of two */
#define COMPLEX_PAIR(type) \
    static ffi_type *type##_pair[] = {&ffi_type_##type, &ffi_type_##type, NULL}; \
    static ffi_type complex_##type = {2 * sizeof(C_##type), _Alignof(C_##type), FFI_TYPE_STRUCT, type##_pair};
typedef float C_float;
typedef double C_double;
typedef long double C_longdouble;
COMPLEX_PAIR(float)
COMPLEX_PAIR(double)
COMPLEX_PAIR(longdouble)
#define COMPLEX_FFI(type) (&complex_##type)
#else
#define COMPLEX_FFI(type) NULL
#endif

#ifdef FFI_TARGET_HAS_INT128
#define WIDE_FFI(type) (&ffi_type_##type)
#else
#define WIDE_FFI(type) NULL
#endif

/* The ffi_type of scalars; NULL: this libffi has none. */
static ffi_type *kind_ffi_type(type_kind kind)
{
    switch (kind) {
        // clang-format off
#define PLAIN(type) (&ffi_type_##type)
#define CHARACTER int_ffi_type(1, CHAR_IS_SIGNED)
#define WIDE(type) WIDE_FFI(type)
#define COMPLEX(type) COMPLEX_FFI(type)
#define KIND(kind, name, ctype, format, widening, ffi) case K_##kind: return ffi;
    FFIPY_KINDS(KIND)
// clang-format on
#undef KIND
#undef COMPLEX
#undef WIDE
#undef CHARACTER
#undef PLAIN
    default: return NULL;
    }
}

#ifdef FFI_TARGET_HAS_VECTOR_TYPE
#define VECTOR_TYPE FFI_TYPE_VECTOR
#else
#define VECTOR_TYPE 0
#endif

#endif
