/* x86-64, the Windows ABIs: libffi aborts at a result that is a vector. */
#include <ffi.h>

typedef float v4 __attribute__((vector_size(16)));
static __attribute__((ms_abi)) v4 f(void) { return (v4){ 1, 2, 3, 4 }; }

int main(void)
{
    ffi_type *lanes[] = { &ffi_type_float, &ffi_type_float, &ffi_type_float, &ffi_type_float, 0 };
    ffi_type vector = { 0, 0, FFI_TYPE_VECTOR, lanes };
    v4 r = { 0 };
    ffi_cif cif;
    if (ffi_prep_cif(&cif, FFI_GNUW64, 0, &vector, 0))
        return 0; /* refusing is right */
    ffi_call(&cif, FFI_FN(f), &r, 0);
    return r[3] != 4;
}
