"""What macros are at the end of a text, beside declarations of the same name; numbers and text as gcc makes them."""
import ctypes
import math

import pytest

from libffi import DeclarationError, Library, c
from libffi._reader import parse, parse_header

BESIDE = """
    enum { FIRST, LAST };
    #define LAST (LAST - 1)
    #define BEFORE (LAST - 1)
    enum { A = 5, B = 9 };
    #define A B + 1
    #define B (A + 1)
    enum { SMALL = 3 };
    #define SMALL 4.0
    enum { SAME = 8 };
    #define SAME 8
    #define OTHER LAST
"""


def test_a_name_inside_its_own_expansion_is_what_was_declared(compile_c):
    names = "FIRST", "LAST", "BEFORE", "A", "B", "SAME", "OTHER"
    built = ctypes.CDLL(str(compile_c(f"{BESIDE} const int values[] = {{{', '.join(names)}}};", "own_expansion")))
    values = dict(zip(names, (ctypes.c_int * len(names)).in_dll(built, "values"), strict=True))
    for read in parse, parse_header:
        found = read(BESIDE).names
        assert {name: found[name].value for name in names} == values
        assert repr(found["SMALL"].value) == "4.0"


def test_a_name_is_what_its_macro_makes_of_it():
    text = """
        int abs(int); long labs(long); double fabs(double);
        #define abs labs
        #define fabs (fabs)
        #define mine ((labs))
        int atoi(const char *);
        #define atoi __builtin_atoi
    """
    library = Library(None)
    for partial in False, True:
        library.declare(text, partial=partial)      # the same twice
        assert library.abs is library.labs and library.abs(-5) == 5 and library.mine.address == library.labs.address
        assert library.fabs(-2.5) == 2.5 and library.atoi("12") == 12
    library.declare("int abs(int);")                # and no macro any more
    assert library.abs.cif.restype is c.int


def test_a_name_whose_macro_is_known_at_run_time_only():
    library = Library(None)
    library.declare("extern int optind; int *place(void);\n#define optind (*place())\n", partial=True)
    with pytest.raises(AttributeError, match="a function call is not a constant"):
        library.optind  # noqa: B018


def test_text_that_is_cast_to_what_it_is():
    text = """
        #define A (char *)"abc"
        #define B ((const char *)"ab" "c")
        #define W ((const wchar_t *)L"abc")
        #define SIZE sizeof(A)
        static const char *const S = "abc";
    """
    found = parse(text).names
    assert [found[name].value for name in "ABWS"] == ["abc"] * 4 and found["SIZE"].value == c.pointer.size
    assert [parse(text, strings="bytes").names[name].value for name in "ABS"] == [b"abc"] * 3
    for wrong in '(wchar_t *)"abc"', '(char *)L"abc"', '(int *)"abc"', '(long)"abc"':
        with pytest.raises(DeclarationError, match="cannot be cast"):
            parse(f"#define X {wrong}")
    with pytest.raises(DeclarationError, match="line 1, column 22: 1e\\+30 does not fit in int"):
        parse("static const int x = 1e30;")
    assert "does not fit" in parse_header("static const int x = 1e30; int y;").left_out["x"]


FLOATS = [
    # Between two floats, and a little more than a double can say above or below that.
    "1.00000005960464477540f", "1.000000059604644775390625f", "1.0000000596046447753906250000000001f",
    "1.00000005960464477539062499999999f", "0x1.000001p0f", "0x1.0000010000000000001p0f", "0x1.00000100000000000p0F",
    "0x.8p-148f", "0x1p-150f", "0x1.8p-150f", "3.4028235677973366e38f", "1e39f", "0x1p99999999999f", "1e-999999999f",
    "9007199254740993.0", "9007199254740993.00000000000000000001", "0x1.00000000000008p0", "0x1.000000000000080001p0",
    "1e400", "0x1p1024", "0x1p-1075", "0x1.1p-1075", "0e99999999999", "(double)1.00000000000000011102230246251565404L",
    # With the digits of a long double on the way.
    "0.1L + 0.2L == 0.3L", "0.1L == 0.1", "(1.0L / 3) * 3 == 1", "(float)16777217.0000000000001L",
    "(1e4000L * 1e-4000L)", "1e4000L > 1e308", "-1e4000L < 0", "1e-4000L != 0", "1e5000L == 1 / 0.0L", "1 / -0.0L",
    "(1.0L - 1.0L) / 1e4000L", "-(0.0L * 1e4000L)", "1e4000L / (1.0L / 0.0L)", "(double)(1e4000L / 1e3999L)",
    "1 ? 2.5f : 1.0L", "!1e-4000L", "(int)2.75L", "(1.0L + 0x1p-63L) != 1", "(1.0L + 0x1p-200L) != 1",
    "18446744073709551615u - 18446744073709551615.0L", "(float)9007199791611905", "0x1p16383L / 0x1p16000L",
]


