/* What sort of thing a C type is. */
#ifndef FFIPY_MODEL_KINDS_H
#define FFIPY_MODEL_KINDS_H

#include <Python.h>

// clang-format off
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
// clang-format on

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

static inline int is_number_kind(type_kind kind)
{
    return kind > K_VOID && kind < K_POINTER;
}

#endif
