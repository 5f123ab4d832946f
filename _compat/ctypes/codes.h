/* The scalars of ctypes by their letters: how each is written to C bytes, and read.

   As in ctypes, integers wrap, and `int` means whatever has an __index__. */
#ifndef COMPAT_CTYPES_CODES_H
#define COMPAT_CTYPES_CODES_H

#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "base/stack.h"
#include "com.h"
#include "libffi/libffi_api.h"

#define HAS_COMPLEX (PY_VERSION_HEX >= 0x030E0000)  /* CPython's own ctypes has complex numbers since then */
enum { LARGEST_SCALAR = 2 * sizeof(long double) };

/* New; raises. */
typedef PyObject *(*value_getter)(const char *where);
/* 0; -1 raises.  *keep: a new reference to what must stay alive for what was written, where there is such. */
typedef int (*value_setter)(char *where, PyObject *value, PyObject **keep);

typedef struct {
    char code;
    char standard;                      /* its letter in a buffer's format, whose sizes are the standard ones */
    int ffi;                            /* enum libffi_code */
    unsigned size;
    value_getter get, get_swapped;      /* _swapped NULL: has no other byte order */
    value_setter set, set_swapped;
} scalar_code;

/* A small int, without a call.  1; 0: it is another one. */
static inline int small_integer(PyObject *value, unsigned long long *bits)
{
#if PY_VERSION_HEX >= 0x030C0000
    if (PyLong_CheckExact(value) && PyUnstable_Long_IsCompact((PyLongObject *)value)) {
        *bits = (unsigned long long)PyUnstable_Long_CompactValue((PyLongObject *)value);
        return 1;
    }
#else
    (void)value;
    (void)bits;
#endif
    return 0;
}

/* What an int is, modulo 2**64.  0; -1 raises. */
static inline int integer_bits(PyObject *value, unsigned long long *bits)
{
    if (small_integer(value, bits))
        return 0;
    if (!PyLong_Check(value) && need_stack(0) < 0)
        return -1;
    *bits = PyLong_AsUnsignedLongLongMask(value);
    return *bits == (unsigned long long)-1 && PyErr_Occurred() ? -1 : 0;
}

/* The int that a function without argtypes is passed: one that no word holds is refused.  0; -1 raises. */
static inline int int_of_any(PyObject *value, int *number)
{
    unsigned long long bits = 0;
    int overflow = 0;
    if (!small_integer(value, &bits)) {
        bits = (unsigned long long)PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow > 0)
            bits = PyLong_AsUnsignedLongLong(value);
        if (overflow < 0 || PyErr_Occurred()) {
            PyErr_SetString(PyExc_OverflowError, "int too long to convert");
            return -1;
        }
    }
    *number = (int)bits;
    return 0;
}

static inline void reverse_bytes(char *where, const void *bytes, size_t n)
{
    const char *from = bytes;
    size_t i;
    for (i = 0; i < n; ++i)
        where[i] = from[n - 1 - i];
}

/* A number of the C type `T`, which FROM makes an object of and TO(value, number) reads. */
#define NATIVE(NAME, T, FROM, TO) \
    static PyObject *get_##NAME(const char *where) \
    { \
        T number; \
        memcpy(&number, where, sizeof number); \
        return FROM(number); \
    } \
    static int set_##NAME(char *where, PyObject *value, PyObject **keep) \
    { \
        T number; \
        (void)keep; \
        if (TO(value, number) < 0) \
            return -1; \
        memcpy(where, &number, sizeof number); \
        return 0; \
    }

/* The same in both byte orders. */
#define NUMBER(NAME, T, FROM, TO) \
    NATIVE(NAME, T, FROM, TO) \
    static PyObject *get_swapped_##NAME(const char *where) \
    { \
        T number; \
        reverse_bytes((char *)&number, where, sizeof number); \
        return FROM(number); \
    } \
    static int set_swapped_##NAME(char *where, PyObject *value, PyObject **keep) \
    { \
        T number; \
        (void)keep; \
        if (TO(value, number) < 0) \
            return -1; \
        reverse_bytes(where, &number, sizeof number); \
        return 0; \
    }

