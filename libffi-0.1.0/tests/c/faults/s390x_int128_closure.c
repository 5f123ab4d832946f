/* s390x: a closure takes an __int128 for the pointer to it. */
#include <ffi.h>

static void handler(ffi_cif *cif, void *result, void **args, void *data)
{
    *(ffi_arg *)result = *(__int128 *)args[0] == 7;
}

int main(void)
{
    ffi_type *types[] = {&ffi_type_sint128};
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_sint32, types);
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    return ((int (*)(__int128))code)(7) != 1;
}
