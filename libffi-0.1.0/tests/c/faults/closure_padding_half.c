/* x86-64: a struct whose second half is padding takes one register; a closure leaves out the next one, too. */
#include <ffi.h>

struct wide { long double nothing[0]; short x; };   /* 16 bytes, the last 8 of them nobody's */
static int seen;

static void handler(ffi_cif *cif, void *result, void **arguments, void *user)
{
    (void)cif, (void)user;
    seen = *(int *)arguments[1];
    *(ffi_arg *)result = 0;
}

int main(void)
{
    ffi_type *members[] = { &ffi_type_sshort, 0 };
    ffi_type wide = { sizeof(struct wide), 16, FFI_TYPE_STRUCT, members }, *types[] = { &wide, &ffi_type_sint };
    ffi_cif cif;
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 2, &ffi_type_sint, types);
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    ((int (*)(struct wide, int))code)((struct wide){ .x = 1 }, 42);
    return seen != 42;
}
