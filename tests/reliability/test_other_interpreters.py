"""Every interpreter of a process has a libffi of its own; closures run in the one that made them."""
from __future__ import annotations

import pytest
from helpers.interpreters import KINDS, ON_LINUX

pytestmark = ON_LINUX


@KINDS
def test_each_interpreter_has_its_own(in_interpreters, gil):
    """Twenty at once, more than glibc has room for the thread-local variables of."""
    in_interpreters("""
exec(USE)
import libffi
others = [create() for _ in range(20)]
for other in others:
    run(other, USE + '''
import libffi
assert libffi.closure_quarantine() == 4096, libffi.closure_quarantine()
libffi.closure_quarantine(7)
''')
assert images() == 20
assert libffi.closure_quarantine() == 4096
for other in others:
    run(other, "assert libffi.closure_quarantine() == 7; assert cif.call(cif.closure(lambda x: x * 2), 4) == 8")
exec(USE)
for other in others:
    interpreters.destroy(other)
exec(USE)
""", gil)


@KINDS
def test_another_one_may_be_the_first(in_interpreters, gil):
    in_interpreters("""
other = create()
run(other, USE)
exec(USE)
run(other, "assert cif.call(cif.closure(lambda x: x + 1), 1) == 2")
interpreters.destroy(other)
exec(USE)
""", gil)


@KINDS
def test_interpreters_come_and_go(in_interpreters, gil):
    """Each but the last few is unloaded, in whatever order they end."""
    in_interpreters("""
exec(USE)
living = []
for n in range(12):
    living.append(create())
    run(living[-1], USE)
    if len(living) > 2:
        interpreters.destroy(living.pop(n % 2))
    assert images() <= 4, images()
""", gil)


@KINDS
def test_a_closure_runs_in_the_interpreter_that_made_it(in_interpreters, gil):
    """Another interpreter calls it, with that one's GIL and without, on its own thread and on one of C's."""
    in_interpreters("""
import os
from libffi import CIF, Library, c
reading, writing = os.pipe()
other = create()
run(other, '''
    import os, sys
    from libffi import CIF, c
    seen, cif = [], CIF(c.int, [c.int])
    sys.unraisablehook = lambda unraisable: seen.append(unraisable.exc_type)
    here = object()
    def f(x):
        assert here is globals()["here"]
        if x < 0:
            raise ZeroDivisionError
        return cif.call(g, x - 1) + 1 if x else 100
    g = cif.closure(f, on_error=-7)
    os.write(writing, str(g.address).encode())
''', writing=writing)
address = int(os.read(reading, 99))
cif = CIF(c.int, [c.int])
for gil in "release", "hold":
    function = cif.bind(address, "f", gil=gil)
    assert [function(x) for x in (0, 5, -1, 1)] == [100, 105, -7, 101]
library = Library(path)
results = c.array(c.int, 3).new()
call_in_thread = library.function("call_in_thread", c.int, [c.pointer, c.int, c.pointer])
assert call_in_thread(c.pointer(address), 3, results) == 0
assert list(results) == [100, 101, 102]
run(other, "assert seen == [ZeroDivisionError] * 2, seen")
""", gil)


@KINDS
def test_calls_that_nest_across_interpreters(in_interpreters, gil):
    """Each exception reaches the call of its own interpreter: through the other one's, which goes on."""
    in_interpreters("""
import os
from libffi import CIF, c
cif = CIF(c.int, [c.int])
def inner(x):
    if x == 3:
        raise KeyError("of the main interpreter")
    return x + 1
mine = cif.closure(inner, on_error=50)
reading, writing = os.pipe()
other = create()
run(other, '''
    import os, sys
    from libffi import CIF, c
    cif, hooked = CIF(c.int, [c.int]), []
    sys.unraisablehook = lambda unraisable: hooked.append(unraisable.exc_type)
    def middle(x):
        if x == 4:
            raise ValueError
        return cif.bind(mine, "mine", gil="hold" if x % 2 else "release")(x) + 1
    theirs = cif.closure(middle, on_error=-9)
    os.write(writing, str(theirs.address).encode())
''', mine=mine.address, writing=writing)
theirs = cif.bind(int(os.read(reading, 99)), "theirs")
assert [theirs(x) for x in (1, 2, 4)] == [3, 4, -9]
try:
    theirs(3)
except KeyError as error:
    assert "of the main" in str(error)
else:
    raise AssertionError("the exception did not come through")
run(other, "assert hooked == [ValueError], hooked")
assert theirs(1) == 3
""", gil)


