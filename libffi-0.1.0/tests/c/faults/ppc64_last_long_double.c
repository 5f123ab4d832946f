/* powerpc64, IBM long double: a closure loses the lower half of a long double that is its last argument. */
#include <ffi.h>

static void handler(ffi_cif *cif, void *result, void **args, void *data) { *(double *)result = ((double *)args[0])[1]; }

int main(void)
{
    ffi_type *types[] = { &ffi_type_longdouble };
    union { double half[2]; long double whole; } x = { { 1, 0x1p-60 } };
    ffi_cif cif;
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_double, types);
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    return ((double (*)(long double))code)(x.whole) != 0x1p-60;
}
