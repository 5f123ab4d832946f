/* Are two types the same to C?  The same header, read for two libraries, gives each its own structs. */
#ifndef FFIPY_TYPES_COMPATIBLE_H
#define FFIPY_TYPES_COMPATIBLE_H

#include <Python.h>

#include "base/compiler.h"
#include "model/cif.h"
#include "model/type.h"

/* Structs whose equality is asked for; it holds unless one turns out to differ. */
typedef struct {
    const type_info *one, *other;
} type_pair;

#define PAIRS 512 /* of structs that refer to each other; of more, tags decide */

typedef struct {
    type_pair list[PAIRS];
    int n;
} type_pairs;

static inline int is_struct_kind(type_kind kind)
{
    return kind == K_STRUCT || kind == K_UNION;
}

static inline int is_const_text(const type_info *type)
{
    return type->kind == K_STRING || type->kind == K_BYTES
           || (type->kind == K_PTR && type->is_const && type->item->kind == K_CHAR);
}

/* Texts that declare an enum alike give it one class; a class of the user's may call its members otherwise. */
static int alike_enums(const type_info *one, const type_info *other)
{
    return one->enum_class == other->enum_class || !PyObject_HasAttrString(one->enum_class, "_declared_as_")
           || !PyObject_HasAttrString(other->enum_class, "_declared_as_");
}

static int alike(const type_info *one, const type_info *other, type_pairs *pairs);

/* 1, 0; no error. */
static int alike_cifs(PyObject *one, PyObject *other, type_pairs *pairs)
{
    const cif_state *a, *b;
    unsigned i;
    if (one == other)
        return 1;
    a = ((CIFObject *)one)->state;
    b = ((CIFObject *)other)->state;
    if (a->nargs != b->nargs || a->variadic != b->variadic || a->abi != b->abi
        || !alike(a->result, b->result, pairs))
        return 0;
    for (i = 0; i < a->nargs; ++i)
        if (a->args[i].passing != b->args[i].passing
            || !alike(a->args[i].type, b->args[i].type, pairs))
            return 0;
    return 1;
}

/* Structs are only noted here: they may contain pointers to each other. */
static int alike(const type_info *one, const type_info *other, type_pairs *pairs)
{
    int i;
    for (;;) {
        if (one == other)
            return 1;
        if (one->kind == K_ENUM && other->kind == K_ENUM && !alike_enums(one, other))
            return 0;
        one = plain_type(one);
        other = plain_type(other);
        if (is_const_text(one) && is_const_text(other))
            return 1;
        if (one->kind != other->kind || one->is_const != other->is_const)
            return 0;
        if (is_struct_kind(one->kind)) {
            for (i = 0; i < pairs->n; ++i)
                if (pairs->list[i].one == one && pairs->list[i].other == other)
                    return 1;
            if (PyUnicode_Compare(one->name, other->name) != 0)
                return 0;
            if (pairs->n < PAIRS)
                pairs->list[pairs->n++] = (type_pair){one, other};
            return 1;
        }
        switch (one->kind) {
        case K_FUNCTION:
            return alike_cifs(one->cif, other->cif, pairs);
        case K_PTR:
        case K_ARRAY:
        case K_VECTOR:
        case K_BITS:
        case K_SWAPPED:
            if (one->length != other->length)
                return 0;
            one = one->item;
            other = other->item;
            continue;
        default:
            return !is_parameter_kind(one->kind);
        }
    }
}

/* 1, 0; no error. */
static int alike_members(const type_info *one, const type_info *other, type_pairs *pairs)
{
    Py_ssize_t i;
    if (!one->complete || !other->complete)
        return 1;
    if (one->size != other->size || one->alignment != other->alignment
        || one->nfields != other->nfields)
        return 0;
    for (i = 0; i < one->nfields; ++i) {
        const field_info *a = &one->fields[i], *b = &other->fields[i];
        if (a->name != b->name || a->offset != b->offset || a->bit_offset != b->bit_offset
            || a->bit_width != b->bit_width || a->from_the_top != b->from_the_top
            || !alike(a->type, b->type, pairs))
            return 0;
    }
    return 1;
}

/* Two structs or unions of one tag: are they by C's rule one type?  An incomplete one may be any. */
COLD static int compatible_structs(const type_info *one, const type_info *other)
{
    type_pairs pairs;
    int i;
    pairs.n = 0;
    if (!alike(one, other, &pairs))
        return 0;
    for (i = 0; i < pairs.n; ++i)
        if (!alike_members(pairs.list[i].one, pairs.list[i].other, &pairs))
            return 0;
    return 1;
}

/* May a value of one be used as one of the other, being the same to C? */
static inline int same_to_c(const type_info *one, const type_info *other)
{
    return one == other
           || (one->kind == other->kind
               && (is_struct_kind(one->kind) || one->kind == K_ARRAY || one->kind == K_INSTANCE)
               && one->complete && other->complete && compatible_structs(one, other));
}

#endif
