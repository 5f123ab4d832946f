"""Library: a loaded shared object, with what was declared of it as attributes."""
import os
import sys
from _thread import RLock

from libffi import _ffi

# Annotations are text, and what is rarely needed is imported there: programs wait for what is imported here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Literal, Unpack

    from libffi import CIF, Function, Type
    from libffi._ffi import Declared, MakeFunction, _FunctionOptions
    from libffi._reader import Declarations, Text


# Flags of dlopen, or LoadLibraryExW's. What is opened without any has the second one: LOAD_LIBRARY_SEARCH_DEFAULT_DIRS.
_LOCAL: int = getattr(os, "RTLD_LOCAL", 0)
_NOW: int = getattr(os, "RTLD_NOW", 0x1000)


class Library(_ffi.LoadedLibrary):
    """Load a shared library by short name ("m"), soname or path; None is the process itself.

    `mode` has flags of dlopen, such as os.RTLD_GLOBAL; without one it is os.RTLD_NOW and local. On Windows it has
    those of LoadLibraryExW; without one the system's folders and those of os.add_dll_directory() are searched.

    A class that extends it may annotate functions, `atoi: Function[[str], int]`, which then are attributes.
    """

    # Slots are attributes of the class: no declared name can take their place.
    __slots__ = ("__dict__", "_declarations", "_lock", "_name")

    _name: str | None
    _declarations: "Declarations | None"

    def __init__(self, name: "str | os.PathLike[str] | None" = None, *, mode: int = _LOCAL) -> None:
        """Load a library, trying what its name may stand for."""
        if name is not None:
            name = os.fspath(name)
            if not isinstance(name, str):
                raise TypeError(f"Library() name: expected str, a path or None, got {type(name).__name__}")
            if not name or "\0" in name:
                raise ValueError(f"Library() name: {name!r} names no library")
        self._name = name
        self._declarations = None
        self._lock = RLock()
        if name is None:
            super().__init__(None, mode)
        else:
            self._open(name, mode)

    def _open(self, name: str, mode: int) -> None:
        from libffi._search import candidates, in_script

        tried: list[str] = []
        waiting = candidates(name)
        scripts: set[str] = set()
        objects: list[list[str]] = []
        while (candidate := next(waiting, None)) is not None:
            try:
                super().__init__(candidate, mode)
                if any(candidate in names for names in objects):    # of a script, which may name others
                    self._beside(_first_of_each([names for names in objects if candidate not in names], mode))
                return
            except _ffi.LibraryNotFound as error:
                why = str(error).removeprefix(f"{candidate}: ")
                file = str(error).rpartition(": ")[0] if "ELF" in why or "too short" in why else candidate
                if "/" in file and file not in scripts and (linked := in_script(file)):     # such as libc.so
                    scripts.add(file)
                    from itertools import chain

                    objects += linked
                    waiting = chain(*linked, waiting)
                    continue
                absent = "no such file" in why.lower() and "cannot open shared object file" in why
                tried.append(candidate if absent else f"{candidate} ({why})")
        raise _ffi.LibraryNotFound(f"library {name!r} not found, tried: {', '.join(tried)}")

    @property
    def name(self) -> str | None:
        """Return the name that the library was asked for, None for the process."""
        return self._name

    if TYPE_CHECKING:

        @property
        def function(self) -> "MakeFunction": ...  # type: ignore[override]

    else:

        def function(
            self,
            name: "Callable[..., object] | str | None" = None,
            restype: "Type | None" = None,
            argtypes: "Iterable[Any] | None" = None,
            **options: "Any",
        ) -> "Any":
            """Return a function of the library; without a signature, decorate an annotated stub.

            A result type of None with argument types is void. Options: `abi=`, `gil="hold"`,
            `errno=True`, `errcheck=`, `convert=`; CIF.bind says what they do. `version=` is the symbol's.
            """
            if restype is not None or argtypes is not None:
                from libffi import c

                symbol: Any = name  # of the wrong type: an error of the core's
                result = c.void if restype is None else restype
                function = super().function(symbol, result, () if argtypes is None else argtypes, **options)
                return _ffi._describe(function, module=sys._getframe(1).f_globals.get("__name__"))
            if name is not None and not isinstance(name, str):
                return self._from_stub(name, None, options)

            def decorate(stub: "Callable[..., object]") -> "Function":
                return self._from_stub(stub, name, options)

            return decorate

    def _function_of(self, symbol: str, cif: "CIF", **options: "Any") -> "Function":
        """Return the function of a signature that was made before."""
        argtypes: list[Any] = [*cif.argtypes, ...] if cif.variadic else [*cif.argtypes]
        return super().function(symbol, cif.restype, argtypes, **options)

    def _from_stub(
        self, stub: "Callable[..., object]", name: str | None, options: "dict[str, Any]"
    ) -> "Function":
        from libffi._stubs import by_position, read_stub

        # Annotations kept as text may name what is local to the caller.
        read = read_stub(stub, sys._getframe(2).f_locals)
        if isinstance(options.get("convert"), dict):
            options = {**options, "convert": by_position(options["convert"], read.parameters, read.name)}
        function = super().function(name or read.name, read.restype, read.argtypes, **options)
        return _ffi._describe(
            function, parameters=read.parameters, defaults=read.defaults, doc=read.doc, signature=read.signature,
            module=stub.__module__, qualname=stub.__qualname__)

    def declare(
        self, text: str, *, partial: bool = False, strings: 'Literal["text", "bytes", "pointer"]' = "text",
        classes: "Mapping[str, type[_ffi.Struct]] | None" = None, **options: "Unpack[_FunctionOptions]",
    ) -> None:
        """Make attributes of what C declarations name; options are those of functions.

        Either all of the text is declared, or an error is raised and nothing has changed.
        With `partial`, for preprocessed headers (`cc -E -P`), what cannot be had is left
        out, and who asks for it is told why. `strings` says what `const char *` becomes:
        c.string ("text"), c.bytes ("bytes") or c.ptr(c.char, const=True) ("pointer"), for
        what is binary, or not as long as its first NUL says. `classes` gives structs and
        unions, by tag or typedef, classes of one's own: `{"point": Point}` with a
        `class Point(Struct)` that leaves its fields to the text, or has the same.
        """
        from libffi._reader import Text

        self._declare(Text(text, partial, strings, options, dict(classes or {})))

    def _declare(self, text: "Text") -> "dict[str, Any]":
        """Declare a text; return its objects."""
        from libffi._reader import Declarations

        with self._lock:
            declarations = self._declarations or Declarations()
            found = declarations.add(self, text)
            for name, value in found.items():
                if not hasattr(type(self), name):
                    self.__dict__[name] = value
            self._declarations = declarations
        return found

    def __getitem__(self, name: str) -> "Declared":
        """Return what was declared under a name, also one that is a method's or "struct tag"."""
        if self._declarations is None or name not in self._declarations.objects:
            raise KeyError(f"{self._title()} has no declared name {name!r}{self._why_not(name)}")
        declared: Declared = self._declarations.objects[name]
        return declared

    def _why_not(self, name: str) -> str:
        tag = name.removeprefix("struct ").removeprefix("union ").removeprefix("enum ")
        reason = self._declarations.left_out.get(tag) if self._declarations is not None else None
        return f": {reason}" if reason else ""

    def __contains__(self, name: object) -> bool:
        return self._declarations is not None and name in self._declarations.objects

    def __getattr__(self, name: str) -> "Declared":
        if name in ("name", "_name", "_declarations"):  # __init__ has not run
            raise AttributeError(name)
        if type(self) is not Library and (function := self._annotated(name)) is not None:
            return self.__dict__.setdefault(name, function)  # type: ignore[no-any-return]
        raise AttributeError(
            f"{self._title()} has no declared name {name!r}"
            + (self._why_not(name) or "; declare it or use .function"),
            name=name, obj=self,
        )

    def _annotated(self, name: str) -> "Function | None":
        """Return the function that a class of one's own annotates, or None."""
        from libffi._stubs import read_attribute

        for cls in type(self).__mro__[:type(self).__mro__.index(Library)]:
            if (read := read_attribute(cls, name)) is not None:
                restype, argtypes = read
                return _ffi._describe(super().function(name, restype, argtypes), module=cls.__module__)
        return None

    def __setattr__(self, name: str, value: "Any") -> None:
        if isinstance(self.__dict__.get(name), _ffi.Memory):
            raise AttributeError(f"{name!r} is a C variable: assign to its .value", name=name, obj=self)
        super().__setattr__(name, value)

    def _title(self) -> str:
        return "the process" if self.name is None else f"library {self.name!r}"

    def __repr__(self) -> str:
        path = f" ({os.fsdecode(self.path)})" if self.path is not None and self.path != self.name else ""
        return f"<libffi.Library {self.name!r}{path}{', closed' if self.closed else ''}>"

    def __reduce__(self) -> "Any":
        texts = [] if self._declarations is None else self._declarations.texts
        return rebuild_library, (self.name, texts, self.mode)


