"""Sizes, alignments and offsets, as the compiler gives them."""
from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import compiler, scalars
from .model import Array, CType, Record, Scalar, Vector


def table(records: Iterable[Record]) -> list[str]:
    """Write the C expressions whose values a Layouts reads."""
    rows = ["__LDBL_MANT_DIG__"]
    for scalar in _known():
        signed = f"({scalar.c})-1 < 0" if scalar.family in ("int", "char", "wchar") else "0"
        rows.append(f"sizeof({scalar.c}), _Alignof({scalar.c}), {signed}")
    for record in records:
        rows.append(f"sizeof({record.c}), _Alignof({record.c})")
        rows += [f"offsetof({record.c}, {name})" for name, _ in record.members]
    return rows


def _known() -> list[Scalar]:
    return [s for s in scalars.ALL if compiler.has_int128() or s not in scalars.INT128]


@dataclass(frozen=True)
class Slot:
    """Where in a type some scalars stand in a row."""

    path: str
    offset: int
    scalar: Scalar
    count: int


class Layouts:
    """The compiler's answers for the types of one file."""

    def __init__(self, numbers: Iterable[int], records: Iterable[Record], nan: int) -> None:
        self.nan = nan & (1 << 52) - 1  # the fraction of a quiet double NaN
        answers = iter(numbers)
        self.mantissa = next(answers)
        self._scalars = {s.c: _take(answers, 3) for s in _known()}
        self._records = {
            record.c: (_take(answers, 2), _take(answers, len(record.members))) for record in records
        }

    def size(self, type: CType) -> int:
        match type:
            case Scalar():
                return self._scalars[type.c][0]
            case Array():
                return self.size(type.item) * type.length
            case Vector():
                return type.size
            case Record():
                return self._records[type.c][0][0]

    def alignment(self, record: Record) -> int:
        return self._records[record.c][0][1]

    def offsets(self, record: Record) -> tuple[int, ...]:
        return self._records[record.c][1]

    def signed(self, scalar: Scalar) -> bool:
        return bool(self._scalars[scalar.c][2])

    def significant(self, part: str) -> int:
        """Return how many bytes of a float, double or long double hold its value."""
        return 10 if part == "long double" and self.mantissa == 64 else self._scalars[part][0]

    @functools.cache  # noqa: B019 - as long-lived as the types
    def slots(self, type: CType) -> tuple[Slot, ...]:
        return tuple(self._walk(type, "", 0))

    def _walk(self, type: CType, path: str, offset: int) -> Iterator[Slot]:
        match type:
            case Scalar():
                yield Slot(path, offset, type, 1)
            case Array(item=Scalar() as item, length=count) | Vector(item=item, lanes=count):
                yield Slot(path, offset, item, count)
            case Array():
                for i in range(type.length):
                    yield from self._walk(type.item, f"{path}[{i}]", offset + i * self.size(type.item))
            case Record():
                for (name, member), start in zip(type.members, self.offsets(type), strict=True):
                    yield from self._walk(member, f"{path}.{name}", offset + start)

    @functools.cache  # noqa: B019
    def ranges(self, type: CType) -> tuple[tuple[str, int, int], ...]:
        """Return path, offset and length of every stretch of bytes that carries a value."""
        found = []
        for slot in self.slots(type):
            size = self.size(slot.scalar)
            width = self.significant(slot.scalar.part) if slot.scalar.part else size
            parts = 2 if slot.scalar.family == "complex" else 1
            if width * parts == size:
                found.append((slot.path, slot.offset, size * slot.count))
                continue
            for i in range(slot.count * parts):
                found.append((slot.path, slot.offset + i * (size // parts), width))
        return tuple(found)


def _take(numbers: Iterator[int], count: int) -> tuple[int, ...]:
    return tuple(next(numbers) for _ in range(count))