/* A pair of numbers, each of which has its byte order. */
#define PAIR(NAME, T, FROM, TO) \
    NATIVE(NAME, T, FROM, TO) \
    static PyObject *get_swapped_##NAME(const char *where) \
    { \
        T number; \
        reverse_bytes((char *)&number.real, where, sizeof number.real); \
        reverse_bytes((char *)&number.imag, where + sizeof number.real, sizeof number.imag); \
        return FROM(number); \
    } \
    static int set_swapped_##NAME(char *where, PyObject *value, PyObject **keep) \
    { \
        T number; \
        (void)keep; \
        if (TO(value, number) < 0) \
            return -1; \
        reverse_bytes(where, &number.real, sizeof number.real); \
        reverse_bytes(where + sizeof number.real, &number.imag, sizeof number.imag); \
        return 0; \
    }

/* GNU C's statement expressions would be shorter, and not C. */
#define INTEGER_OF(T, NAME) \
    static inline int integer_##NAME(PyObject *value, T *number) \
    { \
        unsigned long long bits; \
        if (integer_bits(value, &bits) < 0) \
            return -1; \
        *number = (T)bits; \
        return 0; \
    }
#define REAL_OF(T, NAME) \
    static inline int real_##NAME(PyObject *value, T *number) \
    { \
        double read = PyFloat_Check(value) || need_stack(0) == 0 ? PyFloat_AsDouble(value) : -1; \
        *number = (T)read; \
        return read == -1 && PyErr_Occurred() ? -1 : 0; \
    }

#define COMPLEX_OF(T, NAME) \
    typedef struct { \
        T real, imag; \
    } NAME; \
    static inline int complex_##NAME(PyObject *value, NAME *number) \
    { \
        Py_complex read = {-1, 0}; \
        if (PyComplex_Check(value) || need_stack(0) == 0) \
            read = PyComplex_AsCComplex(value); \
        number->real = (T)read.real; \
        number->imag = (T)read.imag; \
        return read.real == -1 && PyErr_Occurred() ? -1 : 0; \
    }

INTEGER_OF(signed char, byte)
INTEGER_OF(unsigned char, ubyte)
INTEGER_OF(short, short)
INTEGER_OF(unsigned short, ushort)
INTEGER_OF(int, int)
INTEGER_OF(unsigned, uint)
INTEGER_OF(long, long)
INTEGER_OF(unsigned long, ulong)
INTEGER_OF(long long, longlong)
INTEGER_OF(unsigned long long, ulonglong)
REAL_OF(float, float)
REAL_OF(double, double)
REAL_OF(long double, longdouble)
#if HAS_COMPLEX
COMPLEX_OF(float, float_complex)
COMPLEX_OF(double, double_complex)
COMPLEX_OF(long double, longdouble_complex)
#endif

static inline int truth_of(PyObject *value, _Bool *truth)
{
    int is_true = PyObject_IsTrue(value);
    *truth = is_true > 0;
    return is_true < 0 ? -1 : 0;
}

static inline int short_truth_of(PyObject *value, short *truth)
{
    int is_true = PyObject_IsTrue(value);
    *truth = is_true > 0 ? -1 : 0;
    return is_true < 0 ? -1 : 0;
}

#define TO_BYTE(value, number) integer_byte(value, &number)
#define TO_UBYTE(value, number) integer_ubyte(value, &number)
#define TO_SHORT(value, number) integer_short(value, &number)
#define TO_USHORT(value, number) integer_ushort(value, &number)
#define TO_INT(value, number) integer_int(value, &number)
#define TO_UINT(value, number) integer_uint(value, &number)
#define TO_LONG(value, number) integer_long(value, &number)
#define TO_ULONG(value, number) integer_ulong(value, &number)
#define TO_LONGLONG(value, number) integer_longlong(value, &number)
#define TO_ULONGLONG(value, number) integer_ulonglong(value, &number)
#define TO_FLOAT(value, number) real_float(value, &number)
#define TO_DOUBLE(value, number) real_double(value, &number)
#define TO_LONGDOUBLE(value, number) real_longdouble(value, &number)
#define TO_FLOAT_COMPLEX(value, number) complex_float_complex(value, &number)
#define TO_DOUBLE_COMPLEX(value, number) complex_double_complex(value, &number)
#define TO_LONGDOUBLE_COMPLEX(value, number) complex_longdouble_complex(value, &number)
#define TO_BOOL(value, number) truth_of(value, &number)
#define TO_VARIANT_BOOL(value, number) short_truth_of(value, &number)
#define FROM_REAL(number) PyFloat_FromDouble((double)(number))
#define FROM_COMPLEX(number) PyComplex_FromDoubles((double)(number).real, (double)(number).imag)

