/* aarch64: large structs among arguments of other alignments need more stack than is reserved, and overwrite them. */
#include <ffi.h>

struct three { long a, b, c; };
struct wide { long double x; double y; };
#define GROUP(n) struct three a##n, double b##n, struct wide c##n,
#define GROUPS GROUP(0) GROUP(1) GROUP(2) GROUP(3) GROUP(4) GROUP(5) GROUP(6) GROUP(7) GROUP(8) GROUP(9)
static double f(long a, long b, long c, long d, long e, long f, long g, long h,
                double i, double j, double k, double l, double m, double n, double o, double p, GROUPS int q)
{
    return b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7 + b8 + b9;
}

int main(void)
{
    ffi_type *L = &ffi_type_slong, *D = &ffi_type_double;
    ffi_type *longs[] = { L, L, L, 0 }, three = { 0, 0, FFI_TYPE_STRUCT, longs };
    ffi_type *floats[] = { &ffi_type_longdouble, D, 0 }, wide = { 0, 0, FFI_TYPE_STRUCT, floats };
    ffi_type *group[] = { &three, D, &wide }, *types[47];
    long n = 0; double x = 1, r; struct three a = { -1, -1, -1 }; struct wide c = { 2, 2 };
    void *of_group[] = { &a, &x, &c }, *values[47];
    for (int i = 0; i < 47; i++) {
        types[i] = i < 8 ? L : i < 16 ? D : i < 46 ? group[(i - 16) % 3] : &ffi_type_sint;
        values[i] = i < 8 || i == 46 ? &n : i < 16 ? (void *)&x : of_group[(i - 16) % 3];
    }
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 47, D, types);
    ffi_call(&cif, FFI_FN(f), &r, values);
    return r != 10;
}
