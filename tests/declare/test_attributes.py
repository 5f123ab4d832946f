"""Attributes that change layouts: compared with gcc, on structs written by hand and at random."""
import ctypes
import random

import pytest

import libffi
from libffi import DeclarationError, c
from libffi._reader import parse

HAND_WRITTEN = """
typedef struct message { unsigned char bytes[64] __attribute__((aligned(16))); int used; } message;
struct after { char a; int b __attribute__((aligned(16))), c; };
struct before { char a; __attribute__((aligned(16))) int b, c; };
struct packed_member { char a; int b __attribute__((packed)); short c; };
struct both { char a; double b __attribute__((packed, aligned(2))); };
struct biggest { char a; char b __attribute__((aligned)); };
struct { char a; } __attribute__((aligned)) whole_biggest_is_a_variable;
#define LINE 32
struct expression { char a; int b __attribute__((aligned(LINE * 2))); };
struct of_type { char a; char b __attribute__((aligned(__alignof__(double)))); };
struct alignas_ { char a; _Alignas(16) char b; _Alignas(double) char c; _Alignas(0) int d; };
typedef int wide_int __attribute__((aligned(32)));
typedef long long narrow __attribute__((aligned(1)));
struct typedefs { char a; wide_int b; narrow c; };
typedef unsigned long size_t __attribute__((aligned(32)));
typedef unsigned char uint8_t __attribute__((aligned(4)));
struct standard_names { char a; uint8_t b; size_t c; };
struct in_packed { char a; wide_int b; int c __attribute__((aligned(4))); } __attribute__((packed));
struct pointer_to { char a; wide_int *b; };
struct zero_in_the_middle { int a; int z[0]; char b; long long y[0]; };
struct zero_rows { char a; int rows[0][3]; int columns[3][0]; };
struct flexible { char a; int z[]; };
struct empty {};
union nothing {};
struct holds_empty { char a; struct empty e; int b; };
struct on_both_sides { int x; } __attribute__((packed)) __attribute__((aligned(8)));
struct __attribute__((packed, aligned(2))) after_keyword { char a; long b; };
#pragma pack(push, 2)
struct limited { char a; int b __attribute__((aligned(8))); };
struct limited_packed { char a; int b : 9; long c; } __attribute__((packed));
#pragma pack(pop)
struct bits { char a; int b : 5 __attribute__((aligned(4))); int c : 3; };
struct packed_bits { char a; int b : 5 __attribute__((packed)); long long c : 37 __attribute__((packed)); int d : 9; };
struct packed_chars { unsigned char a : 5, b : 7 __attribute__((packed)), c : 6; };
struct packed_and_aligned { char a; __attribute__((packed, aligned(2))) int b : 5, c : 20; };
struct all_packed { int a : 3 __attribute__((packed)); int b : 30 __attribute__((packed)); } __attribute__((packed));
union packed_in_union { char a; int b : 20 __attribute__((packed)); };
struct ends_unit { int a : 3 __attribute__((packed)); int : 0 __attribute__((packed)); int b : 30; };
typedef unsigned int byte_mode __attribute__((mode(QI)));
typedef int word_mode __attribute__((__mode__(__word__)));
typedef float double_mode __attribute__((mode(DF)));
struct __attribute__((aligned(32))) less_at_last { char a; } __attribute__((aligned(2)));
struct more_at_last { char a; } __attribute__((aligned(2), aligned(32)));
typedef int last_of_two __attribute__((aligned(32), aligned(2)));
typedef __attribute__((aligned(32))) int before_counts __attribute__((aligned(2)));
typedef struct less_at_last aligned_anew __attribute__((aligned(4)));
struct aligned_twice { char a; last_of_two b; char c; before_counts d; char e; aligned_anew f; };
struct member_twice { char a; __attribute__((aligned(32))) char b __attribute__((aligned(2))); };
#pragma pack(push, 8)
struct packed_nameless { char a; struct { int b; } __attribute__((aligned(8))); } __attribute__((packed));
struct limited_nameless { char a; union { long double b; }; };
#pragma pack(pop)
struct nameless {
    char a; __attribute__((packed)) struct { long b; }; __attribute__((aligned(32))) struct { char c; };
};
typedef int over_aligned __attribute__((aligned(16)));
struct packed_over { char a; over_aligned b : 5; } __attribute__((packed));
struct of_pointers {
    char a; char * __attribute__((packed)) b; char c; char * __attribute__((aligned(16))) *d; char e;
    char * __attribute__((aligned(2))) f; char g; char * __attribute__((packed, aligned(32))) h;
    char i; int (* __attribute__((aligned(16))) j)(void); char k; long (__attribute__((packed)) l);
};
typedef char * __attribute__((aligned(16))) aligned_pointer;
struct of_aligned_pointers { char a; aligned_pointer b; };
struct modes { char a; byte_mode b; char x; word_mode c; double_mode d; unsigned e __attribute__((mode(HI))); };
"""


