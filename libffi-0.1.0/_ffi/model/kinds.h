/* What sort of thing a C type is: the one table of kinds, and that of the names in libffi.c.
   Nothing but this file knows in which order they are.

   A new scalar type is a kind here and a name below, its conversion in values/store.h and
   values/load.h, tests, and a line of docs/guide/types.md. */
#ifndef FFIPY_MODEL_KINDS_H
#define FFIPY_MODEL_KINDS_H

#include <Python.h>
#include <stdint.h>
#include <wchar.h>

typedef char nothing[0];            /* what has no size of its own */
typedef struct {
    _Alignas(16) char bytes[16];
} sixteen_bytes;

/* 8 bytes are 'l' where that is a long, 'q' elsewhere. */
#define FORMAT_8(l, q) (sizeof(long) == 8 ? l : q)

/* Type.kind, in the order of the public `enum libffi_kind` ("": that of the item); the type in C; its format for the
   buffer protocol, "" where struct codes have none; how it fills an ffi_arg; its ffi_type, as
   libffi/scalars.h spells it. */
// clang-format off
#define FFIPY_KINDS(KIND)                                                                        \
    KIND(VOID,               "void",     nothing,        "",                 NOT,    PLAIN(void))     \
    KIND(BOOL,               "bool",     unsigned char,  "?",                ZEROS,  PLAIN(uint8))    \
    KIND(CHAR,               "char",     char,           "c",                SIGN,   CHARACTER)       \
    KIND(CHAR16,             "wchar",    uint16_t,       "H",                ZEROS,  PLAIN(uint16))   \
    KIND(CHAR32,             "wchar",    uint32_t,       "w",                ZEROS,  PLAIN(uint32))   \
    KIND(S8,                 "signed",   int8_t,         "b",                SIGN,   PLAIN(sint8))    \
    KIND(U8,                 "unsigned", uint8_t,        "B",                ZEROS,  PLAIN(uint8))    \
    KIND(S16,                "signed",   int16_t,        "h",                SIGN,   PLAIN(sint16))   \
    KIND(U16,                "unsigned", uint16_t,       "H",                ZEROS,  PLAIN(uint16))   \
    KIND(S32,                "signed",   int32_t,        "i",                SIGN,   PLAIN(sint32))   \
    KIND(U32,                "unsigned", uint32_t,       "I",                ZEROS,  PLAIN(uint32))   \
    KIND(S64,                "signed",   int64_t,        FORMAT_8("l", "q"), NOT,    PLAIN(sint64))   \
    KIND(U64,                "unsigned", uint64_t,       FORMAT_8("L", "Q"), NOT,    PLAIN(uint64))   \
    KIND(S128,               "signed",   sixteen_bytes,  "",                 NOT,    WIDE(sint128))   \
    KIND(U128,               "unsigned", sixteen_bytes,  "",                 NOT,    WIDE(uint128))   \
    KIND(FLOAT,              "float",    float,          "f",                NOT,    PLAIN(float))    \
    KIND(DOUBLE,             "float",    double,         "d",                NOT,    PLAIN(double))   \
    KIND(LONGDOUBLE,         "float",    long double,    "g",                NOT,    PLAIN(longdouble)) \
    KIND(EXACT,              "float",    long double,    "g",                NOT,    PLAIN(longdouble)) \
    KIND(COMPLEX_FLOAT,      "complex",  float[2],       "Zf",               NOT,    COMPLEX(float))  \
    KIND(COMPLEX_DOUBLE,     "complex",  double[2],      "Zd",               NOT,    COMPLEX(double)) \
    KIND(COMPLEX_LONGDOUBLE, "complex",  long double[2], "Zg",               NOT,    COMPLEX(longdouble)) \
    KIND(POINTER,            "pointer",  uintptr_t,      "P",                ZEROS,  PLAIN(pointer))  \
    KIND(PTR,                "pointer",  uintptr_t,      "P",                ZEROS,  PLAIN(pointer))  \
    KIND(STRING,             "string",   uintptr_t,      "P",                ZEROS,  PLAIN(pointer))  \
    KIND(BYTES,              "bytes",    uintptr_t,      "P",                ZEROS,  PLAIN(pointer))  \
    KIND(WSTRING,            "wstring",  uintptr_t,      "P",                ZEROS,  PLAIN(pointer))  \
    KIND(FUNCTION,           "function", uintptr_t,      "P",                ZEROS,  PLAIN(pointer))  \
    KIND(ARRAY,              "array",    nothing,        "",                 NOT,    NULL)            \
    KIND(STRUCT,             "struct",   nothing,        "",                 NOT,    NULL)            \
    KIND(UNION,              "union",    nothing,        "",                 NOT,    NULL)            \
    KIND(VECTOR,             "vector",   nothing,        "",                 NOT,    NULL)            \
    KIND(ENUM,               "enum",     nothing,        "",                 NOT,    NULL)            \
    KIND(BITS,               "bits",     nothing,        "",                 NOT,    NULL)            \
    KIND(REF,                "ref",      uintptr_t,      "",                 NOT,    PLAIN(pointer))  \
    KIND(OUT,                "out",      uintptr_t,      "",                 NOT,    PLAIN(pointer))  \
    KIND(INOUT,              "inout",    uintptr_t,      "",                 NOT,    PLAIN(pointer)) \
    KIND(SWAPPED,            "swapped",  nothing,        "",                 NOT,    NULL)            \
    KIND(WRAPPED,            "",         nothing,        "",                 NOT,    NULL)            \
    KIND(INSTANCE,           "",         nothing,        "",                 NOT,    NULL)            \
    KIND(NDARRAY,            "ndarray",  uintptr_t,      "",                 NOT,    PLAIN(pointer)) \
    KIND(OBJECT,             "object",   uintptr_t,      "",                 ZEROS,  PLAIN(pointer))

