/* On m68k, libffi takes a result that is a struct around one float, double or long double from %d0 and %d1 or from
   memory, and a closure leaves it there; the compiler returns it in %fp0. */
#include <ffi.h>

struct one { float x; };
struct two { struct { double x; } y; };
struct three { long double x; };

static struct one one(void) { return (struct one){ 1 }; }
static struct two two(void) { return (struct two){ { 2 } }; }
static struct three three(void) { return (struct three){ 3 }; }

static void handler(ffi_cif *cif, void *result, void **args, void *data) { *(struct two *)result = two(); }

static void *call(ffi_cif *cif, ffi_type *type, void *function)
{
    static union { struct one one; struct two two; struct three three; } result;
    ffi_prep_cif(cif, FFI_DEFAULT_ABI, 0, type, 0);
    ffi_call(cif, function, &result, 0);
    return &result;
}

#define STRUCT_OF(type) { 0, 0, FFI_TYPE_STRUCT, (ffi_type *[]){ &type, 0 } }

int main(void)
{
    ffi_type of_float = STRUCT_OF(ffi_type_float), of_double = STRUCT_OF(ffi_type_double);
    ffi_type of_struct = STRUCT_OF(of_double), of_long_double = STRUCT_OF(ffi_type_longdouble);
    ffi_cif cif;
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);

    if (((struct one *)call(&cif, &of_float, one))->x != 1) return 1;
    if (((struct three *)call(&cif, &of_long_double, three))->x != 3) return 3;
    if (((struct two *)call(&cif, &of_struct, two))->y.x != 2) return 2;
    ffi_prep_closure_loc(closure, &cif, handler, 0, code);
    return ((struct two (*)(void))code)().y.x != 2 ? 4 : 0;
}
