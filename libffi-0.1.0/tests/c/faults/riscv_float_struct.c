/* riscv64: the ninth floating-point argument, a struct around one, is put into the register of the first integer. */
#include <ffi.h>

struct one { float x; };
static int check(int a, double d0, double d1, double d2, double d3, double d4, double d5, double d6, double d7,
                 struct one s) { return a == 1 && s.x == 2; }

int main(void)
{
    ffi_type *members[] = {&ffi_type_float, 0}, one = {0, 0, FFI_TYPE_STRUCT, members}, *types[10] = {&ffi_type_sint32};
    int a = 1, i;
    double d = 0;
    struct one s = {2};
    void *values[10] = {&a};
    ffi_arg result;
    ffi_cif cif;
    for (i = 1; i < 9; ++i)
        types[i] = &ffi_type_double, values[i] = &d;
    types[9] = &one, values[9] = &s;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 10, &ffi_type_sint32, types);
    ffi_call(&cif, FFI_FN(check), &result, values);
    return result != 1;
}
