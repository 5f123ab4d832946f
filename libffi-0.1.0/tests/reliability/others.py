"""Other interpreters, for monkey.py: each has a closure `int(int)` of its own."""
from __future__ import annotations

import os
import sys

interpreters = None
if sys.platform == "linux":
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters

SOURCE = """
import os, sys
from libffi import CIF, c
cif = CIF(c.int, [c.int])
{source}
closure = cif.closure(f, on_error=-1)
os.write({writing}, str(closure.address).encode())
"""


def create(own_gil, source):
    """Make one that runs a source, which defines `f`: its number, and its closure's address."""
    if sys.version_info >= (3, 13):
        made = interpreters.create("isolated" if own_gil else "legacy")
    else:
        made = interpreters.create(isolated=own_gil)
    reading, writing = os.pipe()
    try:
        failure = interpreters.run_string(made, SOURCE.format(source=source, writing=writing))
        if failure is not None:         # before 3.13 it raises it
            raise RuntimeError(failure.formatted)
        return made, int(os.read(reading, 99))
    finally:
        os.close(reading)
        os.close(writing)


def end_all():
    """End those that are left: CPython before 3.13 gives up at its end where something that leaked has one's number."""
    if interpreters is None or sys.version_info >= (3, 13):
        return
    for one in interpreters.list_all():
        if one != interpreters.get_main():
            interpreters.destroy(one)
