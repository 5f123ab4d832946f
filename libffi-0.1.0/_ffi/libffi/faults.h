/* What libffi itself gets wrong, and on which platform: each has a C program in tests/c/faults
   that shows it. */
#ifndef FFIPY_LIBFFI_FAULTS_H
#define FFIPY_LIBFFI_FAULTS_H

#include <Python.h>
#include <ffi.h>
#include <float.h>

#include "libffi_config.h"
#include "libffi/build.h"
#include "model/type.h"

/* ---- what faults.pyx refuses: a patch of ours (tools/libffi-patches) mends it where it is said ---- */

#define LAST_FAULTY 30800           /* the newest version that was looked at */

#if defined(__x86_64__) && !defined(_WIN32)
#define WINDOWS_ABI_ON_UNIX(abi) ((abi) != FFI_UNIX64)
#else
#define WINDOWS_ABI_ON_UNIX(abi) 0
#endif

#if defined(__i386__)
#define INTEGER_REGISTERS(abi) ((abi) == FFI_FASTCALL ? 2 : (abi) == FFI_THISCALL)
#else
#define INTEGER_REGISTERS(abi) 0
#endif

#if defined(__i386__) && !defined(_WIN32)
#define REVERSED(abi) ((abi) == FFI_PASCAL || (abi) == FFI_REGISTER)
#else
#define REVERSED(abi) 0
#endif

#if defined(__i386__) && defined(_WIN32)
#define MISPLACES_RESULT_ADDRESS(abi) ((abi) == FFI_FASTCALL || (abi) == FFI_THISCALL)
#else
#define MISPLACES_RESULT_ADDRESS(abi) 0
#endif

#if defined(__aarch64__) && !defined(FFIPY_PATCHED_aarch64_spilled_pointer)
#define MISPLACES_SPILLED_POINTERS (libffi_version_number() <= LAST_FAULTY)
#else
#define MISPLACES_SPILLED_POINTERS 0
#endif

#if defined(__x86_64__) && !defined(_WIN32) && !defined(FFIPY_PATCHED_unused_long_double)
#define LEAVES_UNUSED_LONG_DOUBLE 1
#else
#define LEAVES_UNUSED_LONG_DOUBLE 0
#endif

#if defined(__arm__) && !defined(FFIPY_PATCHED_arm_closed_registers)
#define REOPENS_CORE_REGISTERS(abi) ((abi) == FFI_VFP && libffi_version_number() <= LAST_FAULTY)
#else
#define REOPENS_CORE_REGISTERS(abi) 0
#endif

#if defined(__mips__) && _MIPS_SIM == _ABIO32 && !defined(FFIPY_PATCHED_mips_complex_closure_result)
#define COMPLEX_RESULT_OVERWRITES (libffi_version_number() <= LAST_FAULTY)
#else
#define COMPLEX_RESULT_OVERWRITES 0
#endif

#if defined(__mips64) && !defined(FFIPY_PATCHED_mips64_arguments)
#define MISPLACES_FLOATS (libffi_version_number() <= LAST_FAULTY)
#else
#define MISPLACES_FLOATS 0
#endif

#if defined(__mips__) && _MIPS_SIM == _ABIO32 && !defined(FFIPY_PATCHED_mips_complex_result)
#define COMPLEX_RESULT_MISPLACES (libffi_version_number() <= LAST_FAULTY)
#else
#define COMPLEX_RESULT_MISPLACES 0
#endif

#if defined(__powerpc64__) && _CALL_ELF == 2 && !defined(FFIPY_PATCHED_ppc64_complex_closure)
#define COMPLEX_ARGUMENTS_OVERWRITE (libffi_version_number() <= LAST_FAULTY)
#else
#define COMPLEX_ARGUMENTS_OVERWRITE 0
#endif

#if defined(__powerpc64__) && LDBL_MANT_DIG == 106 && !defined(FFIPY_PATCHED_ppc64_last_long_double)
#define LOSES_LAST_LONG_DOUBLE (libffi_version_number() <= LAST_FAULTY)
#else
#define LOSES_LAST_LONG_DOUBLE 0
#endif

#if defined(__powerpc64__) && LDBL_MANT_DIG == 106 && !defined(FFIPY_PATCHED_ppc64_struct_of_long_doubles)
#define ALIGNS_LONG_DOUBLE_STRUCTS (libffi_version_number() <= LAST_FAULTY)
#else
#define ALIGNS_LONG_DOUBLE_STRUCTS 0
#endif

#if defined(__aarch64__)
#define ON_AARCH64 1
#else
#define ON_AARCH64 0
#endif

/* closure_padding_half */
#if defined(__x86_64__) && !defined(_WIN32)
#define COUNTS_PADDING(abi) ((abi) == FFI_UNIX64 && libffi_version_number() <= LAST_FAULTY)
#else
#define COUNTS_PADDING(abi) ((void)(abi), 0)
#endif

/* ---- what is made right here ---- */

/* A libffi without our patches counts too few bytes of stack for some signatures (tests/c/faults: aarch64_stack_space,
   arm_complex_result).  What it counted is in the CIF, and only read by calls. */

static void correct_stack_space(ffi_cif *cif)
{
#if defined(__aarch64__) && !defined(FFIPY_PATCHED_aarch64_stack_space)
    unsigned i, more = 0;
    for (i = 0; i < cif->nargs; ++i)
        more += cif->arg_types[i]->alignment > 8 || cif->arg_types[i]->size > 16 ? 8 : 0;
    cif->bytes += (more + 15) & ~15u;
#elif defined(__arm__) && !defined(FFIPY_PATCHED_arm_complex_result)
    if (cif->rtype->type == FFI_TYPE_COMPLEX)
        cif->bytes += 8;
#else
    (void)cif;
#endif
}

/* What a struct of one member, of one member ..., is in the end. */
static const type_info *only_member(const type_info *type)
{
    while ((type->kind == K_STRUCT && type->nfields == 1)
           || (type->kind == K_ARRAY && type->length == 1))
        type = type->kind == K_STRUCT ? type->fields[0].type : type->item;
    return plain_type(type);
}

/* libffi 3.8.0 looks for a struct around one long double in memory, and for one around a
   16-byte vector in two registers; x86-64 compilers return both like the bare member. */
static ffi_type *result_ffi_type(const type_info *type, ffi_abi abi)
{
#if defined(__x86_64__) && !defined(_WIN32)
    const type_info *only = only_member(type);
    if (abi == FFI_UNIX64 && type->kind == K_STRUCT && only->size == type->size
        && (only->kind == K_LONGDOUBLE || only->kind == K_EXACT || only->kind == K_VECTOR))
        return only->ffi;
#else
    (void)abi;
    (void)only_member;
#endif
    return type->ffi;
}

#endif
