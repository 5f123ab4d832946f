/* A C type: the rule by which values convert. */
#ifndef FFIPY_MODEL_TYPE_H
#define FFIPY_MODEL_TYPE_H

#include <Python.h>
#include <ffi.h>

#include "model/kinds.h"

typedef struct type_info type_info;

typedef struct {
    PyObject *name;                 /* interned str, or None where the member has no name */
    PyObject *attribute;            /* the same; NULL: a user's class has something else by that name */
    const type_info *type;
    size_t offset;
    unsigned char bit_offset, bit_width;    /* bit_width 0: not a bit-field */
    unsigned char from_the_top;     /* a bit-field's first bit is its byte's highest: big-endian */
} field_info;

/* What c.ndarray(T) asks of an array besides its items. */
typedef struct {
    char order;                     /* 'C', 'F', 'A': one of these, 0: any */
    int optional;                   /* None is NULL */
    size_t alignment;               /* of its first item */
    int ndim;                       /* -1: any */
    Py_ssize_t shape[];             /* so many lengths, -1: any */
} array_demands;

typedef enum {
    NO_ADDRESSES,
    ADDRESSES,
    PYTHON_OBJECTS                  /* which are addresses, too */
} addresses_held;

struct type_info {
    ffi_type *ffi;                  /* NULL: cannot be passed by value (yet) */
    size_t size, alignment;
    type_kind kind;
    int complete;
    int is_const;                   /* pointers: C promises not to write */
    addresses_held holds;           /* it is one, or has such items or members */
    int is_va_list;                 /* of which there are only those that C made */
    PyObject *object;               /* the libffi.Type this lives in (borrowed) */
    PyObject *name;                 /* its C spelling, str (borrowed) */
    const type_info *item;          /* pointee, element, enum base, referred type, what a class is over */
    Py_ssize_t length;              /* arrays and vectors */
    int padded;                     /* a struct, or an array of such, with bytes between members: values/padding.h */
    int flexible;                   /* a struct whose last member is a flexible array */
    size_t flexible_at;             /* ... and where that begins */
    field_info *fields;
    Py_ssize_t nfields;
    int by_position;                /* a tuple may initialise it */
    PyObject *field_index;          /* a hidden dict, name -> position (owned), or NULL */
    PyObject *memory_class;         /* class of memory of this type (borrowed) */
    int users_class;                /* that class is a user's */
    int leads_to_users;             /* to such a class, through members or items: it may lead back, in a circle */
    const type_info *base;          /* the struct it begins with, whose class that class extends, or NULL */
    PyObject *defaults;             /* tuple of position, value, ... of what is left out, or NULL (borrowed) */
    PyObject *enum_members;         /* dict int -> member (borrowed) */
    PyObject *enum_class;           /* (borrowed) */
    PyObject *cif;                  /* function pointers: the CIF (borrowed) */
    array_demands *demands;         /* checked arrays: owned, or NULL */
};

#define MAX_TYPE_SIZE (sizeof(void *) > 4 ? (Py_ssize_t)(1LL << 48) : PY_SSIZE_T_MAX / 2)

typedef struct {
    PyObject_HEAD
    type_info info;
    vectorcallfunc vectorcall;
} TypeObject;

/* What an enum, c.wrap(T) or a user's class over a scalar is to C; any other type is itself. */
static inline const type_info *plain_type(const type_info *t)
{
    while (t->kind == K_ENUM || t->kind == K_WRAPPED || t->kind == K_INSTANCE)
        t = t->item;
    return t;
}

#endif
