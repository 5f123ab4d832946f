/* x86-64: of a result that is a struct around one 16-byte vector, the upper half is lost. */
#include <ffi.h>

struct one { float x __attribute__((vector_size(16))); };
static struct one f(void) { return (struct one){ { 1, 2, 3, 4 } }; }

int main(void)
{
    ffi_type *lanes[] = { &ffi_type_float, &ffi_type_float, &ffi_type_float, &ffi_type_float, 0 };
    ffi_type vector = { 0, 0, FFI_TYPE_VECTOR, lanes };
    ffi_type *members[] = { &vector, 0 }, one = { 0, 0, FFI_TYPE_STRUCT, members };
    struct one r = { { 0 } };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &one, 0);
    ffi_call(&cif, FFI_FN(f), &r, 0);
    return r.x[3] != 4;
}
