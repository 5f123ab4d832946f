/* mips o32: a closure's complex double result overwrites two saved registers of the caller. */
#include <ffi.h>
static void handler(ffi_cif *cif, void *result, void **args, void *data) { *(double _Complex *)result = 1.5 + 2.5i; }
int main(void)
{
    ffi_cif cif;
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &ffi_type_complex_double, 0);
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    register int kept __asm__("$16") = 42;
    __asm__ volatile("" : "+r"(kept));
    double _Complex r = ((double _Complex (*)(void))code)();
    __asm__ volatile("" : "+r"(kept));
    return kept != 42 || r != 1.5 + 2.5i;
}
