"""Greenlets of the main interpreter that take turns under closures of other interpreters."""
from __future__ import annotations

import pytest
from helpers.interpreters import KINDS, ON_LINUX

pytestmark = [*ON_LINUX, pytest.mark.usefixtures("greenlet")]

PRELUDE = """
import ctypes, os
from greenlet import getcurrent, greenlet
from libffi import CIF, c
main, cif = getcurrent(), CIF(c.int, [c.int])

def swap(x):
    if x >= 10:
        main.switch(x)
    return x

ours = cif.closure(swap)

def create_with_closure(gil):
    reading, writing = os.pipe()
    other = create()
    run(other, '''
        import os, sys
        from libffi import CIF, c
        sys.unraisablehook = lambda unraisable: None
        cif = CIF(c.int, [c.int])
        ours = cif.bind(address, gil=gil)
        def deep(n, x):
            kept = [n, x]
            result = ours(x) if n == 0 else deep(n - 1, x)
            assert kept == [n, x]
            return result
        def f(x):
            return deep(x % 7, x) + own(x)
        own = cif.bind(cif.closure(lambda x: 1000))
        closure = cif.closure(f, on_error=-7)
        os.write(writing, str(closure.address).encode())
    ''', address=ours.address, gil=gil, writing=writing)
    address = int(os.read(reading, 99))
    callers = [cif.bind(address, gil=gil) for gil in ("hold", "release")]
    callers += [make(ctypes.c_int, ctypes.c_int)(address) for make in (ctypes.CFUNCTYPE, ctypes.PYFUNCTYPE)]
    return other, callers

def call(n, function, x):
    return function(x) if n == 0 else call(n - 1, function, x)
"""


@KINDS
def test_under_closures_of_other_interpreters(in_interpreters, gil):
    """Under each greenlet another interpreter has frames, too, of which CPython's main one knows nothing."""
    in_interpreters(PRELUDE + """
made = [create_with_closure(gil) for gil in ("hold", "release")]
callers = [caller for _, each in made for caller in each] * 2
for bare in False, True:
    turns = [greenlet(caller) if bare else greenlet(lambda x, n=n: call(n, callers[n], x))
             for n, caller in enumerate(callers)]
    for n, turn in enumerate(turns):
        assert turn.switch(10 * n + 10) == 10 * n + 10
        assert [caller(n % 7) for caller in callers] == [n % 7 + 1000] * len(callers)
    for n in (3, 0, 7, 12, 1, 15, 4, 14, 2, 5, 13, 6, 11, 8, 10, 9):
        assert turns[n].switch() == 10 * n + 1010, n
        assert [caller(n % 7) for caller in callers] == [n % 7 + 1000] * len(callers)
for other, _ in made:
    interpreters.destroy(other)
""", gil)
