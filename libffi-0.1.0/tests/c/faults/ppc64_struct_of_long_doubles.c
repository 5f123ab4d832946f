/* powerpc64, IBM long double: structs of these follow each other without padding, libffi aligns them to 16 bytes. */
#include <ffi.h>

struct two { long double x, y; };
static long f(long a, struct two b, long c, long d, long e, long f) { return f; }

int main(void)
{
    ffi_type *members[] = { &ffi_type_longdouble, &ffi_type_longdouble, 0 }, two = { 0, 0, FFI_TYPE_STRUCT, members };
    ffi_type *L = &ffi_type_slong, *types[] = { L, &two, L, L, L, L };
    long n = 0, last = 42; ffi_arg r; struct two x = { 1, 2 };
    void *values[] = { &n, &x, &n, &n, &n, &last };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 6, L, types);
    ffi_call(&cif, FFI_FN(f), &r, values);
    return r != 42;
}
