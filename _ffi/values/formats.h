/* Is the item that a buffer's format (PEP 3118) describes a C type?  A struct's is compared member by member:
   what sort, how large, where; names and nesting need not agree, but a member's name is no other's.  What
   our own buffers have is written by buffer_format.pyx, with the codes in model/kinds.h. */
#ifndef FFIPY_VALUES_FORMATS_H
#define FFIPY_VALUES_FORMATS_H

#include <Python.h>
#include <string.h>

#include "base/compiler.h"
#include "model/type.h"

enum { MOST_MEMBERS = 4096,            /* that are looked at; arrays count once */
       MOST_DIMENSION = 1 << 26,
       DEEPEST_FORMAT = 32 };

/* Members of a format, one at a time, are looked for in the type. */
typedef struct {
    const char *at;
    const type_info *whole;
    size_t offset;                  /* in the item */
    size_t matched;                 /* bytes that were members of both */
    size_t alignment;               /* of the members so far */
    int members, depth;
    int native, swapped;            /* sizes of this machine's; bytes the other way round */
    int packed;                     /* all padding is written */
} format_reader;

/* The scalar at an offset of a type, or, where `most` is not 0, an array's item of `least` to `most` bytes that begins
   there.  *room: the bytes up to where the arrays end that it is in.  NULL: there is none, or none that can be
   described. */
static const type_info *part_at(const type_info *type, size_t offset, size_t least, size_t most, size_t *room)
{
    int in_array = 0;

    if (offset >= type->size)
        return NULL;
    *room = type->size - offset;
    for (;;) {
        type = plain_type(type);
        if (type->kind == K_ARRAY || type->kind == K_VECTOR) {
            if (type->item->size == 0)
                return NULL;
            if (!in_array)
                *room = type->size - offset;
            in_array = 1;
            offset %= type->item->size;
            type = type->item;
            if (offset == 0 && type->size >= least && type->size <= most)
                return type;
        } else if (type->kind == K_STRUCT) {
            const field_info *found = NULL;
            Py_ssize_t i;
            for (i = 0; i < type->nfields; ++i) {
                const field_info *field = &type->fields[i];
                if (field->offset <= offset && offset < field->offset + field->type->size) {
                    if (field->bit_width)
                        return NULL;
                    found = field;
                }
            }
            if (found == NULL)
                return NULL;
            offset -= found->offset;
            type = found->type;
            *room = type->size - offset;
            in_array = 0;
        } else {
            return most == 0 && (offset == 0 || type->kind == K_UNION) ? type : NULL;
        }
    }
}

static const type_info *scalar_at(const type_info *type, size_t offset)
{
    size_t room;
    return part_at(type, offset, 0, 0, &room);
}

/* 's' signed, 'u' unsigned, 'f' float, 'z' complex, 'p' pointer, 'c' a byte, 'w' a wide character,
   '?' a truth, 0: nothing that is compared. */
static char sort_of(const type_info *type)
{
    if (is_swapped_kind(type->kind))
        type = plain_type(type->item);
    if (is_character_kind(type->kind))
        return 'c';
    if (is_pointer_kind(type->kind))
        return 'p';
    if (is_complex_kind(type->kind))
        return 'z';
    switch (type->kind) {
    case K_BOOL: return '?';
    case K_CHAR16:
    case K_CHAR32: return 'w';
    case K_S16:
    case K_S32:
    case K_S64: return 's';
    case K_U16:
    case K_U32:
    case K_U64: return 'u';
    case K_FLOAT:
    case K_DOUBLE:
    case K_LONGDOUBLE:
    case K_EXACT: return 'f';
    default: return 0;
    }
}

