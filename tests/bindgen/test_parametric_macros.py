"""Macros with parameters: what is an expression over them is Python's, by C's rules."""
import importlib
import inspect
import pickle
import random
import sys

import pytest

from libffi import ArgumentError, bindgen, c

# Of numbers alone: compared with a compiled program.
NUMBERS = """
#include <stdint.h>
#include <stddef.h>
enum level { LOW = 1, HIGH = 7 };
struct pair { char a; long b; };
#define VERSION(X, Y, Z) ((X)*1000 + (Y)*100 + (Z))
#define GREATER(a, b) ((a) > (b) ? (a) : (b))
#define LOOSE(a, b) a - b * -a
#define CLAMPED(x, low, high) (((x) > (high)) ? (high) : (((x) < (low)) ? (low) : (x)))
#define MIDDLE(a, b) (((a) + (b)) / 2)
#define MEAN(a, b) (((a) + (b)) / 2.0)
#define HALF(x) ((x) * .5f)
#define QUOTIENT(a, b) ((b) ? (a) / (b) : 0)
#define REST(a, b) ((a) % (b))
#define BIT(n) (1 << (n))
#define TOP(x) (1 << 31 | (x))
#define FIELD(x, at, bits) (((x) >> (at)) & ((1UL << (bits)) - 1))
#define FOURCC(a, b, c, d) ((uint32_t)(uint8_t)(a) | ((uint32_t)(uint8_t)(b) << 8) | \\
    ((uint32_t)(uint8_t)(c) << 16) | ((uint32_t)(uint8_t)(d) << 24))
#define SWAPPED(x) ((uint16_t)(((x) >> 8) | ((x) << 8)))
#define NARROW(x) ((signed char)(x))
#define LETTER(x) ((short)(x) + 'a')
#define INVERTED(x) (~(x))
#define MINUS(x) (-(x))
#define PLUS(x) (+(x))
#define NOT(x) !(x)
#define TWICE(x) !!(x)
#define BOTH(a, b, c) ((a) && (b) || !(c))
#define CHAIN(a, b, c) ((a) < (b) < (c))
#define SAME(a, b) ((a) == (b)) + 2 * ((a) != (b))
#define SIDES(x, y) ((x) ? 1 : 2u) - ((y) ? 3 : 4)
#define COMMON(x, y, z) ((z) ? -1 : (x) + (y))
#define UNCHOSEN(x, y) ((x) ? (y) : (y) / 0u)
#define BYTES(n) ((n) * sizeof(struct pair) + offsetof(struct pair, b))
#define LEVEL(x) ((enum level)((x) & 3) + HIGH)
#define MASK(x) ((x) & ~(HIGH) ^ 0xF0000000)
#define AS_FLOAT(x) ((float)(x))
#define TRUNCATED(x) ((long)((x) / 8))
#define SUM_OF(a, b) (VERSION(a, b, 1) + BIT(3) * GREATER(a, b))
#define LONG_LEFT(x) ((x) + 2147483647 + 1LL)
#define TRUE_OR(x) ((_Bool)(x) | 2)
"""
TYPES = ["signed char", "unsigned char", "short", "unsigned short", "int", "unsigned int", "long", "unsigned long",
         "long long", "unsigned long long", "float", "double"]
