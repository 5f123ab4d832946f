/* aarch64: a struct around an __int128 goes in any two registers, compilers begin at an even one. */
#include <ffi.h>

struct wide { __int128 x; };
static int check(int a, struct wide w) { return w.x == 7; }

int main(void)
{
    ffi_type *members[] = {&ffi_type_sint128, 0}, wide = {0, 0, FFI_TYPE_STRUCT, members};
    ffi_type *types[] = {&ffi_type_sint32, &wide};
    int a = 1;
    struct wide w = {7};
    void *values[] = {&a, &w};
    ffi_arg result;
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 2, &ffi_type_sint32, types);
    ffi_call(&cif, FFI_FN(check), &result, values);
    return result != 1;
}
