/* powerpc64le: a variadic closure gets structs of floats that come after `...` all at the same address. */
#include <ffi.h>

struct two { double x, y; };
static void handler(ffi_cif *cif, void *result, void **args, void *data)
{
    *(double *)result = ((struct two *)args[1])->x;
}

int main(void)
{
    ffi_type *members[] = { &ffi_type_double, &ffi_type_double, 0 }, two = { 0, 0, FFI_TYPE_STRUCT, members };
    ffi_type *types[] = { &ffi_type_sint, &two, &two };
    ffi_cif cif;
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_prep_cif_var(&cif, FFI_DEFAULT_ABI, 1, 3, &ffi_type_double, types);
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    return ((double (*)(int, ...))code)(0, (struct two){ 1, 2 }, (struct two){ 3, 4 }) != 1;
}