/* So many scalars of one sort, by the arrays that they are in. */
static int scalars_match(format_reader *r, char sort, size_t size, size_t times)
{
    while (times > 0) {
        size_t room, count;
        const type_info *type = part_at(r->whole, r->offset, 0, 0, &room);
        char own;

        if (type == NULL || ++r->members > MOST_MEMBERS)
            return 0;
        own = sort_of(type);
        if (own != 0 || sort != 'c') {      /* else bytes of what no format describes */
            if (type->size != size || (r->swapped != is_swapped_kind(type->kind) && size > 1))
                return 0;
            if (own != sort && !((own == 'w' || own == 'p') && (sort == 's' || sort == 'u')))
                return 0;
            if (type->alignment > r->alignment && !r->packed)
                r->alignment = type->alignment;
        }
        count = room / size;
        if (count > times)
            count = times;
        times -= count;
        r->matched += count * size;
        r->offset += count * size;
    }
    return 1;
}

static void read_order(format_reader *r)
{
    for (; *r->at != '\0' && strchr("@^=<>!", *r->at) != NULL; ++r->at) {
        r->native = *r->at == '@' || *r->at == '^';
        r->packed = *r->at == '^';
        r->swapped = *r->at == (PY_BIG_ENDIAN ? '<' : '>') || (!PY_BIG_ENDIAN && *r->at == '!');
    }
}

/* The sort and size of a code, or 0. */
static char read_code(format_reader *r, size_t *size)
{
    char code = *r->at++;
    int native = r->native;

    // clang-format off
    switch (code) {
    case 'c': case 'b': case 'B': case 's': *size = 1; return 'c';
    case '?': *size = 1; return '?';
    case 'h': *size = 2; return 's';
    case 'H': *size = 2; return 'u';
    case 'i': *size = 4; return 's';
    case 'I': *size = 4; return 'u';
    case 'l': *size = native ? sizeof(long) : 4; return 's';
    case 'L': *size = native ? sizeof(long) : 4; return 'u';
    case 'q': *size = 8; return 's';
    case 'Q': *size = 8; return 'u';
    case 'n': *size = sizeof(size_t); return 's';
    case 'N': *size = sizeof(size_t); return 'u';
    case 'e': *size = 2; return 'f';
    case 'f': *size = 4; return 'f';
    case 'd': *size = 8; return 'f';
    case 'g': *size = sizeof(long double); return 'f';
    case 'u': *size = sizeof(wchar_t); return 'w';
    case 'w': *size = 4; return 'w';
    case 'P': case 'z': *size = sizeof(void *); return 'p';
    case 'Z':
        if (*r->at == 'f' || *r->at == 'd' || *r->at == 'g') {
            code = *r->at++;
            *size = sizeof(long double);
            if (code != 'g')
                *size = code == 'f' ? 4 : 8;
            *size *= 2;
            return 'z';
        }
        *size = sizeof(void *);
        return 'p';
    default: return 0;
    }
    // clang-format on
}

/* Behind what a pointer of ctypes' points to, which is not compared. */
static int skip_pointee(format_reader *r)
{
    int depth = 0;

    while (*r->at != '\0') {
        char code = *r->at++;
        if (code == '{' || code == '(') {
            ++depth;
        } else if (code == '}' || code == ')') {
            if (--depth == 0 && code == '}')
                return 1;
        } else if (depth == 0 && strchr("<>@=!^&TX", code) == NULL) {
            return 1;
        }
    }
    return depth == 0;
}

/* Is a member of the outermost struct, if it has the name of one of the type's, that one? */
static int name_matches(const format_reader *r, const char *name, size_t length, size_t offset)
{
    Py_ssize_t i, size;

    for (i = 0; r->depth == 2 && i < r->whole->nfields; ++i) {
        const char *own = PyUnicode_AsUTF8AndSize(r->whole->fields[i].name, &size);
        if (own == NULL)
            PyErr_Clear();
        else if ((size_t)size == length && memcmp(own, name, length) == 0)
            return r->whole->fields[i].offset == offset;
    }
    return 1;
}

static size_t read_number(format_reader *r, size_t most)
{
    size_t number = 0;
    for (; Py_ISDIGIT(*r->at) && number < most; ++r->at)
        number = number * 10 + (size_t)(*r->at - '0');
    return number;
}

