"""libffi driven by C alone, for platforms without Python: one program that checks itself.

    python -m tests.fuzz.alone --count 500 --seed 1 >check.c
    TRIPLET-gcc -std=gnu11 -O2 -w check.c -lffi && ./a.out

The signatures are those of tests.fuzz, but for what libffi cannot describe. What arrives is compared with what
arrives when the compiler makes the same call. Every check runs in a child process, so that a crash is one failure;
on Windows, which has no fork(), a crash is the program's end. `--abi STDCALL` has them called by another convention.
"""
from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator

from . import source
from .abi import DEFAULT, KNOWN, Abi
from .generate import Features, Generator, unusual, without_size
from .model import Array, CType, Record, Scalar, Signature

HEAD = r"""
#include <ffi.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#define _exit(code) exit(code)
#else
#include <sys/wait.h>
#include <unistd.h>
#endif

#define IS_INT(T, signed_, unsigned_) ((T)-1 < (T)1 ? &signed_ : &unsigned_)
#define INT_TYPE(T) (sizeof(T) == 1 ? IS_INT(T, ffi_type_sint8, ffi_type_uint8) \
    : sizeof(T) == 2 ? IS_INT(T, ffi_type_sint16, ffi_type_uint16) \
    : sizeof(T) == 4 ? IS_INT(T, ffi_type_sint32, ffi_type_uint32) : IS_INT(T, ffi_type_sint64, ffi_type_uint64))

static unsigned state;
static unsigned next(void) { return (state = state * 1103515245u + 12345u) >> 16 & 0x7fff; }
static long long integer(void)
{
    static const unsigned char bits[] = { 1, 7, 8, 15, 16, 31, 32, 63, 64 };
    unsigned long long x = (unsigned long long)next() << 45 ^ (unsigned long long)next() << 30 ^ next() << 15 ^ next();
    if (next() % 4) return x << 4 ^ next();
    return (next() % 2 ? -1ull : 0) ^ 1ull << bits[next() % 9] - 1;
}
static double real(void) { return ((int)next() - 0x4000) / 8.0; }

/* What the compiler's own call left in fz_rec and fz_out, and how much. */
static unsigned char wanted_args[sizeof fz_rec], wanted_result[sizeof fz_out], *result_at;
static size_t n_args, n_result;

static ffi_cif cif;
static ffi_type *types[64];
static void *values[64];
static _Alignas(64) unsigned char result[1 << 16];

static int differs(const char *what, const unsigned char *got, const unsigned char *wanted, size_t n)
{
    if (!memcmp(got, wanted, n)) return 0;
    fprintf(stderr, "    %s:", what);
    for (size_t i = 0; i < n; i++) fprintf(stderr, got[i] == wanted[i] ? " %02x" : " %02x(%02x)", got[i], wanted[i]);
    fprintf(stderr, "\n");
    return 1;
}

static void call(void (*fn)(void), int plan)
{
    memset(fz_rec, 0, sizeof fz_rec);
    if (plan) ffi_call_plan_invoke(ffi_call_plan_alloc(&cif), fn, result, values);
    else ffi_call(&cif, fn, result, values);
}

static void *closure(void (*handler)(ffi_cif *, void *, void **, void *))
{
    void *code;
    ffi_closure *c = ffi_closure_alloc(sizeof *c, &code);
    if (!c || ffi_prep_closure_loc(c, &cif, handler, 0, code)) { fprintf(stderr, "    no closure\n"); _exit(3); }
    memset(fz_rec, 0, sizeof fz_rec);
    memset(fz_out, 0, sizeof fz_out);
    return code;
}

/* Results narrower than an ffi_arg are as wide as that. */
#define LOAD_NARROW(T) (T)*(ffi_arg *)result
#define STORE_NARROW(T, to, r) (*(ffi_arg *)(to) = (ffi_arg)(r))
#define IS_NARROW(T) (sizeof(T) < sizeof(ffi_arg))
"""

MAIN = r"""
static const struct { int index; int (*check)(int); const char *text; } checks[] = {
#include_rows
};

/* How a check ends: 0, or the first letter of what it is. */
static int ends(int (*check)(int), int way)
{
    fflush(stdout);
#ifdef _WIN32
    return check(way) ? 'w' : 0;
#else
    int status;
    pid_t child = fork();
    if (!child) { alarm(60); _exit(check(way)); }
    waitpid(child, &status, 0);
    return !status ? 0 : WIFSIGNALED(status) ? 'c' : 'w';
#endif
}

int main(int argc, char **argv)
{
    static const char *const ways[] = { "call", "plan", "closure" };
    int done[3] = { 0 }, wrong[3] = { 0 };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        for (int way = 0; way < 3; way++) {
            if (argc > 1 && atoi(argv[1]) != checks[i].index) continue;
            if (argc > 2 && strcmp(argv[2], ways[way])) continue;
            if (argc > 2) return checks[i].check(way);
            int end = ends(checks[i].check, way);
            done[way]++;
            if (!end) continue;
            wrong[way]++;
            printf("%s %d %s: %s\n", end == 'c' ? "crash" : "wrong", checks[i].index, ways[way], checks[i].text);
        }
    for (int way = 0; way < 3; way++) printf("%s: %d wrong of %d\n", ways[way], wrong[way], done[way]);
    return wrong[0] || wrong[1] || wrong[2];
}
"""


