"""What instances of struct classes can do: unpack, match, copy, pickle; and who collects them."""
from __future__ import annotations

import copy
import gc
import multiprocessing
import os
import pickle
import sys
import threading
import weakref
from typing import Annotated

import pytest

from libffi import CIF, Pointer, Struct, asdict, c, typeof


@c.struct
class Place:
    x: Annotated[int, c.int]
    y: Annotated[int, c.int]

    def total(self):
        return self.x + self.y


@c.struct
class Line:
    ends: Annotated[list, c.array(Place, 2)]
    middle: Place
    name: Annotated[bytes, c.array(c.char, 8)]
    codes: Annotated[list, c.array(c.uint8, 3)]


class Noted(Place):
    __slots__ = ("__dict__", "note")


@c.struct
class Cell:
    value: int
    next: Pointer[Cell]


def test_unpacking_and_matching():
    x, y = Place(1, 2)
    assert (x, y) == (1, 2) == tuple(Place(1, 2)) and [*c.struct("s", a=c.int, b=c.int).new((3, 4))] == [3, 4]
    match Place(1, 2):
        case Place(1, y=two):
            assert two == 2
        case _:
            pytest.fail("did not match")
    match Place(3, 4):
        case Place(a, b):
            assert (a, b) == (3, 4)
    assert Place.__match_args__ == ("x", "y")
    closed = Place(1, 2)
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        tuple(closed)