/* "(2,3)", of which *times becomes as many times as much.  0: it is none, or too much. */
static int read_dimensions(format_reader *r, size_t *times)
{
    for (++r->at; *r->at != ')' && *r->at != '\0'; r->at += *r->at == ',' || *r->at == ' ') {
        *times *= read_number(r, MOST_DIMENSION);
        if ((*r->at != ',' && *r->at != ')' && *r->at != ' ') || *times > MOST_DIMENSION)
            return 0;
    }
    return *r->at++ == ')';
}

static int members_match(format_reader *r);

/* An array's first struct has matched: go on behind those of `most` in a row that are the same to C.  How many
   they are. */
static size_t pass_structs_alike(format_reader *r, size_t base, size_t matched, size_t most)
{
    size_t room, count, size = r->offset - base;
    size_t padded = (size + r->alignment - 1) / r->alignment * r->alignment;    /* NumPy leaves that out */
    const type_info *item = part_at(r->whole, base, size, padded, &room);

    if (item == NULL || item->size == 0) {
        r->offset = base + padded;
        return 1;
    }
    count = room / item->size < most ? room / item->size : most;
    r->matched += (count - 1) * (r->matched - matched);
    r->offset = base + count * item->size;
    return count;
}

/* So many structs of the same: T{...}. */
static int structs_match(format_reader *r, size_t times)
{
    const char *start = r->at;
    size_t outer = r->alignment, left = times;

    while (left > 0) {
        size_t base = r->offset, matched = r->matched;
        r->at = start + 1;
        r->alignment = 1;
        if (*r->at++ != '{' || !members_match(r) || *r->at++ != '}')
            return 0;
        left -= times > 1 ? pass_structs_alike(r, base, matched, left) : 1;
    }
    if (outer > r->alignment)
        r->alignment = outer;
    return times > 0;
}

/* So many of one code. */
static int code_matches(format_reader *r, size_t times)
{
    size_t size = sizeof(void *);
    char sort = 'p';

    if (*r->at == '&' || *r->at == 'X') {
        if (!skip_pointee(r))
            return 0;
    } else if ((sort = read_code(r, &size)) == 0) {
        return 0;
    }
    return scalars_match(r, sort, size, times);
}

/* Is the name behind what began at `begin`, if there is one, that of the member there? */
static int name_behind_matches(format_reader *r, size_t begin)
{
    const char *end;
    if (*r->at != ':')
        return 1;
    end = strchr(r->at + 1, ':');
    if (end == NULL || !name_matches(r, r->at + 1, (size_t)(end - r->at - 1), begin))
        return 0;
    r->at = end + 1;
    return 1;
}

/* The members up to the end or a brace.  0: they are others. */
static int members_match(format_reader *r)
{
    if (++r->depth > DEEPEST_FORMAT)
        return 0;
    while (*r->at != '\0' && *r->at != '}') {
        size_t times = 1, begin = r->offset;

        read_order(r);
        if (*r->at == '(') {
            if (!read_dimensions(r, &times))
                return 0;
            read_order(r);
        }
        if (Py_ISDIGIT(*r->at))
            times *= read_number(r, MOST_DIMENSION);
        if (*r->at == 'x') {
            ++r->at;
            if (*r->at != ':')
                r->offset += times;
            else if (!scalars_match(r, 'c', 1, times) || !name_behind_matches(r, begin))
                return 0;       /* with a name: NumPy's member that is none of its own types */
            continue;
        }
        if (!(*r->at == 'T' ? structs_match(r, times) : code_matches(r, times)) || !name_behind_matches(r, begin))
            return 0;
    }
    --r->depth;
    return 1;
}

/* The bytes of a type that are some member's. */
static size_t described_bytes(const type_info *type)
{
    size_t bytes = 0;
    Py_ssize_t i;

    type = plain_type(type);
    if (type->kind == K_ARRAY || type->kind == K_VECTOR)
        return (size_t)type->length * described_bytes(type->item);
    if (type->kind != K_STRUCT)
        return type->size;
    for (i = 0; i < type->nfields; ++i)
        bytes += described_bytes(type->fields[i].type);
    return bytes;
}

