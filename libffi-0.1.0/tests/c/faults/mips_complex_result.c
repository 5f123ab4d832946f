/* mips o32: a function with a complex result gets its floating-point arguments in the wrong registers. */
#include <ffi.h>

static double _Complex f(double x) { return x; }

int main(void)
{
    ffi_type *types[] = { &ffi_type_double };
    double x = 2;
    void *values[] = { &x };
    double _Complex result = 0;
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_complex_double, types);
    ffi_call(&cif, FFI_FN(f), &result, values);
    return result != 2;
}
