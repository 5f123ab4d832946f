/* i386, PASCAL: arguments lie at the wrong end of the block that is rounded up to 16 bytes. */
#include <ffi.h>

__attribute__((stdcall)) static int minus(int b, int a) { return a - b; }

int main(void)
{
    ffi_type *types[] = {&ffi_type_sint32, &ffi_type_sint32};
    int a = 5, b = 2;
    void *arguments[] = {&a, &b};
    ffi_arg result;
    ffi_cif cif;
    ffi_prep_cif(&cif, FFI_PASCAL, 2, &ffi_type_sint32, types);
    ffi_call(&cif, FFI_FN(minus), &result, arguments);
    return (int)result != 3;
}
