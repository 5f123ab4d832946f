"""Declarations: what C text makes, compared with what gcc makes of it, and where it goes wrong."""
from __future__ import annotations

import ctypes
import enum
import errno
import math
import pickle
import random
import re

import pytest

import libffi
from libffi import CIF, DeclarationError, Library, LibraryNotFound, SymbolNotFound, c
from libffi._reader import parse, parse_declaration
from libffi._reader.scope import Qualified


def declared(text):
    """Return what a text declares, types as types."""
    found = parse(text)
    names = {}
    for name, item in found.names.items():
        names[name] = item.type if isinstance(item, Qualified) else getattr(item, "value", item)
    return names


def cif_of(text):
    return parse_declaration(text).cif


def constants(text):
    return {name: value for name, value in declared(text).items() if isinstance(value, (int, float, bytes, str))}


def failure(text):
    with pytest.raises(DeclarationError) as caught:
        parse(text)
    error = caught.value
    assert str(error).startswith(f"line {error.line}, column {error.column}: ")
    return error


# Functions


PROTOTYPES = {
    "double pow(double x, double y);": CIF(c.double, [c.double, c.double]),
    "int f(void);": CIF(c.int, []),
    "int f();": CIF(c.int, []),
    "extern int f(int), g;": CIF(c.int, [c.int]),
    "static inline int f(register int x);": CIF(c.int, [c.int]),
    "void f(const char *, char *, const unsigned char *, unsigned char *);":
        CIF(c.void, [c.string, c.ptr(c.char), c.ptr(c.uchar, const=True), c.ptr(c.uchar)]),
    "char *f(const wchar_t *, wchar_t *);": CIF(c.ptr(c.char), [c.wstring, c.ptr(c.wchar_t)]),
    "const char *f(void *, const void *);": CIF(c.string, [c.pointer, c.ptr(c.void, const=True)]),
    "void f(char **, const char **, char *const *, const char *const *);":
        CIF(c.void, [c.ptr(c.ptr(c.char)), c.ptr(c.string), c.ptr(c.ptr(c.char), const=True),
                     c.ptr(c.string, const=True)]),
    "int printf(const char *restrict format, ...);": CIF(c.int, [c.string, ...]),
    "int f(int a[3], char *argv[], int m[2][3], const char s[]);":
        CIF(c.int, [c.ptr(c.int), c.ptr(c.ptr(c.char)), c.ptr(c.array(c.int, 3)), c.string]),
    "double f(int n, double a[n], double b[static 4], double d[*]);":
        CIF(c.double, [c.int, c.ptr(c.double), c.ptr(c.double), c.ptr(c.double)]),
    "void qsort(void *, size_t, size_t, int (*compare)(const void *, const void *));":
        CIF(c.void, [c.pointer, c.size_t, c.size_t,
                     c.func(CIF(c.int, [c.ptr(c.void, const=True), c.ptr(c.void, const=True)]))]),
    "int f(int callback(int));": CIF(c.int, [c.func(CIF(c.int, [c.int]))]),
    "void (*signal(int number, void (*handler)(int)))(int);":
        CIF(c.func(CIF(c.void, [c.int])), [c.int, c.func(CIF(c.void, [c.int]))]),
    "int f(int (a), int (*)[3], int (int));":
        CIF(c.int, [c.int, c.ptr(c.array(c.int, 3)), c.func(CIF(c.int, [c.int]))]),
    "_Bool f(bool, signed char, short int unsigned, long unsigned int long, long, unsigned);":
        CIF(c.bool, [c.bool, c.schar, c.ushort, c.ulonglong, c.long, c.uint]),
    "int8_t f(uint16_t, int32_t, uint64_t, ssize_t, ptrdiff_t, uintptr_t, intmax_t, char16_t);":
        CIF(c.int8, [c.uint16, c.int32, c.uint64, c.ssize_t, c.ptrdiff_t, c.uintptr_t, c.intmax_t,
                     c.char16_t]),
    "long double f(float, long double);": CIF(c.longdouble, [c.float, c.longdouble]),
    "const volatile int f(const int x, int *const p, volatile int *restrict q);":
        CIF(c.int, [c.int, c.ptr(c.int), c.ptr(c.int)]),
    "__attribute__((visibility(\"default\"), __nothrow__)) extern int f(int) "
    "__attribute__((nonnull(1), format(printf, 1, 2)));": CIF(c.int, [c.int]),
    "[[nodiscard, gnu::pure]] int f(int);": CIF(c.int, [c.int]),
    "__declspec(dllimport) int __cdecl f(int);": CIF(c.int, [c.int]),
    "__extension__ extern __inline__ int f(__const char *__restrict__ x);": CIF(c.int, [c.string]),
    "int f(/* nothing */ void); // at all": CIF(c.int, []),
    "typedef int pair[2]; int f(pair p, const pair q, pair *r);":
        CIF(c.int, [c.ptr(c.int), c.ptr(c.int, const=True), c.ptr(c.array(c.int, 2))]),
    "typedef char text; typedef const text *name; name f(text *, const text *, name *);":
        CIF(c.string, [c.ptr(c.char), c.string, c.ptr(c.string)]),
    "typedef char *string; string f(const string, const string *);":
        CIF(c.ptr(c.char), [c.ptr(c.char), c.ptr(c.ptr(c.char), const=True)]),
    "typedef int function(int); function f;": CIF(c.int, [c.int]),
    "typedef int function(int); function *f(function, function *);":
        CIF(c.func(CIF(c.int, [c.int])), [c.func(CIF(c.int, [c.int]))] * 2),
    "typedef void nothing; nothing f(nothing *);": CIF(c.void, [c.pointer]),
}


@pytest.mark.parametrize("text", PROTOTYPES)
def test_prototypes(text):
    found = parse(text).names["signal" if "signal" in text else text_name(text)]
    assert found.cif is PROTOTYPES[text]


def text_name(text):
    return next(name for name in ("f", "pow", "printf", "qsort") if re.search(rf"\b{name}\b", text))


@pytest.mark.skipif(not libffi.features()["complex"], reason="libffi has no complex numbers here")
def test_complex_numbers():
    expected = CIF(c.complex_double, [c.complex_float, c.complex_longdouble, c.complex_double])
    assert cif_of("double complex f(float _Complex, _Complex long double, complex double)") is expected


@pytest.mark.skipif(not libffi.features()["int128"], reason="no 128-bit integers")
def test_int128():
    assert cif_of("unsigned __int128 f(__int128, __uint128_t)") is CIF(c.uint128, [c.int128, c.uint128])


def test_a_call_through_each_pointer_level(libc):
    lib = Library(None)
    lib.declare("size_t strlen(const char *); char *strchr(const char *s, int c); int atoi(const char *);")
    assert lib.strlen("hé") == 3
    text = c.array(c.char, 16).new(b"key=value")
    found = lib.strchr(text, ord("="))
    assert libffi.string_at(found) == b"=value" and found.address == libffi.addressof(text) + 3
    assert not lib.strchr(text, ord("!"))
    assert lib.atoi("42") == 42


