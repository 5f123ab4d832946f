"""The C API's version 3: libraries, declarations, closures that are retargeted and freed anywhere, Python entered."""
from __future__ import annotations

import errno
import gc
import sys
import sysconfig
import weakref

import pytest
from helpers import extensions
from helpers.surroundings import shared_by_workers

import libffi
from libffi import ABI, CIF, Library, c

UNARY = CIF(c.int, [c.int])
# Once a thread has been started, CPython 3.13 frees no class without a GIL: not the type of a struct's memory either.
CLASSES_STAY = bool(sysconfig.get_config_var("Py_GIL_DISABLED")) and sys.version_info < (3, 14)


@pytest.fixture(scope="session")
def path(tmp_path_factory):
    target = shared_by_workers(tmp_path_factory) / f"later{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not target.exists():
        extensions.compile_files(target, [extensions.SOURCES / "later.c"], "-std=c11", "-D_GNU_SOURCE")
    return target


@pytest.fixture(scope="session")
def later(path):
    return extensions.load("later", path)


def test_closures_are_retargeted(later):
    assert later.retargeting(UNARY) == (13, 40, 1, -1)
    with pytest.raises(TypeError, match=r"libffi_closure_make\(\): expected a libffi.CIF"):
        later.free_elsewhere(5)


def test_a_closure_freed_without_the_gil_lets_its_cif_go(later):
    cif = CIF(c.longlong, [c.schar, c.ushort, c.schar])
    gone = weakref.ref(cif)
    later.free_elsewhere(cif)
    later.retargeting(UNARY)                    # the next who has the GIL
    del cif
    gc.collect()
    assert gone() is None


def test_python_is_entered_from_any_thread(later):
    assert later.enter_elsewhere() == 2


@pytest.mark.thread_unsafe(reason="starts a process")
def test_after_pythons_end(run_python, path):
    done = run_python(f"""
        import importlib.util
        from libffi import CIF, c
        spec = importlib.util.spec_from_file_location("later", {str(path)!r})
        later = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(later)
        later.leave_to_exit(CIF(c.int, [c.int]))
    """)
    assert str(getattr(done, "stdout", done)).split("\n")[:2] == ["Python is gone", "freed"]


def test_errno_is_that_of_this_thread(later):
    assert later.errno_of(errno.ENOENT) == errno.ENOENT == libffi.get_errno()
    libffi.set_errno(errno.EINTR)
    assert later.errno_of(None) == errno.EINTR


def test_types(later):
    assert later.types(c.int, c.longdouble) == (
        c.ref(c.int), c.out(c.int), c.inout(c.int), c.exact(c.longdouble), 1)
    with pytest.raises(TypeError):
        later.types(c.int, c.double)


def test_a_cif_says_its_abi_and_what_is_fixed(later):
    assert later.signature(UNARY) == (int(ABI.DEFAULT), 1, 1)


def test_libraries_and_declarations(later):
    text = "struct pair { int a, b; }; enum { SEVEN = 7 }; int abs(int); double atof(const char *text);"
    library, declared, address = later.library(None, text, "abs")
    assert isinstance(library, Library) and address == library.symbol("abs")
    assert declared["abs"] is UNARY and declared["atof"] is CIF(c.double, [c.string])
    assert declared["SEVEN"] == 7 and declared["struct pair"] is c.struct("pair", a=c.int, b=c.int)
    assert UNARY.call(address, -5) == 5
    later.close_library(library)
    assert library.closed
    for arguments, error in [
        (("no_such_library_anywhere", text, "abs"), libffi.LibraryNotFound),
        ((None, "int abs(", "abs"), libffi.DeclarationError),
        ((None, "int no_such_function_anywhere(void);", "abs"), libffi.SymbolNotFound),
        ((None, text, "no_such_function_anywhere"), libffi.SymbolNotFound),
    ]:
        with pytest.raises(error):
            later.library(*arguments)
    with pytest.raises(TypeError, match="expected a libffi.Library"):
        later.close_library(5)


def test_cifs_that_exist_are_found(later):
    assert later.find(c.int, c.int, 1000)[0] is UNARY
    found = later.find(c.double, c.ptr(c.struct("own", x=c.int)), 3)
    assert str(found[0]) == "double (struct own *)" and found[1] is CIF(c.double, [c.int, c.double])
    gone = [weakref.ref(one) for one in (found[0], *found[0].argtypes)]
    del found
    gc.collect()
    assert gone[0]() is None and (CLASSES_STAY or gone[1]() is None)
    for _ in range(300):                        # others take the places of those that went
        point = c.struct("point", x=c.int, y=c.array(c.int, 1 + _ % 7))
        assert later.find(c.int, c.ptr(point), 2)[0] is CIF(c.int, [c.ptr(point)])
        if _ % 3 == 0:
            del point
            gc.collect(0)
