"""C types as the generator sees them: names and members, no sizes."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scalar:
    attr: str  # its name in libffi.c
    c: str  # its name in C
    family: str  # int bool char wchar float complex pointer address exact
    part: str = ""  # of float, complex and exact: the C type of the real number inside
    promoted: bool = True  # may go through `...` as it is

    def declare(self, name: str) -> str:
        return f"{self.c} {name}"


@dataclass(frozen=True)
class Array:
    item: CType
    length: int

    def declare(self, name: str) -> str:
        return self.item.declare(f"{name}[{self.length}]")


@dataclass(frozen=True)
class Vector:
    """A SIMD vector; its typedef is written once per file."""

    item: Scalar
    lanes: int
    size: int

    @property
    def c(self) -> str:
        return f"v{self.lanes}_{self.item.attr}"

    def declare(self, name: str) -> str:
        return f"{self.c} {name}"

    def define(self) -> str:
        return f"typedef {self.item.c} {self.c} __attribute__((vector_size({self.size})));"


@dataclass(frozen=True)
class Record:
    """A struct or union."""

    tag: str
    members: tuple[tuple[str, CType], ...]
    union: bool = False
    pack: int = 0
    align: int = 0

    @property
    def c(self) -> str:
        return f"{'union' if self.union else 'struct'} {self.tag}"

    def declare(self, name: str) -> str:
        return f"{self.c} {name}"

    def define(self) -> str:
        body = " ".join(f"{type.declare(name)};" for name, type in self.members)
        aligned = f" __attribute__((aligned({self.align})))" if self.align else ""
        text = f"{self.c} {{ {body} }}{aligned};"
        return f"#pragma pack(push, {self.pack})\n{text}\n#pragma pack(pop)" if self.pack else text


CType = Scalar | Array | Vector | Record


@dataclass
class Signature:
    index: int
    result: CType | None  # None is void
    args: list[CType]
    fixed: int | None = None  # how many arguments come before `...`, None when there is none
    records: list[Record] = field(default_factory=list)  # in the order C needs them

    @property
    def variadic(self) -> bool:
        return self.fixed is not None

    def types(self) -> Iterator[CType]:
        """Every type in it, also those inside structs and arrays."""
        for type in [self.result, *self.args]:
            if type is not None:
                yield from walk(type)

    def __str__(self) -> str:
        args = [type.c for type in self.args]
        if self.fixed is not None:
            args.insert(self.fixed, "...")
        return f"{self.result.c if self.result else 'void'} ({', '.join(args)})"


def walk(type: CType) -> Iterator[CType]:
    yield type
    match type:
        case Array(item=item) | Vector(item=item):
            yield from walk(item)
        case Record(members=members):
            for _, member in members:
                yield from walk(member)
