"""convert=: what a function has for arguments that the rule of their type refuses."""
from __future__ import annotations

import gc
import pickle
import signal
import sys
import textwrap
import weakref

import pytest
from helpers.surroundings import REFUSED

from libffi import CIF, ArgumentError, Library, c


class Name:
    """No text, but it has one."""

    def __str__(self):
        return "four"

    __repr__ = __str__

    def __eq__(self, other):
        return isinstance(other, Name)

    __hash__ = None


NAME = Name()
POINT = c.struct("convert_point", x=c.int, y=c.int)


@pytest.fixture(scope="module", params=["release", "hold"])
def gil(request):
    return request.param


class Counting:
    """A converter that notes what it is asked."""

    def __init__(self, convert):
        self.convert = convert
        self.asked = []

    def __call__(self, value):
        self.asked.append(value)
        return self.convert(value)


def test_asked_only_where_the_rule_refuses(libc, gil):
    convert = Counting(str)
    strlen = libc.function("strlen", c.size_t, [c.string], convert=[convert], gil=gil)
    assert strlen("abc") == strlen.call("abc") == 3
    assert convert.asked == []
    assert strlen(NAME) == strlen.call(NAME) == 4
    assert convert.asked == [NAME, NAME]


@pytest.mark.parametrize(("restype", "taken", "value", "made"), [
    (c.int, c.int, "-5", -5),
    (c.long, c.long, "-5", -5),
    (c.ulong, c.ulong, -5, 5),
    (c.double, c.double, "0.5", 0.5),
    (c.short, c.short, 1 << 40, 7),
    (c.bool, c.bool, "yes", True),
    (c.float, c.float, "0.5", 0.5),
    (c.string, c.string, 5, "five"),
    (c.pointer, c.pointer, "text", None),
    (POINT, POINT, "origin", {"x": 1, "y": 2}),
    (c.enum(signal.Signals), c.enum(signal.Signals), "SIGINT", 2),
], ids=str)
def test_every_kind_of_argument(restype, taken, value, made, gil):
    with CIF(restype, [taken]).closure(lambda x: x) as same:
        plain = CIF(restype, [taken]).bind(same, gil=gil)
        with pytest.raises(ArgumentError):
            plain(value)
        converting = CIF(restype, [taken]).bind(same, gil=gil, convert={0: lambda x: made})
        assert str(converting(value)) == str(plain(made))


def test_by_reference(gil):
    def added(*pointers):
        return sum(c.int.at(pointer.address).value for pointer in pointers)

    with CIF(c.int, [c.pointer, c.pointer]).closure(added) as add:
        function = CIF(c.int, [c.ref(c.int), c.inout(c.int)]).bind(add, gil=gil, convert=[int, int])
        assert function("1", "2") == (3, 2)
        assert function(1, "2") == (3, 2)


def test_positions_are_those_of_what_is_passed():
    libm = Library("m")
    frexp = libm.function("frexp", c.double, [c.double, c.out(c.int)], convert={0: float})
    assert frexp("8") == (0.5, 4)
    with pytest.raises(ValueError, match="takes 1 argument"):
        libm.function("frexp", c.double, [c.double, c.out(c.int)], convert={1: int})


@pytest.mark.parametrize("n", [1, 3, 9, 40])
def test_several_arguments_also_in_large_frames(n, gil):
    with CIF(c.long, [c.long] * n).closure(lambda *args: sum(args)) as add:
        function = CIF(c.long, [c.long] * n).bind(add, gil=gil, convert=[int] * n)
        assert function(*map(str, range(n))) == sum(range(n))
        assert function(*[str(i) if i % 2 else i for i in range(n)]) == sum(range(n))


def test_what_it_gives_lives_for_the_call(gil):
    gone = []

    class Made(bytearray):
        pass

    def convert(value):
        made = Made(value)
        weakref.finalize(made, gone.append, value)
        return made

    def look(pointer, _):
        gc.collect()
        return 0 if gone else c.uchar.at(pointer.address).value

    with CIF(c.int, [c.pointer, c.int]).closure(look) as looking:
        function = CIF(c.int, [c.pointer, c.int]).bind(looking, gil=gil, convert=[convert, int])
        assert function((65, 66), "1") == 65
    gc.collect()
    assert gone == [(65, 66)]