def describable(signature: Signature) -> bool:
    """Tell whether libffi has words for the signature: it cannot say that a member is an array of one."""
    return not any(unusual(type) or without_size(type) or isinstance(type, Array) and type.length == 1
                   for type in signature.types())


def program(signatures: list[Signature], abi: Abi = DEFAULT) -> str:
    """Write the whole program."""
    chosen = [signature for signature in signatures if describable(signature)]
    text, rows = [source.COMMON, HEAD, f"#define CONVENTION FFI_{abi.name.replace('DEFAULT', 'DEFAULT_ABI')}\n"], []
    for signature in chosen:
        guard = condition(signature, abi)
        row = f'{{ {signature.index}, check{signature.index}, "{signature}" }},'
        text += _guarded(guard, source.functions(signature, abi) + "\n".join(_check(signature)) + "\n")
        rows += _guarded(guard, row)
    return "\n".join([*text, MAIN.replace("#include_rows", "\n".join(rows))])


def has_complex(signature: Signature) -> bool:
    return any(map(is_complex, signature.types()))


def is_complex(type: CType | None) -> bool:
    return isinstance(type, Scalar) and type.family == "complex"


def condition(signature: Signature, abi: Abi) -> str:
    """Return where there is such a signature, in the preprocessor's words; empty: everywhere."""
    parts = ["defined FFI_TARGET_HAS_COMPLEX_TYPE"] if has_complex(signature) else []
    if signature.fixed is not None and any(isinstance(type, Scalar) and type.family == "wchar"
                                           for type in signature.args[signature.fixed - 1:]):
        parts.append("!defined _WIN32")         # whose wchar_t of 16 bits would be promoted
    if signature.result is not None and is_one_float(signature.result):
        parts.append("!(defined _WIN32 && defined __i386__)")   # MinGW has its own way; libffi has Microsoft's
    elif abi.name in REGISTERS and (
            isinstance(signature.result, Record) or is_complex(signature.result) or is_ambiguous(signature, abi)):
        parts.append("!defined _WIN32")         # tests/c/faults/win32_result_address.c; what compilers do not agree on
    return " && ".join(parts)


REGISTERS = {"FASTCALL": 2, "THISCALL": 1}     # for integers
WIDE = "long long", "unsigned long long", "int64_t", "uint64_t", "intmax_t", "uintmax_t"


def is_ambiguous(signature: Signature, abi: Abi) -> bool:
    """Tell whether an integer comes, while there is a register, after an argument that has none: see faults.pyx."""
    free, after = REGISTERS[abi.name], False
    if abi.name == "THISCALL" and not (signature.args and is_integer(first := signature.args[0])
                                       and getattr(first, "c", "") not in WIDE):
        return True                 # it has no `this`
    for type in signature.args:
        if isinstance(type, Record) or is_complex(type) or isinstance(type, Scalar) and type.c in WIDE:
            after = True
        elif is_integer(type):
            if after and free > 0:
                return True
            free -= 1
    return False


def is_one_float(type: CType) -> bool:
    """Tell whether a type is a struct of one floating-point number and no more."""
    while isinstance(type, Record) and len(type.members) == 1:
        type = type.members[0][1]
        if isinstance(type, Scalar):
            return type.family in ("float", "exact")
    return False


def _guarded(guard: str, text: str) -> list[str]:
    return [f"#if {guard}", text, "#endif"] if guard else [text]