NUMBER(byte, signed char, PyLong_FromLong, TO_BYTE)
NUMBER(ubyte, unsigned char, PyLong_FromLong, TO_UBYTE)
NUMBER(short, short, PyLong_FromLong, TO_SHORT)
NUMBER(ushort, unsigned short, PyLong_FromLong, TO_USHORT)
NUMBER(int, int, PyLong_FromLong, TO_INT)
NUMBER(uint, unsigned, PyLong_FromUnsignedLong, TO_UINT)
NUMBER(long, long, PyLong_FromLong, TO_LONG)
NUMBER(ulong, unsigned long, PyLong_FromUnsignedLong, TO_ULONG)
NUMBER(longlong, long long, PyLong_FromLongLong, TO_LONGLONG)
NUMBER(ulonglong, unsigned long long, PyLong_FromUnsignedLongLong, TO_ULONGLONG)
NUMBER(float, float, FROM_REAL, TO_FLOAT)
NUMBER(double, double, FROM_REAL, TO_DOUBLE)
NATIVE(longdouble, long double, FROM_REAL, TO_LONGDOUBLE)
#if HAS_COMPLEX
PAIR(float_complex, float_complex, FROM_COMPLEX, TO_FLOAT_COMPLEX)
PAIR(double_complex, double_complex, FROM_COMPLEX, TO_DOUBLE_COMPLEX)
NATIVE(longdouble_complex, longdouble_complex, FROM_COMPLEX, TO_LONGDOUBLE_COMPLEX)
#endif
NATIVE(bool, _Bool, PyBool_FromLong, TO_BOOL)
NATIVE(variant_bool, short, PyBool_FromLong, TO_VARIANT_BOOL)

static PyObject *get_char(const char *where)
{
    return PyBytes_FromStringAndSize(where, 1);
}

#define ONE_CHARACTER "one character bytes, bytearray, or an integer in range(256) expected"

static int set_char(char *where, PyObject *value, PyObject **keep)
{
    (void)keep;
    if (PyBytes_Check(value) && PyBytes_GET_SIZE(value) == 1) {
        *where = *PyBytes_AS_STRING(value);
        return 0;
    }
    if (PyByteArray_Check(value) && PyByteArray_GET_SIZE(value) == 1) {
        *where = *PyByteArray_AS_STRING(value);
        return 0;
    }
    if (PyLong_Check(value)) {
        int overflow;
        long number = PyLong_AsLongAndOverflow(value, &overflow);
        if (overflow == 0 && number >= 0 && number <= 255) {
            *where = (char)number;
            return 0;
        }
    }
#if PY_VERSION_HEX >= 0x030E0000
    if (PyBytes_Check(value) || PyByteArray_Check(value))
        PyErr_Format(PyExc_TypeError, ONE_CHARACTER ", not %s of length %zd", Py_TYPE(value)->tp_name,
                     PyObject_Size(value));
    else if (PyLong_Check(value))
        PyErr_SetString(PyExc_TypeError, "integer not in range(256)");
    else
        PyErr_Format(PyExc_TypeError, ONE_CHARACTER ", not %s", Py_TYPE(value)->tp_name);
#else
    PyErr_SetString(PyExc_TypeError, "one character bytes, bytearray or integer expected");
#endif
    return -1;
}

static PyObject *get_wchar(const char *where)
{
    wchar_t character;
    memcpy(&character, where, sizeof character);
    return PyUnicode_FromWideChar(&character, 1);
}

static int set_wchar(char *where, PyObject *value, PyObject **keep)
{
    wchar_t characters[2];
    (void)keep;
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     PY_VERSION_HEX >= 0x030E0000 ? "a unicode character expected, not instance of %s"
                                                  : "unicode string expected instead of %s instance",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    if (PyUnicode_AsWideChar(value, NULL, 0) != 2) {        /* the NUL counts */
        PyErr_Format(PyExc_TypeError,
                     PY_VERSION_HEX >= 0x030E0000 ? "a unicode character expected, not a string of length %zd"
                                                  : "one character unicode string expected",
                     PyUnicode_GET_LENGTH(value));
        return -1;
    }
    PyUnicode_AsWideChar(value, characters, 2);
    memcpy(where, characters, sizeof *characters);
    return 0;
}

static inline void *read_address(const char *where)
{
    void *address;
    memcpy(&address, where, sizeof address);
    return address;
}

