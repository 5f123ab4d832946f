"""Make IntEnum classes for C enums; they pickle by what they are, having no module of their own."""
import copyreg
import enum
from typing import Any
from weakref import WeakValueDictionary


class DeclaredEnumType(enum.EnumType):
    """Class of the classes that C declarations make."""


class DeclaredEnum(enum.IntEnum, metaclass=DeclaredEnumType):
    """Base of the classes that C declarations make."""


_classes: WeakValueDictionary[object, DeclaredEnumType] = WeakValueDictionary()


def declared_enum(name: str, members: tuple[tuple[str, int], ...]) -> Any:
    """Return the IntEnum of a C enum; the same enumerators make the same class."""
    key = (name, members)
    made: Any = _classes.get(key)
    if made is None:
        usable = [(member, value) for member, value in members if not _taken(member)]
        make: Any = DeclaredEnum
        made = make(name, usable, module=__name__)
        made._declared_as_ = key
        _classes[key] = made
    return made


def _taken(member: str) -> bool:
    """Say whether Python's enum keeps a name for itself; C code sees such a member as an int."""
    return member == "mro" or (member.startswith("_") and member.endswith("_"))


def _reduce(made: Any) -> Any:
    return (declared_enum, made._declared_as_) if "_declared_as_" in vars(made) else made.__qualname__


copyreg.pickle(DeclaredEnumType, _reduce)
