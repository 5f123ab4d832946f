"""Processes with several interpreters: what their tests begin with."""
from __future__ import annotations

import sys
import sysconfig

import pytest

PRELUDE = """
import sys, textwrap
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

OWN_GIL = sys.argv[1] == "own"
path = sys.argv[2]

def create():
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if OWN_GIL else "legacy")
    return interpreters.create(isolated=OWN_GIL)

def run(interpreter, code, **values):
    code = "".join(f"{name} = {value!r}\\n" for name, value in values.items()) + textwrap.dedent(code)
    failure = interpreters.run_string(interpreter, code)
    if failure is not None:         # before 3.13 it raises it
        raise SystemExit(failure.formatted)

def images():
    '''How many copies of the extension are loaded.'''
    with open("/proc/self/maps") as lines:
        return len({line.split()[4] for line in lines if "memfd:libffi" in line and " r-xp " in line})
"""

USE = '''
from libffi import CIF, Library, c, closure
cif = CIF(c.int, [c.int])
assert cif is CIF(c.int, [c.int])
assert cif.call(cif.closure(lambda x: x + 1), 1) == 2
assert Library("c").function("abs", c.int, [c.int])(-3) == 3
point = c.struct("point", x=c.int, y=c.double)
assert point.new(x=1, y=2.5).y == 2.5
try:
    cif.call(cif.closure(lambda x: 1 // 0), 1)
except ZeroDivisionError:
    pass
else:
    raise AssertionError("an exception vanished")
'''

KINDS = pytest.mark.parametrize("gil", [
    pytest.param("own", marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="the GIL is the process's")),
    "shared"])

ON_LINUX = [
    pytest.mark.skipif(sys.platform != "linux", reason="one interpreter of a process can import it there"),
    pytest.mark.skipif(sys.version_info < (3, 14) and bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
                       reason="CPython 3.13 without the GIL hangs by itself in other interpreters, in `import re`"),
    pytest.mark.thread_unsafe(reason="starts processes"),
]