@KINDS
def test_late_calls_give_zero(in_interpreters, gil):
    """After its interpreter's end, when its image is unloaded, and when others have come."""
    in_interpreters("""
import os
from libffi import CIF, c
exec(USE)
wide = c.struct("wide", a=c.long, b=c.double, c=c.array(c.int, 3))
reading, writing = os.pipe()
other = create()
run(other, '''
    import os
    from libffi import CIF, c
    wide = c.struct("wide", a=c.long, b=c.double, c=c.array(c.int, 3))
    f = CIF(c.int, [c.int]).closure(lambda x: x + 1)
    g = CIF(wide, [wide]).closure(lambda value: value)
    os.write(writing, f"{f.address} {g.address}".encode())
''', writing=writing)
f, g = map(int, os.read(reading, 99).split())
f, g = cif.bind(f, "f"), CIF(wide, [wide]).bind(g, "g")
assert f(1) == 2
assert g((1, 2.0, [3, 4, 5])).c[2] == 5
interpreters.destroy(other)
for _ in range(3):
    assert f(1) == 0
    value = g((1, 2.0, [3, 4, 5]))
    assert (value.a, value.b, list(value.c)) == (0, 0.0, [0, 0, 0])
    other = create()
    run(other, USE)
    interpreters.destroy(other)
assert images() == 1
""", gil)


@KINDS
def test_what_pickles_goes_between_interpreters(in_interpreters, gil):
    in_interpreters("""
import pickle
from libffi import CIF, Library, c
things = Library("c").function("abs", c.int, [c.int]), CIF(c.double, [c.int]), c.ptr(c.struct("P", x=c.int))
other = create()
run(other, '''
    import pickle
    function, cif, pointer = pickle.loads(pickled)
    assert function(-4) == 4
    assert str(cif) == "double (int)" and pointer.item.size == 4
''', pickled=pickle.dumps(things))
""", gil)


@KINDS
def test_an_image_that_c_may_hold_stays(in_interpreters, gil):
    """Who has asked for the C API has addresses of functions."""
    in_interpreters("""
other = create()
run(other, "import libffi._ffi; libffi._ffi._C_API")
interpreters.destroy(other)
for _ in range(3):
    other = create()
    run(other, USE)
    interpreters.destroy(other)
assert images() == 2, images()
""", gil)


@KINDS
@pytest.mark.parametrize("more", ["", "import libffi.compat.ctypes", "import libffi.compat.cffi"])
def test_what_an_interpreter_leaves(in_interpreters, gil, more):
    """None of our objects.  CPython leaves some of its own and its modules', interned texts for ever (3.12, 3.13)."""
    in_interpreters("""
def left(code):
    for n in range(7):
        if n == 2:
            before = sys.getallocatedblocks()
        other = create()
        run(other, code)
        interpreters.destroy(other)
    return (sys.getallocatedblocks() - before) / 5
before = set(sys.modules)
code = USE.replace('Library("c")', "Library(None)")     # CPython 3.12 keeps modules of who has used glob.escape()
code += "kept = [cif.closure(lambda x: x) for _ in range(10)], point.new(), c.ptr(point)\\n" + sys.argv[3]
exec(code)
imported = [name for name in sys.modules.keys() - before if "libffi" not in name and "cython" not in name]
if OWN_GIL:
    imported = [name for name in imported if "ctypes" not in name]      # refused by 3.12
ours = left(code)
others = left(f"import importlib\\nfor name in {imported}: importlib.import_module(name)")
texts_stay = sys.version_info[:2] in ((3, 12), (3, 13))
assert ours - others < (1000 if texts_stay else 50), (ours, others)     # or 4000
""", gil, more)


@KINDS
def test_a_hundred_one_after_the_other(in_interpreters, gil):
    """References to what interpreters share are neither lost nor kept: such a fault shows after some rounds."""
    in_interpreters("""
for _ in range(100):
    other = create()
    run(other, USE)
    interpreters.destroy(other)
assert images() <= 1
""", gil)


@KINDS
def test_one_that_nothing_refers_to(in_interpreters, gil):
    """CPython ends it by its newest state, which is that of its closures (3.12)."""
    in_interpreters("""
def create_counted():
    if sys.version_info >= (3, 13):
        other = interpreters.create("isolated" if OWN_GIL else "legacy", reqrefs=True)
        interpreters.incref(other)
        return other
    return create()
for _ in range(3):
    other = create_counted()
    run(other, USE + "kept = cif.closure(lambda x: x)")
    if sys.version_info >= (3, 13):
        interpreters.decref(other)
    del other
    assert len(interpreters.list_all()) == 1, interpreters.list_all()
""", gil)


@KINDS
def test_no_room_for_a_copy(in_interpreters, gil):
    """The reason is named, and the next import is none the worse for it."""
    in_interpreters("""
import resource, signal
exec(USE)
other = create()
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
run(other, '''
    import sys
    sys.dont_write_bytecode = True
    try:
        import libffi
    except ImportError as error:
        assert "no copy of it for this interpreter" in str(error), error
    else:
        raise AssertionError("imported")
''')
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
run(other, USE)
""", gil)
