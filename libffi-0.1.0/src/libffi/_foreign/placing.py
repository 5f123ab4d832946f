"""A struct or union whose members are where another library has them."""
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from libffi import Type, c

PADDING = "_padding_"       # begins the names of members that are put into gaps


class Place(NamedTuple):
    """A member, and where it is: its byte, of a bit-field its first bit as `Type.bits` counts them, or None."""

    name: str | None
    type: Type
    offset: int | None


class Definition(NamedTuple):
    """What makes a struct or union: members, and the options of `c.struct`."""

    is_union: bool
    members: list[tuple[str | None, Type]]
    options: dict[str, Any]

    def complete(self, made: Type) -> None:
        """Complete an incomplete struct or union by it."""
        made.define(self.members, **self.options)

    def make(self, name: str) -> Type:
        """Make the struct or union."""
        kind = c.union if self.is_union else c.struct
        if self.members:
            return kind(name, self.members, **self.options)
        made = kind(name)
        self.complete(made)
        return made


def place(
    name: str, places: Sequence[Place], size: int, *, is_union: bool = False, byteorder: str | None = None
) -> Definition:
    """Return the definition of that size whose members lie there, as some C compiler would lay it out.

    Where no packing puts them there, members for the gaps do; a member that lies on others makes it a union.
    """
    lie_together = len(places) > 1 and all(place.offset == 0 for place in places)
    for definition in _by_rule(places, is_union or lie_together, byteorder):
        made = definition.make(name)
        if made.size == size and all(_is_there(made, place) for place in places):
            return definition
    if is_union or byteorder is not None or any(place.offset is None or place.type.kind == "bits" for place in places):
        raise TypeError(f"{'union' if is_union else 'struct'} {name}: no C layout that is known here has its members "
                        "at their places")
    places = sorted(places, key=lambda place: place.offset or 0)
    return _padded(places, size) if _in_order(places, size) else _overlapping(name, places, size)


def _by_rule(places: Sequence[Place], is_union: bool, byteorder: str | None) -> Iterator[Definition]:
    members = [(place.name, place.type) for place in places]
    # The platform's own first: types that are made otherwise are the same objects only then.
    layouts = (None, "gcc", "ms") if any(place.type.kind == "bits" for place in places) else (None,)
    for layout in layouts:
        for pack in (0, 8, 4, 2, 1):
            options = {"_pack_": pack, "_layout_": layout, "_byteorder_": byteorder}
            yield Definition(is_union, members, {option: value for option, value in options.items() if value})


def _is_there(made: Type, place: Place) -> bool:
    if place.offset is None:
        return True
    if place.name is None:
        return all(made.offsets[name] == place.offset + offset for name, offset in place.type.offsets.items())
    if place.type.kind == "bits":
        return made.bits[place.name][0] == place.offset
    return made.offsets[place.name] == place.offset


def _in_order(places: Sequence[Place], size: int) -> bool:
    end = 0
    for place in places:
        assert place.offset is not None
        if place.offset < end:
            return False
        end = place.offset + place.type.size
    return end <= size


def _padded(places: Sequence[Place], size: int) -> Definition:
    """Return a struct with members for the gaps."""
    members: list[tuple[str | None, Type]] = []
    end = 0
    for place in [*places, Place(None, c.char, size)]:
        assert place.offset is not None
        if place.offset > end:
            members.append((f"{PADDING}{end}", c.array(c.char, place.offset - end)))
        members.append((place.name, place.type))
        end = place.offset + place.type.size
    return Definition(False, members[:-1], {"_pack_": 1})


def _overlapping(name: str, places: Sequence[Place], size: int) -> Definition:
    """Return the union of all members, each at its place in a struct of its own."""
    parts: list[tuple[str | None, Type]] = []
    for index, place in enumerate(places):
        assert place.offset is not None
        if place.offset + place.type.size > size:
            raise TypeError(f"struct {name}.{place.name} reaches beyond its {size} bytes")
        if place.offset == 0:
            parts.append((place.name, place.type))
        else:
            gap = (f"{PADDING}{index}", c.array(c.char, place.offset))
            parts.append((None, c.struct("", [gap, (place.name, place.type)], _pack_=1)))
    parts.append((f"{PADDING}{len(places)}", c.array(c.char, size)))
    return Definition(True, parts, {"_pack_": 1})
