"""How a type lies in memory: members, holes, bit-fields, cache lines."""
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from libffi import Type
from libffi._reader import Layout


@dataclass(frozen=True, slots=True)
class Member:
    """A member, or what nobody uses: bits are counted from the start of the outermost type."""

    path: str           # "at.x"; "" for a hole and for a struct or union without a name
    type: Type | None   # None for a hole
    start: int
    bits: int
    depth: int = 0
    is_end: bool = False    # the hole behind the last member

    @property
    def is_bit_field(self) -> bool:
        """Say whether it is a member of some bits."""
        return self.type is not None and self.type.kind == "bits"


@dataclass(frozen=True, slots=True)
class TypeLayout:
    """A type with all that lies in it, in C's order; members of members follow their owner."""

    name: str
    type: Type
    size: int
    alignment: int
    members: list[Member] = field(default_factory=list)

    def holes(self) -> list[Member]:
        """Return what nobody uses, but for the end."""
        return [member for member in self.members
                if member.type is None and not (member.is_end and member.depth == 0)]

    def padding(self) -> int:
        """Return the bits behind the last member."""
        return sum(member.bits for member in self.members if member.is_end and member.depth == 0)


def layout_of(name: str, kind: Type, layouts: dict[Type, Layout]) -> TypeLayout:
    """Return the layout of a complete type; `layouts` are those that the reader defined types with."""
    assert kind.size is not None and kind.alignment is not None
    made = TypeLayout(name, kind, kind.size, kind.alignment)
    if kind.kind in ("struct", "union"):
        made.members.extend(_inside(kind, layouts, "", 0, 0))
    return made


def _inside(kind: Type, layouts: dict[Type, Layout], owner: str, base: int, depth: int) -> Iterator[Member]:
    assert kind.size is not None
    end = base
    for name, inner, start, bits in _direct(kind, layouts):
        start += base
        if kind.kind == "struct" and start > end:
            yield Member("", None, end, start - end, depth)
        path = f"{owner}{name}" if name else ""
        yield Member(path, inner, start, bits, depth)
        if inner.kind in ("struct", "union") and inner.size:
            yield from _inside(inner, layouts, f"{path}." if name else owner, start, depth + 1)
        end = max(end, start + bits)
    if base + 8 * kind.size > end:
        yield Member("", None, end, base + 8 * kind.size - end, depth, is_end=True)


def _direct(kind: Type, layouts: dict[Type, Layout]) -> Iterator[tuple[str, Type, int, int]]:
    """Yield name, type, first bit and bits of the members; a struct without a name is one member."""
    members = layouts[kind][0] if kind in layouts else tuple(kind.fields.items())
    for name, inner, *_ in members:
        if name is not None:
            bits = (inner.length or 0) if inner.kind == "bits" else 8 * (inner.size or 0)
            yield name, inner, _first_bit(kind, name, inner), bits
        elif inner.kind in ("struct", "union") and inner.fields:
            first = next(iter(inner.fields))
            yield "", inner, 8 * (kind.offsets[first] - inner.offsets[first]), 8 * (inner.size or 0)


def _first_bit(kind: Type, name: str, inner: Type) -> int:
    if inner.kind != "bits":
        return 8 * kind.offsets[name]
    memory = kind.new()
    setattr(memory, name, -1 if inner.item.kind == "signed" else (1 << (inner.length or 1)) - 1)
    return first_set_bit(bytes(memory))


def first_set_bit(data: bytes) -> int:
    """Return the first bit that is set, in the order in which this machine fills bytes with bit-fields."""
    index, byte = next((index, byte) for index, byte in enumerate(data) if byte)
    lowest, highest = (byte & -byte).bit_length() - 1, byte.bit_length() - 1
    return 8 * index + (lowest if sys.byteorder == "little" else 7 - highest)
