/* i386, Windows: compilers pass the address of a large result on the stack, libffi in ECX with fastcall. */
#include <ffi.h>

typedef struct { int x[6]; } six;
static __attribute__((fastcall)) six f(int a) { return (six){ { a } }; }

int main(void)
{
    ffi_type *members[] = { &ffi_type_sint, &ffi_type_sint, &ffi_type_sint, &ffi_type_sint, &ffi_type_sint,
                            &ffi_type_sint, 0 };
    ffi_type result = { 0, 0, FFI_TYPE_STRUCT, members }, *types[] = { &ffi_type_sint };
    int a = 7;
    void *values[] = { &a };
    six r = { { 0 } };
    ffi_cif cif;
    if (ffi_prep_cif(&cif, FFI_FASTCALL, 1, &result, types))
        return 0; /* refusing is right */
    ffi_call(&cif, FFI_FN(f), &r, values);
    return r.x[0] != 7;
}
