/* arm, base calling convention: with a complex result in memory the last argument on the stack is cut off. */
#include <ffi.h>

#define AAPCS __attribute__((pcs("aapcs")))
static AAPCS double _Complex f(double a, float b, float c, float d) { return d; }

/* Leave something else than the argument where it is looked for. */
static __attribute__((noinline)) void fill(void) { volatile char at[4096]; for (int i = 0; i < 4096; i++) at[i] = -1; }

int main(void)
{
    ffi_type *F = &ffi_type_float, *types[] = { &ffi_type_double, F, F, F };
    double x = 1; float y = 2;
    double _Complex r = 0;
    void *values[] = { &x, &y, &y, &y };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_SYSV, 4, &ffi_type_complex_double, types);
    fill();
    ffi_call(&cif, FFI_FN(f), &r, values);
    return r != 2;
}
