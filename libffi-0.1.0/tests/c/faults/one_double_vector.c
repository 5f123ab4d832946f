/* x86-64: compilers pass a vector of one double in memory; libffi uses a vector register. */
#include <ffi.h>

typedef double v1 __attribute__((vector_size(8)));
static double f(v1 x) { return x[0]; }

int main(void)
{
    ffi_type *lanes[] = { &ffi_type_double, 0 }, vector = { 8, 8, FFI_TYPE_VECTOR, lanes }, *types[] = { &vector };
    v1 x = { 1.5 };
    double r;
    void *values[] = { &x };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_double, types);
    ffi_call(&cif, FFI_FN(f), &r, values);
    return r != 1.5;
}
