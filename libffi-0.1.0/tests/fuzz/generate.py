"""Random signatures: each index has a random generator of its own, so that any one can be made alone."""
from __future__ import annotations

from dataclasses import dataclass
from random import Random

from . import scalars
from .abi import DEFAULT, Abi
from .model import Array, CType, Record, Scalar, Signature, Vector, walk

LEAVES = 48  # what one struct may hold: a few hundred bytes


@dataclass(frozen=True)
class Features:
    """What compiler and libffi both have."""

    int128: bool = True
    complex: bool = True
    vectors: bool = True


def unusual(type: CType) -> bool:
    """Tell whether the package may refuse such a type by value: libffi cannot describe it everywhere."""
    return isinstance(type, Record) and bool(type.union or type.pack or type.align)


def without_size(type: CType) -> bool:
    """Tell whether a type is an empty struct, or an array of no items, which libffi knows nothing of."""
    return isinstance(type, Record) and not type.members or isinstance(type, Array) and not type.length


def large(scalar: Scalar) -> bool:
    """Tell whether a scalar is, or may be, wider than a register."""
    return scalar in scalars.INT128 or scalar.family == "complex" or scalar.part == "long double"


class Generator:
    def __init__(self, seed: int, features: Features, abi: Abi = DEFAULT) -> None:
        self.seed = seed
        self.abi = abi
        self.vectors = features.vectors and abi.vectors
        groups: list[tuple[int, list[Scalar]]] = [
            (5, scalars.INTS), (4, scalars.SMALL_INTS), (3, scalars.CHARS), (2, scalars.POINTERS),
            (7, [s for s in scalars.FLOATS if s.part not in abi.without]),
        ]
        if features.complex:
            groups.append((3, [s for s in scalars.COMPLEX if s.part not in abi.without]))
        if features.int128:
            groups.append((1, scalars.INT128))
        self.weights, self.groups = zip(*groups, strict=True)
        self.floats = [s for s in scalars.FLOATS if s.part not in abi.without]

    def signature(self, index: int) -> Signature:
        rng = Random(f"{self.seed}:{index}")
        return _Maker(self, rng, index).signature()

    def values(self, index: int) -> Random:
        """Return the random generator of the values that signature is called with."""
        return Random(f"{self.seed}:{index}:values")


