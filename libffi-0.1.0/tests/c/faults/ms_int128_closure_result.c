/* x86-64, the Windows ABIs: of a closure's 128-bit result the upper half is lost. */
#include <ffi.h>

static void handler(ffi_cif *cif, void *result, void **args, void *data) { *(__int128 *)result = (__int128)5 << 64; }

int main(void)
{
    ffi_cif cif;
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    if (ffi_prep_cif(&cif, FFI_GNUW64, 0, &ffi_type_sint128, 0))
        return 0; /* refusing is right */
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    return ((__attribute__((ms_abi)) __int128 (*)(void))code)() >> 64 != 5;
}
