"""Random structs and unions whose layout is the question: bit-fields, packing, alignment, nameless members."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from . import scalars
from .model import Scalar

BIT_BASES = [scalars.BY_ATTR["bool"], *scalars.SMALL_INTS, *(
    scalar for scalar in scalars.INTS if scalar.attr not in ("intmax_t", "uintmax_t")
)]
PLAIN = [*BIT_BASES, scalars.FLOAT, scalars.DOUBLE, scalars.LONGDOUBLE, *scalars.POINTERS]
# What is the same here and where there is Windows.
EVERYWHERE = {
    "bool", "schar", "uchar", "short", "ushort", "int", "uint", "longlong", "ulonglong", "float", "double",
    "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
}
# Widths that every platform's type has; wider ones come with types of a known width.
MINIMAL_WIDTHS = {"bool": 1, "schar": 8, "uchar": 8, "short": 16, "ushort": 16, "longlong": 64, "ulonglong": 64}


@dataclass(frozen=True)
class Member:
    name: str | None  # None: a nameless struct, union or bit-field
    type: Scalar | Composite
    length: int | None = None  # of an array
    width: int | None = None  # of a bit-field
    packed: bool = False  # that one alone

    def declare(self) -> str:
        if self.name is None and isinstance(self.type, Composite):
            return f"{self.type.keyword} {{ {self.type.body()} }}{self.type.attributes};"
        text = self.type.declare(self.name or "")
        if self.length is not None:
            text += f"[{self.length}]"
        packed = " __attribute__((packed))" if self.packed else ""
        return f"{text} : {self.width}{packed};" if self.width is not None else f"{text};"


@dataclass(frozen=True)
class Composite:
    tag: str
    members: tuple[Member, ...]
    union: bool = False
    pack: int = 0
    align: int = 0
    big: bool = False  # gcc's scalar_storage_order, of its own numbers
    ms: bool = False  # Microsoft's layout
    windows: bool = False  # ... which is the compiler's own

    @property
    def attributes(self) -> str:
        big = ' __attribute__((scalar_storage_order("big-endian")))' if self.big else ""
        return big + (" __attribute__((ms_struct))" if self.ms and not self.windows else "")

    @property
    def keyword(self) -> str:
        return "union" if self.union else "struct"

    @property
    def c(self) -> str:
        return f"{self.keyword} {self.tag}"

    def declare(self, name: str) -> str:
        return f"{self.c} {name}"

    def body(self) -> str:
        return " ".join(member.declare() for member in self.members)

    def define(self) -> str:
        """Write the definition, after those of the types that it needs."""
        aligned = f" __attribute__((aligned({self.align})))" if self.align else ""
        text = f"{self.c} {{ {self.body()} }}{aligned}{self.attributes};"
        if self.pack:
            text = f"#pragma pack(push, {self.pack})\n{text}\n#pragma pack(pop)"
        return "\n".join([*(inner.define() for inner in self.needed()), text])

    def needed(self) -> Iterator[Composite]:
        """Return what must be defined before: the types of the members with a name."""
        for member in self.members:
            if isinstance(member.type, Composite):
                yield from [member.type] if member.name else member.type.needed()

    def leaves(self) -> Iterator[tuple[str, Member]]:
        """Return the path and the member of every integer, those in nameless members too."""
        for member in self.members:
            if member.name is None and isinstance(member.type, Scalar) or member.length is not None:
                continue
            if isinstance(member.type, Composite):
                prefix = f"{member.name}." if member.name else ""
                yield from ((prefix + path, leaf) for path, leaf in member.type.leaves())
            elif member.type.family in ("int", "bool"):
                yield member.name or "", member


class Maker:
    """Makes one composite from a random generator."""

    def __init__(
        self, rng: Random, index: int, big: bool = False, ms: bool = False, windows: bool = False
    ) -> None:
        self.rng = rng
        self.index = index
        self.big = big
        self.ms = ms
        self.windows = windows
        self.bases = [scalar for scalar in BIT_BASES if not windows or scalar.attr in EVERYWHERE]
        # A long double is no number of another byte order.
        self.plain = [
            scalar for scalar in PLAIN
            if (scalar is not scalars.LONGDOUBLE or not big) and (not windows or scalar.attr in EVERYWHERE)
        ]
        self.made = 0
        self.names = 0

    def composite(self, depth: int = 0, pack: int | None = None) -> Composite:
        rng = self.rng
        # ms_struct aligns unions to their bit-fields; Microsoft's compiler does not.
        union = rng.random() < (0.15 if depth == 0 else 0.4) and (not self.ms or self.windows)
        if pack is None:
            pack = rng.choice([0, 0, 0, 1, 2, 4, 8])
        align = rng.choice([2, 4, 8, 16, 32]) if depth == 0 and rng.random() < 0.15 else 0
        members = [self.member(depth, pack) for _ in range(rng.randint(1, 8))]
        if not any(member.name for member in members):
            members.append(Member(self.name(), rng.choice(self.plain)))
        self.made += 1
        return Composite(
            f"c{self.index}_{self.made}", tuple(members), union, pack, align, self.big, self.ms, self.windows
        )

    def name(self) -> str:
        self.names += 1
        return f"m{self.names}"

    def member(self, depth: int, pack: int) -> Member:
        rng = self.rng
        chance = rng.random()
        if chance < 0.6:
            return self.bits()
        if depth < 2 and chance < 0.68:
            # What stands inside the braces of a packed struct is packed with it.
            return Member(None, self.composite(depth + 1, pack))
        if depth < 2 and chance < 0.74:
            return Member(self.name(), self.composite(depth + 1))
        length = rng.randint(1, 5) if chance > 0.92 else None
        return Member(self.name(), rng.choice(self.plain), length)

    def bits(self) -> Member:
        rng = self.rng
        base = rng.choice(self.bases)
        digits = "".join(filter(str.isdigit, base.attr))
        widest = MINIMAL_WIDTHS.get(base.attr) or int(digits or 32)
        width = rng.choice([1, widest, rng.randint(1, widest)])
        if rng.random() < 0.12:
            return Member(None, base, width=rng.choice([0, width]))
        return Member(self.name(), base, width=width, packed=rng.random() < 0.15 and not self.ms)