def test_refused_results_name_function_and_argument(libc):
    labs = libc.function("labs", c.long, [c.long], convert=[lambda x: x])
    with pytest.raises(ArgumentError, match=r"labs\(\) argument 1: expected long, got str"):
        labs("x")
    labs = libc.function("labs", c.long, [c.long], convert=[lambda x: 1 << 70])
    with pytest.raises(ArgumentError.OverflowError, match=r"labs\(\) argument 1: 1180591620717411303424 is out of"):
        labs("x")


@pytest.mark.parametrize("error", [ValueError, TypeError, OverflowError, KeyError, KeyboardInterrupt, MemoryError])
def test_exceptions_come_out_as_they_are(libc, error):
    def fails(value):
        raise error("its own")

    labs = libc.function("labs", c.long, [c.long], convert=[fails])
    with pytest.raises(error, match="its own") as caught:
        labs("x")
    assert type(caught.value) is error and not getattr(caught.value, "__notes__", [])
    with pytest.raises(ValueError, match="invalid literal") as caught:
        libc.function("labs", c.long, [c.long], convert=[int])("x")      # raised by C code
    assert type(caught.value) is ValueError


def test_exceptions_of_the_value_are_not_refusals(libc):
    class Odd:
        def __index__(self):
            raise ValueError("odd")

    labs = libc.function("labs", c.long, [c.long], convert=[lambda x: 1])
    with pytest.raises(ValueError, match="odd"):
        labs(Odd())


def test_wrong_counts_are_not_refusals_of_a_value(libc):
    labs = libc.function("labs", c.long, [c.long], convert=[lambda x: 1])
    for args in (), (1, 2), ("1", "2"):
        with pytest.raises(ArgumentError, match="takes 1 argument"):
            labs(*args)


def test_arguments_behind_three_dots(libc):
    room = c.array(c.char, 40).new()
    seen = []

    def check(result, function, arguments):
        seen.append(arguments)
        return result

    more = Counting(str)
    snprintf = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...],
                             convert={2: bytes.decode, ...: more}, errcheck=check)
    assert snprintf(room, 40, b"%s %d %s", NAME, 7, [1]) == len("four 7 [1]")
    assert room.value == b"four 7 [1]" or room.value == "four 7 [1]"
    assert more.asked == [NAME, [1]]
    assert seen == [(room, 40, b"%s %d %s", NAME, 7, [1])]      # as they were given
    assert snprintf(None, 0, "%d", 5) == 1
    assert snprintf(None, 0, "%s", c.string("x")) == 1
    with pytest.raises(ArgumentError, match=r"snprintf\(\) argument 4: cannot pass object"):
        libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...], convert={...: lambda x: x})(
            None, 0, "", object())
    with pytest.raises(ArgumentError, match="argument 5"):
        libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...], convert={0: int})(
            None, 0, "", 1, object())


def test_none_for_arguments_without(libc):
    strncmp = libc.function("strncmp", c.int, [c.string, c.string, c.size_t], convert=[None, str, None])
    assert strncmp("four", NAME, 4) == 0
    assert list(strncmp.convert) == [1]
    with pytest.raises(ArgumentError, match=r"strncmp\(\) argument 1"):
        strncmp(NAME, NAME, 4)
    assert libc.function("labs", c.long, [c.long], convert=[None]).convert is None
    assert libc.function("labs", c.long, [c.long], convert={}).convert is None
    assert libc.function("labs", c.long, [c.long]).convert is None