def test_numbers_are_rounded_once(run_c):
    text = "".join(f"#define F{i} ({number})\n" for i, number in enumerate(FLOATS))
    prints = "".join(
        f'printf("%a %d\\n", (double)F{i}, _Generic(F{i}, int: 0, default: 1));' for i in range(len(FLOATS)))
    lines = run_c(f"#include <stdio.h>\n{text}int main(void) {{{prints}}}\n").splitlines()
    found = parse(text).names
    for i, line in enumerate(lines):
        value, (digits, is_floating) = found[f"F{i}"].value, line.split()
        expected = float.fromhex(digits.partition("(")[0])      # Windows' nan(ind)
        assert math.isnan(value) and math.isnan(expected) or (       # whose sign C leaves open
            value, math.copysign(1, value)) == (expected, math.copysign(1, expected)), FLOATS[i]
        assert isinstance(value, float) == (is_floating == "1"), FLOATS[i]


def test_a_long_double_that_no_float_is_near():
    if c.longdouble.size == c.double.size:
        pytest.skip("a long double is a double here")
    text = "#define HUGE 1.1897314953572317650e+4932L\n#define TINY 0x1p-16000L\n#define N (TINY < HUGE)\n"
    found = parse_header(text)
    assert found.names["N"].value == 1 and not {"HUGE", "TINY"} & found.names.keys()
    assert "no float is near this long double" in found.left_out["HUGE"]
    with pytest.raises(DeclarationError, match="line 1, column 9: no float is near"):
        parse(text)


def test_a_macro_that_cannot_be_expanded_stops_nothing_else():
    text = "#define F(a, b) a\n#define WRONG F(1)\n#define USES (WRONG)\n#define N 5\nint abs(int);\n"
    found = parse_header(text)
    assert found.names["N"].value == 5 and "abs" in found.names
    assert "takes 2 arguments, got 1" in found.left_out["WRONG"] and "USES" in found.left_out
    with pytest.raises(DeclarationError, match="line 2, column 18: F\\(...\\) takes 2 arguments, got 1"):
        parse(text)


def test_rings_by_names_that_are_put_together():
    text = """
        enum { N1 = 101, N2, E0 = 104 };
        #define N6 N##1 + E##0
        #define N1 N2 & N6
        #define N9 N1
    """
    found = parse_header(text)
    assert [found.names[name].value for name in ("N1", "N9")] == [102 & 101 + 104] * 2
    assert "'N6' is not a known constant" in found.left_out["N6"]       # as gcc has it


def test_enumerators_that_are_no_int_are_of_the_enum_s_type(compile_c):
    text = """
        enum a { A0 = 1ULL << 40, A1 = 1, A2 = A1 << 3 };
        enum b { B0 = -1, B1 = 0xffffffffu };
        enum c { C0 = 0x80000000, C1, C2 = (C0 - C0 - 1) < 0 };
        enum __attribute__((packed)) d { D0 = -1, D1 = 200 };
    """
    names = "A0 A1 A2 B0 B1 C0 C1 C2 D0 D1".split()
    asked = [f"{expression.format(name)}" for name in names
             for expression in ("sizeof({0})", "({0} - {0} - 1) < 0", "{0} > -1")]
    built = ctypes.CDLL(compile_c(f"{text} const int answers[] = {{{', '.join(asked)}}};", "enumerators", "-w"))
    gcc = list((ctypes.c_int * len(asked)).in_dll(built, "answers"))
    found = parse(text + "".join(f"#define Q{i} ({expression})\n" for i, expression in enumerate(asked))).names
    assert dict(zip(asked, [found[f"Q{i}"].value for i in range(len(asked))], strict=True)) == dict(
        zip(asked, gcc, strict=True))


