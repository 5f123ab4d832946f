"""A member may have any name: those of our own attributes and of Python's methods reach none of them."""
from __future__ import annotations

import copy
import pickle

import pytest

from libffi import CIF, Memory, addressof, c, sizeof, typeof

OURS = [name for T in (c.int, c.array(c.int, 1), c.struct("S", a=c.int)) for name in dir(type(T.new()))]
NAMES = sorted({*OURS, *dir(object), *dir(type), "_made_by", "type_", "m", "keep", "owner", "__slots__", "__del__",
                "__bool__", "__index__", "__fspath__", "__buffer__", "__call__", "__get__", "__set__", "__set_name__",
                "__await__", "__getattr__", "__match_args__", "__x__", "mro", "tp_new", "self", "class"})


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_a_member_of_any_name(name, first):
    """Also beyond those that are found by comparing addresses."""
    others = [(f"f{i}", c.int) for i in range(20)]
    members = [(name, c.long), *others] if first else [*others, (name, c.long)]
    for make in c.struct, c.union:
        T = make("any", members)
        memory = T.new({name: 5})
        assert getattr(memory, name) == 5 and name in repr(memory) and isinstance(memory, Memory) and str(memory)
        setattr(memory, name, 6)
        setattr(memory, name, c.long(7))
        assert getattr(memory, name) == 7 == getattr(T(**{name: 7}), name)
        assert T.fields[name] is c.long and memory == memory and (memory == 5) is False and memory
        with pytest.raises(TypeError):
            hash(memory)
        with pytest.raises(TypeError, match="made by"):
            type(memory)()
        assert memoryview(memory).nbytes == len(bytes(memory)) == T.size
        assert addressof(memory) and typeof(memory) is T and sizeof(memory) == T.size
        assert getattr(copy.copy(memory), name) == 7
        if name not in ("__reduce_ex__", "__reduce__", "__class__"):    # which pickle asks for
            assert getattr(pickle.loads(pickle.dumps(memory)), name) == 7
        with memory:
            pass
        assert "closed" in repr(memory)
        with pytest.raises(ValueError, match="closed"):
            getattr(memory, name)


def test_several_at_once():
    T = c.struct("T", _made_by=c.int, value=c.ptr(c.int), close=c.string, __repr__=c.double,
                 __class__=c.array(c.char, 4))
    t = T.new(_made_by=1, value=c.int.new(2), close="three", __repr__=4.5, __class__=b"five")
    assert (t._made_by, t.value[0], t.close, t.__repr__, t.__class__.value) == (1, 2, "three", 4.5, b"five")
    through = CIF(T, [T]).closure(lambda t: t)
    assert through.cif.call(through, t).close == "three"