def random_type(rng, depth):
    scalars = [c.int, c.char, c.uchar, c.short, c.double, c.size_t, c.uint32, c.longdouble, c.bool, c.wchar_t]
    if depth == 0:
        return rng.choice(scalars)
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(scalars)
    if kind == 1:
        item = random_type(rng, depth - 1) if rng.random() < 0.9 else c.void
        # Those are strings; their const pointer is a type that C text does not make.
        return c.ptr(item, const=rng.random() < 0.3 and item not in (c.char, c.wchar_t, c.void))
    if kind == 2:
        return c.array(random_type(rng, depth - 1), rng.randrange(1, 9))
    result = random_type(rng, depth - 1)
    while result.kind == "array":
        result = result.item
    parameters = [random_type(rng, depth - 1) for _ in range(rng.randrange(3))]
    parameters = [c.ptr(t.item) if t.kind == "array" else t for t in parameters]
    if parameters and rng.random() < 0.2:
        parameters.append(...)
    return c.func(CIF(result, parameters))


def test_types_read_back_what_they_spell():
    rng = random.Random(20)
    for _ in range(400):
        kind = random_type(rng, 5)
        if kind in (c.char, c.wchar_t) or len(kind.name) > 500:
            continue
        pointer = c.ptr(kind)
        assert cif_of(f"void f({pointer.name})").argtypes == (pointer,), pointer.name


# Structs, unions, enums: the same as gcc's


STRUCTS = """
struct plain { char a; double b; short c; };
struct nested { struct plain p; char tail; };
struct arrays { char name[13]; int matrix[2][3]; struct plain pair[2]; };
struct anonymous { int tag; union { double d; struct { short lo, hi; }; }; char end; };
struct bits { unsigned a : 3; int b : 7; unsigned long long c : 40; unsigned : 0; char d; unsigned e : 1; };
struct bits2 { char c; int x : 5; int : 3; short s; _Bool flag : 1; unsigned char u : 4; };
struct bits3 { char lone : 3; char more : 6; long long wide : 33; };
struct packed { char a; double b; short c; } __attribute__((packed));
struct __attribute__((packed)) packed_before { char a; long b; };
struct aligned { char a; int b; } __attribute__((aligned(32)));
struct both { char a; int b; char c; } __attribute__((__packed__, __aligned__(4)));
struct __attribute__((aligned(8))) list { struct list *next, *previous; int (*compare)(struct list *); };
struct after_tag { char tail[3]; int x[]; };
struct holder { struct packed p; struct aligned a; };
union simple { char a[5]; int b; };
union pointers { void *p; char *const *q; union pointers *self; double d; };
#pragma pack(push, 2)
struct pack2 { char a; double b; char c; };
#pragma pack(1)
struct pack1 { char a; short b; long long c; };
#pragma pack(pop)
struct unpacked { char a; double b; };
#pragma pack(4)
union pack4 { char a; double b; };
struct pack4_bits { char a; long long b : 50; int c : 3; };
#pragma pack()
#define LENGTH 3
#define AREA (LENGTH * (LENGTH + 1))
struct sized { char a[AREA]; int b[sizeof(struct plain) / 2]; short c['a' - 'A']; float d[LENGTH << 1]; };
enum small { S0, S1 = 5, S2 };
enum negative { N0 = -1, N1 };
enum large { L0 = 1, L1 = 0x100000000 };
enum both_large { B0 = -5, B1 = 0x80000000u };
enum __attribute__((packed)) tiny { T0 = 200 };
struct enums { enum small a; enum negative b; enum large c; enum both_large d; enum tiny e; };
struct mixed_enum_bits { enum small a : 4; enum negative b : 3; unsigned c : 2; };
"""


def test_layout_is_gccs(compile_c):
    found = parse(STRUCTS)
    expected, program = [], [STRUCTS, "#include <stddef.h>\nconst long layout[] = {"]
    for tag, item in found.tags.items():
        spelled = f"{item.kind} {tag}"
        program.append(f"sizeof({spelled}), _Alignof({spelled}),")
        expected += [item.type.size, item.type.alignment]
        for field, kind in item.type.fields.items():
            if kind.kind != "bits":
                program.append(f"offsetof({spelled}, {field}),")
                expected.append(item.type.offsets[field])
        if item.kind == "enum":
            program.append(f"({spelled})-1 < 0,")
            expected.append(item.type.item.kind == "signed")
    program.append("};")
    built = ctypes.CDLL(compile_c("\n".join(program), "declare_layout"))
    assert list((ctypes.c_long * len(expected)).in_dll(built, "layout")) == expected
    assert len(found.tags) == 29


def test_bit_fields_hold_what_gcc_stores(compile_c):
    text = """
    struct bits { unsigned a : 3; int b : 7; unsigned long long c : 40; unsigned : 0; char d; unsigned e : 1; };
    void fill(struct bits *p, int b);
    """
    source = text + "void fill(struct bits *p, int b) { p->a = 5; p->b = b; p->c = 1ULL << 39; p->d = 'x'; p->e = 1; }"
    lib = Library(compile_c(source, "declare_bits"))
    lib.declare(text)
    value = lib.bits.new()
    lib.fill(value, -33)
    assert (value.a, value.b, value.c, value.d, value.e) == (5, -33, 1 << 39, b"x", 1)


def test_recursive_and_incomplete_structs():
    found = parse("""
        typedef struct node node;
        struct node { int value; node *next; struct node *previous; struct other *other; };
        struct a { struct b *b; }; struct b { struct a *a; };
    """)
    node = found.tags["node"].type
    assert node.fields["next"].item is node and node.fields["previous"] is node.fields["next"]
    assert found.tags["other"].type.size is None
    a, b = found.tags["a"].type, found.tags["b"].type
    assert a.fields["b"].item is b and b.fields["a"].item is a


def test_equal_structs_are_the_same_type():
    text = "struct point { double x, y; };"
    assert parse(text).tags["point"].type is parse(text).tags["point"].type is c.struct("point", x=c.double, y=c.double)
    typedef = parse("typedef struct { double x, y; } point, *pointer;").names
    assert typedef["point"].type is c.struct("point", x=c.double, y=c.double)
    assert typedef["pointer"].type is c.ptr(typedef["point"].type)


def test_structs_by_value(compile_c):
    source = """
    typedef struct { double x, y; } point;
    typedef struct segment { point a, b; } segment;
    point middle(segment s);
    """
    lib = Library(compile_c(
        source + "point middle(segment s) { return (point){(s.a.x + s.b.x) / 2, (s.a.y + s.b.y) / 2}; }",
        "declare_middle"))
    lib.declare(source)
    middle = lib.middle(((0, 0), {"x": 4, "y": 2}))
    assert (middle.x, middle.y) == (2.0, 1.0)
    assert lib.segment.size == 32


