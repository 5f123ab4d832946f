"""What type checkers see of c.ndarray(): checked by mypy --strict and pyright, and run, so that it is also true."""
from array import array
from typing import TYPE_CHECKING, Annotated, Any, assert_type

from libffi import CIF, ArgumentError, Library, c

libc = Library(None)


def test_arguments_are_arrays() -> None:
    copy = libc.function("memcpy", c.void, (
        c.ndarray(c.double, ndim=1), c.ndarray(c.double, shape=(None,), writable=False), c.size_t))
    to = c.array(c.double, 2).new()
    assert_type(copy(to, array("d", [1, 2]), 16), None)
    copy(to, memoryview(array("d", [1, 2])), 16)
    listed = libc.function("memcpy", c.void, [c.ndarray(c.double), c.ndarray(), c.size_t])
    listed(to, bytearray(16), 16)
    assert list(to) == [0, 0]
    if TYPE_CHECKING:
        copy(None, to, 16)  # type: ignore[arg-type]
        copy([1.0, 2.0], to, 16)  # type: ignore[arg-type]
        copy(c.int.new(), to, 16)  # type: ignore[arg-type]
        copy(to, "text", 16)  # type: ignore[arg-type]
        c.ndarray(c.double, order="K")  # type: ignore[call-overload]
        libc.function("malloc", c.ndarray(c.double), (c.size_t,))  # type: ignore[call-overload]


def test_none_where_it_may_be() -> None:
    copy = libc.function("memmove", c.void, (
        c.ndarray(c.double, optional=True), c.ndarray(optional=True), c.size_t))
    copy(None, None, 0)
    copy(array("d"), None, 0)


def test_a_numpy_array() -> None:
    try:
        import numpy as np
    except ImportError:
        return
    fill = libc.function("memset", c.void, (c.ndarray(c.double, ndim=2), c.int, c.size_t))
    grid: np.ndarray[Any, Any] = np.ones((2, 2))
    fill(grid, 0, 32)
    assert not grid.any()


def test_in_a_stub() -> None:
    @libc.function("memset")
    def fill(
        to: Annotated["memoryview | array[float]", c.ndarray(c.double, ndim=1)], byte: Annotated[int, c.int],
        size: Annotated[int, c.size_t]
    ) -> None:
        ...

    numbers = array("d", [1])
    assert_type(fill(numbers, 0, 8), None)
    assert list(numbers) == [0]
    if TYPE_CHECKING:
        fill([1.0], 0, 8)  # type: ignore[arg-type]


def test_it_is_a_type_with_facts() -> None:
    kind = c.ndarray(c.double, 2)
    assert_type(kind.name, str)
    assert kind.kind == "ndarray" and CIF(c.void, [kind, c.int]).argtypes[0].kind == kind.kind and not kind.const
    assert issubclass(ArgumentError, Exception)
