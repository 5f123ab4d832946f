/* mips o32: a variadic function that is called with its named arguments only misses a float. */
#include <ffi.h>

static double f(float x, ...) { return x; }

int main(void)
{
    ffi_type *types[] = { &ffi_type_float };
    float x = 2;
    void *values[] = { &x };
    double result = 0;
    ffi_cif cif;
    ffi_prep_cif_var(&cif, FFI_DEFAULT_ABI, 1, 1, &ffi_type_double, types);
    ffi_call(&cif, FFI_FN(f), &result, values);
    return result != 2;
}
