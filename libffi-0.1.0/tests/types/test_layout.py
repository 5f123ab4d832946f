"""Layouts: structs and unions with bit-fields, packing and alignment lie in memory as gcc lays them out."""
from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fuzz import compiler
from fuzz.composites import Composite, Maker, Member
from fuzz.model import Scalar
from fuzz.scalars import HEADERS

import libffi
from libffi import c

SEED = 7
CHUNKS = 10
CHUNK = 60

pytestmark = pytest.mark.skipif(not compiler.command(), reason="needs a C compiler")


def write(composites: list[Composite]) -> str:
    """Write the C: each type's numbers, and functions that store and load its integers."""
    text = [f"#include <{header}.h>" for header in HEADERS]
    for composite in composites:
        offsets = [f"offsetof({composite.c}, {name})" for name in placed(composite)]
        rows = [f"sizeof({composite.c})", f"_Alignof({composite.c})", *offsets]
        leaves = list(enumerate(path for path, _ in composite.leaves()))
        text += [
            composite.define(),
            f"const unsigned layout_{composite.tag}[] = {{ {', '.join(rows)} }};",
            f"void set_{composite.tag}({composite.c} *p, int i, unsigned long long v) {{ switch (i) {{",
            *(f"case {i}: p->{path} = v; break;" for i, path in leaves),
            "} }",
            f"unsigned long long get_{composite.tag}({composite.c} *p, int i) {{ switch (i) {{",
            *(f"case {i}: return (long long)p->{path};" for i, path in leaves),
            "} return 0; }",
        ]
    return "\n".join(text)


def placed(composite: Composite) -> list[str]:
    """Return the names of the members that have an offset in C."""
    return [member.name for member in composite.members if member.name and member.width is None]


@functools.cache
def build(composite: Composite) -> libffi.Type:
    make = c.union if composite.union else c.struct
    members = [(member.name, build_member(member)) for member in composite.members]
    options = {
        "_pack_": composite.pack, "_align_": composite.align,
        "_byteorder_": "big" if composite.big else None, "_layout_": "ms" if composite.ms else None,
    }
    return make(composite.tag, members, **{k: v for k, v in options.items() if v})


def build_member(member: Member) -> libffi.Type:
    if isinstance(member.type, Composite):
        return build(member.type)
    type = build_scalar(member.type)
    if member.width is not None:
        return c.bits(type, member.width, member.packed)
    return type if member.length is None else c.array(type, member.length)


def build_scalar(scalar: Scalar) -> libffi.Type:
    return c.ptr(c.double) if scalar.family == "pointer" else getattr(c, scalar.attr)


class InC:
    """One composite on C's side."""

    def __init__(self, library: libffi.Library, composite: Composite) -> None:
        count = 2 + len(placed(composite))
        numbers = library.variable(f"layout_{composite.tag}", c.array(c.uint, count))
        self.size, self.alignment, *self.offsets = numbers
        self.set = library.function(f"set_{composite.tag}", c.void, [c.pointer, c.int, c.ulonglong])
        self.get = library.function(f"get_{composite.tag}", c.ulonglong, [c.pointer, c.int])


def store(memory: Any, path: str, value: int) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        memory = getattr(memory, parent)
    setattr(memory, name, value)


def limits(member: Member) -> tuple[int, int]:
    """Return the least and the greatest value of an integer member."""
    assert isinstance(member.type, Scalar)
    if member.type.family == "bool":
        return 0, 1
    signed = not member.type.attr.startswith("u") and member.type.attr != "size_t"
    width = build_scalar(member.type).size * 8 if member.width is None else member.width
    return (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)


def check(composite: Composite, there: InC, rng: Random) -> None:
    type = build(composite)
    assert (type.size, type.alignment) == (there.size, there.alignment)
    assert [type.offsets[name] for name in placed(composite)] == there.offsets
    leaves = [(i, path, limits(member)) for i, (path, member) in enumerate(composite.leaves())]
    for i, path, (low, high) in leaves:
        ours, theirs = type.new(), type.new()
        ones = -1 if low else high
        store(ours, path, ones)
        there.set(theirs, i, ones & (1 << 64) - 1)
        assert bytes(ours) == bytes(theirs), f"all ones in {path}"
        store(ours, path, 0)
        assert not any(bytes(ours)), f"zero in {path}"
    for i, path, (low, high) in leaves:
        memory = type.new()
        memory_bytes = memoryview(memory).cast("B")
        memory_bytes[:] = rng.randbytes(type.size)
        for value in low, high, rng.randint(low, high):
            store(memory, path, value)
            assert attrgetter(path)(memory) == value, path
            assert there.get(memory, i) == value & (1 << 64) - 1, f"C reads {path}"
            there.set(memory, i, ~value & (1 << 64) - 1)
            there.set(memory, i, value & (1 << 64) - 1)
            assert attrgetter(path)(memory) == value, f"C wrote {path}"
        for value in low - 1, high + 1:
            with pytest.raises(OverflowError):
                store(memory, path, value)


