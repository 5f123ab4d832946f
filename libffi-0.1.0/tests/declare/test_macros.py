"""Macros: directives in their order, expansion by C's rules, and what a macro is at the end of its text."""
import math
import shutil
import subprocess
import sys
import tracemalloc

import pytest

import libffi
from libffi import DeclarationError, Library, c
from libffi._reader import parse, parse_header
from libffi._reader.scope import Qualified, VariableDeclaration


def declared(text):
    """Return what a text declares: types as types, variables' too, and constants as values."""
    names = {}
    for name, item in parse(text).names.items():
        kind = item.type if isinstance(item, VariableDeclaration) else item
        names[name] = kind.type if isinstance(kind, Qualified) else getattr(item, "value", item)
    return names


def test_directives_are_obeyed_in_their_order():
    found = declared("""
        #define N 1
        #undef N
        #define N 2
        extern int first[N];
        #define W 4
        #define Y (W * 2)
        #undef W
        #define W 8
        #define gone 5
        #undef gone
        #undef never_defined
        #define abs 3
        #undef abs
        #define N 3
        extern int second[N];
        int abs(int);
    """)
    assert (found["N"], found["W"], found["Y"]) == (3, 8, 16) and "gone" not in found
    assert [found[name].length for name in ("first", "second")] == [2, 3]
    assert found["abs"].cif.restype is c.int


def test_a_macro_is_text_not_a_value():
    assert declared("#define SUM 1 + 2\n#define PRODUCT SUM * 3\n")["PRODUCT"] == 7


def test_another_name_of_a_constant_in_parentheses():
    found = declared("""
        #define LEAST (-127 - 1)
        #define MOST ((double)1.5L)
        #define A LEAST
        #define B A
        #define C MOST
    """)
    assert (found["A"], found["B"], found["C"]) == (-128, -128, 1.5)


def test_text_of_macros_is_spaced_as_they_are(run_c):
    text = """
        #define TEXT_(x) #x
        #define TEXT(x) TEXT_(x)
        #define MAJOR 1
        #define MINOR (9)
        #define VERSION MAJOR.MINOR.4
        #define SPACED MAJOR . MINOR
        #define SUM (2 + MINOR)
        #define ADD(x, y) x+ y
        #define S1 TEXT(VERSION)
        #define S2 TEXT(SPACED)
        #define S3 TEXT(-SUM)
        #define S4 TEXT(ADD( MINOR , 3 ))
        #define S5 TEXT( a  b/**/c+d )
        #define S6 TEXT(<sys/file.h>)
    """
    names = [f"S{i}" for i in range(1, 7)]
    prints = "".join(f"puts({name});" for name in names)
    printed = run_c(f"{text}\nint puts(const char *);\nint main(void) {{{prints}}}\n").split("\n")
    found = Library(None)
    found.declare(text, partial=True)
    assert [getattr(found, name) for name in names] == printed[:-1]


def test_names_put_together_in_a_macro_without_parameters():
    found = declared("""
        #define AB 7
        #define X A##B
        extern int first[X];
        #undef AB
        #define AB 8
        extern int second[X];
    """)
    assert (found["first"].length, found["second"].length, found["X"]) == (7, 8, 8)


def test_infinity_and_nan():
    found = declared("""
        #define I (__builtin_inff ())
        #define H __builtin_huge_val()
        #define N (__builtin_nanf (""))
    """)
    assert found["I"] == found["H"] == float("inf") and math.isnan(found["N"])


def test_a_struct_that_is_left_out_says_why():
    library = Library(None)
    library.declare("struct state { int depth; va_list rest; };", partial=True)
    with pytest.raises(KeyError, match="va_list"):
        library["struct state"]