static int members_of(const type_info *type, const char *format)
{
    format_reader r = {format, type, 0, 0, 1, 0, 0, 1, 0, 0};
    return members_match(&r) && *r.at == '\0' && r.matched == described_bytes(type);
}

/* Bytes as such, of a size that somebody else has compared: "8s", NumPy's "8x". */
static int is_bytes(const char *format)
{
    while (Py_ISDIGIT(*format))
        ++format;
    return (*format == 's' || *format == 'x') && format[1] == '\0';
}

/* Does the format say what the type is? */
COLD static int format_describes(const type_info *type, const char *format)
{
    Py_ssize_t i;

    if (sort_of(type) == 0 && is_bytes(format))
        return 1;
    if (type->kind != K_UNION)
        return members_of(type, format);
    for (i = 0; i < type->nfields; ++i)         /* it is one of its members at a time */
        if (format_describes(plain_type(type->fields[i].type), format))
            return 1;
    return 0;
}

/* ---- a buffer's items ---- */

static inline const type_info *scalar_of(const type_info *item)
{
    for (item = plain_type(item); item->kind == K_ARRAY;)
        item = plain_type(item->item);
    return item;
}

/* How many characters an item is, where it is text of a fixed length: NumPy's "8s" and "8w".  Else 0. */
static size_t characters_of(const type_info *item, const Py_buffer *view)
{
    format_reader r = {view->format ? view->format : "B", NULL, 0, 0, 1, 0, 0, 1, 0, 0};
    const type_info *scalar = scalar_of(item);
    size_t count, size;

    read_order(&r);
    if (!Py_ISDIGIT(*r.at))
        return 0;
    count = read_number(&r, MOST_DIMENSION);
    if ((*r.at != 's' && *r.at != 'w') || r.at[1] != '\0' || sort_of(scalar) != read_code(&r, &size))
        return 0;
    return size == scalar->size && !(r.swapped && size > 1) && count > 1 && count * size == (size_t)view->itemsize
               ? count
               : 0;
}

COLD static int rarer_format_matches(const type_info *item, const Py_buffer *view)
{
    const char *code = view->format + (view->format[0] != '\0' && strchr("@^=<>!", view->format[0]) != NULL);

    if (item->kind == K_VOID
        || (view->itemsize == 1 && code[0] != '\0' && code[1] == '\0' && strchr("Bbc", code[0]) != NULL))
        return 1;
    if (characters_of(item, view))
        return 1;
    item = scalar_of(item);
    return (size_t)view->itemsize == item->size && format_describes(item, view->format);
}

/* An item of this buffer's format, or raw bytes, where C wants `item`s? */
static inline int format_matches(const type_info *item, const Py_buffer *view)
{
    const char *format = view->format;
    if (format == NULL)
        return 1;
    if (format[0] != '\0' && format[1] == '\0'
        && ((format[0] == 'B' && view->itemsize == 1)
            || (format[0] == kinds[item->kind].format[0] && (size_t)view->itemsize == item->size)))
        return 1;
    return rarer_format_matches(item, view);
}

/* The sort of a buffer's items, if they are scalars; else 0. */
static char format_sort(const Py_buffer *view)
{
    format_reader r = {view->format ? view->format : "B", NULL, 0, 0, 1, 0, 0, 1, 0, 0};
    size_t size;
    char sort;

    read_order(&r);
    sort = *r.at == '&' || *r.at == 'X' ? 'p' : read_code(&r, &size);
    return sort == 'p' || *r.at == '\0' ? sort : 0;
}

/* The sort of what one of struct's codes says; or 0. */
static char sort_of_code(const char *code)
{
    format_reader r = {code, NULL, 0, 0, 1, 0, 0, 1, 0, 0};
    size_t size;
    return read_code(&r, &size);
}

/* ctypes' pointers, functions and c_void_p, and objects: buffers of the address, which nobody means. */
static int is_foreign_pointer(const Py_buffer *view)
{
    return view->ndim == 0 && (format_sort(view) == 'p' || (view->format != NULL && strchr(view->format, 'O') != NULL));
}

#endif
