/* On powerpc64 with ELFv1, libffi takes a struct around one long double from general registers. */
#include <ffi.h>
#include <stdio.h>

struct one { long double x; };

static double take(int a, struct one b, double c)
{
    return (double)b.x * 100 + c * 10 + a;
}

int main(void)
{
    ffi_type *members[] = { &ffi_type_longdouble, NULL };
    ffi_type type = { 0, 0, FFI_TYPE_STRUCT, members }, *types[] = { &ffi_type_sint, &type, &ffi_type_double };
    struct one b = { 3 };
    int a = 1;
    double c = 2, result = 0;
    void *values[] = { &a, &b, &c };
    ffi_cif cif;

    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 3, &ffi_type_double, types)) return 2;
    ffi_call(&cif, FFI_FN(take), &result, values);
    printf("%g, expected %g\n", result, take(a, b, c));
    return result != take(a, b, c);
}
