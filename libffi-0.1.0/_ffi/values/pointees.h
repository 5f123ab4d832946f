/* May a pointer to one thing stand where C wants a pointer to another? */
#ifndef FFIPY_VALUES_POINTEES_H
#define FFIPY_VALUES_POINTEES_H

#include <Python.h>

#include "base/compiler.h"
#include "model/type.h"
#include "types/compatible.h"

static int pointee_matches(const type_info *want, const type_info *have);

/* Are both arrays of the same lengths, as far as they are said (a flexible one is 0)? */
static int same_rows(const type_info *want, const type_info *have)
{
    while (want->kind == K_ARRAY && have->kind == K_ARRAY
           && (want->length == have->length || want->length == 0 || have->length == 0)) {
        want = want->item;
        have = have->item;
    }
    return want->kind != K_ARRAY && have->kind != K_ARRAY && pointee_matches(want, have);
}

/* May a pointer to `have` stand where C wants a pointer to `want`? */
static int pointee_matches(const type_info *want, const type_info *have)
{
    for (;;) {
        if (want == have || want->kind == K_VOID || have->kind == K_VOID)
            return 1;
        want = plain_type(want);
        have = plain_type(have);
        if (have->kind == K_ARRAY && want->kind != K_ARRAY) {
            have = have->item;
            continue;
        }
        if (want->kind == K_ARRAY) {    /* of rows, an array of which decays to */
            for (; have->kind == K_ARRAY; have = have->item)
                if (same_rows(want, have))
                    return 1;
            return 0;
        }
        if (is_character_kind(want->kind) && is_character_kind(have->kind))
            return 1;
        if (is_pointer_kind(want->kind) && is_pointer_kind(have->kind)) {
            if (want->kind == K_FUNCTION || have->kind == K_FUNCTION)
                return want->kind == have->kind || want->kind == K_POINTER
                       || have->kind == K_POINTER;
            if (want->kind == K_POINTER || have->kind == K_POINTER)
                return 1;
            want = want->item;
            have = have->item;
            continue;
        }
        if (want->kind == K_SWAPPED && have->kind == K_SWAPPED) {
            want = want->item;
            have = have->item;
            continue;
        }
        if (is_struct_kind(want->kind) && want->kind == have->kind)
            return compatible_structs(want, have);
        if (want->kind == K_EXACT || have->kind == K_EXACT)
            return want->ffi == have->ffi;
        return want->kind == have->kind && is_number_kind(want->kind);
    }
}

/* -1, raises TypeError. */
/* Does `have` begin with a `want`, its class extending the other's?  Then so does what a pointer points to;
   the items of an array do not, one by one. */
COLD static int begins_with(const type_info *want, const type_info *have)
{
    while ((have = have->base) != NULL)
        if (want == have || (want->kind == have->kind && compatible_structs(want, have)))
            return 1;
    return 0;
}

COLD static int wrong_pointee(const type_info *type, const type_info *have)
{
    PyErr_Format(PyExc_TypeError, "expected %U, got a pointer to %U (if that is meant, cast it: "
                                  "c.ptr(T)(it))",
                 type->name, have->name);
    return -1;
}

#endif