def test_other_names_of_everything():
    library = Library(None)
    library.declare("""
        #define absolute __absolute
        long __absolute(long) asm("labs");
        typedef unsigned long word;
        struct point { int x, y; };
        enum colour { RED, GREEN };
        extern char **environ;
        #define WORD word
        #define POINT struct point
        #define REFERENCE POINT *
        #define VERT GREEN
        #define variables environ
        #define chained absolute
        #define lapack_int int
        lapack_int abs(lapack_int);
    """)
    assert library.absolute(-3) == 3 and library.chained is library.absolute is library["__absolute"]
    assert library.WORD is c.ulong and library.POINT is library.point and library.REFERENCE is c.ptr(library.point)
    assert library.VERT is library.GREEN is library.colour.enum.GREEN
    assert library.variables is library.environ
    assert library.lapack_int is c.int and library.abs.cif.argtypes == (c.int,)


# Expansion, compared with the preprocessor's

EXPANSIONS = r"""
#define BIT(n) (1u << (n))
#define FLAGS (BIT(3) | BIT(0))
#define ADD(a, b) ((a) + (b))
#define NESTED ADD(ADD(1, 2), ADD(BIT(2), 4))
#define CAT(a, b) a ## b
#define XCAT(a, b) CAT(a, b)
#define TEN 10
#define PASTED CAT(1, 2)
#define PASTED_NAME CAT(TE, N)
#define PASTED_EXPANDED XCAT(TEN, 5)
#define STR(x) #x
#define XSTR(x) STR(x)
#define QUOTED STR(a  +  "b\n" 'c')
#define QUOTED_TEN XSTR(TEN)
#define VERSION "v" XSTR(TEN) "." STR(2)
#define SECOND(a, b, ...) b
#define CHOSEN SECOND(1, 2, 3, 4)
#define REST(a, ...) ADD(__VA_ARGS__)
#define RESTED REST(0, 5, 6)
#define NAMED(a, rest...) ADD(a, ## rest)
#define NAMED_REST NAMED(7, 8)
#define EMPTY()
#define CALLS_EMPTY (EMPTY() 9)
#define INDIRECT ADD
#define THROUGH INDIRECT(20, 3)
#define SELF (SELF_VALUE)
#define SELF_VALUE 44
#define f(x) (x + 1)
#define g f
#define LATER g(f(1))
#define MAKE_VERSION(a, b, c) (((a) << 16) | ((b) << 8) | (c))
#define NUMBER MAKE_VERSION(1, 2, 3)
#define SIZED(T) sizeof(T)
#define SIZE SIZED(long)
#define CASE CAT(0x, ff)
#define OPEN STR([)
#define SQUARE SECOND([1, 2, 3])
#define CURLY SECOND({, 7, })
#define FLOATING CAT(1., 5)
"""


