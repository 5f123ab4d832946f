"""Make types of structs, unions and enums."""
from collections.abc import Iterable
from typing import Any

from libffi import Type, _ffi, c
from libffi import _arithmetic as arithmetic
from libffi._arithmetic import NotConstant
from libffi._reader.declarators import Types
from libffi._reader.enums import declared_enum
from libffi._reader.scope import (
    ConstantDeclaration,
    FunctionType,
    Layout,
    Member,
    Qualified,
    Scope,
    Tag,
    UnknownArray,
    described,
    spelled,
)
from libffi._reader.scope import (
    Declaration as Meaning,
)
from libffi._reader.tokens import Token
from libffi._reader.tree import Declaration, Declarator, Specifiers, Tagged


def _maker(tagged: Tagged) -> Any:
    return c.struct if tagged.kind == "struct" else c.union


def _check_class(users: Type, declared: Type) -> None:
    """Refuse a class whose fields, known already, are not those that C declares."""
    layout = "size", "fields", "offsets", "bits", "byteorder"
    if any(getattr(users, what) != getattr(declared, what) for what in layout):
        raise TypeError(f"{type(users.new()).__name__} has other members than the {declared} that is declared")


class Records(Types):
    """The part of the converter that knows tags."""

    def __init__(self, scope: Scope, strings: str = "text") -> None:
        super().__init__(scope, strings)
        self.declared: dict[str, Meaning] = {}      # by this text, in its order
        self.declared_tags: dict[str, Tag] = {}
        self.lines: dict[str, int] = {}             # where the declaration begins that gave a name or tag
        self.line = 1                               # of the declaration at hand

        self._kept: tuple[int, int] = (0, 0)

    def keep(self) -> None:
        """Keep what was declared."""
        self.scope.keep()
        self._kept = len(self.declared), len(self.declared_tags)

    def take_back(self) -> None:
        """Restore what was there at the last keep()."""
        self.scope.take_back()
        while len(self.declared) > self._kept[0]:
            self.declared.popitem()
        while len(self.declared_tags) > self._kept[1]:
            self.declared_tags.popitem()

    def tagged(self, tagged: Tagged, name: str | None = None) -> Type:
        """Return a struct, union or enum; one without a tag is called like the typedef that it is for."""
        if tagged.enumerators is not None:
            return self._enum(tagged, tagged.enumerators, name)
        if tagged.members is not None:
            return self._record(tagged, tagged.members, name)
        return self.reference(tagged)

    def reference(self, tagged: Tagged, declares: bool = False) -> Type:
        """Return what a tag stands for; a struct or union may be incomplete."""
        assert tagged.tag is not None
        tag = self._known(tagged)
        if tag is None:
            if tagged.kind == "enum":
                raise tagged.place.error(f"enum {tagged.tag} is not defined")
            tag = Tag(tagged.kind, self._new_record(tagged, tagged.tag))
            self.scope.put_tag(tagged.tag, tag)
        if declares or tagged.tag not in self.declared_tags:
            self.declare_tag(tagged, tag)
        return tag.type

    def declare_tag(self, tagged: Tagged, tag: Tag) -> None:
        """Note that this text declares a tag."""
        assert tagged.tag is not None
        self.declared_tags[tagged.tag] = tag
        self.lines[tagged.tag] = self.line

    def _known(self, tagged: Tagged) -> Tag | None:
        tag = self.scope.tags.get(tagged.tag) if tagged.tag else None
        if tag is not None and tag.kind != tagged.kind:
            raise tagged.place.error(f"{tagged.tag!r} was declared before as {tag.type}")
        return tag

    # Structs and unions.

    def _record(self, tagged: Tagged, declarations: list[Declaration], name: str | None) -> Type:
        self._known(tagged)
        packed = tagged.attributes.packed is not None
        members: list[Member] = []
        for declaration in declarations:
            members += self._members(declaration, packed, tagged.pack, last=declaration is declarations[-1])
        options: Any = {"_pack_": tagged.pack or int(packed), "_align_": self.type_alignment(tagged.attributes)}
        options = {option: number for option, number in options.items() if number} | tagged.attributes.struct
        layout: Layout = (tuple(members), tuple(options.items()))
        old = self._known(tagged)       # a member may have declared it
        if old is not None and old.type.size is not None:
            if old.layout != layout:
                raise tagged.place.error(f"{old.type} was defined before with other members")
            self.declare_tag(tagged, old)
            return old.type
        called = tagged.tag or name or ""
        with self.core(tagged.place):
            if members and old is None and called not in self.scope.classes:
                made: Type = _maker(tagged)(called, members, **options)
            else:
                made = self._new_record(tagged, called) if old is None else old.type
                if made.size is None:
                    made.define(members, **options)
                else:
                    _check_class(made, _maker(tagged)(called, members, **options))
        self.scope.layouts[made] = layout
        if tagged.tag:
            tag = Tag(tagged.kind, made, layout)
            self.scope.put_tag(tagged.tag, tag)
            self.declare_tag(tagged, tag)
        return made

    def _new_record(self, tagged: Tagged, name: str) -> Type:
        """Return a struct or union whose members are not known yet: that of the user's class of this name, if any."""
        if name in self.scope.classes:
            with self.core(tagged.place):
                return _ffi._declared_class(self.scope.classes[name], tagged.kind, name)
        made: Type = _maker(tagged)(name)
        return made

    def _members(self, declaration: Declaration, packed: bool, pack: int, last: bool) -> list[Member]:
        specifiers = declaration.specifiers
        if not declaration.declarators:
            return self._nameless(specifiers, packed, pack)
        base = self.base(specifiers)
        members: list[Member] = []
        for declarator in declaration.declarators:
            ends = last and declarator is declaration.declarators[-1]
            kind, natural = self._member_type(base, specifiers, declarator, ends)
            single = bool(specifiers.attributes.packed or declarator.attributes.packed)
            asked = max(self.alignment(specifiers.attributes), self.alignment(declarator.attributes))
            if declarator.bits is not None:
                if kind.item is not None and natural != kind.item.alignment:
                    _check_unit(declarator, kind, natural, packed or single, pack)
                if single and kind.length:
                    kind = c.bits(kind.item, kind.length, packed=True)
                members.append(_member(declarator.name, kind, asked, pack))
            else:
                wanted = _wanted(kind, natural, asked, packed, single, pack)
                members.append(_member(declarator.name, kind, wanted, pack))
        return members

    def _member_type(
        self, base: Qualified, specifiers: Specifiers, declarator: Declarator, last: bool
    ) -> tuple[Type, int]:
        """Return a member's type and the alignment that it has by itself."""
        qualified = self.declared_type(base, specifiers, declarator)
        kind = qualified.type
        place = declarator.place
        self.no_va_list(place, qualified)
        if declarator.bits is not None:
            width = self.integer(declarator.bits)
            with self.core(place):
                if not isinstance(kind, Type):
                    raise TypeError("a bit-field needs an integer type")
                kind = c.bits(kind, width)
                return kind, qualified.alignment or kind.alignment or 0
        if declarator.initialised:
            raise place.error(f"the member {declarator.name!r} has a value")
        if isinstance(kind, UnknownArray):
            if not last:
                raise place.error(f"the member {declarator.name!r} needs its length")
            with self.core(place):
                kind = c.array(kind.item, 0)
        if isinstance(kind, FunctionType) or kind is c.void:
            raise place.error(f"the member {declarator.name!r} cannot be {spelled(qualified)}")
        if kind.size is None:
            raise place.error(f"the member {declarator.name!r} has the incomplete type {kind}")
        return kind, qualified.alignment or kind.alignment or 0

    def _nameless(self, specifiers: Specifiers, packed: bool, pack: int) -> list[Member]:
        """Return the member that `struct {...};` inside another is; an enum is none."""
        tagged = specifiers.tagged
        if tagged is None or (tagged.members is None and tagged.enumerators is None):
            raise specifiers.place.error("this member has no name")
        kind = self.tagged(tagged)
        if tagged.members is None or tagged.tag is not None:
            return []       # C: an unnamed struct with a tag declares the tag only
        # gcc takes no attributes of the member itself here.
        return [_member(None, kind, _wanted(kind, kind.alignment or 0, 0, packed, False, pack), pack)]

    # Enums.

    def _enum(self, tagged: Tagged, enumerators: list[tuple[Token, Any]], name: str | None) -> Type:
        old = self._known(tagged)
        values: dict[str, int] = {}
        following = 0
        for token, expression in enumerators:
            member = token.text
            value = following if expression is None else self.integer(expression)
            try:
                constant = arithmetic.integer(value)
            except NotConstant as error:
                raise token.error(str(error)) from None
            before = self.scope.names.get(member)
            if member in values or before is not None and not (
                    _is_constant(before, value) or _is_constant(self.scope.covered.get(member), value)):
                raise token.error(f"{member!r} was declared before" + (f" as {described(before)}" if before else ""))
            values[member] = value
            # For the enumerators after it; below, the member of the class takes its place.
            self.scope.put_name(member, ConstantDeclaration(constant, value))
            following = value + 1
        title = tagged.tag or name
        made_class = declared_enum(title or "enum", tuple(values.items()))
        base = self._enum_base(tagged, values.values())
        with self.core(tagged.place):
            made: Type = c.enum(made_class, base=base)
        for token, _ in enumerators:
            value = values[token.text]
            python_value = made_class.__members__.get(token.text, value) if title else value
            # What is no int is of the enum's own type, after it.
            kind = arithmetic.INT if arithmetic.in_range(value, arithmetic.INT) else arithmetic.ctype_of(base)
            assert kind is not None
            declaration = ConstantDeclaration(arithmetic.Constant(value, kind), python_value)
            self.scope.put_name(token.text, declaration)
            self.declared[token.text] = declaration
            self.lines[token.text] = self.line
        if tagged.tag:
            if old is not None and (old.type.enum is not made_class or old.type.size != made.size):
                raise tagged.place.error(f"{old.type} was defined before with other members")
            tag = old or Tag(tagged.kind, made)
            self.scope.put_tag(tagged.tag, tag)
            self.declare_tag(tagged, tag)
            made = tag.type
        return made

    def _enum_base(self, tagged: Tagged, values: Iterable[int]) -> Type:
        """Return the integer type that gcc chooses for an enum."""
        candidates = [c.uint, c.int, c.ulong, c.long, c.ulonglong, c.longlong]
        for word, _ in tagged.attributes.aligned:
            raise word.error(f"the attribute {word.text!r} does nothing to an enum")
        if tagged.attributes.packed:
            candidates = [c.uchar, c.schar, c.ushort, c.short, *candidates]
        for candidate in candidates:
            kind = arithmetic.ctype_of(candidate)
            if kind is not None and all(arithmetic.in_range(value, kind) for value in values):
                return candidate
        raise tagged.place.error("no integer type holds all enumerators")


def _check_unit(declarator: Declarator, bits: Type, natural: int, packed: bool, pack: int) -> None:
    """Refuse a bit-field whose type a typedef aligns, unless that changes nothing."""
    assert bits.item is not None
    same = min(bits.item.alignment or 0, pack) == min(natural, pack) if pack else packed
    if not same or not bits.length:
        raise declarator.place.error("a bit-field of a type that a typedef aligns is not supported here")


def _wanted(kind: Type, natural: int, asked: int, packed: bool, single: bool, pack: int) -> int:
    """Return a member's alignment in place of its type's, or 0: its struct, or itself, may be packed."""
    if packed or single:        # what is packed yields to what is asked for, and both to #pragma pack
        return asked or (0 if packed and not pack else 1)
    return max(asked, natural) if asked or natural != kind.alignment else 0


def _member(name: str | None, kind: Type, wanted: int, pack: int) -> Member:
    return (name, kind, min(wanted, pack or wanted)) if wanted else (name, kind)


def _is_constant(declaration: Meaning | None, value: int) -> bool:
    return isinstance(declaration, ConstantDeclaration) and declaration.constant.value == value