typedef enum {
#define KIND(kind, name, ctype, format, widening, ffi) K_##kind,
    FFIPY_KINDS(KIND)
#undef KIND
    KIND_COUNT
} type_kind;
// clang-format on

typedef struct {
    const char *name, *format;
    size_t size, alignment;
} kind_info;

static const kind_info kinds[KIND_COUNT] = {
#define KIND(kind, name, ctype, format, widening, ffi) {name, format, sizeof(ctype), _Alignof(ctype)},
    FFIPY_KINDS(KIND)
#undef KIND
};

/* ---- the scalars of libffi.c: what C calls them.  The order begins with the public
   `enum libffi_code`; new ones go to the end. ---- */

// clang-format off
#define INT_KIND(sign, ctype)                                                                    \
    (sizeof(ctype) == 1 ? K_##sign##8 : sizeof(ctype) == 2 ? K_##sign##16                        \
     : sizeof(ctype) == 4 ? K_##sign##32 : K_##sign##64)

typedef struct {
    const char *name, *spelling;
    type_kind kind;
} scalar_name;

static const scalar_name scalar_names[] = {
    {"void", "void", K_VOID},
    {"bool", "_Bool", K_BOOL},
    {"char", "char", K_CHAR},
    {"schar", "signed char", K_S8},
    {"uchar", "unsigned char", K_U8},
    {"short", "short", INT_KIND(S, short)},
    {"ushort", "unsigned short", INT_KIND(U, short)},
    {"int", "int", INT_KIND(S, int)},
    {"uint", "unsigned int", INT_KIND(U, int)},
    {"long", "long", INT_KIND(S, long)},
    {"ulong", "unsigned long", INT_KIND(U, long)},
    {"longlong", "long long", INT_KIND(S, long long)},
    {"ulonglong", "unsigned long long", INT_KIND(U, long long)},
    {"int8", "int8_t", K_S8},
    {"uint8", "uint8_t", K_U8},
    {"int16", "int16_t", K_S16},
    {"uint16", "uint16_t", K_U16},
    {"int32", "int32_t", K_S32},
    {"uint32", "uint32_t", K_U32},
    {"int64", "int64_t", K_S64},
    {"uint64", "uint64_t", K_U64},
    {"int128", "__int128", K_S128},
    {"uint128", "unsigned __int128", K_U128},
    {"size_t", "size_t", INT_KIND(U, size_t)},
    {"ssize_t", "ssize_t", INT_KIND(S, size_t)},
    {"ptrdiff_t", "ptrdiff_t", INT_KIND(S, size_t)},
    {"intptr_t", "intptr_t", INT_KIND(S, void *)},
    {"uintptr_t", "uintptr_t", INT_KIND(U, void *)},
    {"intmax_t", "intmax_t", INT_KIND(S, long long)},
    {"uintmax_t", "uintmax_t", INT_KIND(U, long long)},
    {"wchar_t", "wchar_t", sizeof(wchar_t) == 2 ? K_CHAR16 : K_CHAR32},
    {"char16_t", "char16_t", K_CHAR16},
    {"char32_t", "char32_t", K_CHAR32},
    {"float", "float", K_FLOAT},
    {"double", "double", K_DOUBLE},
    {"longdouble", "long double", K_LONGDOUBLE},
    {"complex_float", "float _Complex", K_COMPLEX_FLOAT},
    {"complex_double", "double _Complex", K_COMPLEX_DOUBLE},
    {"complex_longdouble", "long double _Complex", K_COMPLEX_LONGDOUBLE},
    {"pointer", "void *", K_POINTER},
    {"string", "const char *", K_STRING},
    {"bytes", "const char *", K_BYTES},
    {"wstring", "const wchar_t *", K_WSTRING},
    {"py_object", "PyObject *", K_OBJECT},
    {NULL, NULL, K_VOID}
};
// clang-format on

/* ---- groups of kinds ---- */

/* Integers and characters; what C calls an integer type, but for enums. */
static inline int is_integral_kind(type_kind kind)
{
    return kind >= K_BOOL && kind <= K_U128;
}

/* Integers that every libffi passes. */
static inline int is_int_kind(type_kind kind)
{
    return kind >= K_S8 && kind <= K_U64;
}

static inline int is_wide_int_kind(type_kind kind)
{
    return kind == K_S128 || kind == K_U128;
}

static inline int is_character_kind(type_kind kind)
{
    return kind == K_CHAR || kind == K_S8 || kind == K_U8;
}

static inline int is_complex_kind(type_kind kind)
{
    return kind >= K_COMPLEX_FLOAT && kind <= K_COMPLEX_LONGDOUBLE;
}

/* c.big(T) where the machine is little-endian, c.little(T) where it is not. */
static inline int is_swapped_kind(type_kind kind)
{
    return kind == K_SWAPPED;
}

/* What is neither an address nor made of parts; K_WRAPPED is c.wrap(T). */
static inline int is_number_kind(type_kind kind)
{
    return (kind > K_VOID && kind < K_POINTER) || kind == K_SWAPPED || kind == K_WRAPPED;
}

static inline int is_pointer_kind(type_kind kind)
{
    return kind >= K_POINTER && kind <= K_FUNCTION;
}

/* What C is given an address for; K_NDARRAY is c.ndarray(T), for parameters only, K_OBJECT a Python object itself. */
static inline int is_address_kind(type_kind kind)
{
    return is_pointer_kind(kind) || kind == K_NDARRAY || kind == K_OBJECT;
}

/* What libffi returns as a whole ffi_arg where it is narrower. */
static inline int is_word_kind(type_kind kind)
{
    return is_integral_kind(kind) || is_pointer_kind(kind) || kind == K_OBJECT;
}

/* What C's default promotions make an int or a double of. */
static inline int is_promoted_kind(type_kind kind)
{
    return (kind >= K_BOOL && kind <= K_CHAR16) || (kind >= K_S8 && kind <= K_U16) || kind == K_FLOAT;
}

static inline int is_aggregate_kind(type_kind kind)
{
    return kind >= K_ARRAY && kind <= K_VECTOR;
}

/* Aggregates that C passes by value; an array decays to a pointer. */
static inline int is_aggregate_value_kind(type_kind kind)
{
    return kind > K_ARRAY && kind <= K_VECTOR;
}

/* c.ref(T), c.out(T), c.inout(T). */
static inline int is_reference_kind(type_kind kind)
{
    return kind >= K_REF && kind <= K_INOUT;
}

static inline int is_parameter_kind(type_kind kind)
{
    return is_reference_kind(kind) || kind == K_NDARRAY;
}

/* What has storage of its own; K_INSTANCE is a user's class over a scalar, whose values are its instances. */
static inline int is_stored_kind(type_kind kind)
{
    return (kind > K_VOID && kind < K_BITS) || (kind >= K_SWAPPED && kind <= K_INSTANCE) || kind == K_OBJECT;
}

#endif