static inline void write_address(char *where, const void *address)
{
    memcpy(where, &address, sizeof address);
}

static PyObject *get_address(const char *where)
{
    void *address = read_address(where);
    return address == NULL ? Py_NewRef(Py_None) : PyLong_FromVoidPtr(address);
}

/* An int as an address, or None.  1; 0: it is neither; -1 raises. */
static int address_of_number(char *where, PyObject *value)
{
    unsigned long long bits = 0;
    if (value != Py_None && !PyLong_Check(value))
        return 0;
    if (value != Py_None && integer_bits(value, &bits) < 0)
        return -1;
    write_address(where, (void *)(uintptr_t)bits);
    return 1;
}

static int set_address(char *where, PyObject *value, PyObject **keep)
{
    int status = address_of_number(where, value);
    (void)keep;
    if (status == 0)
        PyErr_SetString(PyExc_TypeError, "cannot be converted to pointer");
    return status == 1 ? 0 : -1;
}

static PyObject *get_text(const char *where)
{
    const char *text = read_address(where);
    return text == NULL ? Py_NewRef(Py_None) : PyBytes_FromString(text);
}

static int set_text(char *where, PyObject *value, PyObject **keep)
{
    int status;
    if (PyBytes_Check(value)) {
        write_address(where, PyBytes_AS_STRING(value));
        *keep = Py_NewRef(value);
        return 0;
    }
    status = address_of_number(where, value);
    if (status == 0)
        PyErr_Format(PyExc_TypeError, "bytes or integer address expected instead of %s instance",
                     Py_TYPE(value)->tp_name);
    return status == 1 ? 0 : -1;
}

static PyObject *get_wide_text(const char *where)
{
    const wchar_t *text = read_address(where);
    return text == NULL ? Py_NewRef(Py_None) : PyUnicode_FromWideChar(text, -1);
}

static void free_wide_text(PyObject *capsule)
{
    PyMem_Free(PyCapsule_GetPointer(capsule, "_ctypes/cfield.c wchar_t buffer"));
}

static int set_wide_text(char *where, PyObject *value, PyObject **keep)
{
    int status;
    if (PyUnicode_Check(value)) {
        Py_ssize_t length;                  /* asked for, as else a NUL inside is an error */
        wchar_t *text = PyUnicode_AsWideCharString(value, &length);
        if (text == NULL)
            return -1;
        *keep = PyCapsule_New(text, "_ctypes/cfield.c wchar_t buffer", free_wide_text);
        if (*keep == NULL) {
            PyMem_Free(text);
            return -1;
        }
        write_address(where, text);
        return 0;
    }
    status = address_of_number(where, value);
    if (status == 0)
        PyErr_Format(PyExc_TypeError, "unicode string or integer address expected instead of %s instance",
                     Py_TYPE(value)->tp_name);
    return status == 1 ? 0 : -1;
}

static PyObject *get_object(const char *where)
{
    PyObject *object = read_address(where);
    if (object == NULL)
        PyErr_SetString(PyExc_ValueError, "PyObject is NULL");
    return Py_XNewRef(object);
}

static int set_object(char *where, PyObject *value, PyObject **keep)
{
    write_address(where, value);
    *keep = Py_NewRef(value);
    return 0;
}

