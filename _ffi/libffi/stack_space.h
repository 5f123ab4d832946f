#ifndef FFIPY_STACK_SPACE_H
#define FFIPY_STACK_SPACE_H

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

#endif
