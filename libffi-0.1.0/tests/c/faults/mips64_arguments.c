/* mips n32 and n64: a long double behind the seventh word of the arguments is misplaced, and spoils the result's
   type. */
#include <ffi.h>

static double f(int a, int b, int c, int d, int e, int f, int g, long double x) { return x; }

int main(void)
{
    ffi_type *I = &ffi_type_sint, *types[] = { I, I, I, I, I, I, I, &ffi_type_longdouble };
    int i = 0;
    long double x = 2;
    void *values[] = { &i, &i, &i, &i, &i, &i, &i, &x };
    double result = 0;
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 8, &ffi_type_double, types);
    ffi_call(&cif, FFI_FN(f), &result, values);
    return result != 2;
}