def test_wide_characters_are_of_their_own_types(compile_c):
    characters = "L'x'", "u'x'", "U'x'", "L'\\xff'", "u'\\xffff'", "U'\\xffffffff'", "L'\\x80000000'"
    asked = [question.format(one) for one in characters
             for question in ("sizeof({0})", "({0} - {0} - 1) < 0", "{0} < 0", "{0} == -1")]
    built = ctypes.CDLL(compile_c(f"#include <wchar.h>\nconst int answers[] = {{{', '.join(asked)}}};", "wide", "-w"))
    gcc = list((ctypes.c_int * len(asked)).in_dll(built, "answers"))
    found = parse("".join(f"#define Q{i} ({question})\n" for i, question in enumerate(asked))).names
    assert dict(zip(asked, [found[f"Q{i}"].value for i in range(len(asked))], strict=True)) == dict(
        zip(asked, gcc, strict=True))


OBJECTS = """
    struct in { short s; int arr[5]; };
    struct S {
        char a; int b[3]; double c; struct in i; struct in *p; const char *n; unsigned bit : 3;
        union { long l; char k[20]; }; struct S *next;
    };
    typedef struct S S;
    extern struct S var; extern int table[8]; extern const char *names[3]; extern int unknown[];
    #define COUNT(a) (sizeof(a) / sizeof((a)[0]))
    #define FIELD(T, m) sizeof(((T *)0)->m)
    #define OFFSET(T, m) ((unsigned long)&((T *)0)->m)
"""
OF_OBJECTS = """
    FIELD(S, b)|FIELD(struct S, i.arr)|FIELD(S, p->arr[0])|FIELD(S, n)|sizeof(*((S *)0)->n)|sizeof var.b|COUNT(table)
    |sizeof table / sizeof *table|COUNT(names)|OFFSET(S, c)|OFFSET(S, i.arr[2])|(int)(long)&((S *)0)->b[1]|FIELD(S, k)
    |OFFSET(S, k[4])|FIELD(S, next->next->i)|sizeof(*(S *)0)|_Alignof(((S *)0)->c)|"abc"[1]|sizeof("abc"[0])
    |sizeof(unknown[0])|((char *)&((S *)0)->c - (char *)0)|sizeof ((S *)16)->b|sizeof(&var)|sizeof(*&var)
    |(long)((S *)8)->b|(long)&((struct in *)((S *)0)->b)->arr|(long)(&((S *)0)->next + 1)|(long)((int *)4 + 1)
    |(long)(1 + (short *)4)|(long)((S *)0 + 1)|(long)((void *)8 - 1)|((int *)16 - (int *)4)|(long)&((S *)0)[3].c
    |(long)((int (*)[4])0 + 1)|&((S *)0)->c == 0|COUNT("four")
""".replace("\n", "").split("|")


def test_sizes_and_addresses_of_objects_that_c_has(run_c):
    prints = "".join(f'printf("%ld\\n", (long)({expression}));' for expression in OF_OBJECTS)
    gcc = [int(line) for line in run_c(f"int printf(const char *, ...); {OBJECTS} int main(void) {{{prints}}}").split()]
    for read in parse, parse_header:
        found = read(OBJECTS.partition("#define")[0] + "\n" + OBJECTS[OBJECTS.index("#define"):] + "".join(
            f"#define Q{i} {expression.strip()}\n" for i, expression in enumerate(OF_OBJECTS))).names
        assert [found[f"Q{i}"].value for i in range(len(OF_OBJECTS))] == gcc
    for wrong, message in {
        "var.a": "what only C has", "(long)&var": "the address of what only C has", "sizeof(unknown)": "no size",
        "sizeof(((S *)0)->bit)": "no member 'bit' with a size", "sizeof(((S *)0)->z)": "no member 'z'",
        "(long)&((S *)0)->bit": "no member 'bit'", "sizeof(var->a)": "needs a pointer",
        "(int *)8 + (int *)8": "of one type", "(struct none *)8 + 1": "of a known size",
        "(int *)4 - (char *)2": "of one type",
        "4 - (char *)2": "like that", "sizeof(*(struct none *)0)": "no size",
    }.items():
        assert message in parse_header(f"{OBJECTS}\n#define Q {wrong}\n").left_out["Q"], wrong
