"""Library.declare(partial=True): whole preprocessed headers, of which not everything can be had."""
from __future__ import annotations

import pickle
import shutil
import subprocess

import pytest

from libffi import CIF, DeclarationError, Library, LibraryNotFound, Type, c
from libffi._reader import parse_header

TEXT = """
# 1 "a.h" 1
typedef __builtin_va_list va_list;
extern int vprintf(const char *, va_list);
extern int vwprintf128(_Float128, va_list);
extern int abs(int) __attribute__((__nothrow__)), no_such_function(int);
# 2 "a.h"
static inline int twice(int x) { if (x) { return 2 * x; } return 0; }
extern __inline __attribute__((__gnu_inline__)) long
labs(long x)
# 7 "a.h" 2
{ return x < 0 ? -x : x; }
struct __attribute__((packed)) tight { char a; int b; };
typedef struct { char c; long long a __attribute__((__aligned__(32))); } aligned;
typedef struct { long double a __attribute__((unheard_of)); } strange;
void takes(strange *);
void (*signal_of(int, void (*)(_Float128)))(int);
#pragma pack(push, 1)
struct inside { char a;
#pragma pack(pop)
    int b; };
struct outside { char a; int b; };
#define LATER (EARLIER + 1)
#define EARLIER 41
#define call(x) (x)
#define CALLED (call(EARLIER) + 1)
#define labsolute labs
#define NOTHING
#define WORDS not a constant
#undef EARLIER
#define EARLIER 41
enum colour { RED, GREEN = (41 + 1) };
typedef _Float128 wide; wide sinf128(wide);
extern char **environ;
"""


@pytest.fixture
def header():
    library = Library(None)
    library.declare(TEXT, partial=True)
    return library


def test_what_can_be_had_is_there(header):
    assert header.abs(-3) == 3 and header.labs.cif is CIF(c.long, [c.long]) and header.labs(-1 << 30) == 1 << 30
    assert header.tight.size == 5 and header.outside.size == 8
    assert header.environ.type is c.ptr(c.ptr(c.char)) and header.GREEN == 42 == header.LATER == header.CALLED
    assert header.aligned.size == 64 and header.labsolute(-3) == 3


@pytest.mark.parametrize("name, why", [
    ("vwprintf128", "line 5, column 24: _Float128 is not"),
    ("no_such_function", "the process has no symbol"), ("twice", "the process has no symbol"),
    ("strange", "line 15, column 47: the attribute 'unheard_of' is"), ("call", "a macro with parameters"),
    ("takes", r"unknown type name 'strange' \(line 15, column 47: the"), ("signal_of", "_Float128 is not"),
    ("wide", "_Float128 is not supported"), ("sinf128", r"unknown type name 'wide' \(line \d+, column \d+: _Float128"),
    ("WORDS", "is not a constant"), ("never_heard_of", "declare it or use")])
def test_what_cannot_says_why(header, name, why):
    with pytest.raises(AttributeError, match=f"the process has no declared name '{name}'.*{why}"):
        getattr(header, name)
    with pytest.raises(KeyError, match=f"'{name}'"):
        header[name]
    assert name not in header


def test_it_can_be_declared_afterwards(header):
    header.declare("int no_such_function(int) asm(\"abs\"); ")
    assert header.no_such_function(-2) == 2
    header.declare("int sinf128(const char *, void *) asm(\"abs\");", partial=True)
    assert header.sinf128.cif.argtypes == (c.string, c.pointer)


def test_what_was_declared_stays(header):
    before = header.abs
    header.declare("char *abs(char *); int labs(_Float128);", partial=True)
    assert header.abs is before and header.labs(-2) == 2


def test_options_reach_the_functions():
    library = Library(None)
    library.declare("int close(int);", partial=True, errno=True)
    assert library["close"].errno


def test_it_pickles(header):
    again = pickle.loads(pickle.dumps(header))
    assert again.abs(-3) == 3 and again.outside is header.outside
    with pytest.raises(AttributeError, match="_Float128 is not supported"):
        again.sinf128  # noqa: B018


def test_a_struct_completed_by_a_later_text(header):
    header.declare("struct later; void f(struct later *) asm(\"abs\");", partial=True)
    with pytest.raises(DeclarationError):
        header.declare("struct later { int x; }; int y(;")
    header.declare("struct later { int x; };")
    assert header.later.size == c.int.size


@pytest.mark.parametrize("text", ["int abs(int", "int abs(int)", '"', "struct s {", 3])
def test_half_a_text_is_refused(text):
    with pytest.raises((DeclarationError, TypeError)):
        Library(None).declare(text, partial=True)


def layouts(library):
    """Return C expressions and their values: sizes, alignments and offsets of all that was declared."""
    expected = {}
    names = library._declarations._scope.names
    for name, kind in library._declarations.objects.items():
        tagged = any(f"{tag} {name}" in library for tag in ("struct", "union", "enum"))
        if not isinstance(kind, Type) or not kind.size or tagged or kind.kind == "function" or kind is c.va_list:
            continue
        own = getattr(names.get(name), "alignment", 0)     # that a typedef gave it
        expected[f"sizeof({name})"], expected[f"_Alignof({name})"] = kind.size, own or kind.alignment
        for field, offset in kind.offsets.items():
            if kind.fields[field].kind != "bits":
                expected[f"__builtin_offsetof({name}, {field})"] = offset
    return expected


@pytest.mark.parametrize("name, file", [
    (None, "stdio.h"), (None, "stdlib.h"), (None, "pthread.h"), (None, "netdb.h"), (None, "unistd.h"), ("m", "math.h"),
    ("z", "zlib.h"), ("sqlite3", "sqlite3.h"), ("expat", "expat.h"), ("ssl", "openssl/ssl.h"), ("png16", "png.h")])
def test_headers_of_the_system(tmp_path, name, file):
    """Every type has the compiler's size, alignment and offsets; most functions are there."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs gcc")
    source = tmp_path / "source.c"
    source.write_text(f"#include <{file}>\n")
    done = subprocess.run([compiler, "-E", "-P", source], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{file} is not installed")
    try:
        library = Library(name)
    except LibraryNotFound:
        pytest.skip(f"{file} is here, its library is not")
    library.declare(done.stdout, partial=True)
    expected = layouts(library)
    source.write_text(f"#include <{file}>\nlong all[] = {{{', '.join(expected)}}};\n")
    built = tmp_path / "layouts.so"
    subprocess.run([compiler, "-w", "-shared", "-fPIC", "-o", built, source], check=True)
    found = Library(built).variable("all", c.array(c.long, len(expected))).value
    assert dict(zip(expected, found, strict=True)) == expected
    declarations = library._declarations
    assert len(declarations.objects) > 2 * len(declarations.left_out) or file == "math.h"   # half of that is _Float128


def test_what_a_reader_of_headers_is_told_besides():
    header = parse_header(TEXT + "typedef struct { int x : 3; } bits; int last(char *to, long, ...);\n")
    assert header.names["last"].parameters == ("to", "")
    assert header.defined == {"twice", "labs"}
    first = TEXT.count("\n") + 1
    assert header.lines["last"] == header.lines["bits"] == first and header.lines["twice"] == 8
    assert header.scope.layouts[header.names["bits"].type] == ((("x", c.bits(c.int, 3)),), ())
    assert header.scope.layouts[header.tags["tight"].type] == ((("a", c.char), ("b", c.int)), (("_pack_", 1),))
