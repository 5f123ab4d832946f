/* arm, VFP: after an argument that went to the stack because the core registers were too few, a later one uses them. */
#include <ffi.h>

#define VFP __attribute__((pcs("aapcs-vfp")))
struct six { int x[6]; };
static VFP int f(double a, double b, double c, double d, double e, double f, double g, double h, double on_the_stack,
                 struct six s, int last) { return last; }

int main(void)
{
    ffi_type *I = &ffi_type_sint, *members[] = { I, I, I, I, I, I, 0 }, six = { 0, 0, FFI_TYPE_STRUCT, members };
    ffi_type *types[11];
    void *values[11];
    double d = 0;
    struct six s = { 0 };
    int last = 7;
    ffi_arg result = 0;
    ffi_cif cif;
    for (int i = 0; i < 9; i++)
        types[i] = &ffi_type_double, values[i] = &d;
    types[9] = &six, values[9] = &s;
    types[10] = I, values[10] = &last;
    ffi_prep_cif(&cif, FFI_VFP, 11, I, types);
    ffi_call(&cif, FFI_FN(f), &result, values);
    return result != 7;
}