def _first_of_each(names_of_objects: "list[list[str]]", mode: int) -> "list[_ffi.LoadedLibrary]":
    """Load what is found of a linker script's other objects; what is not may still not be asked for."""
    loaded = []
    for names in names_of_objects:
        for name in names:
            try:
                loaded.append(_ffi.LoadedLibrary(name, mode))
                break
            except _ffi.LibraryNotFound:
                pass
    return loaded


# By name, so that many unpickled functions share one library.
_libraries: "dict[tuple[str | None, int], Library]" = {}


def shared_library(name: str | None, mode: int = _NOW) -> "Library":
    """Return the library that unpickled functions of that name share."""
    key = name, mode
    library = _libraries.get(key)
    if library is None:
        library = _libraries.setdefault(key, Library(name, mode=mode))  # another thread may have been faster
    if library.closed:
        library = _libraries[key] = Library(name, mode=mode)
    return library


def rebuild_function(
    name: str | None, symbol: str, cif: "CIF", options: "dict[str, Any]", mode: int, description: "dict[str, Any]"
) -> "Function":
    """Return a function again in another process."""
    sys.audit("libffi.unpickle", name, symbol)
    function = shared_library(name, mode)._function_of(symbol, cif, abi=cif.abi, **options)
    return _ffi._describe(function, **description)


def _reduce_function(
    library: "Library", symbol: str, cif: "CIF", options: "dict[str, Any]", description: "dict[str, Any]"
) -> "tuple[Any, ...]":
    return rebuild_function, (library.name, symbol, cif, options, library.mode, description)


_ffi.set_function_reducer(_reduce_function)


def _declared(library: "Library", text: str) -> "dict[str, Any]":
    """Return what a text declares of a library (for the C API)."""
    from libffi._reader import Text

    return library._declare(Text(text, False, "text", {}))


_ffi.set_library(Library, _declared)


def rebuild_library(
    name: str | None, texts: "list[Text]", mode: int
) -> "Library":
    """Return a library with its declarations again in another process."""
    sys.audit("libffi.unpickle", name, None)
    library = Library(name, mode=mode)
    for text in texts:
        library.declare(text.text, partial=text.partial, strings=text.strings, classes=text.classes, **text.options)
    return library