def test_asdict():
    line = Line(ends=[(1, 2), (3, 4)], middle=Place(2, 3), name=b"ab", codes=[1, 2, 3])
    assert asdict(line) == {"ends": [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "middle": {"x": 2, "y": 3}, "name": b"ab",
                            "codes": [1, 2, 3]}
    assert asdict(Cell(1, None))["next"] == c.ptr(Cell)(None)
    assert Line(asdict(line)) == line
    for wrong in 5, c.int.new(), Place:
        with pytest.raises(TypeError, match="asdict"):
            asdict(wrong)


def test_equality():
    assert Place(1, 2) == Place(1, 2) == (1, 2) != Place(1, 3)
    assert Place(1, 2) != c.struct("Elsewhere", x=c.int, y=c.int).new((1, 2))
    assert Place(1, 2) == c.struct("Place", x=c.int, y=c.int).new((1, 2))       # to C it is the same struct
    with pytest.raises(TypeError):
        hash(Place(1, 2))

    class Hashed(Place):
        def __hash__(self):
            return self.x

    assert len({Hashed(1, 2), Hashed(1, 2)}) == 1


@pytest.mark.parametrize("make_copy", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies(make_copy):
    one = Place(1, 2)
    other = make_copy(one)
    other.x = 5
    assert type(other) is Place and one == (1, 2) and other == (5, 2)
    noted = Noted(1, 2)
    noted.note, noted.more = ["a"], {"b": 1}
    other = make_copy(noted)
    assert type(other) is Noted and other == (1, 2) and (other.note, other.more) == (["a"], {"b": 1})
    assert (other.note is noted.note) == (make_copy is copy.copy)
    view = c.array(Noted, 2).new([(1, 2), (3, 4)])[1]
    assert make_copy(view) == (3, 4)


def test_deepcopy_of_a_circle():
    noted = Noted(1, 2)
    noted.me = noted
    other = copy.deepcopy(noted)
    assert other.me is other is not noted


@pytest.mark.skipif(sys.version_info < (3, 13), reason="needs copy.replace")
def test_replace():
    assert copy.replace(Place(1, 2), y=5) == (1, 5) and type(copy.replace(Place(1, 2))) is Place
    with pytest.raises(TypeError, match="no field 'z'"):
        copy.replace(Place(1, 2), z=5)


def test_pickles_go_by_name():
    assert pickle.loads(pickle.dumps(Place)) is Place
    assert pickle.loads(pickle.dumps(typeof(Place))) is typeof(Place)
    assert pickle.loads(pickle.dumps(CIF(Place, [c.ptr(Cell)]))) is CIF(Place, [c.ptr(Cell)])
    with multiprocessing.get_context("fork" if sys.platform == "linux" else None).Pool(1) as pool:
        assert pool.map(Place.total, [Place(1, 2), Place(3, 4)]) == [3, 7]

    @c.struct
    class local:
        x: int

    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(local(1))
    with pytest.raises(TypeError, match="holds addresses"):
        pickle.dumps(Cell(1, None))


def test_what_c_hands_back():
    def look(place, at):
        assert type(place) is type(at[0]) is Place
        return at[1].total(), place.total()

    f = CIF(Place, [Place, c.ptr(Place)]).closure(look)
    result = f.cif.call(f, (1, 2), c.array(Place, 2).new([(0, 0), (5, 6)]))
    assert type(result) is Place and result == (11, 3)
    line = Line(middle=(4, 5))
    assert line.middle.total() == 9 and type(line.ends[0]) is Place
    cell = Cell(1, Cell(2, None))
    assert type(cell.next[0]) is type(cell.next.value) is Cell


def test_slots_are_of_the_object():
    items = c.array(Noted, 1).new()
    items[0].note = 1
    assert not hasattr(items[0], "note")            # each look makes another object, of the same storage


def test_finalizers():
    seen = []

    class Last(Place):
        def __del__(self):
            seen.append(self.x)

    Last(1, 2)
    c.array(Last, 1).new([(3, 4)])[0].total()
    f = CIF(Last, []).closure(lambda: (5, 6))
    f.cif.call(f)
    assert seen == [1, 3, 5]
    last = Last(7, 8)
    last_reference = weakref.ref(last)
    del last
    assert last_reference() is None and seen == [1, 3, 5, 7]


def circles():
    """Make classes, types and instances that refer to one another; return weak references."""
    @c.struct
    class Mine:
        x: int
        y: int = 3

        def own_class(self):
            return __class__

    Mine.origin, Mine.table, Mine.null = Mine(0, 0), [Mine(1, 2)], c.ptr(Mine)(None)
    Mine.items = c.array(Mine, 2).new()
    Mine.pointer = c.ptr(Mine)(Mine.items)
    Mine.outer = c.struct("outer", a=Mine).new()

    class More(Mine):
        z: int

    Mine.more, Mine.cif = More, CIF(Mine, [Mine, c.ptr(More)])

    @c.struct
    class Ring:
        next: Pointer[Ring]

    Ring.one = ring = Ring(None)
    ring.next = ring

    class Holder(Mine):
        __slots__ = ("__dict__", "q")

    holder = Holder(1)
    holder.me = holder.q = holder
    Holder.one = holder
    return [weakref.ref(thing) for thing in (Mine, More, Ring, Holder, holder, ring, typeof(Mine), typeof(Ring))]


def test_circles_through_classes_are_collected(run_python):
    """In a process of its own: once a thread was started, CPython 3.13 without a GIL frees no class."""
    run_python(f"""
        import gc, sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from test_struct_objects import circles
        references = circles()
        gc.collect()
        gc.collect()
        left = [reference() for reference in references if reference() is not None]
        assert left == [], left
        before = len(gc.get_objects())
        for _ in range(20):
            circles()
        gc.collect()
        gc.collect()
        assert len(gc.get_objects()) < before + 40
    """)


def test_threads_make_and_use_classes():
    shared = c.array(Noted, 4).new()

    def work():
        for i in range(200):
            class Own(Place):
                z: c.int = i

            assert Own(1, 2).z == i and shared[i % 4].total() == 0
            Noted(i, i).note = Own

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_class_whose_field_is_closed_meanwhile():
    class Closing:
        def __index__(self):
            for one in gc.get_objects():
                if type(one) is Place:
                    with pytest.raises((BufferError, ValueError)):
                        one.close()
            return 1

    assert Place(Closing(), 2) == (1, 2) and Struct is not Place
