/* Before 3.7: ffi_call puts another pointer into the caller's array where a struct is passed in memory. */
#include <ffi.h>

struct large { char at[64]; };
static void f(struct large x) { }

int main(void)
{
    ffi_type *members[65] = { 0 }, large = { 0, 0, FFI_TYPE_STRUCT, members };
    for (int i = 0; i < 64; i++) members[i] = &ffi_type_schar;
    ffi_type *types[] = { &large };
    struct large x = { "" };
    void *values[] = { &x };
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_void, types);
    ffi_call(&cif, FFI_FN(f), 0, values);
    return values[0] != &x;
}
