"""Read the C signatures that Python's annotations say: of stubs, and of a library's class."""
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libffi import DeclarationError, Function, Type, c
from libffi._ffi import _type_meant, _type_said


@dataclass(frozen=True, slots=True)
class Stub:
    """A stub's signature as libffi types, `...` last where it takes `*args`."""

    name: str
    restype: Type
    argtypes: tuple[Any, ...]
    parameters: tuple[str, ...]     # what callers pass
    defaults: tuple[Any, ...]       # of the last of them
    doc: str | None
    signature: inspect.Signature


def read_stub(stub: Callable[..., object], names: Mapping[str, object]) -> Stub:
    """Return the signature of a stub; names helps to evaluate annotations kept as text."""
    if not inspect.isfunction(stub):
        raise TypeError(f"expected a Python function with annotations, got {type(stub).__name__}")
    signature = inspect.signature(stub)
    argtypes: list[Any] = []
    for parameter in signature.parameters.values():
        what = f"{stub.__name__}() parameter {parameter.name!r}"
        if parameter.kind is parameter.VAR_POSITIONAL:
            if parameter.annotation is not parameter.empty:
                raise TypeError(f"{what}: variable arguments have no one type, leave the annotation out")
            argtypes.append(...)
        elif parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
            raise TypeError(f"{what}: C functions take arguments by position")
        elif parameter.annotation is parameter.empty:
            raise TypeError(f"{what} has no annotation: write {parameter.name}: c.int or the like")
        else:
            kind = _evaluate(parameter.annotation, what, stub, names)
            if kind.kind != "out" and parameter.default is ...:
                raise TypeError(f"{what}: `...` is no value that C can be given; write the default itself")
            argtypes.append(kind)
    what = f"{stub.__name__}() result"
    if signature.return_annotation is signature.empty:
        raise TypeError(f"{what} has no annotation: write -> c.int or the like, -> None for void")
    restype = _evaluate(signature.return_annotation, what, stub, names)
    # Callers do not pass what the call allocates.
    passed = [parameter for parameter, kind in zip(signature.parameters.values(), argtypes, strict=True)
              if kind is ... or kind.kind != "out"]
    signature = signature.replace(parameters=passed)
    named = [parameter for parameter in passed if parameter.kind is not parameter.VAR_POSITIONAL]
    return Stub(
        stub.__name__, restype, tuple(argtypes), tuple(parameter.name for parameter in named),
        tuple(parameter.default for parameter in named if parameter.default is not parameter.empty),
        inspect.getdoc(stub), signature)


def by_position(convert: dict[Any, Any], names: Sequence[str], function: str) -> dict[Any, Any]:
    """Return converters by the position of what they are for."""
    found: dict[Any, Any] = {}
    for place, converter in convert.items():
        if isinstance(place, str) and place not in names:
            raise ValueError(f"convert: {function}() has no parameter {place!r}")
        found[names.index(place) if isinstance(place, str) else place] = converter
    return found


def _evaluate(annotation: object, what: str, stub: Any, names: Mapping[str, object]) -> Type:
    if isinstance(annotation, str):
        text = annotation
        try:
            annotation = eval(text, stub.__globals__, dict(names))
        except MemoryError:
            raise
        except Exception as error:
            raise DeclarationError(f"{what}: cannot evaluate the annotation {text!r}: {error}") from error
    if annotation is None:
        return c.void
    # Annotated[float, c.double] says both: the Python type to type checkers, the C type to us. Pointers need not.
    known = _type_said(annotation)
    if known is None and (meant := _type_meant(annotation, {**stub.__globals__, **names})) and meant.kind == "pointer":
        known = meant
    if known is None:
        raise TypeError(f"{what}: expected a libffi type such as c.double, got {annotation!r}")
    return known


def read_attribute(cls: type, name: str) -> tuple[Type, list[Type]] | None:
    """Return result and parameters of `name: Function[[...], ...]` in a class, or None if it has no such annotation."""
    annotation: object = inspect.get_annotations(cls).get(name)
    names: dict[str, Any] = {**vars(sys.modules[cls.__module__]), **vars(cls)} if cls.__module__ in sys.modules else {}
    what = f"{cls.__name__}.{name}"
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, names)
        except MemoryError:
            raise
        except Exception as error:
            raise DeclarationError(f"{what}: cannot evaluate the annotation {annotation!r}: {error}") from error
    if getattr(annotation, "__origin__", None) is not Function:
        return None
    parameters, result = annotation.__args__  # type: ignore[attr-defined]
    if parameters is ...:
        return None
    types: list[Type] = []
    for said in (*parameters, c.void if result is None else result):
        if (meant := _type_meant(said, names)) is None:
            raise TypeError(f"{what}: expected a libffi type, Annotated[..., T], Pointer[...], float, int, bool, str "
                            f"or bytes, got {said!r}")
        types.append(meant)
    return types[-1], types[:-1]
