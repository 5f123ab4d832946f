/* What the hot path knows of a type: libffi's ffi_type and the rule that converts
   Python values.  One `type_info` lives inside every libffi.Type. */
#ifndef FFIPY_TYPES_H
#define FFIPY_TYPES_H

typedef enum {
    K_VOID, K_BOOL, K_CHAR,
    K_S8, K_U8, K_S16, K_U16, K_S32, K_U32, K_S64, K_U64, K_S128, K_U128,
    K_CHAR16, K_CHAR32,
    K_FLOAT, K_DOUBLE, K_LONGDOUBLE, K_EXACT,
    K_COMPLEX_FLOAT, K_COMPLEX_DOUBLE, K_COMPLEX_LONGDOUBLE,
    K_POINTER,                      /* void * */
    K_PTR,                          /* T * */
    K_STRING, K_BYTES, K_WSTRING, K_FUNCTION,
    K_ENUM, K_ARRAY, K_VECTOR, K_STRUCT, K_UNION,
    K_BITS, K_REF, K_OUT, K_INOUT
} type_kind;

typedef struct type_info type_info;

typedef struct {
    PyObject *name;                 /* interned str, or None where the member has no name */
    const type_info *type;
    size_t offset;
    unsigned bit_offset, bit_width; /* bit_width 0: not a bit-field */
} field_info;

struct type_info {
    ffi_type *ffi;                  /* NULL: cannot be passed by value (yet) */
    size_t size, alignment;
    type_kind kind;
    int complete;
    int is_const;                   /* pointers: C promises not to write */
    int holds_addresses;            /* it is a pointer, or has such items or members */
    PyObject *object;               /* the libffi.Type this lives in (borrowed) */
    PyObject *name;                 /* its C spelling, str (borrowed) */
    const type_info *item;          /* pointee, element, enum base, referred type */
    Py_ssize_t length;              /* arrays and vectors */
    field_info *fields;
    Py_ssize_t nfields;
    int by_position;                /* a tuple may initialise it */
    PyObject *field_index;          /* dict name -> position (borrowed) */
    PyObject *memory_class;         /* class of memory of this type (borrowed) */
    PyObject *enum_members;         /* dict int -> member (borrowed) */
    PyObject *enum_class;           /* (borrowed) */
    PyObject *cif;                  /* function pointers: the CIF (borrowed) */
};

static inline const type_info *plain_type(const type_info *t)
{
    return t->kind == K_ENUM ? t->item : t;
}

static inline int is_pointer_kind(type_kind kind)
{
    return kind >= K_POINTER && kind <= K_FUNCTION;
}

static inline int is_aggregate_kind(type_kind kind)
{
    return kind >= K_ARRAY && kind <= K_UNION;
}

static inline int is_character_kind(type_kind kind)
{
    return kind == K_CHAR || kind == K_S8 || kind == K_U8;
}

#endif
