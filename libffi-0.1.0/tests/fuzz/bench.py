"""One loaded file of generated C: its buffers, the compiler's layouts, and what to expect of a call."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .layout import Layouts
from .model import CType, Signature
from .source import ROOM
from .values import Values

POISON = 0xA5


class Mismatch(Exception):
    """A call that did not do what C does."""


@dataclass(frozen=True)
class Case:
    """What one call passes and gives back, as bytes with padding."""

    args: list[bytearray]
    result: bytearray


class Bench:
    """Reads and writes the buffers of a loaded file; `symbol` and `view` say where they are."""

    def __init__(
        self,
        signatures: list[Signature],
        symbol: Callable[[str], int],
        view: Callable[[int, int], memoryview],
    ) -> None:
        self.symbol = symbol
        self.fz_in, self.fz_ret, self.fz_rec, self.fz_out = (
            view(symbol(name), ROOM) for name in ("fz_in", "fz_ret", "fz_rec", "fz_out")
        )
        size = view(symbol("fz_layout_size"), 4).cast("I")[0]
        numbers = view(symbol("fz_layout"), size).cast("I")
        records = [record for signature in signatures for record in signature.records]
        self.layouts = Layouts(numbers, records, view(symbol("fz_nan"), 8).cast("Q")[0])

    def case(self, signature: Signature, values: Values, wild: bool) -> Case:
        # A scalar meets Python, a struct need not.
        args = [values.fill(type, wild and not hasattr(type, "attr")) for type in signature.args]
        result = signature.result
        if result is None:
            return Case(args, bytearray())
        return Case(args, values.fill(result, wild and not hasattr(result, "attr")))

    def prepare(self, case: Case) -> None:
        """Put arguments and result where C takes them from, and poison what it records."""
        passed = b"".join(case.args)
        self.fz_in[:len(passed)] = passed
        self.fz_ret[:len(case.result)] = case.result
        self.fz_rec[:len(passed)] = bytes([POISON]) * len(passed)
        self.fz_out[:len(case.result)] = bytes([POISON]) * len(case.result)

    def check_args(self, signature: Signature, case: Case, way: str) -> None:
        """Compare what the C function recorded of its arguments."""
        at = 0
        for i, (type, data) in enumerate(zip(signature.args, case.args, strict=True)):
            at = self._check_recorded(self.fz_rec, type, data, at, f"{way}: argument {i + 1}")

    def check_result(self, signature: Signature, case: Case, way: str) -> None:
        """Compare what the C caller recorded of the result."""
        if signature.result is not None:
            self._check_recorded(self.fz_out, signature.result, case.result, 0, f"{way}: result")

    def _check_recorded(
        self, buffer: memoryview, type: CType, data: bytes, at: int, where: str
    ) -> int:
        for path, start, size in self.layouts.ranges(type):
            expect(f"{where}{path} ({type.declare('').strip()})",
                   data[start:start + size], buffer[at:at + size])
            at += size
        return at

    def check_bytes(self, type: CType, expected: bytes, got: bytes, where: str) -> None:
        """Compare two values of a type, leaving out the padding."""
        for path, start, size in self.layouts.ranges(type):
            end = start + size
            expect(f"{where}{path} ({type.declare('').strip()})", expected[start:end], got[start:end])


def expect(where: str, expected: bytes, got: bytes | memoryview) -> None:
    if expected != got:
        raise Mismatch(f"{where}: expected bytes {expected.hex(' ')}, got {bytes(got).hex(' ')}")