def check(compile_c, text, name):
    found = parse(text)
    expected, program = [], [text, "const unsigned long layout[] = {"]
    for tag, item in found.tags.items():
        spelled = f"{item.kind} {tag}"
        program.append(f"sizeof({spelled}), _Alignof({spelled}),")
        expected += [(spelled, item.type.size), (spelled, item.type.alignment)]
        for field, kind in item.type.fields.items():
            if kind.kind != "bits":
                program.append(f"__builtin_offsetof({spelled}, {field}),")
                expected.append((f"{spelled}.{field}", item.type.offsets[field]))
    built = ctypes.CDLL(compile_c("\n".join([*program, "0};"]), name, "-w"))
    gcc = (ctypes.c_ulong * len(expected)).in_dll(built, "layout")
    assert [(what, value) for (what, _), value in zip(expected, gcc, strict=True)] == expected
    return found


def test_by_hand(compile_c):
    found = check(compile_c, HAND_WRITTEN, "attributes")
    assert len(found.tags) == 41
    with pytest.raises(DeclarationError, match="column 58: a bit-field of a type that a typedef aligns"):
        parse("typedef int t __attribute__((aligned(16))); struct s { t x : 5; };")
    assert found.tags["message"].type.size == 80
    empty = found.tags["empty"].type
    assert empty.size == 0 and not bytes(empty.new()) and found.tags["holds_empty"].type.new(b=3).b == 3


ATTRIBUTES = ["", "", "", " __attribute__((aligned({n})))", " __attribute__((packed))",
              " __attribute__((packed, aligned({n})))", " __attribute__((aligned))"]
SCALARS = ["char", "short", "int", "long long", "double", "float", "void *", "unsigned", "_Bool", "long double"]


def random_struct(rng, number):
    """Return a struct, and typedefs of its own that it uses."""
    def attribute():
        return rng.choice(ATTRIBUTES).format(n=rng.choice([1, 2, 4, 8, 16, 32]))

    types, lines, members = [*SCALARS], [], []
    for i in range(rng.randrange(3)):
        types += [f"t{number}_{i}"] * 3
        alignment = rng.choice([1, 4, 8, 32])
        lines.append(f"typedef {rng.choice(SCALARS)} {types[-1]} __attribute__((aligned({alignment})));")
    if number:
        types.append(f"struct s{rng.randrange(number)}")
    for i in range(rng.randrange(7)):
        kind, name = rng.choice(types), f"m{i}"
        match rng.randrange(10):
            case 0 | 1:
                bits = rng.choice(["unsigned char", "short", "int", "long long"])
                width = rng.randrange(ctypes_size(bits) * 8 + 1)
                alignment = rng.choice([1, 4, 16])
                aligned = rng.choice([
                    "", "", f" __attribute__((aligned({alignment})))", " __attribute__((packed))",
                    f" __attribute__((packed, aligned({alignment})))"]) if width else ""
                members.append(f"{bits} {name if width else ''} : {width}{aligned};")
            case 2 if not kind.startswith("t"):
                members.append(f"{kind} {name}[{rng.randrange(4)}]{attribute()};")
            case 3:
                members.append(f"_Alignas({rng.choice(['8', '16', 'double', '0'])}) char {name};")
            case 4:
                members.append(f"{attribute()} {kind} {name};")
            case _:
                members.append(f"{kind} {name}{attribute()};")
    struct = f"struct s{number} {{ {' '.join(members)} }}{attribute()};"
    if rng.random() < 0.2:
        struct = f"#pragma pack(push, {rng.choice([1, 2, 4, 8])})\n{struct}\n#pragma pack(pop)"
    return "\n".join([*lines, struct])