VARIANTS = {
    "plain": {},
    "big": {"big": True},
    "ms": {"ms": True},
    "big-ms": {"big": True, "ms": True},
}
RUNS = [("plain", chunk) for chunk in range(CHUNKS)] + [(kind, chunk) for kind in VARIANTS for chunk in range(2)][2:]


def accepts(attribute: str) -> bool:
    """Tell whether the compiler knows the attribute: other compilers do not, nor gcc on other machines."""
    return compiler.accepts(f"struct s {{ int i; }} __attribute__(({attribute}));")


@pytest.mark.parametrize(("kind", "chunk"), RUNS)
def test_random_composites(kind, chunk, tmp_path):
    """Sizes, alignments and offsets agree; what either side stores, the other loads."""
    if "big" in kind and not accepts('scalar_storage_order("big-endian")') or "ms" in kind and not accepts("ms_struct"):
        pytest.skip("the compiler has no such attribute")
    composites = [
        Maker(Random(f"{SEED}:{index}"), index, **VARIANTS[kind]).composite()
        for index in range(chunk * CHUNK, (chunk + 1) * CHUNK)
    ]
    file = compiler.build(write(composites), tmp_path / "layouts.so", "-O1")
    with libffi.Library(str(file)) as library:
        for index, composite in enumerate(composites, chunk * CHUNK):
            try:
                check(composite, InC(library, composite), Random(f"{SEED}:{index}:values"))
            except Exception as error:
                error.add_note(f"composite {index} of seed {SEED}:\n{composite.define()}")
                raise


# ---- Windows ----

# A clang that compiles for it, such as "/where/PyPI's/ziglang/is/zig clang".
WINDOWS_CLANG = shlex.split(os.environ.get("WINDOWS_CLANG", ""))

FIXED = "typedef _Bool bool;\n" + "\n".join(
    f"typedef signed {base} int{bits}_t; typedef unsigned {base} uint{bits}_t;"
    for base, bits in (("char", 8), ("short", 16), ("int", 32), ("long long", 64))
)


@pytest.mark.skipif(not WINDOWS_CLANG, reason="needs WINDOWS_CLANG, a clang that compiles for Windows")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_microsofts_layout_is_that_of_clang_for_windows(chunk, tmp_path):
    composites = [
        Maker(Random(f"windows:{index}"), index, ms=True, windows=True).composite()
        for index in range(chunk * CHUNK, (chunk + 1) * CHUNK)
    ]
    text = [FIXED]
    for composite in composites:
        type = build(composite)
        facts = [(f"sizeof({composite.c})", type.size), (f"_Alignof({composite.c})", type.alignment)]
        facts += [(f"__builtin_offsetof({composite.c}, {name})", type.offsets[name]) for name in placed(composite)]
        text += [composite.define(), *(f'_Static_assert({left} == {right}, "");' for left, right in facts)]
        text += [f"const {composite.c} {composite.tag}_{name} = {{ .{name} = {ones} }};"
                 for name, ones in ones_of(composite)]
    data = compile_data("\n".join(text), tmp_path)
    for composite in composites:
        for name, ones in ones_of(composite):
            ours = build(composite).new(**{name: ones})
            assert bytes(ours) == data[f"{composite.tag}_{name}"], f"{name} of {composite.define()}"


def ones_of(composite: Composite) -> list[tuple[str, int]]:
    """Return the bit-fields by name, and what sets all their bits."""
    return [(path, -1 if limits(member)[0] else limits(member)[1])
            for path, member in composite.leaves() if "." not in path and member.width is not None]


def compile_data(source: str, folder: Path) -> dict[str, bytes]:
    """Return the bytes of every constant, out of the compiler's assembler text."""
    file = folder / "windows.c"
    file.write_text(source)
    command = [*WINDOWS_CLANG, "-target", "x86_64-windows-msvc", "-std=gnu11", "-w", "-S", "-o", "-", file]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    data: dict[str, bytes] = {}
    name = ""
    for line in done.stdout.splitlines():
        if label := re.match(r"(c\w+):", line):
            name = label[1]
            data[name] = b""
        elif (item := re.match(r"\s+\.(byte|short|long|quad|zero)\s+(-?\d+)(?:,(\d+))?", line)) and name:
            number, size = int(item[2]), {"byte": 1, "short": 2, "long": 4, "quad": 8, "zero": 0}[item[1]]
            fill = bytes([int(item[3] or 0)]) * number
            data[name] += (number % (1 << 8 * size)).to_bytes(size, "little") if size else fill
        elif (item := re.match(r'\s+\.(ascii|asciz)\s+"(.*)"', line)) and name:
            data[name] += unescaped(item[2]).encode("latin-1") + b"\0" * (item[1] == "asciz")
        elif ".section" in line or ".globl" in line:
            name = name if ".globl" in line else ""
    return data


def unescaped(text: str) -> str:
    """Return what a text of the assembler says, whose numbers are octal."""
    simple = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
    return re.sub(r"\\([0-7]{1,3}|.)", lambda m: simple.get(m[1]) or chr(int(m[1], 8)), text)