def test_enums():
    lib = Library(None)
    lib.declare("""
        enum color { RED, GREEN = 5, BLUE, AZURE = BLUE, MASK = RED | GREEN << 2 };
        typedef enum { OFF, ON } power;
        enum { FIRST = 10, SECOND };
        int abs(enum color);
    """)
    assert issubclass(lib.color.enum, enum.IntEnum)
    assert lib.color.item is c.uint
    assert [member.name for member in lib.color.enum] == ["RED", "GREEN", "BLUE", "MASK"]
    assert (lib.RED, lib.GREEN, lib.BLUE, lib.AZURE, lib.MASK) == (0, 5, 6, 6, 20)
    assert lib.BLUE is lib.color.enum.BLUE is lib.AZURE
    assert lib.ON is lib.power.enum.ON and str(lib.power) == "enum power"
    assert type(lib.SECOND) is int and lib.SECOND == 11
    assert lib.abs(lib.BLUE) == 6
    box = c.struct("box", color=lib.color).new(color=lib.GREEN)
    assert box.color is lib.GREEN


def test_enums_pickle_by_structure():
    first = parse("enum pickled { P0, P1 = 4 };")
    kind, member = first.tags["pickled"].type, first.names["P1"].value
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert pickle.loads(pickle.dumps(member)) is member
    assert parse("enum pickled { P0, P1 = 4 };").tags["pickled"].type is kind


def test_enumerators_that_pythons_enum_keeps_for_itself():
    values = constants("enum odd { mro, _sunder_ = 3, __dunder__, name, value, real = 9 };")
    assert values == {"mro": 0, "_sunder_": 3, "__dunder__": 4, "name": 5, "value": 6, "real": 9}


def test_unpickled_enum_in_another_process(run_python):
    kind = parse("enum shipped { S0, S1 };").tags["shipped"].type
    out = run_python("""
        import pickle, sys
        kind = pickle.loads(bytes.fromhex(sys.argv[1]))
        print(kind, list(kind.enum))
    """, pickle.dumps(kind).hex())
    assert out.strip() == "enum shipped [<shipped.S0: 0>, <shipped.S1: 1>]"


@pytest.mark.skipif(not libffi.features()["vectors"], reason="no vectors")
def test_vectors():
    names = declared("typedef float v4 __attribute__((vector_size(16))); v4 f(v4);")
    assert names["v4"] is c.vector(c.float, 4)
    assert names["f"].cif is CIF(c.vector(c.float, 4), [c.vector(c.float, 4)])


# Constants: the same as gcc's


CONSTANTS = r"""
#define DECIMAL 42
#define HEX 0xFF
#define OCTAL 0755
#define BINARY 0b1011
#define SUFFIXES 10ul
#define BIG 0xFFFFFFFFFFFFFFFF
#define ALL_ONES (~0UL)
#define MINUS (-1)
#define UNSIGNED_MINUS (-1 < 0u)
#define SIGN_BIT (1 << 31)
#define CHARACTER 'a'
#define NEWLINE '\n'
#define ESCAPES '\x41' + '\101' + '\0' + '\\'
#define MULTI 'ab'
#define NAMED (HEX + LATER)
#define LATER 7
#define DIVIDE (-7 / 2)
#define MODULO (-7 % 3)
#define TERNARY (DECIMAL > 3 ? 10 : 1 / 0)
#define LOGIC (1 || 1 / 0) + (0 && 1 / 0)
#define SIZE sizeof(struct sample)
#define SIZES (sizeof(int) + sizeof(char *) + sizeof 'a' + sizeof(long[3]) + sizeof "abc")
#define ALIGN _Alignof(double)
#define OFFSET offsetof(struct sample, y)
#define CAST ((unsigned char)300 + (signed char)200 + (int)2.9)
#define WRAP (4294967295u + 1)
#define PROMOTE ((unsigned char)1 - 2)
#define NOT !5 + !0
#define COMPARE (1 < 2) + (2.5 >= 2) + (1 == 1.0) + (3 != 3)
#define XOR (0xF0 ^ 0x3C | 1 & 3)
#define NEGATIVE_SHIFT (-16 >> 2)
#define LONG_LITERAL 2147483648
"""


def test_integer_constants_are_gccs(compile_c):
    sample = "struct sample { char x; double y; };\n"
    found = constants(sample + CONSTANTS)
    program = f"#include <stddef.h>\n{sample}{CONSTANTS}\n"
    program += f"const unsigned long long constants[] = {{ {', '.join(found)} }};"
    built = ctypes.CDLL(compile_c(program, "declare_constants", "-w"))
    gcc = (ctypes.c_ulonglong * len(found)).in_dll(built, "constants")
    assert {name: value % (1 << 64) for name, value in found.items()} == dict(zip(found, gcc, strict=True))
    assert len(found) == CONSTANTS.count("#define")


