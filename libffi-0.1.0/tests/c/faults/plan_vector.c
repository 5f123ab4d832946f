/* x86-64: a call plan loses the upper half of a 16-byte vector. */
#include <ffi.h>

typedef float v4 __attribute__((vector_size(16)));
static float last(v4 x) { return x[3]; }

int main(void)
{
    ffi_type *F = &ffi_type_float, *lanes[] = { F, F, F, F, 0 };
    ffi_type vector = { 0, 0, FFI_TYPE_VECTOR, lanes }, *types[] = { &vector };
    v4 x = { 1, 2, 3, 4 };
    float r;
    void *values[] = { &x };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, F, types);
    ffi_call_plan_invoke(ffi_call_plan_alloc(&cif), FFI_FN(last), &r, values);
    return r != 4;
}