class _Maker:
    """Makes the types of one signature."""

    def __init__(self, generator: Generator, rng: Random, index: int) -> None:
        self.generator = generator
        self.rng = rng
        self.index = index
        self.records: list[Record] = []
        self.shapes = [
            self.mixed, self.mixed, self.mixed, self.same_floats, self.one_inside_another,
            self.padded_tail, self.of_arrays,
        ]
        # One signature in eight has types that the package may refuse by value.
        if rng.random() < 0.125:
            self.shapes += [self.union, self.union, self.unusual]
        # One in eight has empty structs, of its own accord: the others are what they would be without.
        if Random(f"{generator.seed}:{index}:empty").random() < 0.125:
            self.shapes += [self.empty, self.empty, self.around_empty]

    def signature(self) -> Signature:
        rng = self.rng
        result = None if rng.random() < 0.08 else self.top()
        count = rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, rng.randint(9, 30)])
        if self.generator.abi.variadic and rng.random() < 0.15:
            return self.variadic(result, max(count, 2))
        args = [self.top() for _ in range(count)]
        return Signature(self.index, result, args, records=self.records)

    def variadic(self, result: CType | None, count: int) -> Signature:
        fixed = self.rng.randint(1, min(4, count - 1))
        # The last named one must be of a promoted type, says C.
        args = [self.top() for _ in range(fixed - 1)]
        args += [self.promoted() for _ in range(count - fixed + 1)]
        return Signature(self.index, result, args, fixed, self.records)

    def top(self) -> CType:
        """Make the type of an argument or result."""
        rng = self.rng
        if rng.random() < 0.62:
            scalar = self.scalar()
            return scalars.EXACT if scalar is scalars.LONGDOUBLE and rng.random() < 0.5 else scalar
        if self.generator.vectors and rng.random() < 0.06:
            return self.vector()
        return self.struct(0, LEAVES if rng.random() < 0.15 else 8)

    def promoted(self) -> CType:
        """Make a type that may go through `...`, and on which gcc's own va_arg is right."""
        by_reference = self.generator.abi.by_reference
        while True:
            made = len(self.records)
            type = self.top()
            if isinstance(type, Scalar):
                if type.promoted and not (by_reference and large(type)):
                    return type
            elif not by_reference and not any(map(unusual, walk(type))):
                return type
            del self.records[made:]

    def scalar(self) -> Scalar:
        generator = self.generator
        (group,) = self.rng.choices(generator.groups, generator.weights)
        return self.rng.choice(group)

    def vector(self) -> Vector:
        item = scalars.BY_ATTR[self.rng.choice(list(scalars.LANES))]
        # libffi is wrong about vectors of one double, and the package refuses them.
        size = 16 if item is scalars.DOUBLE else self.rng.choice([8, 16])
        return Vector(item, size // scalars.LANES[item.attr], size)

    def struct(self, depth: int, budget: int) -> Record:
        return self.rng.choice(self.shapes)(depth, budget)

    def record(self, members: list[CType], **options: int) -> Record:
        names = tuple((f"m{i}", member) for i, member in enumerate(members))
        record = Record(f"s{self.index}_{len(self.records)}", names, **options)
        self.records.append(record)
        return record

    def member(self, depth: int, budget: int) -> CType:
        chance = self.rng.random()
        if depth < 3 and budget > 1 and chance < 0.25:
            return self.struct(depth + 1, budget // 2)
        if budget > 1 and chance < 0.40:
            return self.array(depth, budget)
        if self.generator.vectors and chance < 0.42:
            return self.vector()
        return self.scalar()

    def array(self, depth: int, budget: int) -> Array:
        length = self.rng.randint(1, min(budget, 9))
        return Array(self.member(depth + 1, budget // length), length)

    def mixed(self, depth: int, budget: int) -> Record:
        count = self.rng.randint(1, max(1, min(budget, 6)))
        return self.record([self.member(depth, budget // count) for _ in range(count)])

    def same_floats(self, depth: int, budget: int) -> Record:
        """One to five floats of one kind, some of them in an array or a struct."""
        item = self.rng.choice(self.generator.floats)
        members: list[CType] = [item] * self.rng.randint(1, 5)
        wrapped = self.rng.choice([None, Array(item, self.rng.randint(1, 3))])
        if wrapped:
            members[-1] = wrapped
        if self.rng.random() < 0.3:
            members[0] = self.record([members[0]])
        return self.record(members)

    def one_inside_another(self, depth: int, budget: int) -> Record:
        """One scalar or vector inside one to three structs or arrays."""
        choices: list[CType] = [self.generator.floats[-1], self.scalar()]
        if self.generator.vectors:
            choices.append(self.vector())
        inner = self.rng.choice(choices)
        for _ in range(self.rng.randint(0, 2)):
            inner = Array(inner, 1) if self.rng.random() < 0.4 else self.record([inner])
        return self.record([inner])

    def padded_tail(self, depth: int, budget: int) -> Record:
        wide = self.rng.choice([scalars.BY_ATTR["longlong"], *self.generator.floats])
        narrow = self.rng.choice(scalars.SMALL_INTS)
        return self.record([wide, narrow])

    def of_arrays(self, depth: int, budget: int) -> Record:
        return self.record([self.array(depth, budget) for _ in range(self.rng.randint(1, 2))])

    def union(self, depth: int, budget: int) -> Record:
        count = self.rng.randint(1, 3)
        return self.record([self.member(depth, budget // count) for _ in range(count)], union=True)

    def unusual(self, depth: int, budget: int) -> Record:
        """A struct with packing or an alignment of its own."""
        members = [self.member(depth, budget // 3) for _ in range(self.rng.randint(1, 3))]
        if self.rng.random() < 0.5:
            return self.record(members, pack=self.rng.choice([1, 2, 4]))
        return self.record(members, align=self.rng.choice([2, 4, 8, 16]))

    def empty(self, depth: int, budget: int) -> Record:
        return self.record([])

    def around_empty(self, depth: int, budget: int) -> Record:
        """A struct with a member of no size among others."""
        members = [self.member(depth, budget // 3) for _ in range(self.rng.randint(0, 2))]
        nothing = self.record([]) if self.rng.random() < 0.7 else Array(self.scalar(), 0)
        members.insert(self.rng.randint(0, len(members)), nothing)
        return self.record(members)