def ctypes_size(name):
    return {"unsigned char": 1, "short": 2, "int": 4, "long long": 8}[name]


@pytest.mark.parametrize("seed", range(3))
def test_at_random(compile_c, seed):
    rng = random.Random(seed)
    check(compile_c, "\n".join(random_struct(rng, number) for number in range(150)), f"attributes_{seed}")


@pytest.mark.skipif(not libffi.features()["vectors"], reason="no vectors")
def test_vectors_in_any_declarator():
    four = c.vector(c.float, 4)
    found = parse("""
        float f(float) __attribute__((vector_size(16)));
        extern float x __attribute__((vector_size(4 * sizeof(float)))), *p;
        struct s { __attribute__((vector_size(16))) float v; float *q __attribute__((vector_size(16))); };
        typedef float __attribute__((vector_size(16))) v4;
    """)
    assert found.names["f"].cif.restype is four and found.names["f"].cif.argtypes == (c.float,)
    assert found.names["x"].type.type is four and found.names["p"].type.type is c.ptr(c.float)
    assert dict(found.tags["s"].type.fields) == {"v": four, "q": c.ptr(four)}
    assert found.names["v4"].type is four


def test_vectors_are_aligned_to_their_size(compile_c):
    lines = [f"struct v{n}_{i} {{ char a; {kind} b __attribute__((vector_size({n}))); char c; }};"
             for n in (8, 16, 32, 64, 128) for i, kind in enumerate(["double", "float"])]
    found = parse("\n".join([*lines, "struct deep { char a; union { struct v64_0 b; int c; }; };"]))
    sizes = ", ".join(f"sizeof(struct {tag})" for tag in found.tags)
    built = ctypes.CDLL(compile_c("\n".join([
        *lines, "struct deep { char a; union { struct v64_0 b; int c; }; };",
        f"const unsigned long sizes[] = {{{sizes}}};"]), "wide_vectors", "-w"))
    gcc = list((ctypes.c_ulong * len(found.tags)).in_dll(built, "sizes"))
    assert [tag.type.size for tag in found.tags.values()] == gcc
    kind = found.tags["v64_0"].type
    assert kind.new().address % kind.alignment == 0


def test_the_alignment_of_a_typedef_is_known_to_constants():
    found = parse("typedef int wide __attribute__((aligned(32)));\n#define N _Alignof(wide)\n#define S sizeof(wide)")
    assert (found.names["N"].value, found.names["S"].value) == (32, 4)


def test_members_with_an_alignment_of_their_own():
    kind = c.struct("s", [("a", c.char), ("b", c.int, 16), ("c", c.char, 0)])
    assert (kind.size, kind.alignment, dict(kind.offsets)) == (32, 16, {"a": 0, "b": 16, "c": 20})
    assert kind is c.struct("s", [("a", c.char), ("b", c.int, 16), ("c", c.char)])
    assert kind is not c.struct("s", [("a", c.char), ("b", c.int), ("c", c.char)])
    for wrong in (("a", c.int, 3), ("a", c.int, "8"), ("a", c.int, 4, 4)):
        with pytest.raises((TypeError, ValueError)):
            c.struct("s", [wrong])