@pytest.mark.parametrize(("convert", "error", "message"), [
    (5, TypeError, "expected a dict, list or tuple of callables, got int"),
    (int, TypeError, "expected a dict, list or tuple of callables, got type"),
    ([5], TypeError, "expected a callable or None, got int"),
    ({0: "x"}, TypeError, "expected a callable or None, got str"),
    ([int, int], ValueError, "takes 1 argument, not 2"),
    ([], ValueError, "takes 1 argument, not 0"),
    ({1: int}, ValueError, r"convert\[1\]: labs\(\) takes 1 argument"),
    ({-1: int}, ValueError, r"convert\[-1\]"),
    ({1 << 70: int}, ValueError, r"takes 1 argument"),
    ({True: int}, TypeError, "expected positions of arguments, got True"),
    ({"x": int}, TypeError, "got 'x', and no names are known"),
    ({...: int}, ValueError, r"labs\(\) is not variadic"),
])
def test_what_convert_takes(libc, convert, error, message):
    with pytest.raises(error, match=message):
        libc.function("labs", c.long, [c.long], convert=convert)


def test_by_name_in_stubs_and_in_c_text():
    libc = Library(None)

    @libc.function(convert={"b": str})
    def strcmp(a: c.string, b: c.string) -> c.int: ...

    assert strcmp("four", NAME) == strcmp(a="four", b=NAME) == 0
    with pytest.raises(ValueError, match=r"compare\(\) has no parameter 'c'"):
        @libc.function("strcmp", convert={"c": str})
        def compare(a: c.string, b: c.string) -> c.int: ...

    libc.declare("size_t strlen(const char *path); int abs(int number); int printf(const char *path, ...);",
                 convert={"path": str, "number": int, ...: str})
    assert libc.strlen(NAME) == libc.strlen(path=NAME) == 4
    assert libc.abs("-5") == 5
    assert libc.abs.convert == {0: int}
    assert libc.printf.convert == {0: str, ...: str}
    with pytest.raises(ValueError, match="no function has a parameter 'paht'"):
        libc.declare("size_t strnlen(const char *path, size_t n);", convert={"paht": str})
    assert "strnlen" not in libc


def test_defaults_are_converted():
    libc = Library(None)

    @libc.function(convert={"path": str})
    def strlen(path: c.string = NAME) -> c.size_t: ...

    assert strlen() == 4


def test_pickles():
    libc = Library(None)
    strlen = libc.function("strlen", c.size_t, [c.string], convert={0: str})
    again = pickle.loads(pickle.dumps(strlen))
    assert again(NAME) == 4 and again.convert == {0: str}
    printf = pickle.loads(pickle.dumps(libc.function("printf", c.int, [c.string, ...], convert={...: str})))
    assert printf.convert == {...: str}
    libc.declare("size_t strlen(const char *path);", convert={"path": str})
    assert pickle.loads(pickle.dumps(libc)).strlen(NAME) == 4


def test_map_does_not_ask(libc):
    labs = libc.function("labs", c.long, [c.long], convert=[int])
    assert list(labs.map([-1, 2])) == [1, 2]
    with pytest.raises(ArgumentError, match=r"labs.map\(\) argument 1"):
        labs.map(["1", "2"])


def test_references(libc):
    value, made = ["x"], object()
    strlen = libc.function("strlen", c.size_t, [c.string], convert=[lambda x: x[0]])
    labs = libc.function("labs", c.long, [c.long], convert=[lambda x: made])
    before = sys.getrefcount(value), sys.getrefcount(made), sys.getrefcount(value[0])
    for _ in range(50):
        assert strlen(value) == 1
        with pytest.raises(ArgumentError):
            labs(value)
    assert (sys.getrefcount(value), sys.getrefcount(made), sys.getrefcount(value[0])) == before


def test_a_converter_that_refers_to_its_function_is_collected(libc):
    def made():
        def convert(value):
            return functions, value

        functions = [libc.function("labs", c.long, [c.long], convert=[convert])]
        return weakref.ref(convert)

    gone = made()
    gc.collect()
    assert gone() is None


