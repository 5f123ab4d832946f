"""Generated modules: what is in them, and that it is what C has."""
import enum
import importlib
import inspect
import math
import pickle
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.compilers import compiler_words

from libffi import CIF, Function, Pointer, SymbolNotFound, bindgen, c

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def shapes_library(compile_c):
    """The library of shapes.c."""
    return compile_c(HERE / "shapes.c")


@pytest.fixture(scope="session")
def generated(shapes_library):
    """What bindgen makes of shapes.h."""
    return bindgen.generate([HERE / "shapes.h"], libraries=[shapes_library])


@pytest.fixture(scope="session")
def shapes_path(generated, shapes_library, tmp_path_factory):
    """The module on disk, beside its library."""
    folder = tmp_path_factory.mktemp("shapes")
    path = folder / "shapes_c.py"
    generated.write(path)
    (folder / Path(shapes_library).name).symlink_to(shapes_library)
    return path


@pytest.fixture
def shapes(shapes_path, monkeypatch):
    """The module, imported for this test."""
    monkeypatch.syspath_prepend(str(shapes_path.parent))
    monkeypatch.delitem(sys.modules, "shapes_c", raising=False)
    return importlib.import_module("shapes_c")


def test_functions_are_called(shapes):
    shape = shapes.shape.new(kind=shapes.SHAPE_SQUARE, side=3)
    assert shapes.shape_area(shape, 2) == 18.0
    moved = shapes.shape_move((1, 2), 3, 4)
    assert (moved.x, moved.y) == (4, 6)
    assert shapes.shape_count() == shapes.shape_total.value == 7
    assert shapes.shape_log("%d", 5) == 5
    assert isinstance(shapes.shape_area, Function) and shapes.shape_area is shapes.shape_area2


def test_a_va_list_is_passed_on(shapes):
    @CIF(c.int, [c.string, c.va_list]).closure
    def log(format, arguments):
        return shapes.shape_vlog(format, arguments)

    assert shapes.shape_vlog.cif.argtypes == (c.string, c.va_list)
    assert shapes.shape_vcall(log, 3) == 3 + ord("%")


def test_spaces_in_strings_stay(shapes):
    assert shapes.SHAPES_TITLE == "two  spaces and  two"


def test_names_that_python_keeps_for_itself(shapes):
    names = shapes.None_.new(from_=40, in__=2, class_=3)
    assert shapes.lambda_(names) == 42 and names.from_ == 40 and names.is_ == 3
    assert list(shapes.None_.fields) == ["from_", "in__", "in_", "class_", "is_"]


def test_functions_say_what_they_take(shapes):
    assert str(inspect.signature(shapes.shape_area)) == "(from_, in_, /)"
    assert str(inspect.signature(shapes.shape_move)) == "(from_, arg2, arg3, /)"
    assert str(inspect.signature(shapes.shape_log)) == "(format, /, *args)"
    assert shapes.shape_area.__doc__ == 'Return the area of a shape.\n\nCircles are rounded: "\\pi" is 3.'
    assert shapes.shape_count.__doc__ == "Say how many there are: a Complex number, or any other WideText, is none."
    assert shapes.shape_visit.__doc__ == "Visits until the visitor says no."


def test_closures_are_made_of_function_pointer_types(shapes):
    first = shapes.shape.new(next=shapes.shape.new())
    seen = []

    @shapes.shape_visitor.closure
    def visit(shape, data):
        seen.append(shape)
        return 1

    assert shapes.shape_visit(first, visit, None) == 2 and len(seen) == 2
    with pytest.raises(AttributeError, match="int is no function pointer"):
        c.int.closure  # noqa: B018


@pytest.mark.parametrize("name, value", [
    ("SHAPES_VERSION", "1.2.3"), ("SHAPES_LIMIT", 1 << 31), ("SHAPES_LETTER", ord("x")),
    ("SHAPES_MASK", (1 << 64) - 1),
    ("SHAPES_LOWEST", -1), ("SHAPES_PI", 3.25), ("SHAPES_WIDE", "h\u00e9"), ("SHAPES_MOST", 12)])
def test_constants(shapes, name, value):
    assert getattr(shapes, name) == value and type(getattr(shapes, name)) is type(value)


