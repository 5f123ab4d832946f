/* x86-64: a result that is a struct around one long double comes back on the x87 stack; libffi looks in memory. */
#include <ffi.h>

struct one { long double x; };
static struct one f(void) { return (struct one){ 1.5L }; }

int main(void)
{
    ffi_type *members[] = { &ffi_type_longdouble, 0 }, one = { 0, 0, FFI_TYPE_STRUCT, members };
    struct one r[2] = { { 0 } };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &one, 0);
    ffi_call(&cif, FFI_FN(f), r, 0);
    return r->x != 1.5L;
}
