"""Any struct or union that can be made: its layout is sound, and it travels through C unchanged."""
from __future__ import annotations

from helpers.anything import examples, hypothesis
from hypothesis import strategies as st

import libffi
from libffi import CIF, c

SCALARS = [c.char, c.int8, c.short, c.uint, c.longlong, c.float, c.double, c.longdouble, c.complex_float, c.bool,
           c.pointer, c.wchar_t, c.ptr(c.int), c.func(CIF(c.int))]
UNITS = [c.int8, c.ushort, c.int, c.ulonglong]


def composite(members, union, pack, align):
    make = c.union if union else c.struct
    named = [(None if T.kind == "bits" and not T.length else f"m{i}", T) for i, T in enumerate(members)]
    return make("any", named, _pack_=pack, _align_=align)


@st.composite
def bits(draw):
    unit = draw(st.sampled_from(UNITS))
    return c.bits(unit, draw(st.integers(0, 8 * unit.size)))


def composites(inner):
    return st.one_of(
        st.builds(c.array, inner.filter(lambda T: T.kind != "bits" and T.size), st.integers(1, 3)),
        st.builds(composite, st.lists(st.one_of(inner, bits()), min_size=1, max_size=6).filter(
            lambda members: any(T.kind != "bits" or T.length for T in members)),
            st.booleans(), st.sampled_from([0, 0, 0, 1, 2, 4]), st.sampled_from([0, 0, 0, 16, 64])))


types = composites(st.recursive(st.sampled_from(SCALARS), composites, max_leaves=12))


@examples(300)
@hypothesis.given(types)
def test_layouts_are_sound(T):
    """Members lie inside, aligned as they ask, and but for unions and bit-fields beside each other."""
    hypothesis.assume(T.size <= 1 << 20)
    assert T.size % T.alignment == 0
    memory = T.new()
    assert memory.address % T.alignment == 0 and not any(bytes(memory)) and len(bytes(memory)) == T.size
    if T.kind == "array":
        return
    end = 0
    for name, member in T.fields.items():
        if member.kind == "bits":
            end = 0
            continue
        at = T.offsets[name]
        assert 0 <= at <= at + member.size <= T.size
        if T.kind == "struct":
            assert at >= end
            end = at + member.size


@examples(200)
@hypothesis.given(types, st.randoms(use_true_random=False))
def test_structs_travel_through_c(T, random):
    """Every byte that C may look at comes back from a closure, or the type cannot be passed by value."""
    try:
        cif = CIF(T, [c.int, T, T])
    except libffi.BadTypedef as error:
        assert str(error)
        return
    sent = T.new()
    memoryview(sent).cast("B")[:] = bytes(random.choice([0, 1]) for _ in range(T.size))   # no NaN, no bad bool
    got = cif.call(cif.closure(lambda n, one, two: two), 7, T.new(), sent)
    assert got == sent or repr(got) == repr(sent)