#define ORDERED(CODE, STANDARD, FFI, NAME, T) \
    {CODE, STANDARD, FFI, sizeof(T), get_##NAME, get_swapped_##NAME, set_##NAME, set_swapped_##NAME}
#define UNORDERED(CODE, FFI, NAME, T) {CODE, CODE, FFI, sizeof(T), get_##NAME, NULL, set_##NAME, NULL}
#define STANDARD_LONG(SMALL, LARGE) (sizeof(long) == 4 ? SMALL : LARGE)

static const scalar_code scalar_codes[] = {
    ORDERED('b', 'b', LIBFFI_SCHAR, byte, char),
    ORDERED('B', 'B', LIBFFI_UCHAR, ubyte, char),
    ORDERED('h', 'h', LIBFFI_SHORT, short, short),
    ORDERED('H', 'H', LIBFFI_USHORT, ushort, short),
    ORDERED('i', 'i', LIBFFI_INT, int, int),
    ORDERED('I', 'I', LIBFFI_UINT, uint, int),
    ORDERED('l', STANDARD_LONG('l', 'q'), LIBFFI_LONG, long, long),
    ORDERED('L', STANDARD_LONG('L', 'Q'), LIBFFI_ULONG, ulong, long),
    ORDERED('q', 'q', LIBFFI_LONGLONG, longlong, long long),
    ORDERED('Q', 'Q', LIBFFI_ULONGLONG, ulonglong, long long),
    ORDERED('f', 'f', LIBFFI_FLOAT, float, float),
    ORDERED('d', 'd', LIBFFI_DOUBLE, double, double),
    UNORDERED('g', LIBFFI_LONGDOUBLE, longdouble, long double),
#if HAS_COMPLEX
    ORDERED('F', 'F', LIBFFI_COMPLEX_FLOAT, float_complex, float_complex),
    ORDERED('D', 'D', LIBFFI_COMPLEX_DOUBLE, double_complex, double_complex),
    UNORDERED('G', LIBFFI_COMPLEX_LONGDOUBLE, longdouble_complex, longdouble_complex),
#endif
    UNORDERED('?', LIBFFI_BOOL, bool, _Bool),
    UNORDERED('v', LIBFFI_SHORT, variant_bool, short),
    UNORDERED('c', LIBFFI_CHAR, char, char),
    UNORDERED('u', LIBFFI_WCHAR_T, wchar, wchar_t),
    UNORDERED('P', LIBFFI_POINTER, address, void *),
    UNORDERED('z', LIBFFI_POINTER, text, void *),
    UNORDERED('Z', LIBFFI_POINTER, wide_text, void *),
#if IS_WINDOWS
    UNORDERED('X', LIBFFI_POINTER, bstr, void *),
#endif
    UNORDERED('O', LIBFFI_PY_OBJECT, object, void *),
};

/* NULL: ctypes has no such letter.  Static. */
static const scalar_code *scalar_of(Py_UCS4 code)
{
    size_t i;
    for (i = 0; i < sizeof scalar_codes / sizeof *scalar_codes; ++i)
        if ((Py_UCS4)scalar_codes[i].code == code)
            return &scalar_codes[i];
    return NULL;
}

/* Where an integer is that a call has widened to a word. */
static inline char *narrow(char *result, Py_ssize_t size)
{
#if PY_BIG_ENDIAN
    return size < (Py_ssize_t)sizeof(void *) ? result + sizeof(void *) - size : result;
#else
    (void)size;
    return result;
#endif
}

/* ---- bit-fields: `width` bits from bit `shift` of the integer of `size` bytes ---- */

static inline uint64_t read_unit(const char *where, unsigned size, int swapped)
{
    uint64_t unit = 0;
    char bytes[8] = {0};
    if (swapped)
        reverse_bytes(bytes, where, size);
    else
        memcpy(bytes, where, size);
    switch (size) {
    case 1: return (unsigned char)bytes[0];
    case 2: {
        uint16_t n;
        memcpy(&n, bytes, sizeof n);
        return n;
    }
    case 4: {
        uint32_t n;
        memcpy(&n, bytes, sizeof n);
        return n;
    }
    default: memcpy(&unit, bytes, sizeof unit); return unit;
    }
}

static inline uint64_t bits_mask(unsigned width)
{
    return width >= 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

static PyObject *get_bits(const char *where, unsigned size, int swapped, int is_signed, unsigned shift, unsigned width)
{
    uint64_t bits = read_unit(where, size, swapped) >> shift & bits_mask(width);
    if (is_signed && bits >> (width - 1) & 1)
        return PyLong_FromLongLong((int64_t)(bits | ~bits_mask(width)));
    return PyLong_FromUnsignedLongLong(bits);
}

static void put_bits(char *where, unsigned size, int swapped, unsigned shift, unsigned width, uint64_t bits)
{
    uint64_t mask = bits_mask(width) << shift;
    uint64_t unit = (read_unit(where, size, swapped) & ~mask) | (bits << shift & mask);
    char bytes[8];
    switch (size) {
    case 1: bytes[0] = (char)unit; break;
    case 2: {
        uint16_t n = (uint16_t)unit;
        memcpy(bytes, &n, sizeof n);
        break;
    }
    case 4: {
        uint32_t n = (uint32_t)unit;
        memcpy(bytes, &n, sizeof n);
        break;
    }
    default: memcpy(bytes, &unit, sizeof unit);
    }
    if (swapped)
        reverse_bytes(where, bytes, size);
    else
        memcpy(where, bytes, size);
}

#endif
