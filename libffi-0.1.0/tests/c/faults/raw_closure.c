/* With static trampolines: ffi_prep_raw_closure_loc takes the trampoline for the closure, and a call crashes. */
#include <ffi.h>

static void handler(ffi_cif *cif, void *result, ffi_raw *raw, void *data) { *(ffi_arg *)result = raw->sint + 1; }

int main(void)
{
    ffi_type *types[] = { &ffi_type_slong };
    ffi_cif cif;
    void *code;
    ffi_raw_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_slong, types);
    ffi_prep_raw_closure_loc(closure, &cif, handler, 0, code);
    return ((long (*)(long))code)(41) != 42;
}