def test_expansion_is_the_preprocessors(tmp_path):
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs gcc")
    found = {name: value for name, value in declared(EXPANSIONS).items() if isinstance(value, int | float | str)}
    names = [line.split()[1] for line in EXPANSIONS.splitlines() if line and "(" not in line.split()[1]]
    assert set(names) - {"INDIRECT", "g"} == found.keys()
    rows = []
    for name, value in found.items():
        if isinstance(value, str):
            rows.append(f'_Static_assert(__builtin_strcmp({name}, {c_string(value)}) == 0, "{name}");')
        else:
            rows.append(f'_Static_assert(({name}) == {value!r}, "{name}");')
    source = tmp_path / "expansions.c"
    source.write_text(EXPANSIONS + "\n".join(rows))
    done = subprocess.run([compiler, "-fsyntax-only", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def c_string(data):
    return '"' + "".join(f"\\{byte:03o}" for byte in data.encode()) + '"'


@pytest.mark.parametrize("text, message", [
    ("#define F(x) x\nint a[F(1, 2)];", "takes 1 arguments, got 2"),
    ("#define F(x, y) x\n#define N F(1)", r"F\(...\) takes 2 arguments, got 1"),
    ("#define F(x) x\n#define N F(1", "is never closed"),
    ("#define F(x", "no list of names"), ("#define F(1) x", "no list of names"), ("#define F(..., a) x", "no list"),
    ("#define N x ## +\nint N;", "makes no token"),
    ("#define A B\n#define B A\n#define N A + 1", "'A' is not a known constant"),
])
def test_what_is_wrong_says_so(text, message):
    with pytest.raises(DeclarationError, match=message):
        parse(text)


def test_macros_with_parameters_say_that_they_have_no_value():
    library = Library(None)
    library.declare("#define twice(x) ((x) * 2)\n#define N twice(4)\ntypedef int number;\n#define NUMBER number")
    assert library.N == 8 and library.number is library.NUMBER is c.int
    with pytest.raises(AttributeError, match=r"twice\(...\) is a macro with parameters"):
        library.twice  # noqa: B018


def test_a_preprocessed_text_is_expanded_no_further_than_the_preprocessor_did():
    """What it left alone, being the macro's own product, has the wrong number of arguments."""
    found = parse_header("#define open(x) open(x, 1)\nint open(const char *, int);\n"
                         "#define stdin stdin\nextern int stdin;\n")
    assert found.names["open"].cif.argtypes == (c.string, c.int) and "stdin" in found.names


def test_long_chains_in_any_order():
    def calls(count, step, end):
        """Return how many calls of functions reading a chain takes: the same at each run."""
        lines = [f"#define M{i + 1} {step.format(i=i)}" for i in range(count)]
        text = "\n".join([*reversed(lines), f"#define M0 {end}"])
        made = 0

        def count_call(frame, event, argument):
            nonlocal made
            made += event in ("call", "c_call")

        sys.setprofile(count_call)
        try:
            found = parse_header(text)
        finally:
            sys.setprofile(None)
        last = f"M{count}"
        assert isinstance(found.names[last].value, int) if end == "1" else "'nothing' is not" in found.left_out[last]
        return made

    for step in ("M{i}", "(M{i} + 1)", "(M{i}|M{i})"):
        for end in ("1", "(nothing)"):
            assert calls(3000, step, end) < 12 * calls(300, step, end), (step, end)     # quadratic would be 100


def test_a_chain_of_types_costs_what_its_text_does():
    tracemalloc.start()
    try:
        found = parse_header("".join(f"typedef T{i} *T{i + 1};\n" for i in range(10_000)))
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
    assert sum(map(len, found.left_out.values())) < 2_000_000


def test_strings_are_what_the_text_says():
    assert declared("const char *f(const char *);")["f"].cif.argtypes == (c.string,)
    for strings, kind in ("text", c.string), ("bytes", c.bytes), ("pointer", c.ptr(c.char, const=True)):
        found = parse("typedef struct { const char *name; } s; typedef const char text; text *f(const char *const);",
                      strings=strings).names
        assert found["f"].cif.restype is kind and found["f"].cif.argtypes == (kind,)
        assert found["s"].type.fields["name"] is kind
    text = r'#define NAME "\xff" "a"'
    assert parse(text).names["NAME"].value == "\udcffa" and parse(text, strings="bytes").names["NAME"].value == b"\xffa"
    with pytest.raises(ValueError, match="strings: expected"):
        Library(None).declare("int x;", strings="str")


def test_binary_data_in_a_callback(compile_c):
    import pickle

    library = Library(compile_c("""
        #include <stddef.h>
        size_t feed(size_t (*write)(const char *, size_t)) { return write("\\0\\1\\2\\377\\0", 5); }
    """, "macros_feed"))
    library.declare("size_t feed(size_t (*write)(const char *data, size_t size));", strings="pointer")
    got = []
    for feed in library.feed, pickle.loads(pickle.dumps(library)).feed:
        @feed.cif.argtypes[0].cif.closure
        def write(data, size):
            got.append(libffi.string_at(data, size))
            return size

        assert feed(write) == 5
    assert got == [b"\0\1\2\xff\0"] * 2