def _check(signature: Signature) -> Iterator[str]:
    """Write the handler of the closure and the function that makes the three checks."""
    index, result, args = signature.index, signature.result, signature.args
    names = [f"a{i}" for i in range(len(args))]
    yield f"static void h{index}(ffi_cif *cif, void *to, void **args, void *data)\n{{\n    at = fz_rec;"
    for i, type in enumerate(args):
        yield f"    {{ {type.declare('x')}; memcpy(&x, args[{i}], sizeof x); {' '.join(source.record(type, 'x'))} }}"
    if result is not None:
        yield f"    {result.declare('r')}; memcpy(&r, fz_ret, sizeof r);"
        plain = "memcpy(to, &r, sizeof r);"
        if is_integer(result):
            yield f"    if (IS_NARROW({result.c})) STORE_NARROW({result.c}, to, r); else {plain}"
        else:
            yield f"    {plain}"
    yield "}"

    yield f"static int check{index}(int way)\n{{\n    state = {index} + 1;\n    n_result = 0;"
    yield "    unsigned char *in = fz_in;"
    counter = itertools.count()
    if result is not None:
        yield f"    {result.declare('r')};"
        yield f"    memset(&r, 0, sizeof r); {' '.join(_fill(result, 'r'))} memcpy(fz_ret, &r, sizeof r);"
        yield f"    at = wanted_result; {' '.join(source.record(result, 'r'))} n_result = at - wanted_result;"
    for name, type in zip(names, args, strict=True):
        yield f"    {type.declare(name)}; memset(&{name}, 0, sizeof {name}); {' '.join(_fill(type, name))}"
        yield f"    memcpy(in, &{name}, sizeof {name}); in += sizeof {name};"
    yield f"    f{index}({', '.join(names)}); n_args = at - fz_rec; memcpy(wanted_args, fz_rec, n_args);"
    for i, (name, type) in enumerate(zip(names, args, strict=True)):
        yield from _describe(type, f"t{i}", counter)
        yield f"    types[{i}] = t{i}; values[{i}] = &{name};"
    if result is None:
        yield "    ffi_type *tr = &ffi_type_void;"
    else:
        yield from _describe(result, "tr", counter)
    prep = f"ffi_prep_cif(&cif, CONVENTION, {len(args)}, tr, types)"
    if signature.fixed is not None:
        prep = f"ffi_prep_cif_var(&cif, CONVENTION, {signature.fixed}, {len(args)}, tr, types)"
    yield f'    if ({prep}) {{ fprintf(stderr, "    no CIF\\n"); return 2; }}'
    yield f"    if (way < 2) {{\n        call(FFI_FN(f{index}), way);"
    if result is not None:
        yield f"        {result.declare('got')};"
        plain = "memcpy(&got, result, sizeof got);"
        if is_integer(result):
            yield f"        if (IS_NARROW({result.c})) got = LOAD_NARROW({result.c}); else {plain}"
        else:
            yield f"        {plain}"
        yield f"        at = fz_out; {' '.join(source.record(result, 'got'))}"
    yield f"    }} else\n        g{index}(closure(h{index}));"
    yield '    return differs("arguments", fz_rec, wanted_args, n_args)'
    yield '         | differs("result", fz_out, wanted_result, n_result);'
    yield "}"


def is_integer(type: CType) -> bool:
    return isinstance(type, Scalar) and type.family in ("int", "bool", "char", "wchar", "address", "pointer")


def _fill(type: CType, path: str) -> Iterator[str]:
    """Write the statements that give every member a value."""
    match type:
        case Scalar(family="complex"):
            yield f"__real__ {path} = real(); __imag__ {path} = real();"
        case Scalar(family="float" | "exact"):
            yield f"{path} = real();"
        case Scalar(family="bool"):
            yield f"{path} = next() & 1;"
        case Scalar(family="address" | "pointer"):
            yield f"{path} = (void *)(intptr_t)(integer() & ~7);"
        case Scalar():
            yield f"{path} = integer();"
        case Array(item=item, length=length):
            for i in range(length):
                yield from _fill(item, f"{path}[{i}]")
        case Record(members=members):
            for name, member in members:
                yield from _fill(member, f"{path}.{name}")


def _describe(type: CType, name: str, counter: Iterator[int]) -> Iterator[str]:
    """Write the statements that make `name` point to libffi's description of a type."""
    match type:
        case Record():
            elements = []
            for member in _elements(type):
                if isinstance(member, Record):
                    inner = f"i{next(counter)}"
                    yield from _describe(member, inner, counter)
                    elements.append(inner)
                else:
                    elements.append(_scalar(member))
            yield f"    ffi_type *{name}_elements[] = {{ {', '.join([*elements, '0'])} }};"
            yield f"    ffi_type {name}_struct = {{ 0, 0, FFI_TYPE_STRUCT, {name}_elements }};"
            yield f"    ffi_type *{name} = &{name}_struct;"
        case Scalar():
            yield f"    ffi_type *{name} = {_scalar(type)};"


def _elements(record: Record) -> Iterator[CType]:
    """Return the members, every item of an array by itself."""
    for _, member in record.members:
        yield from _items(member)


def _items(type: CType) -> Iterator[CType]:
    if isinstance(type, Array):
        for _ in range(type.length):
            yield from _items(type.item)
    else:
        yield type


def _scalar(scalar: CType) -> str:
    match scalar:
        case Scalar(family="complex", part=part):
            return f"&ffi_type_complex_{part.replace(' ', '')}"
        case Scalar(family="float" | "exact", part=part):
            return f"&ffi_type_{part.replace(' ', '')}"
        case Scalar(family="address" | "pointer"):
            return "&ffi_type_pointer"
    return f"INT_TYPE({scalar.c})"


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.fuzz.alone", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="what the signatures come from (1)")
    parser.add_argument("--count", type=int, default=500, help="how many signatures (500)")
    parser.add_argument("--without", type=int, nargs="*", default=[], help="leave these indexes out")
    parser.add_argument("--start", type=int, default=0, help="the index of the first (0)")
    parser.add_argument("--abi", choices={abi.name for abi in [DEFAULT, *KNOWN]}, default="DEFAULT",
                        help="a convention of libffi's (DEFAULT)")
    options = parser.parse_args()
    abi = next(abi for abi in [DEFAULT, *KNOWN] if abi.name == options.abi)
    generator = Generator(options.seed, Features(int128=False, vectors=False), abi)
    indexes = set(range(options.start, options.start + options.count)) - set(options.without)
    print(program([generator.signature(index) for index in sorted(indexes)], abi))


if __name__ == "__main__":
    main()