NAMES = "schar uchar short ushort int uint long ulong longlong ulonglong float double".split()
SHOW = """
#include <stdio.h>
static void real(double x) { printf("%a\\n", x); }
static void natural(unsigned long long x) { printf("%llu\\n", x); }
static void whole(long long x) { printf("%lld\\n", x); }
#define SHOW(x) _Generic((x), float: real, double: real, unsigned: natural, unsigned long: natural, \\
                         unsigned long long: natural, default: whole)(x)
int main(void) {
"""
# With functions and addresses.
CALLS = """
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
int abs(int);
long labs(long);
size_t strlen(const char *);
void *memchr(const void *, int, size_t);
char *getenv(const char *);
enum color { RED = 1, BLUE = 2 };
/** The length and one more. */
#define SPACE(text) (strlen(text) + 1)
#define DISTANCE(a, b) abs((a) - (b))
#define WRAPPED(x) labs((signed char)(x))
#define FIND(where, n) memchr(where, 'x', n)
#define HAS(name) (getenv(name) != NULL)
#define HAS_NOT(name) !getenv(name)
#define TO_POINTER(i) ((void *)(intptr_t)(i))
#define TO_INT(p) ((intptr_t)(p))
#define COLOR(x) ((enum color)(x))
#define IS(x) ((_Bool)(x))
#define FIVE() (2 + 3)
#define CAST_AND_FIND(p) memchr((const void *)(p), 120, 4)
#define ONE_OF(from, in) ((from) ? abs(from) : abs(in))
#define TEXT(x) strlen(#x)
#define PASTED(x) x##abs(1)
#define NOTHING(x) 5
#define ITSELF(x) (x)
#define LONG_DOUBLE(x) ((x) * 1.0L)
#define STORED(x, y) ((x) = (y))
#define MEMBER(p) ((p)->next)
#define SIZE(x) sizeof(x)
#define PLACED(x) ((x) + __LINE__)
#define AFTER(p, n) ((char *)(p) + (n))
#define ELSEWHERE(x) toupper(x)
#define MANY(...) abs(__VA_ARGS__)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a maker of modules of a header's text."""

    def made_(name, text):
        folder = tmp_path_factory.mktemp(name)
        (folder / f"{name}.h").write_text(text)
        bindgen.generate([folder / f"{name}.h"], libraries=["-"]).write(folder / f"{name}_c.py")
        sys.path.insert(0, str(folder))
        try:
            return importlib.import_module(f"{name}_c")
        finally:
            sys.path.remove(str(folder))

    return made_


@pytest.fixture(scope="module")
def calls(made):
    """The module of CALLS."""
    return made("macro_calls", CALLS)


def an_argument(chance):
    """Return a number as libffi and as C has it."""
    position = chance.randrange(len(TYPES))
    kind = getattr(c, NAMES[position])
    if kind.kind == "float":
        number = chance.choice([0.0, -1.5, 3.0, chance.uniform(-100, 100), chance.uniform(0, 1e9)])
        value = kind(number).value
        return kind(number), f"({TYPES[position]}){value.hex()}"
    least = -(1 << (8 * kind.size - 1)) if kind.kind == "signed" else 0
    most = least + (1 << 8 * kind.size) - 1
    number = max(least, min(most, chance.choice([
        0, 1, -1, 2, 7, 31, chance.randint(-100, 100), chance.randint(0, 1 << 31), least, most,
        chance.randint(least, most)])))
    plain = kind is c.int and chance.random() < 0.7
    return number if plain else kind(number), f"({TYPES[position]}){number & (1 << 64) - 1}ULL"


def test_numbers_are_those_of_a_compiled_program(made, run_c):
    module = made("macro_numbers", NUMBERS)
    names = [line.split()[1].partition("(")[0] for line in NUMBERS.splitlines() if line.startswith("#define")]
    chance, lines, expected = random.Random(14), [], []
    computed = dict.fromkeys(names, 0)
    for name in names:
        macro = getattr(module, name)
        for _ in range(150):
            arguments = [an_argument(chance) for _ in inspect.signature(macro).parameters]
            try:
                expected.append(macro(*[value for value, _ in arguments]))
            except (ArgumentError, ZeroDivisionError):
                continue        # C has no answer either
            lines.append(f"SHOW(({name}({', '.join(text for _, text in arguments)})));")
            computed[name] += 1
    assert min(computed.values()) > 20, computed
    said = run_c(NUMBERS + SHOW + "\n".join(lines) + "\nreturn 0; }\n", "-O0", "-Wno-parentheses",
                 "-fno-sanitize=undefined").split()     # 1 << 31 is what gcc makes of it
    wrong = [(line, ours, theirs) for line, ours, theirs in zip(lines, expected, said, strict=True)
             if (float.fromhex(theirs) if "x" in theirs or "n" in theirs else int(theirs)) != ours and ours == ours]
    assert not wrong, (len(wrong), wrong[:5])