def test_constants_of_other_types(shapes):
    assert shapes.shape.size == shapes.SHAPES_SIZE
    assert isinstance(shapes.SHAPES_NONE, Pointer) and not shapes.SHAPES_NONE
    assert isinstance(shapes.SHAPES_NO_NAME, Pointer) and not shapes.SHAPES_NO_NAME
    assert shapes.SHAPES_ANY_NAME.address == (1 << 8 * c.pointer.size) - 1
    assert (shapes.SHAPES_ORIGIN.x, shapes.SHAPES_ORIGIN.y) == (1, -2)
    assert shapes.SHAPES_FOREVER.address == (1 << 8 * c.pointer.size) - 1
    assert shapes.shape_size_t is c.size_t


def test_enums(shapes):
    assert issubclass(shapes.shape_kind, enum.IntEnum) and not issubclass(shapes.shape_kind, enum.IntFlag)
    assert shapes.SHAPE_SQUARE is shapes.shape_kind.SHAPE_SQUARE is shapes.SHAPES_DEFAULT
    assert issubclass(shapes.shape_flags, enum.IntFlag)
    assert shapes.shape_flags(9) == shapes.SHAPE_FILLED | shapes.SHAPE_HIDDEN
    assert shapes.shape.new(kind=4).kind is shapes.SHAPE_SQUARE


def test_which_enums_are_bits(tmp_path):
    bits = {"unnamed": "1, 2, 4", "with_a_pair": "0, 1, 2, 4, 8, 3", "with_all": "1, 2, 4, 0x7fffffff",
            "of_two_flags": "1, 2", "all_flags": "0, 1, 2, 3", "high": "0, 16, 32, 64"}
    counted = {"three": "0, 1, 2", "four": "1, 2, 3, 4", "many": ", ".join(map(str, range(20))),
               "from_one": ", ".join(map(str, range(1, 10))), "with_gaps": "0, 1, 2, 3, 4, 5, 7, 8, 9, 10",
               "many_flags": ", ".join(map(str, range(8))), "negative": "-1, 1, 2, 4", "sparse": "1, 2, 4, 9"}
    (tmp_path / "enums.h").write_text("".join(
        f"enum {name} {{ {', '.join(f'{name}_{i} = {value}' for i, value in enumerate(values.split(', ')))} }};\n"
        for name, values in (bits | counted).items()))
    text = bindgen.generate([tmp_path / "enums.h"], libraries=[None]).text
    found = dict(re.findall(r"^(\w+) = (flag|enum)\(", text, re.MULTILINE))
    assert found == dict.fromkeys(bits, "flag") | dict.fromkeys(counted, "enum")


def test_structs(shapes):
    assert shapes.shape.fields["next"] is c.ptr(shapes.shape) and shapes.shape.fields["flags"].length == 3
    assert shapes.shape.fields["more"] is c.bits(c.uint, 20, packed=True)
    assert shapes.shape.fields["on_change"].cif is CIF(c.int, [c.ptr(shapes.shape), c.pointer])
    assert shapes.shape_label.size == 8 and shapes.shape.fields["label"] is shapes.shape_label
    assert shapes.opaque.size is None and shapes.shape_opaque().type is c.ptr(shapes.opaque)
    assert shapes.stat(1, 2) == 3 and shapes.struct_stat.size == c.int.size


def test_classes_of_memory_are_there_for_annotations(shapes):
    assert isinstance(shapes.shape.new(), shapes.shape_memory)
    assert not isinstance(shapes.point.new(), shapes.shape_memory)
    assert str(Pointer[shapes.shape_memory]).startswith("libffi.")
    with pytest.raises(AttributeError, match="has no attribute 'shape_kind_memory'"):
        getattr(shapes, "shape_kind_memory")        # noqa: B009 - an enum


def test_variables(shapes):
    assert shapes.shape_names[1] == "circle"
    shapes.shape_total.value = 8
    assert shapes.shape_count() == 8
    shapes.shape_total.value = 7


@pytest.mark.parametrize("name, why", [
    ("shape_missing", "has no symbol 'shape_missing'"), ("shape_twice", "static inline function: --shim"),
    ("SHAPES_STORED", "macro with parameters: --shim"),
    ("SHAPES_COUNT", "at run time only: --shim"),
    ("SHAPES_DO", "it is no value"), ("SHAPES_BROKEN", "its brackets do not match"), ("SHAPES_LINE", "where it stands"),
    ("SHAPES_API", "it is no value")])
def test_what_is_left_out_says_why(shapes, generated, name, why):
    with pytest.raises(AttributeError, match=f"module 'shapes_c' has no attribute '{name}': .*{why}"):
        getattr(shapes, name)
    assert name in generated.left_out and name not in dir(shapes)


def test_a_name_of_nothing(shapes):
    with pytest.raises(AttributeError, match="^module 'shapes_c' has no attribute 'SHAPES_GONE'$"):
        shapes.SHAPES_GONE  # noqa: B018


