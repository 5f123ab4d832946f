"""One interpreter of a process has libffi; others are told so, and their threads may call its closures."""
from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="interpreters share too much before 3.12")

PRELUDE = """
import sys, textwrap
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
from libffi import CIF, c

OWN_GIL = sys.argv[1] == "own"

def create():
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if OWN_GIL else "legacy")
    return interpreters.create(isolated=OWN_GIL)

def run(interpreter, code):
    failure = interpreters.run_string(interpreter, textwrap.dedent(code))
    if failure is not None:         # 3.12 raises it
        raise SystemExit(failure.formatted)
"""

KINDS = pytest.mark.parametrize("gil", ["own", "shared"])


@KINDS
def test_the_import_is_refused(run_python, gil):
    """And the main interpreter's libffi works on."""
    out = run_python(PRELUDE + """
cif = CIF(c.int, [c.int])
for _ in range(3):
    other = create()
    run(other, '''
        try:
            import libffi
        except ImportError as error:
            assert "interpreter" in str(error), error
        else:
            raise AssertionError("imported")
    ''')
    interpreters.destroy(other)
    assert cif.call(cif.closure(lambda x: x + 1), 1) == 2
print("done")
""", gil)
    assert out == "done\n"


@pytest.mark.skipif(sys.version_info < (3, 13), reason="3.12 makes them with a GIL of their own")
def test_the_first_interpreter_has_it(run_python):
    """A legacy one may be it: then the main interpreter is refused, by name."""
    out = run_python(PRELUDE.replace("from libffi import CIF, c", "") + """
run(create(), '''
    from libffi import CIF, c
    assert CIF(c.int, [c.int]).call(CIF(c.int, [c.int]).closure(lambda x: x + 1), 1) == 2
''')
try:
    import libffi
except ImportError as error:
    assert "interpreter" in str(error)
    print("done")
""", "shared")
    assert out == "done\n"


@pytest.mark.skipif(sys.version_info < (3, 13), reason="ctypes is for one interpreter before 3.13")
@KINDS
def test_a_closure_runs_in_the_interpreter_that_made_it(run_python, gil):
    """C code of another interpreter calls it, with that one's GIL and without, also from a new thread."""
    out = run_python(PRELUDE + """
seen, here = [], object()
sys.unraisablehook = lambda unraisable: seen.append(unraisable.exc_type)

def f(x):
    assert interpreters.get_current()[0] == interpreters.get_main()[0]
    return inner.cif.call(inner, x) if x else 1 // 0

inner = CIF(c.int, [c.int]).closure(lambda x: x + 1)
g = inner.cif.closure(f, on_error=-1)
other = create()
run(other, f'''
    import ctypes, threading
    def work():
        for prototype in (ctypes.CFUNCTYPE, ctypes.PYFUNCTYPE):
            h = prototype(ctypes.c_int, ctypes.c_int)({g.address})
            assert [h(x) for x in (3, 0, 4)] == [4, -1, 5]
    work()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
''')
interpreters.destroy(other)
assert seen == [ZeroDivisionError] * 4, seen
assert f(7) == 8
print("done")
""", gil, timeout=60)
    assert out == "done\n"
