/* On sparc64, a closure takes a struct around a long double from an odd doubleword, where none is put, and a struct of
   floats in the last floating-point registers from the stack. */
#include <ffi.h>

struct one { long double x; };
struct four { float a, b, c, d; };

static void handler(ffi_cif *cif, void *result, void **args, void *data)
{
    struct four *four = args[14];
    if (cif->nargs == 3)
        *(ffi_arg *)result = ((struct one *)args[1])->x == 2 && *(int *)args[2] == 3;
    else
        *(ffi_arg *)result = four->a == 4 && four->b == 5 && four->c == 6 && four->d == 7;
}

static void *closure(ffi_cif *cif, unsigned n, ffi_type **types)
{
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_prep_cif(cif, FFI_DEFAULT_ABI, n, &ffi_type_sint, types);
    ffi_prep_closure_loc(closure, cif, handler, 0, code);
    return code;
}

int main(void)
{
    ffi_type *f = &ffi_type_float, *d = &ffi_type_double, *i = &ffi_type_sint;
    ffi_type one = { 0, 0, FFI_TYPE_STRUCT, (ffi_type *[]){ &ffi_type_longdouble, 0 } };
    ffi_type four = { 0, 0, FFI_TYPE_STRUCT, (ffi_type *[]){ f, f, f, f, 0 } };
    ffi_type *few[] = { i, &one, i }, *many[] = { d, d, d, d, d, d, d, d, d, d, d, d, d, d, &four };
    ffi_cif cif, long_cif;
    int (*first)(int, struct one, int) = closure(&cif, 3, few);
    int (*second)(double, double, double, double, double, double, double, double, double, double, double, double,
                  double, double, struct four) = closure(&long_cif, 15, many);

    if (first(1, (struct one){ 2 }, 3) != 1) return 1;
    return second(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (struct four){ 4, 5, 6, 7 }) != 1 ? 2 : 0;
}
