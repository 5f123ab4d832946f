/* x86-64, before 3.4.7: a struct {integer, float} whose integer takes the last general register
   is copied 16 bytes wide and overwrites the first vector register. */
#include <ffi.h>

struct mixed { long a; double b; };
static double first(long a, long b, long c, long d, long e, double x, struct mixed s) { return x; }

int main(void)
{
    ffi_type *members[] = { &ffi_type_slong, &ffi_type_double, 0 }, mixed = { 0, 0, FFI_TYPE_STRUCT, members };
    ffi_type *L = &ffi_type_slong, *types[] = { L, L, L, L, L, &ffi_type_double, &mixed };
    long n = 0; double x = 1.5, r; struct mixed s = { 2, 3.5 };
    void *values[] = { &n, &n, &n, &n, &n, &x, &s };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 7, &ffi_type_double, types);
    ffi_call(&cif, FFI_FN(first), &r, values);
    return r != 1.5;
}