def test_under_watch(libc, run_python):
    out = run_python("""
        import libffi
        from libffi import Library, c
        libc = Library(None)
        room = c.array(c.char, 40).new()
        seen = []
        strlen = libc.function("strlen", c.size_t, [c.string], convert=[str])
        snprintf = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...], convert={...: str},
                                 errcheck=lambda result, function, arguments: seen.append(arguments[3:]) or result)
        pack = libc.function("PyTuple_Pack", c.py_object, [c.ssize_t, ...])
        with libffi.trace(lambda event: None):
            assert strlen([]) == 2
            assert snprintf(room, 40, "%s%s", [1], {}) == 5
            assert pack(2, c.py_object("a"), c.py_object(5)) == ("a", 5)
        assert seen == [([1], {})], seen
        print("done")
    """)
    assert "done" in out


HOSTILE = {
    "closes the library": """
        import libffi
        library = libffi.Library("m")
        f = library.function("ldexp", c.double, [c.double, c.int], convert=[None, lambda x: library.close() or 1])
        refused(lambda: f(1.0, "x"), ValueError)
    """,
    "closes the memory of another argument": """
        room = c.array(c.char, 8).new()
        f = libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t],
                          convert=[None, lambda x: refused(room.close) or 1, None])
        f(room, "x", 8)
        assert bytes(room) == b"\\1" * 8
    """,
    "recurses": """
        f = libc.function("labs", c.long, [c.long], convert=[lambda x: f(x)])
        refused(lambda: f("x"), RecursionError)
    """,
    "recurses through C": """
        class Odd:
            def __call__(self, x):
                return f(x)
        f = libc.function("labs", c.long, [c.long], convert=[Odd()])
        refused(lambda: f("x"), RecursionError)
    """,
    "is its own function": """
        box = []
        f = libc.function("labs", c.long, [c.long], convert=[lambda x: box[0](x)])
        box.append(f)
        refused(lambda: f("x"), RecursionError)
    """,
    "gives itself": """
        convert = lambda x: convert
        f = libc.function("labs", c.long, [c.long], convert=[convert])
        refused(lambda: f("x"), libffi.ArgumentError)
    """,
    "re-enters": """
        f = libc.function("strncmp", c.int, [c.string, c.string, c.size_t],
                          convert=[lambda x: str(f("a", "b", 1)), None, int])
        assert f([], "-1", "2") == 0
    """,
    "drops everything": """
        def convert(x):
            global f
            del f
            gc.collect()
            return 5
        f = libc.function("labs", c.long, [c.long], convert=[convert])
        assert f("x") == 5
        def more(x):
            global g
            del g
            gc.collect()
            return 5
        g = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...], convert={...: more})
        assert g(None, 0, "%d%d", [], 2) == 2
    """,
    "gives memory that is closed": """
        def convert(x):
            room = c.int.new()
            room.close()
            return room
        f = libc.function("free", c.void, [c.ptr(c.int)], convert=[convert])
        refused(lambda: f("x"), libffi.ArgumentError)
    """,
    "clears the list of arguments": """
        args = ["1", [], "3"]
        f = libc.function("strncmp", c.int, [c.string, c.string, c.size_t],
                          convert=[None, lambda x: args.clear() or gc.collect() and None or "1", int])
        assert f(*args) == 0
    """,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name, run_python):
    run_python("import gc\nimport libffi\nfrom libffi import Library, c\nlibc = Library(None)\n" + REFUSED
               + textwrap.dedent(HOSTILE[name]))


def test_without_memory(run_python):
    pytest.importorskip("_testcapi", reason="needs _testcapi.set_nomemory, which this Python has not")
    run_python("""
        import _testcapi
        from libffi import Library, c
        libc = Library(None)
        strlen = libc.function("strlen", c.size_t, [c.string], convert=[str])
        snprintf = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...], convert={...: str})
        path, room = [], c.array(c.char, 40).new()
        for n in range(60):
            for call in (lambda: strlen(path)), (lambda: snprintf(room, 40, "%s", [])):
                try:
                    _testcapi.set_nomemory(n, n + 1)
                    call()
                except MemoryError:
                    pass
                finally:
                    _testcapi.remove_mem_hooks()
    """)