def test_names_are_listed(shapes):
    names = dir(shapes)
    assert names == sorted(names) and {"shape_area", "point", "SHAPES_PI", "shape_total", "SHAPE_SQUARE"} <= set(names)
    space = {}
    exec("from shapes_c import *", space)
    assert space["shape_area"] is shapes.shape_area and not {"_bindings", "Bindings"} & space.keys()


def test_pickles(shapes):
    assert pickle.loads(pickle.dumps(shapes.SHAPE_SQUARE)) is shapes.SHAPE_SQUARE
    assert pickle.loads(pickle.dumps(shapes.shape_kind)) is shapes.shape_kind
    assert pickle.loads(pickle.dumps(shapes.shape_log))("%d", 6) == 6


def test_another_machine_is_refused(generated, tmp_path, run_python):
    text = generated.text.replace("64-bit", "128-bit").replace("32-bit", "128-bit")
    (tmp_path / "other.py").write_text(text)
    done = subprocess.run([sys.executable, "-c", "import other"], cwd=tmp_path, capture_output=True, text=True)
    assert "ImportError: other was made for" in done.stderr and "128-bit" in done.stderr


def test_a_symbol_that_is_gone(generated, tmp_path, shapes_library, monkeypatch):
    name = Path(shapes_library).name
    text = generated.text.replace("shape_count() -> int", "shape_gone() -> int")
    text = text.replace(f'["{name}"]', f"[{shapes_library!r}]")
    (tmp_path / "gone.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SymbolNotFound, match=r"shape_gone.*gone was made with "):
        getattr(__import__("gone"), "shape_gone")  # noqa: B009


def test_an_import_reads_nothing_but_the_module(shapes_path):
    """Neither compiler, headers nor parser at run time."""
    program = ("import sys, shapes_c; shapes_c.shape_area; shapes_c.SHAPE_SQUARE; "
               "print([name for name in sys.modules if 'pycparser' in name or 'bindgen' in name or '_reader' in name])")
    done = subprocess.run([sys.executable, "-c", program], cwd=shapes_path.parent, capture_output=True, text=True,
                          check=True)
    assert done.stdout.strip() == "[]"


def test_the_same_headers_make_the_same_module(generated, shapes_library):
    again = bindgen.generate([HERE / "shapes.h"], libraries=[shapes_library])
    assert again.text == generated.text and again.stub == generated.stub
    assert str(HERE) not in again.text + again.stub


def test_macros_that_have_the_name_of_what_is_declared(tmp_path):
    """They are what C makes of them at the end of the header, and so are numbers of any size."""
    (tmp_path / "names.h").write_text("""
        enum { FIRST, LAST };
        #define LAST (LAST - 1)
        #define BEFORE (LAST - 1)
        int abs(int); long labs(long); double fabs(double); int atoi(const char *);
        #define abs labs
        #define fabs (fabs)
        #define atoi atoi
        extern int optind; int *place(void);
        #define optind (*place())
        #define TEXT ((const char *)"ab" "c")
        #define LARGE 1e300
        #define LARGEST 3.40282347e+38F
        #define HUGE 1.18973149535723176502126385303097021e+4932L
        #define INFINITE __builtin_infl()
    """)
    made = bindgen.generate([tmp_path / "names.h"], libraries=[None])
    space = {"__name__": "names_c"}
    exec(made.text, space)
    get = space["__getattr__"]
    values = {"LAST": 0, "BEFORE": -1, "TEXT": "abc", "LARGE": 1e300, "LARGEST": 3.4028234663852886e38,
              "INFINITE": math.inf}
    assert {name: get(name) for name in values} == values
    assert get("abs") is get("labs") and get("fabs")(-2.5) == 2.5 and get("atoi")("12") == 12
    assert "run time" in made.left_out["optind"]
    if c.longdouble.size > c.double.size:
        assert "no float is near" in made.left_out["HUGE"]


def test_a_compiler_that_optimises_makes_the_same_module(tmp_path):
    """With -O2 glibc's toupper() is a macro, and others are inline functions."""
    (tmp_path / "letters.h").write_text("#include <ctype.h>\n#define UPPER(x) toupper(x)\n")
    made = [bindgen.generate([tmp_path / "letters.h"], libraries=[None], cc=shlex.join([*compiler_words(), *words]))
            for words in ([], ["-O2"], ["-O2", "-D_FORTIFY_SOURCE=2"])]
    assert made[0].made == made[1].made == made[2].made and "toupper" in made[0].made["functions"]
