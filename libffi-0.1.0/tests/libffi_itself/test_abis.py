"""Every ABI of the platform's ffi.h, against the compiler's attribute for it."""
from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import abi, compiler, driver
from fuzz.batch import Plan

import libffi
import libffi._ffi
from libffi import ABI, CIF, c

SOURCE = Path(__file__).parents[1] / "c" / "abis.c"
NAMES = libffi._ffi.features()["abis"]
TESTABLE = abi.testable(NAMES) if compiler.command() else []
SEED = 64

pytestmark = pytest.mark.skipif(not compiler.command(), reason="needs a C compiler")
every_abi = pytest.mark.parametrize("known", TESTABLE, ids=lambda known: f"{known.name}-{known.attribute}")
every_size = pytest.mark.parametrize("size", range(1, 25))

MIXED = [c.double, c.int, c.float, c.longlong, c.short, c.double, c.schar, c.float]
MIXED_VALUES = [0.5, -3, 1.25, 1 << 40, -300, 2.5, -100, 0.75]
SCALE = [c.int, c.longdouble, c.double, c.longdouble]
pair = c.struct("pair", x=c.double, y=c.float)


def mixed(*values):
    return sum(value * 2**i for i, value in enumerate(values))


@pytest.fixture
def library(known, compile_c):
    """Compile abis.c for one ABI."""
    return libffi.Library(compile_c(SOURCE, f"abis_{known.name}_{known.attribute}", f"-DATTR={known.attr}"))


@every_abi
@pytest.mark.parametrize("chunk", range(2))
def test_random_signatures(known, chunk):
    """Calls and closures with random signatures agree with the compiler's."""
    outcome = driver.run(Plan(SEED, known), range(chunk * 100, (chunk + 1) * 100))
    assert not outcome.tally.failed, "\n".join(outcome.reports)
    assert outcome.tally.calls > 50


@pytest.mark.parametrize("name", NAMES)
def test_cif_says_its_abi(name):
    try:
        assert CIF(c.int, abi=ABI[name]).abi is ABI[name]
    except libffi.BadABI:  # powerpc's header names some that its library refuses
        assert ABI[name] is not ABI.DEFAULT


@every_abi
@every_size
def test_structs_by_value(known, library, size):
    """A struct of each size between two integers, both ways."""
    block = c.struct(f"bytes{size}", at=c.array(c.uchar, size))
    cif = CIF(block, [c.int, block, c.int], abi=ABI[known.name])
    reverse = cif.bind(library.symbol(f"reverse{size}"))
    data = [*range(1, size + 1)]
    assert list(reverse(40, (data,), 2).at) == [x + 38 for x in data[::-1]]

    seen = []

    @cif.closure
    def add_one(before, x, after):
        seen.append((before, list(x.at), after))
        return ([value + 1 for value in x.at],)

    memory = block.new((data,))
    library.function(f"call_reverse{size}", c.void, [c.pointer, c.ptr(block)])(add_one, memory)
    assert seen == [(40, data, 2)]
    assert list(memory.at) == [x + 1 for x in data]


@every_abi
def test_more_arguments_than_registers(known, library):
    cif = CIF(c.double, MIXED, abi=ABI[known.name])
    assert cif.bind(library.symbol("mixed"))(*MIXED_VALUES) == mixed(*MIXED_VALUES)
    seen = []

    @cif.closure
    def callback(*args):
        seen.extend(args)
        return mixed(*args)

    assert library.function("call_mixed", c.double, [c.pointer])(callback) == mixed(*MIXED_VALUES)
    assert seen == MIXED_VALUES


@every_abi
def test_long_double(known, library):
    if "long double" in known.without:
        pytest.skip("the compiler's long double is another type")
    cif = CIF(c.longdouble, SCALE, abi=ABI[known.name])
    assert cif.bind(library.symbol("scale"))(3, 1.25, 2.0, 0.5) == 4.75
    with cif.closure(lambda a, b, x, y: a * b - x * y) as callback:
        assert library.function("call_scale", c.longdouble, [c.pointer])(callback) == 2.75


@every_abi
def test_struct_of_floats(known, library):
    cif = CIF(pair, [pair, pair], abi=ABI[known.name])
    swapped = cif.bind(library.symbol("swap"))((1.5, 2.5), (10.0, 20.0))
    assert (swapped.x, swapped.y) == (8.5, -17.5)
    a, b = pair.new((1.5, 2.5)), pair.new((10.0, 20.0))
    with cif.closure(lambda a, b: (a.y, b.x)) as callback:
        call = library.function("call_swap", c.void, [c.pointer, c.ptr(pair), c.ptr(pair)])
        call(callback, a, b)
    assert (a.x, a.y) == (2.5, 10.0)


@every_abi
@pytest.mark.parametrize(
    ("name", "type", "value", "result"),
    [("half", c.float, -5.0, -2.5), ("negate", c.schar, -100, 100), ("next", c.ushort, 0xFFFF, 0)],
)
def test_narrow_results(known, library, name, type, value, result):
    assert CIF(type, [type], abi=ABI[known.name]).bind(library.symbol(name))(value) == result


@every_abi
def test_void(known, library):
    assert CIF(c.void, abi=ABI[known.name]).bind(library.symbol("nothing"))() is None


@pytest.mark.skipif("REGISTER" not in NAMES, reason="an ABI of i386")
def test_register(compile_c):
    """Borland's convention is gcc's regparm(3) as long as the registers suffice; more is refused."""
    library = libffi.Library(compile_c("""
        #define REGISTER __attribute__((regparm(3)))
        REGISTER int mix(int a, short b, void *c) { return a * 100 + b * 10 + (int)c; }
        int call_mix(int (REGISTER *f)(int, short, void *)) { return f(-1, 2, (void *)3); }
    """, "registers"))
    cif = CIF(c.int, [c.int, c.short, c.pointer], abi=ABI.REGISTER)
    assert cif.bind(library.symbol("mix"))(-1, 2, 3) == -77
    with cif.closure(lambda a, b, c: a * 100 + b * 10 + c) as callback:
        assert library.function("call_mix", c.int, [c.pointer])(callback) == -77
    for types in [c.int] * 4, [c.double], [c.longlong]:
        with pytest.raises(libffi.BadTypedef, match="REGISTER"):
            CIF(c.int, types, abi=ABI.REGISTER)


def test_efi64_is_win64():
    if "EFI64" not in NAMES:
        pytest.skip("no EFI64 here")
    assert ABI.EFI64 is ABI.WIN64


def test_every_abi_of_this_platform_is_tested():
    """Where the compiler has an attribute for an ABI, the table above knows it."""
    if libffi._ffi.features()["default_abi"] != "UNIX64":
        pytest.skip("only x86-64 has all its ABIs in gcc")
    assert {known.name for known in TESTABLE} == set(NAMES)


def test_default_is_named():
    assert ABI[libffi._ffi.features()["default_abi"]] is ABI.DEFAULT
