"""Stubs whose annotations Python keeps as text (used by tests of the library)."""
from __future__ import annotations

from libffi import Function, Library, c


@Library("m").function
def hypot(x: c.double, y: c.double) -> c.double: ...


def with_local_type():
    div_t = c.struct("div_t", quot=c.int, rem=c.int)

    @Library(None).function(gil="hold")
    def div(numerator: c.int, denominator: c.int) -> div_t: ...

    result = div(17, 5)
    return result.quot, result.rem


def with_a_mistake():
    @Library("m").function
    def cos(x: c.doubel) -> c.double: ...


class LibC(Library):
    atoi: Function[[str], int]
