"""What a module's variables hold is let go of at an interpreter's end: nobody has to list them."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(not (ROOT / "setup.py").exists(), reason="needs the source tree"),
    pytest.mark.thread_unsafe(reason="starts a compiler"),
]

SOURCE = """
# cython: language_level=3
cdef class Thing:
    pass
cdef object one = None, two
cdef dict three = {}
cdef Thing four = Thing(), _five
cdef list CONSTANT = [1]
cdef int number = 3
def use():
    return two, _five
cdef object function(x):
    cdef object local = x
    return local
"""


def test_every_variable_is_found_where_it_is_declared(tmp_path, monkeypatch):
    """Also those of classes of the module's own; constants stay until the end."""
    pytest.importorskip("Cython")
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "build"))
    import module_end

    source = tmp_path / "_made.pyx"
    source.write_text(SOURCE)
    command = [sys.executable, "-m", "cython", "--cleanup", "3", "--module-name", "package._made", source]
    subprocess.run(command, check=True)
    made = source.with_suffix(".c")
    names = module_end.variables_of("package._made", made.read_text())
    assert {name.removeprefix("__pyx_v_7package_5_made_") for name in names} == {"one", "two", "three", "four", "_five"}

    before = made.read_text()
    module_end.add(made, "package._made")
    assert all(f"{name} = (void *)emptied(" in made.read_text() and name in before for name in names)
