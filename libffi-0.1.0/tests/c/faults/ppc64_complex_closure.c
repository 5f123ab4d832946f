/* powerpc64le: a closure of complex arguments that all go in registers stores into its caller's frame. */
#include <ffi.h>

typedef double _Complex z;
static void handler(ffi_cif *cif, void *result, void **args, void *data) { *(double *)result = 1; }

/* Its frame ends where the closure takes the parameter save area to be; no callee of its own needs one. */
static __attribute__((noinline, optimize("O2"))) double caller(double (*fn)(z, z, z, z, z), volatile double *out)
{
    volatile double kept[8];
    for (int i = 0; i < 8; i++) kept[i] = i;
    double r = fn(1, 2, 3, 4, 5);
    for (int i = 0; i < 8; i++) out[i] = kept[i];
    return r;
}

int main(void)
{
    ffi_type *Z = &ffi_type_complex_double, *types[] = { Z, Z, Z, Z, Z };
    double out[8];
    ffi_cif cif;
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 5, &ffi_type_double, types);
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    caller(code, out);
    for (int i = 0; i < 8; i++)
        if (out[i] != i) return 1;
    return 0;
}
