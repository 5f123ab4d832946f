/* Windows x86-64, where a long double is a double (as for Microsoft's compiler, or with -mlong-double-64): the default
   ABI is one in which it is not, and every double is returned in memory: FFI_GNUW64. */
#include <ffi.h>

static double half(double x) { return x / 2; }

int main(void)
{
    ffi_type *types[] = { &ffi_type_double };
    double x = 3, r = 0;
    void *values[] = { &x };
    ffi_cif cif;
    int abi;
    if (sizeof(long double) != sizeof(double) || FFI_DEFAULT_ABI != FFI_WIN64)
        return 1;
    for (abi = FFI_WIN64; abi <= FFI_GNUW64; ++abi, r = 0) {
        ffi_prep_cif(&cif, abi, 1, &ffi_type_double, types);
        ffi_call(&cif, FFI_FN(half), &r, values);
        if (r != 1.5)
            return 1;
    }
    return 0;
}
