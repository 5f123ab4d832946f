/* aarch64: the pointer to a large struct of 16-byte alignment, itself passed on the stack, lands 8 bytes too far. */
#include <ffi.h>

struct large { long double x; double y; };
static double f(long a, long b, long c, long d, long e, long f, long g, long h, long i, struct large x) { return x.y; }

int main(void)
{
    ffi_type *members[] = { &ffi_type_longdouble, &ffi_type_double, 0 }, large = { 0, 0, FFI_TYPE_STRUCT, members };
    ffi_type *L = &ffi_type_slong, *types[] = { L, L, L, L, L, L, L, L, L, &large };
    long n = 0; double r; struct large x = { 1.5L, 2.5 };
    void *values[] = { &n, &n, &n, &n, &n, &n, &n, &n, &n, &x };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 10, &ffi_type_double, types);
    ffi_call(&cif, FFI_FN(f), &r, values);
    return r != 2.5;
}
