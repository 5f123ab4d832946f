/* powerpc: a closure makes a signalling NaN of a float a quiet one. */
#include <ffi.h>

static void handler(ffi_cif *cif, void *result, void **args, void *data) { *(ffi_arg *)result = *(unsigned *)args[0]; }

int main(void)
{
    union { unsigned bits; float f; } nan = { 0x7fa00001 };
    ffi_type *types[] = { &ffi_type_float };
    ffi_cif cif;
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_uint, types);
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    return ((unsigned (*)(float))code)(nan.f) != nan.bits;
}