def random_expression(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        literal = rng.choice(["0", "1", "2", "3", "7", "31", "255", "65535", "2147483647", "4294967295",
                              "0x80000000", "0xFFFFFFFFFFFFFFFF", "'a'", "'\\xff'", "sizeof(int)", "010"])
        if literal.startswith(("'", "s")):
            return literal
        return literal + rng.choice(["", "", "u", "l", "ul", "ll", "ull"])
    kind = rng.randrange(4)
    inner = random_expression(rng, depth - 1)
    if kind == 0:
        return f"{rng.choice(['-', '~', '!', '+'])}({inner})"
    if kind == 1:
        types = ["char", "unsigned char", "short", "unsigned", "int", "long", "unsigned long", "_Bool", "uint16_t"]
        return f"({rng.choice(types)})({inner})"
    other = random_expression(rng, depth - 1)
    if kind == 2 and rng.random() < 0.3:
        return f"(({random_expression(rng, depth - 1)}) ? {inner} : {other})"
    sign = rng.choice("+ - * / % & | ^ << >> < > <= >= == != && ||".split())
    return f"({inner} {sign} {other})"


def test_random_constants_are_gccs(compile_c):
    rng = random.Random(7)
    accepted = {}
    while len(accepted) < 500:
        text = random_expression(rng, 4)
        try:
            accepted[text] = constants(f"#define N {text}")["N"]
        except DeclarationError as error:
            # Overflow, division by zero, too wide a shift: undefined in C.
            assert re.search("overflows|division by zero|shift", str(error)), (text, error)
    program = "#include <stdint.h>\nconst unsigned long long constants[] = {{{}}};".format(",\n".join(accepted))
    built = ctypes.CDLL(compile_c(program, "declare_random_constants", "-w"))
    gcc = (ctypes.c_ulonglong * len(accepted)).in_dll(built, "constants")
    wrong = [text for text, value in zip(accepted, gcc, strict=True) if accepted[text] % (1 << 64) != value]
    assert wrong == []


def test_other_constants():
    found = constants(r"""
        #define PI 3.14159
        #define SINGLE 0.1f
        #define HEXFLOAT 0x1.8p3
        #define SUM (1 + .5)
        #define INFINITE (1.0 / 0.0)
        #define NAME "libffi" " for " "Python\x21\n\u00e9"
        #define WIDE L"wide"
        #define LONG_LINE \
            5
        #define COMMENTED 6 /* six */ // still six
        #define DIGITS 1'000'000
        #define NO_ONE ((void *)0)
        #define STATIC ((void (*)(void *))-1)
        static const int SIZE = 3 * 4;
        static const char GREETING[] = "hello";
        const double HALF = 1 / 2.;
        static const unsigned char WRAPPED = 300;
    """)
    assert math.isinf(found.pop("INFINITE"))
    assert found == {
        "PI": 3.14159, "SINGLE": ctypes.c_float(0.1).value, "HEXFLOAT": 12.0, "SUM": 1.5,
        "NAME": "libffi for Python!\n\xe9", "WIDE": "wide", "LONG_LINE": 5, "COMMENTED": 6,
        "DIGITS": 1000000, "NO_ONE": 0, "STATIC": (1 << 8 * c.pointer.size) - 1,
        "SIZE": 12, "GREETING": "hello", "HALF": 0.5, "WRAPPED": 44,
    }
    assert math.isnan(constants("#define NAN_ (0.0 / 0.0)")["NAN_"])


def test_macros_of_keywords_are_expanded():
    names = declared("""
        #define API extern
        #define NOTHING
        #define THROWS_NOT __attribute__((nothrow))
        #define number unsigned int
        API number f(number x) THROWS_NOT NOTHING;
        #define stdin stdin
    """)
    assert names["f"].cif is CIF(c.uint, [c.uint])
    assert set(names) == {"f", "number"} and names["number"] is c.uint


def test_static_assertions():
    assert declared('_Static_assert(sizeof(short) == 2, "short"); static_assert(1);') == {}
    assert "does not hold" in str(failure('_Static_assert(1 + 1 == 3, "sum");'))


# Errors


ERRORS = {
    # text: (line, column, part of the message)
    "moment time(time_t *t);": (1, 1, "unknown type name 'moment'"),
    "int f(number t);": (1, 7, "unknown type name 'number'"),
    "int f(number);": (1, 7, "unknown type name 'number'"),
    "double pow(doble, double);": (1, 12, "unknown type name 'doble'"),
    "int f(int, const number);": (1, 18, "unknown type name 'number'"),
    "int f(int a,\n      other b);": (2, 7, "unknown type name 'other'"),
    "struct s {\n  int a;\n  other b;\n};": (3, 3, "unknown type name 'other'"),
    "struct s { int a; const foo *x; };": (1, 25, "unknown type name 'foo'"),
    "typedef foo bar;": (1, 9, "unknown type name 'foo'"),
    "extern foo bar;": (1, 8, "unknown type name 'foo'"),
    "\tint f(\t\tfoo *x);": (1, 10, "unknown type name 'foo'"),
    "int /* a comment\n over lines */ f(foo x);": (2, 18, "unknown type name 'foo'"),
    "int f(int, \\\n  foo x);": (2, 3, "unknown type name 'foo'"),
    "int f(int,\r\n  foo x);\r\n": (2, 3, "unknown type name 'foo'"),
    "int f(sizeof(foo));": (1, 7, "unknown type name 'sizeof'"),
    "int x[sizeof(foo)];": (1, 14, "foo"),
    "extern f(void);": (1, 8, "unknown type name 'f'"),
    "int f(a, b);": (1, 7, "unknown type name 'a'"),
    "int f(int a b);": (1, 13, "before 'b'"),
    "int f(int x": (1, 6, "'\\(' is never closed"),
    "int f(int x))": (1, 13, "unexpected '\\)'"),
    "struct s { int x; ": (1, 10, "'{' is never closed"),
    "int x[3);": (1, 8, "unexpected '\\)'"),
    "int f(void)": (1, 12, "ends in the middle"),
    "int f(void); /* never": (1, 14, "comment is never closed"),
    '#define S "abc': (1, 11, "never closed"),
    "int é;": (1, 5, "'é'"),
    "int f(int); @": (1, 13, "'@'"),
    "int f(int x) { return x; }": (1, 14, "function bodies"),
    "int x = {1};": (1, 9, "initialisers"),
    "int x = 3;": (1, 5, "only constants may have a value"),
    "extern const int x = 3;": (1, 18, "only constants may have a value"),
    "int;": (1, 1, "declares nothing"),
    "typedef int;": (1, 1, "names nothing"),
    "struct { int x; };": (1, 8, "declares nothing"),
    "struct s { struct s inner; };": (1, 21, "incomplete type struct s"),
    "struct s { void x; };": (1, 17, "cannot be void"),
    "struct s { int f(void); };": (1, 16, "cannot be a function"),
    "struct s { int a, a; };": (1, 8, "same name"),
    "struct s { int a[]; int b; };": (1, 16, "needs its length"),
    "struct s { int x : 33; };": (1, 16, "bits"),
    "struct s { float x : 3; };": (1, 18, "bit-field"),
    "struct s { int x : 0; };": (1, 8, ""),
    "struct s { int x; } __attribute__((aligned(3)));": (1, 36, "power of two"),
    "struct s { int x __attribute__((aligned(-8))); };": (1, 33, "power of two"),
    "struct s { int x; } __attribute__((scalar_storage_order(\"big\")));": (1, 57, "expected \"big-endian\""),
    "struct s { long double x; } __attribute__((scalar_storage_order(\"big-endian\")));": (1, 8, "other machines"),
    "int f(int x) __attribute__((unheard_of));": (1, 29, "'unheard_of'"),
    "int f(int) __attribute__((vectorcall));": (1, 27, "calling convention"),
    "int __vectorcall f(int);": (1, 5, "calling convention __vectorcall"),
    "int f(struct later x);": (1, 20, "incomplete type struct later"),
    "extern struct later x;": (1, 21, "incomplete type struct later"),
    "void x;": (1, 6, "is void"),
    "int f(void, int);": (1, 7, "cannot be void"),
    "int f(void x[2]);": (1, 12, "array of void"),
    "int f(const *x);": (1, 13, "a type is missing before '\\*'"),
    "int f(int)[3];": (1, 5, "cannot return int\\[3\\]"),
    "int f(void)(void);": (1, 5, "cannot return a function"),
    "int f[3](void);": (1, 5, "array"),
    "void f[3];": (1, 6, "array"),
    "int int x;": (1, 1, "'int int' is no type"),
    "long long long x;": (1, 1, "no type"),
    "unsigned double x;": (1, 1, "no type"),
    "_Complex int x;": (1, 1, "no type"),
    "va_list x;": (1, 9, "as a parameter only"),
    "va_list f(void);": (1, 9, "as a parameter only"),
    "struct s { va_list x; };": (1, 20, "as a parameter only"),
    "int f(va_list *);": (1, 15, "as a parameter only"),
    "typedef va_list a; int f(a x[2]);": (1, 28, "as a parameter only"),
    "int x[sizeof(va_list)];": (1, 14, "no size"),
    "_Float128 x;": (1, 1, "_Float128"),
    "_Atomic int x;": (1, 1, "_Atomic"),
    "_Thread_local int x;": (1, 1, "thread-local"),
    "typeof(int) x;": (1, 1, "typeof"),
    'extern "C" int f(void);': (1, 8, "C++"),
    'asm("nop");': (1, 1, "asm"),
    "enum e x;": (1, 6, "enum e is not defined"),
    "enum e { A, A };": (1, 13, "declared before"),
    "enum e { A = B };": (1, 14, "'B' is not a known constant"),
    "enum e { A = 1.5 };": (1, 14, "integer"),
    "enum e { A = 0xFFFFFFFFFFFFFFFF, B };": (1, 34, "64 bits"),
    "enum e { A = -1, B = 0xFFFFFFFFFFFFFFFF };": (1, 6, "no integer type"),
    "int x[-1];": (1, 7, "-1"),
    "int x[1.5];": (1, 7, "integer"),
    "int x[f(1)];": (1, 7, "not a constant"),
    "int x[99999999999999999999];": (1, 7, "64 bits"),
    "int x[0x7fffffffffffffff];": (1, 7, "too large"),
    "int x[1 << 99];": (1, 7, "shift"),
    "int x[1 / 0];": (1, 7, "division by zero"),
    "int x[2147483647 + 1];": (1, 7, "overflows int"),
    "int x[sizeof(void)];": (1, 14, "no size"),
    "int x[089];": (1, 7, "malformed number"),
    "int x[0x];": (1, 7, "malformed number"),
    "int x['abcde'];": (1, 7, "not one character"),
    "int x['\\q'];": (1, 7, "escape"),
    "int f(int); int f(double);": (1, 17, "declared before as a function int \\(int\\)"),
    "typedef int t; typedef long t;": (1, 29, "declared before as a typedef of int"),
    "typedef int t; int t;": (1, 20, "typedef"),
    "struct s { int a; }; struct s { long a; };": (1, 29, "defined before with other members"),
    "struct s { int a; }; union s *p;": (1, 28, "declared before as struct s"),
    "enum e { A }; enum e { B };": (1, 20, "defined before"),
    "typedef int size_t;": (1, 13, "size_t"),
    "typedef char *FILE;": (1, 15, "FILE"),
    "#define F(x, x) (x)": (1, 9, "no list of names"),
    "#define F(x) (x)\nint a[F(1, 2)];": (2, 13, "takes 1 arguments, got 2"),
    "#define P(a, b) a ## b\nint a[P(1, +)];": (2, 7, "makes no token"),
    "#define N": None,
    "int a;\n#define N some thing": (2, 9, "#define N is not a constant"),
    "#define N other": (1, 9, "'other' is not a known constant"),
    "#define N 1) ; int x = (2": (1, 9, "not a constant"),
    "#define N {1}": (1, 9, "not a constant"),
    "#define A B + 1\n#define B A + 1": (2, 9, "not a constant|not a known"),
    "#undef 3": (1, 2, "expected one name"),
    "#define 3 4": (1, 2, "expected a name"),
    "#include <stdio.h>": (1, 2, "#include is not supported"),
    "#ifdef X\nint f(void);\n#endif": (1, 2, "preprocess the text first"),
    "#pragma omp parallel": (1, 2, "#pragma omp"),
    "#pragma pack(3)": (1, 14, "packing"),
    "int a; # define B 1": (1, 8, "first on its line"),
    "typedef float v __attribute__((vector_size(6)));": (1, 32, "vector"),
    "int x[offsetof(struct s, y)];": (1, 16, "no size"),
    "typedef int a[];": (1, 13, "needs its length"),
    "int (*f)[];": (1, 6, "length"),
    "register int f(static int x);": (1, 16, "cannot be static"),
}


@pytest.mark.parametrize("text", [text for text, where in ERRORS.items() if where])
def test_errors_say_where(text):
    line, column, message = ERRORS[text]
    error = failure(text)
    assert (error.line, error.column) == (line, column), error
    assert re.search(message, str(error)), error


def test_places_are_those_of_the_users_text_after_line_markers():
    assert failure('# 1 "other.h" 1\nint f(int);\n#line 700\nfoo g(void);').line == 4


def test_errors_pickle():
    error = pickle.loads(pickle.dumps(failure("int f(foo x);")))
    assert (error.line, error.column) == (1, 7) and "unknown type name" in str(error)


HARD = {
    "stars": "int " + "*" * 5000 + "x;",
    "brackets": "int x" + "[1]" * 5000 + ";",
    "parentheses": "int " + "(" * 5000 + "x" + ")" * 5000 + ";",
    "casts": "int x[" + "(int)" * 5000 + "1];",
    "signs": "int x[" + "- " * 5000 + "1];",
    "ternaries": "int x[" + "1?" * 3000 + "1" + ":1" * 3000 + "];",
    "structs": "struct {" * 3000 + "int x;" + "} a;" * 3000,
    "functions": "int f" + "(int (*a)" * 3000 + ")" * 3000 + ";",
    "compound literals": "int x[" + "(int[sizeof" * 28 + "(int){1}" + "]){1}" * 28 + "];",
    "pointers to pointers": "typedef int t0;" + "".join(f"typedef t{i} *t{i + 1};" for i in range(3000)),
    "arrays of arrays": "typedef char t0;" + "".join(f"typedef t{i} t{i + 1}[1];" for i in range(3000)),
    "arrays that double": "typedef char t0[2];" + "".join(f"typedef t{i} t{i + 1}[2];" for i in range(100)),
    "structs that double": "struct s0 { char a; };" + "".join(
        f"struct s{i + 1} {{ struct s{i} a, b; }};" for i in range(100)),
    "functions that double": "typedef int t0(int);" + "".join(
        f"typedef int t{i + 1}(t{i}, t{i});" for i in range(200)),
    "macros that grow": "#define A0 const\n" + "".join(
        f"#define A{i + 1} const {f'A{i} ' * 10}\n" for i in range(12)) + "A12 int x;",
    "macros in a ring": "#define A B\n#define B C\n#define C A\nint x[A];",
    "macros of macros": "".join(f"#define M{i} (M{i + 1} + 1)\n" for i in range(3000)),
    "digits": "int x[" + "9" * 100000 + "];",
    "quotes": "'" * 10000,
    "comments": "/*" * 50000,
    "a lone backslash": "\\",
    "attributes": "__attribute__((" * 3000,
    "a huge struct": "struct s { char a[0x7fffffffffffffff]; char b[0x7fffffffffffffff]; };",
    "wide bit-field": "struct s { int x : 1000000000000000; };",
}


@pytest.mark.parametrize("name", HARD)
def test_no_text_is_too_hard(name):
    failure(HARD[name])


def test_deep_but_fine():
    found = declared("int " + "*" * 50 + "x; int f(" + "int (" * 20 + "int" + ")" * 20 + ");")
    assert found["x"].type.type.size == c.pointer.size
    assert declared("int x[" + "1+" * 20000 + "1];")["x"].type.type.length == 20001


# Declaring on a library


def test_declare_is_all_or_nothing():
    lib = Library(None)
    lib.declare("typedef struct opaque opaque; int abs(int);")
    before = dict(vars(lib))
    for text in ("int labs(int); int nope(foo);", "long labs(long); int no_such_symbol_here(void);",
                 "struct opaque { int x; }; double abs(double);",
                 "struct opaque { int x; }; int no_such_symbol_here(void);"):
        with pytest.raises((DeclarationError, SymbolNotFound)):
            lib.declare(text)
        assert vars(lib) == before
        assert lib.opaque.size is None
        assert not hasattr(lib, "labs")
    lib.declare("struct opaque { int x; };")
    assert lib.opaque.size == 4


def test_missing_symbols_are_named():
    lib = Library("m")
    with pytest.raises(SymbolNotFound, match=r"libm.*no_such_symbol_here"):
        lib.declare("double cos(double); double no_such_symbol_here(double);")
    assert not hasattr(lib, "cos")


def test_later_declarations_see_earlier_ones():
    lib = Library(None)
    lib.declare("typedef struct { int quot, rem; } result; enum { TWO = 2 }; struct fwd;\n#define THREE 3")
    lib.declare("result div(int, int); struct s { int a[TWO]; int b[THREE]; struct fwd *f; };")
    lib.declare("struct fwd { struct s s; };")
    value = lib.div(17, 5)
    assert (value.quot, value.rem) == (3, 2)
    assert lib.s.offsets["f"] >= 20 and lib.fwd.fields["s"] is lib.s
    assert lib.s.fields["f"].item is lib.fwd


def test_redeclaring_the_same_is_fine():
    lib = Library(None)
    for _ in range(2):
        lib.declare("""
            typedef unsigned int uint32_t;
            #define N 3
            struct point { int x, y; struct point *next; };
            enum color { RED, GREEN };
            typedef struct point point;
            int abs(int x); extern int abs(int);
        """)
    with pytest.raises(DeclarationError, match="line 2, column 5: 'abs' was declared before"):
        lib.declare("\nint abs(long);")
    with pytest.raises(DeclarationError, match="declared before as the constant 3"):
        lib.declare("#define N 4")


def test_a_header_that_defines_the_standard_names_means_them():
    wchar = "int" if libffi.features()["wchar_signed"] else "unsigned"
    size = "unsigned long" if c.ulong.size == c.size_t.size else "unsigned"
    lib = Library(None)
    lib.declare(f"""
        typedef {wchar} wchar_t; typedef unsigned short char16_t; typedef {size} size_t;
        extern size_t wcslen(const wchar_t *s);
        typedef struct {{ wchar_t wide[4]; char16_t narrow; }} text;
    """)
    assert lib.wcslen.cif is CIF(c.size_t, [c.wstring]) and lib.wcslen("wörld") == 5
    assert lib.text.new(wide="wö").wide.value == "wö" and lib.text.fields["narrow"] is c.char16_t


def test_options_go_to_the_functions():
    lib = Library(None)
    lib.declare("int close_it(int) __asm__(\"close\"); int abs(int);", errno=True, gil="hold")
    assert lib.close_it(-1) == -1
    assert libffi.get_errno() == errno.EBADF
    assert lib.abs.gil == "hold"
    with pytest.raises(ValueError):
        lib.declare("long labs(long);", gil="sometimes")
    with pytest.raises(TypeError):
        lib.declare(b"long labs(long);")


@pytest.mark.thread_unsafe(reason="writes to a library's variables")
def test_variables(compile_c):
    lib = Library(compile_c("""
        int counter = 5;
        const char version[] = "1.2.3";
        const int limit = 10;
        double matrix[2][2] = {{1, 2}, {3, 4}};
        const char *names[] = {"one", "two", 0};
        struct point { int x, y; } origin = {7, 8};
        static int next(int x) { return x + 1; }
        int (*hook)(int) = next;
        int counted(void) { return counter; }
    """, "declare_variables"))
    lib.declare("""
        extern int counter;
        extern const char version[];
        extern const int limit;
        extern double matrix[2][2];
        extern const char *names[];
        struct point { int x, y; };
        extern struct point origin;
        extern int (*hook)(int);
        int counted(void);
    """)
    assert lib.counter.value == 5
    lib.counter.value = 6
    assert lib.counted() == 6
    assert libffi.string_at(lib.version) == b"1.2.3"
    assert lib.matrix[1][0] == 3.0
    assert lib.names[0:2] == ["one", "two"]
    assert (lib.origin.x, lib.origin.y) == (7, 8)
    assert lib.hook.value(41) == 42
    with pytest.raises((TypeError, ValueError, AttributeError)):
        lib.limit.value = 11
    assert lib.limit.value == 10
    with pytest.raises(AttributeError, match="'counter' is a C variable: assign to its .value"):
        lib.counter = 7


# Real headers, as their users would copy them


def test_zlib():
    import zlib

    lib = Library("z")
    lib.declare("""
        #define Z_OK            0
        #define Z_STREAM_END    1
        #define Z_BUF_ERROR    (-5)
        #define Z_FINISH        4
        #define Z_DEFAULT_COMPRESSION  (-1)
        #define MAX_WBITS   15 /* 32K LZ77 window */
        #define ZEXTERN extern
        #define ZEXPORT
        #define FAR
        typedef unsigned char  Byte;  /* 8 bits */
        typedef unsigned int   uInt;  /* 16 bits or more */
        typedef unsigned long  uLong; /* 32 bits or more */
        typedef Byte  FAR Bytef;
        typedef uLong FAR uLongf;
        typedef void *voidpf;
        typedef voidpf (*alloc_func)(voidpf opaque, uInt items, uInt size);
        typedef void   (*free_func)(voidpf opaque, voidpf address);
        struct internal_state;
        typedef struct z_stream_s {
            const Bytef *next_in;     /* next input byte */
            uInt     avail_in;  /* number of bytes available at next_in */
            uLong    total_in;  /* total number of input bytes read so far */
            Bytef    *next_out; /* next output byte will go here */
            uInt     avail_out; /* remaining free space at next_out */
            uLong    total_out; /* total number of bytes output so far */
            const char *msg;  /* last error message, NULL if no error */
            struct internal_state FAR *state; /* not visible by applications */
            alloc_func zalloc;  /* used to allocate the internal state */
            free_func  zfree;   /* used to free the internal state */
            voidpf     opaque;  /* private data object passed to zalloc and zfree */
            int     data_type;  /* best guess about the data type: binary or text */
            uLong   adler;      /* Adler-32 or CRC-32 value of the uncompressed data */
            uLong   reserved;   /* reserved for future use */
        } z_stream;
        typedef z_stream FAR *z_streamp;
        ZEXTERN const char * ZEXPORT zlibVersion(void);
        ZEXTERN int ZEXPORT deflateInit_(z_streamp strm, int level, const char *version, int stream_size);
        ZEXTERN int ZEXPORT deflate(z_streamp strm, int flush);
        ZEXTERN int ZEXPORT deflateEnd(z_streamp strm);
        ZEXTERN uLong ZEXPORT compressBound(uLong sourceLen);
        ZEXTERN int ZEXPORT uncompress(Bytef *dest, uLongf *destLen, const Bytef *source, uLong sourceLen);
        ZEXTERN uLong ZEXPORT crc32(uLong crc, const Bytef *buf, uInt len);
        ZEXTERN const char * ZEXPORT zError(int);
    """)
    assert lib.crc32(0, b"hello", 5) == zlib.crc32(b"hello")
    data = b"libffi " * 100
    source, out = c.array(c.uchar, len(data)).new(data), c.array(c.uchar, lib.compressBound(len(data))).new()
    stream = lib.z_stream.new(next_in=source, avail_in=len(data), next_out=out, avail_out=len(out))
    assert lib.deflateInit_(stream, lib.Z_DEFAULT_COMPRESSION, lib.zlibVersion(), lib.z_stream.size) == lib.Z_OK
    assert lib.deflate(stream, lib.Z_FINISH) == lib.Z_STREAM_END
    packed = bytes(out)[:stream.total_out]
    assert lib.deflateEnd(stream) == lib.Z_OK
    assert zlib.decompress(packed) == data
    room, back = c.ulong.new(len(data)), bytearray(len(data))
    assert lib.uncompress(back, room, packed, len(packed)) == lib.Z_OK
    assert back == data
    assert lib.zError(lib.Z_BUF_ERROR) == "buffer error"


def installed(name):
    try:
        return Library(name)
    except LibraryNotFound:
        pytest.skip(f"no lib{name}")


def test_sqlite():
    lib = installed("sqlite3")
    lib.declare("""
        #define SQLITE_OK           0   /* Successful result */
        #define SQLITE_ROW         100  /* sqlite3_step() has another row ready */
        #define SQLITE_DONE        101  /* sqlite3_step() has finished executing */
        #define SQLITE_INTEGER  1
        #define SQLITE_TEXT     3
        #define SQLITE_OPEN_READWRITE        0x00000002  /* Ok for sqlite3_open_v2() */
        #define SQLITE_OPEN_CREATE           0x00000004  /* Ok for sqlite3_open_v2() */
        #define SQLITE_OPEN_MEMORY           0x00000080  /* Ok for sqlite3_open_v2() */
        #define SQLITE_API
        typedef long long int sqlite_int64;
        typedef sqlite_int64 sqlite3_int64;
        typedef struct sqlite3 sqlite3;
        typedef struct sqlite3_stmt sqlite3_stmt;
        typedef struct sqlite3_context sqlite3_context;
        typedef struct sqlite3_value sqlite3_value;
        typedef void (*sqlite3_destructor_type)(void*);
        #define SQLITE_STATIC      ((sqlite3_destructor_type)0)
        #define SQLITE_TRANSIENT   ((sqlite3_destructor_type)-1)
        SQLITE_API const char *sqlite3_libversion(void);
        SQLITE_API int sqlite3_initialize(void);
        SQLITE_API int sqlite3_open_v2(
          const char *filename,   /* Database filename (UTF-8) */
          sqlite3 **ppDb,         /* OUT: SQLite db handle */
          int flags,              /* Flags */
          const char *zVfs        /* Name of VFS module to use */
        );
        SQLITE_API int sqlite3_close(sqlite3*);
        SQLITE_API const char *sqlite3_errmsg(sqlite3*);
        SQLITE_API int sqlite3_prepare_v2(sqlite3 *db, const char *zSql, int nByte,
          sqlite3_stmt **ppStmt, const char **pzTail);
        SQLITE_API int sqlite3_bind_text(sqlite3_stmt*,int,const char*,int,void(*)(void*));
        SQLITE_API int sqlite3_bind_int64(sqlite3_stmt*, int, sqlite3_int64);
        SQLITE_API int sqlite3_step(sqlite3_stmt*);
        SQLITE_API int sqlite3_column_type(sqlite3_stmt*, int iCol);
        SQLITE_API const unsigned char *sqlite3_column_text(sqlite3_stmt*, int iCol);
        SQLITE_API sqlite3_int64 sqlite3_column_int64(sqlite3_stmt*, int iCol);
        SQLITE_API int sqlite3_finalize(sqlite3_stmt *pStmt);
        SQLITE_API char *sqlite3_mprintf(const char*,...);
        SQLITE_API void sqlite3_free(void*);
        SQLITE_API int sqlite3_create_function(sqlite3 *db, const char *zFunctionName, int nArg,
          int eTextRep, void *pApp, void (*xFunc)(sqlite3_context*,int,sqlite3_value**),
          void (*xStep)(sqlite3_context*,int,sqlite3_value**), void (*xFinal)(sqlite3_context*));
    """)
    assert lib.sqlite3_libversion().startswith("3.")
    handle = c.ptr(lib.sqlite3).new()
    flags = lib.SQLITE_OPEN_READWRITE | lib.SQLITE_OPEN_CREATE | lib.SQLITE_OPEN_MEMORY
    lib.sqlite3_initialize()
    assert lib.sqlite3_open_v2(":memory:", handle, flags, None) == lib.SQLITE_OK
    db, statement = handle.value, c.ptr(lib.sqlite3_stmt).new()
    assert lib.sqlite3_prepare_v2(db, "SELECT upper(?), ? + 1", -1, statement, None) == lib.SQLITE_OK
    query = statement.value
    assert lib.sqlite3_bind_text(query, 1, "héllo", -1, lib.SQLITE_TRANSIENT) == lib.SQLITE_OK
    assert lib.sqlite3_bind_int64(query, 2, 1 << 40) == lib.SQLITE_OK
    assert lib.sqlite3_step(query) == lib.SQLITE_ROW
    assert lib.sqlite3_column_type(query, 0) == lib.SQLITE_TEXT
    assert libffi.string_at(lib.sqlite3_column_text(query, 0)).decode() == "HéLLO"
    assert lib.sqlite3_column_int64(query, 1) == (1 << 40) + 1
    assert lib.sqlite3_step(query) == lib.SQLITE_DONE
    assert lib.sqlite3_finalize(query) == lib.SQLITE_OK
    assert lib.sqlite3_prepare_v2(db, "SELEC", -1, statement, None) != lib.SQLITE_OK
    assert "syntax error" in lib.sqlite3_errmsg(db)
    text = lib.sqlite3_mprintf("%d %s %q", 3, "x", "it's")
    assert libffi.string_at(text) == b"3 x it''s"
    lib.sqlite3_free(text)
    assert lib.sqlite3_close(db) == lib.SQLITE_OK


def test_expat():
    lib = installed("expat")
    lib.declare("""
        typedef char XML_Char;
        typedef char XML_LChar;
        typedef unsigned char XML_Bool;
        #define XML_TRUE ((XML_Bool)1)
        #define XML_FALSE ((XML_Bool)0)
        struct XML_ParserStruct;
        typedef struct XML_ParserStruct *XML_Parser;
        enum XML_Status {
          XML_STATUS_ERROR = 0,
        #define XML_STATUS_ERROR XML_STATUS_ERROR
          XML_STATUS_OK = 1,
        #define XML_STATUS_OK XML_STATUS_OK
          XML_STATUS_SUSPENDED = 2
        };
        enum XML_Error { XML_ERROR_NONE, XML_ERROR_NO_MEMORY, XML_ERROR_SYNTAX };
        typedef void (*XML_StartElementHandler)(void *userData, const XML_Char *name, const XML_Char **atts);
        typedef void (*XML_EndElementHandler)(void *userData, const XML_Char *name);
        typedef void (*XML_CharacterDataHandler)(void *userData, const XML_Char *s, int len);
        typedef struct { int major; int minor; int micro; } XML_Expat_Version;
        XML_Expat_Version XML_ExpatVersionInfo(void);
        XML_Parser XML_ParserCreate(const XML_Char *encoding);
        void XML_ParserFree(XML_Parser parser);
        void XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler start, XML_EndElementHandler end);
        void XML_SetUserData(XML_Parser parser, void *userData);
        enum XML_Status XML_Parse(XML_Parser parser, const char *s, int len, int isFinal);
        enum XML_Error XML_GetErrorCode(XML_Parser parser);
        const XML_LChar *XML_ErrorString(enum XML_Error code);
    """)
    assert lib.XML_ExpatVersionInfo().major == 2
    assert lib.XML_TRUE == 1
    events = []
    parser = lib.XML_ParserCreate(None)

    @lib.XML_StartElementHandler.cif.closure
    def start(user, name, atts):
        events.append(("start", name, atts[0], atts[1] if atts[0] else None))

    @lib.XML_EndElementHandler.cif.closure
    def end(user, name):
        events.append(("end", name))

    lib.XML_SetElementHandler(parser, start, end)
    text = "<a x='1'><b/></a>"
    assert lib.XML_Parse(parser, text, len(text), 1) is lib.XML_STATUS_OK
    assert events == [("start", "a", "x", "1"), ("start", "b", None, None), ("end", "b"), ("end", "a")]
    lib.XML_ParserFree(parser)
    parser = lib.XML_ParserCreate("UTF-8")
    assert lib.XML_Parse(parser, "<a", 2, 1) is lib.XML_Status.enum.XML_STATUS_ERROR
    assert "unclosed" in lib.XML_ErrorString(lib.XML_GetErrorCode(parser))
    lib.XML_ParserFree(parser)


def test_parse_declaration():
    found = parse_declaration("double pow(double, double)")
    assert (found.name, found.symbol, found.cif) == ("pow", "pow", CIF(c.double, [c.double] * 2))
    assert parse_declaration("int scan(void) asm(\"other\");").symbol == "other"
    for text in ("", "int x", "int f(void), g(void)"):
        with pytest.raises(DeclarationError, match="line 1, column 1"):
            parse_declaration(text)


def test_nothing_of_the_reader_before_the_first_declare(run_python):
    assert run_python("""
        import sys, libffi
        lib = libffi.Library(None)
        assert not any(name.startswith("libffi._reader") for name in sys.modules)
        lib.declare("int abs(int);")
        print(lib.abs(-3))
    """).strip() == "3"


# Any text at all


def test_any_text_is_declared_or_a_declaration_error():
    from helpers.anything import examples, hypothesis
    from hypothesis import strategies as st

    words = st.sampled_from(
        """int char const unsigned long double void struct union enum typedef extern static signed short
        _Complex complex _Bool size_t FILE foo bar x f sizeof offsetof _Alignof __attribute__ ((packed)) asm
        ((aligned(8))) restrict inline ... * * ( ) ( ) [ ] [3] { } ; ; , , = : ? + - / % << >> && || ! ~ & |
        1 0 42 0x7f 1.5 'a' "s" #define #pragma pack(1) #include \\ \n \n // /* */ // _Static_assert goto
        return if typeof va_list _Atomic [[ ]] 0xFFFFFFFFFFFFFFFFF 1e99999 '\\0' L"w" __int128 # ##""".split(" "))
    soup = st.lists(words, max_size=40).map(" ".join)
    sources = [STRUCTS, CONSTANTS, *PROTOTYPES, *ERRORS]

    @st.composite
    def mutated(draw):
        text = draw(st.sampled_from(sources))
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(text)))
            end = min(len(text), start + draw(st.integers(0, 12)))
            text = text[:start] + draw(st.one_of(words, st.text(max_size=3), st.just(""))) + text[end:]
        return text

    def check(text):
        try:
            parse(text)
        except DeclarationError as error:
            lines = text.split("\n")
            assert 1 <= error.line <= len(lines)
            assert 1 <= error.column <= len(lines[error.line - 1]) + 2
            assert str(error).startswith(f"line {error.line}, column {error.column}: ")

    for strategy in (st.text(), soup, mutated()):
        examples(400)(hypothesis.given(strategy)(check))()


def test_a_long_text_in_little_time():
    text = "".join(f"int function{i}(int a, const char *b, struct s{i} *c);\n" for i in range(1000))
    found = parse(text)
    assert len(found.names) == 1000 and len(found.tags) == 1000


def test_concurrent_declares():
    import threading

    lib = Library(None)
    problems = []

    def work(number):
        try:
            for i in range(20):
                lib.declare(f"struct t{number}_{i} {{ int x[{i + 1}]; }}; int abs(int);")
                assert lib[f"struct t{number}_{i}"].size == 4 * (i + 1)
        except Exception as error:  # reported below: threads swallow exceptions
            problems.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
