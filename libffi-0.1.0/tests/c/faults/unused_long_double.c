/* x86-64: without room for the result, a long double stays in the x87 registers, and after eight calls all are full. */
#include <ffi.h>

static long double one(void) { return 1; }
static volatile long double two = 2;

int main(void)
{
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &ffi_type_longdouble, 0);
    for (int i = 0; i < 8; i++)
        ffi_call(&cif, FFI_FN(one), 0, 0);
    return two + one() != 3;
}
