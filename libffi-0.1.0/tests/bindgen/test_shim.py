"""Shims: inline functions and macros that run code, by their C."""
import importlib
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from libffi import LibraryNotFound, bindgen, c

HEADER = """
#include <stddef.h>
struct box { int size; };
typedef struct { double x; } pair;
typedef int (*callback)(int);
int abs(int);
size_t strlen(const char *);
static inline int twice(int x) { return 2 * x; }
static inline int thrice(int x) { return 3 * x; }
int forbidden(int x) __attribute__((error("use twice")));
static inline __attribute__((always_inline)) int obsolete(int x) { return forbidden(x); }
static inline struct box grown(struct box from, int by) { from.size += by; return from; }
static inline pair *same(pair *it, callback call) { it->x = call(3); return it; }
static __inline__ void store(int values[2], int value) { values[1] = value; }
static inline int many(int n, ...) { return n; }
#define MAGNITUDE(value) ({ abs(value); })
#define LENGTH(text) ({ (int)strlen((text)); })
#define thrice(x) 0
#define WORDS(x) strlen(#x)
#define SIZE_OF(it) ((struct box *)(it))->size
#define AS_BOX(p) ((struct box *)(p))
#define BLOCK(x) ({ int y = twice(x); y + 1; })
#define COUNT strlen("four")
#define NAME (COUNT ? "name" : "")
#define SUM(...) many(__VA_ARGS__)
#define EACH(x) for (x = 0; x < 3; x++)
#define MEMBER(x) (x).member
#define HIDDEN_TYPE(T) sizeof(T)
int nowhere(int);
static inline int deeper(int x) { return nowhere(x); }
static inline int uses_nowhere(int x) { return deeper(x) + 1; }
#define NOWHERE nowhere(1)
#define UNDECLARED undeclared(1)
#define UNDECLARED_TOO undeclared(2)
typedef struct { int width; } *nameless;
#define WIDTH(it) ((nameless)(it))->width
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the header, the module and its shim."""
    folder = tmp_path_factory.mktemp("boxes")
    (folder / "boxes.h").write_text(HEADER)
    bindgen.generate([folder / "boxes.h"], libraries=["-"], shim="boxes_shim").write(folder / "boxes.py")
    return folder


@pytest.fixture
def boxes(folder, monkeypatch):
    """The module."""
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "boxes", raising=False)
    return importlib.import_module("boxes")


def test_inline_functions(boxes):
    assert boxes.twice(21) == 42 and boxes.thrice(2) == 6       # not the macro of that name
    assert boxes.grown((3,), 4).size == 7
    it = boxes.pair.new()
    call = boxes.callback.closure(lambda value: value + 1)
    assert boxes.same(it, call)[0].x == 4.0
    values = c.array(c.int, 2)()
    boxes.store(values, 9)
    assert list(values) == [0, 9]


def test_macros_have_the_types_of_what_they_call(boxes):
    assert boxes.MAGNITUDE(-4) == 4 and boxes.MAGNITUDE.cif.argtypes == (c.int,)
    assert boxes.LENGTH("seven") == 5 and boxes.LENGTH.cif.argtypes == (c.string,)
    box = boxes.box.new(size=8)
    assert boxes.SIZE_OF(box) == 8 and boxes.AS_BOX(box).type is c.ptr(boxes.box)
    assert boxes.BLOCK(4) == 9
    width = c.int.new(7)
    assert boxes.WIDTH(boxes.nameless(width.address)) == 7


def test_macros_without_parameters_are_read_each_time(boxes):
    assert boxes.COUNT == 4 and boxes.NAME == "name"
    assert "COUNT" not in vars(boxes) and "COUNT" in dir(boxes)


@pytest.mark.parametrize("name, why", [
    ("many", "variable arguments"), ("SUM", "variable arguments"), ("EACH", "no expression"),
    ("WORDS", "makes words of its parameters"), ("HIDDEN_TYPE", "'T'"),
    ("obsolete", "the compiler says: call to 'forbidden' declared with (attribute error|'error' attribute): use twice"),
    ("uses_nowhere", "has no symbol 'nowhere'"), ("NOWHERE", "has no symbol 'nowhere'"),
    ("UNDECLARED", "(implicit declaration of|call to undeclared) function 'undeclared'"),
    ("UNDECLARED_TOO", "(implicit declaration of|call to undeclared) function 'undeclared'"),
    ("MEMBER", "nothing says of which type its parameter 'x' is")])
def test_what_cannot_be_had_says_why(boxes, name, why):
    with pytest.raises(AttributeError, match=why):
        getattr(boxes, name)


def test_the_c_file_is_readable(folder):
    text = (folder / "boxes_shim.c").read_text()
    assert '#include "boxes.h"\n' in text and str(folder) not in text
    assert "SHIM int libffi_shim_twice(int x)\n{\n    return (twice)(x);\n}\n" in text


def test_without_its_shim_a_module_says_what_to_do(folder, tmp_path, monkeypatch):
    (tmp_path / "shimless.py").write_text((folder / "boxes.py").read_text())
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("shimless")
    assert module.abs(-2) == 2
    with pytest.raises(LibraryNotFound, match="shimless needs its shim for this: compile boxes_shim.c to boxes_shim"):
        module.twice(1)


def test_a_package_builds_it(folder, tmp_path):
    """libffi.shim: what a binding's setup.py says."""
    pytest.importorskip("setuptools")
    package = tmp_path / "pane"
    package.mkdir()
    for name in ("boxes.py", "boxes_shim.c", "boxes.h"):
        (package / name).write_text((folder / name).read_text())
    (package / "__init__.py").write_text("")
    (tmp_path / "setup.py").write_text(
        "from libffi import shim\nfrom setuptools import setup\n"
        "setup(name='pane', packages=['pane'], ext_modules=[shim.extension('pane.boxes')])\n")
    subprocess.run([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=tmp_path, check=True,
                   capture_output=True)
    assert list(package.glob("boxes_shim*" + sysconfig.get_config_var("SHLIB_SUFFIX")))
    done = subprocess.run([sys.executable, "-c", "from pane import boxes; print(boxes.twice(4), boxes.COUNT)"],
                          cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == "8 4\n"
    assert Path(package / "boxes.py").exists()
