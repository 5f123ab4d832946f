"""What the handler of a signal raises while code of the user's runs in a conversion comes out as it is."""
import array
import signal
import sys

import pytest

import libffi
from libffi import CIF, c, closure

SIGNAL = getattr(signal, "SIGUSR1", signal.SIGTERM)     # which Windows has not


class Alarm(Exception):
    """What handlers of SIGALRM raise."""


@pytest.fixture(params=[KeyboardInterrupt, SystemExit, Alarm, TimeoutError], ids=lambda kind: kind.__name__)
def interrupt(request):
    """A function in which a signal's handler raises, and what that raises."""
    def handler(number, frame):
        raise request.param("from the handler")

    def raising(*args, **kwargs):
        signal.raise_signal(SIGNAL)
        raise AssertionError("the handler did not run")

    before = signal.signal(SIGNAL, handler)
    raising.kind = request.param
    yield raising
    signal.signal(SIGNAL, before)


def test_numbers(interrupt):
    class Number(int):
        __repr__ = interrupt

    class Meta(type):
        __getattr__ = interrupt

    class Float(float):
        __repr__ = interrupt

    for convert, value in (c.int8, Number(300)), (c.uint8, Number(300)), (c.int128, Number(1 << 200)), (
            c.float, Number(1 << 300)), (c.float, Float(1e300)), (c.complex_double, Meta("Other", (), {})()):
        with pytest.raises(interrupt.kind, match="from the handler"):
            convert(value)
    with pytest.raises(OverflowError, match="an int of thousands of digits is out of range"):
        c.int8(10 ** 5000)
    Number.__repr__ = lambda self: int.__repr__(self)       # which says so too
    with pytest.raises(OverflowError, match="an int of thousands of digits is out of range"):
        c.int8(Number(10 ** 5000))
    printf = CIF(c.int, [c.string, ...]).bind(closure(c.int, [c.string])(lambda text: 0).address)
    Number.__repr__ = interrupt
    with pytest.raises(interrupt.kind, match="from the handler"):
        printf("%d", Number(1 << 40))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="buffers of Python classes")
def test_buffers(interrupt):
    class Number:
        __buffer__ = interrupt

        def __complex__(self):
            return 1j

        def __float__(self):
            return 1.0

    for T in c.double, c.float, c.longdouble, c.array(c.int, 2):
        with pytest.raises(interrupt.kind, match="from the handler"):
            T(Number())


def test_lengths(interrupt):
    class Endless:
        def __getitem__(self, index):
            return 1

        __length_hint__ = interrupt

    class Long(Endless):
        __len__ = interrupt

    flexible = c.struct("flexible", [("n", c.int), ("items", c.array(c.int, 0))])
    for T in c.array(c.int, 2), flexible:
        for value in Endless(), Long():
            if T is flexible and not isinstance(value, Long):
                continue
            with pytest.raises(interrupt.kind, match="from the handler"):
                T({"n": 1, "items": value}) if T is flexible else T(value)
    with pytest.raises(interrupt.kind, match="from the handler"):
        c.array(c.int, 4).new()[0:2] = Endless()

    class Key:
        __eq__ = interrupt

        def __hash__(self):
            return hash("items")

    with pytest.raises(interrupt.kind, match="from the handler"):
        flexible({Key(): 1})


def test_looking_for_attributes(interrupt):
    class Meta(type):
        def __getattr__(cls, name):
            if name in asked:
                interrupt()
            raise AttributeError(name)

    class Value(metaclass=Meta):
        pass

    class Row(tuple, metaclass=Meta):
        pass

    Point = c.struct("Point", x=c.int, y=c.int)

    class Own(metaclass=type(Point.memory) if hasattr(Point, "memory") else type):
        pass

    for asked, T, value in ({"__fspath__"}, c.string, Value()), ({"__fspath__"}, c.array(c.char, 4), Value()), (
            {"__dataclass_fields__"}, Point, Value()), ({"_fields"}, Point, Row((1, 2))), (
            {"__complex__"}, c.complex_double, Value()):
        with pytest.raises(interrupt.kind, match="from the handler"):
            T(value)
        asked = ()
        with pytest.raises(TypeError, match="expected"):
            T(Value())

    class Given(array.array):
        dtype = property(interrupt)

    class Converts:
        def __getattr__(self, name):
            interrupt()

    for value in Given("i", [1, 2]), Converts():
        f = CIF(c.void, [c.ndarray(c.double, 1)]).bind(closure(c.void, [c.pointer])(lambda p: None).address)
        with pytest.raises(interrupt.kind, match="from the handler"):
            f(value)


def test_refusals_are_as_before():
    class Odd:
        def __getitem__(self, index):
            return 1

        def __length_hint__(self):
            raise ValueError("who knows")

    with pytest.raises(ValueError, match=r"int\[2\] \(2 items\), got 3"):
        c.array(c.int, 2)(Odd())
    flexible = c.struct("flexible", [("n", c.int), ("items", c.array(c.int, 0))])
    with pytest.raises(TypeError, match="expected"):
        flexible({"n": 1, "items": 5})


def test_looking(interrupt):
    class Shown(int):
        __repr__ = interrupt

    class Odd(int):
        def __repr__(self):
            raise TimeoutError("no repr")

    for what in libffi.owned(Shown(), lambda it: None), c.py_object(Shown()):
        with pytest.raises(interrupt.kind, match="from the handler"):
            repr(what)
    assert "<Odd>" in repr(libffi.owned(Odd(), lambda it: None))


def test_arguments_of_ctypes_functions(interrupt):
    ctypes = pytest.importorskip("libffi.compat.ctypes")

    class Converts:
        from_param = interrupt

    class Fails:
        @classmethod
        def from_param(cls, value):
            raise interrupt.kind("of its own")

    class Passed:
        _as_parameter_ = property(interrupt)

    class Number:
        __index__ = interrupt

    class Pair(ctypes.Structure):
        _fields_ = [("a", ctypes.c_int)]

    class Holds(ctypes.Structure):
        _fields_ = [("pair", Pair)]

    def by_handler(signature, value):
        with pytest.raises(interrupt.kind, match="from the handler"):
            signature(ctypes.cast(echo, ctypes.c_void_p).value)(value)

    echo = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n)
    for argument, value in (ctypes.c_int, Number()), (ctypes.c_int, Passed()), (Converts(), 1):
        by_handler(lambda address, argument=argument: ctypes.CFUNCTYPE(ctypes.c_int, argument)(address), value)
    by_handler(ctypes.CFUNCTYPE(ctypes.c_int), Passed())
    with pytest.raises(interrupt.kind, match="from the handler"):
        Holds().pair = (Number(),)
    # What from_param() itself raises is an ArgumentError, as in ctypes.
    expected = ctypes.ArgumentError if issubclass(interrupt.kind, Exception) else interrupt.kind
    with pytest.raises(expected, match="of its own"):
        ctypes.CFUNCTYPE(ctypes.c_int, Fails)(ctypes.cast(echo, ctypes.c_void_p).value)(1)


def test_no_memory_is_no_wrong_argument():
    ctypes = pytest.importorskip("libffi.compat.ctypes")

    class Fails:
        @classmethod
        def from_param(cls, value):
            raise MemoryError("there is none")

    library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    abs_ = ctypes.CFUNCTYPE(ctypes.c_int, Fails)(("abs", library))
    with pytest.raises(MemoryError, match="there is none"):
        abs_(1)