@pytest.mark.parametrize("name, arguments, error", [
    ("VERSION", (1 << 30, 0, 0), "VERSION\\(\\): 1073741824000 overflows int"),
    ("BIT", (32,), "BIT\\(\\): a shift of int by 32 bits"),
    ("REST", (1, 0), "REST\\(\\): division by zero"),
    ("REST", (1.5, 1), "REST\\(\\): the operator '%' needs integers"),
    ("BIT", ("x",), "BIT\\(\\) argument 1: expected a number, got str"),
    ("BIT", (None,), "BIT\\(\\): this needs numbers, not addresses"),
    ("BIT", (1, 2), "BIT\\(\\) takes 1 argument, got 2"),
    ("TRUNCATED", (1e300,), "TRUNCATED\\(\\): .* does not fit in"),
])
def test_what_c_leaves_undefined_is_an_error(made, name, arguments, error):
    module = sys.modules.get("macro_numbers_c") or made("macro_numbers", NUMBERS)
    with pytest.raises((ArgumentError, ZeroDivisionError), match=error):
        getattr(module, name)(*arguments)


def test_calls_of_the_library(calls):
    assert calls.SPACE("four") == 5 and calls.DISTANCE(3, 10) == 7 and calls.DISTANCE(2.75, 5) == 2
    assert calls.WRAPPED(255) == 1      # as a C compiler converts it
    assert calls.HAS("PATH") == 1 and calls.HAS_NOT("PATH") == 0 and calls.HAS("NO_SUCH_VARIABLE_") == 0
    text = c.array(c.char, 5)(b"..x.")
    assert calls.FIND(text, 4).address - c.pointer(text).address == 2
    assert calls.CAST_AND_FIND(c.ptr(c.int)(c.pointer(text))).address == c.pointer(text).address + 2
    assert calls.ONE_OF(-2, 0) == 2 and calls.ONE_OF(0, -5) == 5 and calls.FIVE() == 5


def test_functions_of_other_headers_come_along(calls):
    assert calls.ELSEWHERE(97) == 65 and calls.toupper(98) == 66


def test_addresses_and_numbers_become_each_other(calls):
    pointer = calls.TO_POINTER(16)
    assert pointer.address == 16 and calls.TO_INT(pointer) == 16 and calls.TO_POINTER(0) is None


def test_results_are_what_reading_such_a_type_gives(calls):
    assert calls.COLOR(2) is calls.color.BLUE and calls.IS(4) is True


def test_macros_are_functions_of_the_module(calls):
    assert str(inspect.signature(calls.ONE_OF)) == "(from_, in_, /)"
    assert calls.SPACE.__doc__ == "The length and one more." and calls.SPACE.__name__ == "SPACE"
    assert pickle.loads(pickle.dumps(calls.SPACE)) is calls.SPACE


@pytest.mark.parametrize("name", [
    "TEXT", "PASTED", "NOTHING", "ITSELF", "LONG_DOUBLE", "STORED", "MEMBER", "SIZE", "PLACED", "AFTER", "MANY"])
def test_what_is_no_computation_is_left_to_the_shim(calls, name):
    with pytest.raises(AttributeError, match="a macro with parameters: --shim"):
        getattr(calls, name)


def test_a_macro_of_a_missing_function_is_left_out(made):
    module = made("macro_missing", "int no_such_function_(int);\n#define GONE(x) no_such_function_(x)\n")
    with pytest.raises(AttributeError, match="GONE"):
        module.GONE(1)


def test_parameters_of_underscores_alone(made):
    """Where each of their other names is taken, too: Ruby's headers define _(x)."""
    module = made("macro_underscores", "#define _(x) ((x) + 1)\n#define SUM(_, __, __1, __x) (_ * __ + __1 - __x)\n")
    assert module._(1) == 2 and module.SUM(2, 3, 4, 5) == 5
    assert str(inspect.signature(module.SUM)) == "(arg, arg_, arg1, x_, /)"
