"""What modules made by `python -m libffi bindgen` run on: tables of text, of which each name is read at its first use.

A table has a line for each name, in Python's syntax with the names of `libffi.c`:

    functions    deflate(strm=ptr(z_stream), flush=int) -> int
    types        z_stream = struct z_stream_s(next_in=ptr(uchar), avail_in=uint, ...)
                 handle = struct sqlite3
                 level = enum(uint, FAST=1, BEST=9)
                 alloc_func = func(pointer, [pointer, uint, uint])
    constants    Z_OK = 0
    variables    environ = ptr(ptr(char))
    macros       deflateBound2(n=number) -> ulong = call(compressBound, n + 5)
    getters      zlib_version = @libffi_shim_zlib_version string
    left_out     gzerror2 = libz.so.1 has no symbol 'gzerror2'

`name@symbol` stands where the library calls it otherwise, and a macro's other name is `name = function`. A calling
convention that is not C's own stands behind a function's result, as in `-> int by STDCALL`, and last in a `func()`.
Nothing here imports a compiler's or a parser's parts: an import costs what reading the text costs.
"""
import os
from _thread import RLock

from libffi import ABI, CIF, Library, LibraryNotFound, Struct, SymbolNotFound, Type, _ffi, c, features
from libffi._ffi import scalars

TYPE_CHECKING = False       # importing typing would cost more than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

SHIM = "libffi_shim_"       # what the symbols of shims begin with
_MEMORY = "_memory"         # what the names of classes of memory end with


def abi() -> str:
    """Return what a machine must have in common with that of a module's making."""
    import sys

    facts = features()
    system = {"win32": "Windows", "darwin": "macOS"}.get(sys.platform, sys.platform.capitalize())
    return (f"{system}, {8 * facts['pointer_size']}-bit {facts['byteorder']}-endian, long of {c.long.size} bytes, "
            f"long double {facts['long_double']}, {'signed' if facts['char_signed'] else 'unsigned'} char, "
            f"wchar_t of {c.wchar_t.size} bytes")


class Bindings:
    """The names of a generated module, made when they are asked for."""

    def __init__(
        self, module: "dict[str, Any]", *, libraries: "Iterable[str | None]", version: str, abi: str,
        functions: str = "", types: str = "", constants: str = "", variables: str = "", left_out: str = "",
        getters: str = "", macros: str = "", docs: str = "", shim: str | None = None,
    ) -> None:
        """Take the tables; refuse a machine that they were not made for."""
        here = globals()["abi"]()
        if here != abi:
            raise ImportError(
                f"{module['__name__']} was made for {abi}; this is {here}. Make it again here: "
                "its first lines say how", name=module["__name__"])
        self._module = module
        self._names = tuple(libraries)
        self._version = version
        self._tables = {
            "macros": macros, "getters": getters, "left_out": left_out, "variables": variables,
            "constants": constants, "types": types, "functions": functions}     # of equal names the last one counts
        self._shim_name = shim
        self._shim: Library | None = None
        self._docs_text = docs
        self._docs: dict[str, str] | None = None
        self._index: dict[str, tuple[str, str]] | None = None
        self._lock = RLock()
        self._libraries: list[Library] = []
        self._made: dict[str, Any] = {}
        self._enum_types: dict[Any, Type] = {}
        self._undefined: dict[Type, str] = {}   # structs whose members have not been read
        self._scope = _Scope(self)

    # What the module's __getattr__ and __dir__ are.

    def get(self, name: str) -> "Any":
        """Return what a name stands for: a function, a type, a constant or a variable's memory."""
        if name == "__all__":
            return [name for name in self.names() if not name.startswith("_")]
        if name.startswith("__") and name.endswith("__") and name not in self._entries():
            raise AttributeError(f"module {self._module['__name__']!r} has no attribute {name!r}")
        with self._lock:
            value = self._resolve(name)
            self._define_structs()
            if self._entries().get(name, ("",))[0] == "getters":
                return value()      # whatever it is by now
            self._module[name] = value
        return value

    def names(self) -> list[str]:
        """Return the names in their order: what `dir()` shows."""
        return sorted({*self._module, *(name for name, (table, _) in self._entries().items() if table != "left_out")})

    def _entries(self) -> dict[str, tuple[str, str]]:
        if self._index is None:
            index: dict[str, tuple[str, str]] = {}
            for table, text in self._tables.items():
                for line in text.splitlines():
                    if table == "macros":
                        name, _, rest = line.partition("(")
                    elif table == "functions":
                        name, sign, rest = line.partition("(")
                        if " = " in name:
                            name, sign, rest = line.partition(" = ")
                        elif "@" in name:
                            name, _, symbol = name.partition("@")
                            rest = f"@{symbol}({rest}"
                    else:
                        name, _, rest = line.partition(" = ")
                        if "@" in name:
                            name, _, symbol = name.partition("@")
                            rest = f"@{symbol} {rest}"
                    if name:
                        index[name] = table, rest
            self._index = index
        return self._index

    def _resolve(self, name: str) -> "Any":
        if name in self._made:
            return self._made[name]
        table, text = self._entries().get(name, ("", ""))
        if table == "functions":
            value = self._function(name, text)
        elif table == "types":
            return self._type(name, text)
        elif table == "constants":
            value = self._read(text)
        elif table == "variables":
            value = self._variable(name, text)
        elif table == "getters":
            symbol, _, kind = text[1:].partition(" ")
            value = self._find(symbol)[0].function(symbol, self._by_value(self._read(kind)))
        elif table == "macros":
            value = self._macro(name, text)
        elif name.endswith(_MEMORY) and self._entries().get(name.removesuffix(_MEMORY), ("",))[0] == "types":
            return self._memory_class(name, name.removesuffix(_MEMORY))
        else:
            title = f"module {self._module['__name__']!r} has no attribute {name!r}"
            raise AttributeError(f"{title}: {text}" if table else title, name=name)
        self._made[name] = value
        return value

    def _read(self, text: str) -> "Any":
        return eval(text, _NO_BUILTINS, self._scope)

    def _memory_class(self, name: str, struct: str) -> "Any":
        """Return the class of a struct's memory, as the stub calls it for annotations."""
        kind = self._by_value(self._resolve(struct))
        if kind.kind not in ("struct", "union"):
            raise AttributeError(f"module {self._module['__name__']!r} has no attribute {name!r}", name=name)
        return type(kind.new()) if kind.size is not None else Struct

    # Functions and variables.

    def _function(self, name: str, text: str) -> "Any":
        if ") -> " not in text:
            return self._resolve(text)      # another name of it
        symbol, restype, parameters, convention = self._signature(name, text)
        library, _ = self._find(symbol)
        function = library.function(symbol, restype, parameters.values(), abi=convention)
        return _ffi._describe(function, doc=self._doc(name), signature=_signature(parameters),
                              module=self._module["__name__"], qualname=name)

    def _macro(self, name: str, text: str) -> "Any":
        from libffi import _macros

        head, _, expression = text.partition(" = ")
        arguments, arrow, result = head.partition(") -> ")
        parameters: dict[str, Any] = self._read(f"macro_parameters({arguments if arrow else arguments[:-1]})")
        restype = self.as_type(self._read(result)) if result else None
        resolve = self._scope.__getitem__
        function: Any = _macros.function_of(name, parameters, expression, restype, resolve, self.as_type)
        function.__module__ = self._module["__name__"]
        function.__doc__ = self._doc(name)
        function.__signature__ = _signature(parameters)
        return function

    def _signature(self, name: str, text: str) -> "tuple[str, Type, dict[str, Any], ABI | None]":
        """Return a function's symbol, result type, parameters and convention; no library is asked."""
        symbol = name
        if text[:1] == "@":
            symbol, _, text = text[1:].partition("(")
        arguments, _, result = text.rpartition(") -> ")
        result, _, convention = result.partition(" by ")
        parameters = self._read(f"parameters({arguments})")
        return symbol, self._by_value(self._read(result)), parameters, _convention(convention)

    def _variable(self, name: str, text: str) -> "Any":
        symbol = name
        if text[:1] == "@":
            symbol, _, text = text[1:].partition(" ")
        const = text.startswith("const ")
        kind = self._by_value(self._read(text.removeprefix("const ")))
        library, address = self._find(symbol)
        if kind.kind == "array" and not kind.length:    # of unknown length
            return c.ptr(kind.item, const=const)(address)
        return library.variable(symbol, kind, const=const)

    def _find(self, symbol: str) -> tuple[Library, int]:
        """Return the library that has a symbol, loading one after the other."""
        if symbol.startswith(SHIM):
            shim = self._load_shim()
            return shim, shim.symbol(symbol)
        first: SymbolNotFound | None = None
        for position in range(len(self._names)):
            library = self._library(position)
            try:
                return library, library.symbol(symbol)
            except SymbolNotFound as error:
                first = first or error
        if first is None:
            raise SymbolNotFound(f"{self._module['__name__']} was made without a library that has {symbol!r}")
        raise SymbolNotFound(f"{first} ({self._module['__name__']} was made with {self._version})") from None

    def _library(self, position: int) -> Library:
        while len(self._libraries) <= position:
            name = self._names[len(self._libraries)]
            self._libraries.append(Library(self._path(name)))
        return self._libraries[position]

    def _load_shim(self) -> Library:
        if self._shim is None:
            from importlib.machinery import EXTENSION_SUFFIXES

            stem = os.path.join(os.path.dirname(self._module.get("__file__") or ""), self._shim_name or "")
            paths = [stem + suffix for suffix in dict.fromkeys((".so", *EXTENSION_SUFFIXES))]
            path = next((path for path in paths if os.path.exists(path)), None)
            if path is None:
                raise LibraryNotFound(
                    f"{self._module['__name__']} needs its shim for this: compile {self._shim_name}.c to "
                    f"{os.path.basename(paths[0])} beside it (libffi.shim does so in a setup.py)")
            for position in range(len(self._names)):
                self._library(position)     # what the shim calls is the same library, wherever that lies
            self._shim = Library(os.path.abspath(path))
        return self._shim

    def _path(self, name: str | None) -> str | None:
        """Return a library that lies beside the module in place of the system's."""
        folder = os.path.dirname(self._module.get("__file__") or "")
        if name is not None and folder:
            beside = os.path.join(folder, name)
            if os.path.exists(beside):
                return beside
        return name

    def _doc(self, name: str) -> str | None:
        if self._docs is None:
            blocks = ("\n" + self._docs_text).split("\n@")[1:]
            self._docs = {name: text.strip("\n") for name, _, text in (block.partition("\n") for block in blocks)}
        return self._docs.get(name)

    # Types. A struct may point to itself and to those that come after it: each is made without its members, which
    # follow when it is used by value, or when what was asked for is there.

    def _type(self, name: str, text: str) -> "Any":
        kind, _, rest = text.partition(" ")
        if kind in ("struct", "union"):
            tag, parenthesis, members = rest.partition("(")
            made: Any = (c.struct if kind == "struct" else c.union)(tag)
            if parenthesis:
                self._undefined[made] = members
        elif text.startswith(("enum(", "flag(")):
            made = self._enum(name, text)
        else:
            made = self._read(text)
        self._made[name] = made
        return made

    def _enum(self, name: str, text: str) -> "Any":
        import enum

        base, members = self._read(f"enumeration{text[4:]}")
        make: Any = enum.IntEnum if text.startswith("enum") else enum.IntFlag
        made = make(name, members, module=self._module["__name__"], qualname=name)
        made.__doc__ = self._doc(name) or f"C's enum {name}."
        self._enum_types[made] = c.enum(made, base=base)
        return made

    def as_type(self, value: "Any") -> "Any":
        """Return the type that stands in a signature; an enum's public name is its class."""
        return self._enum_types.get(value, value) if isinstance(value, type) else value

    def _by_value(self, value: "Any") -> "Any":
        kind = self.as_type(value)
        if kind in self._undefined:
            self._define(kind)
        return kind

    def _define(self, kind: Type) -> None:
        members, options = self._read(f"members({self._undefined.pop(kind)}")
        kind.define(members, **options)

    def _define_structs(self) -> None:
        while self._undefined:
            self._define(next(iter(self._undefined)))


_NO_BUILTINS: "dict[str, Any]" = {"__builtins__": {}}


class _Scope(dict):  # type: ignore[type-arg]
    """The names that the tables may use: those of `libffi.c`, and the module's own."""

    def __init__(self, bindings: Bindings) -> None:
        by_value, as_type = bindings._by_value, bindings.as_type

        def members(*pairs: "Any", _pack_: int = 0, _align_: int = 0, **fields: "Any") -> "Any":
            options = {"_pack_": _pack_, "_align_": _align_}
            found = [(name, by_value(kind), *more) for name, kind, *more in (*pairs, *fields.items())]
            return found, {name: value for name, value in options.items() if value}

        def nameless(make: "Callable[..., Type]") -> "Callable[..., Type]":
            def made(*pairs: "Any", **fields: "Any") -> Type:
                found, options = members(*pairs, **fields)
                return make("", found, **options)
            return made

        super().__init__(
            scalars, inf=float("inf"), nan=float("nan"), own=bindings._resolve,
            ptr=lambda item, const=False: c.ptr(as_type(item), const=const),
            array=lambda item, length: c.array(by_value(item), length),
            va_list=c.va_list, vector=c.vector,
            bits=lambda base, width, packed=False: c.bits(as_type(base), width, packed), exact=c.exact,
            func=lambda result, arguments, convention="": c.func(
                CIF(by_value(result), [by_value(kind) for kind in arguments], abi=_convention(convention))),
            struct=nameless(c.struct), union=nameless(c.union), members=members,
            number=None, macro_parameters=lambda **kinds: kinds,
            parameters=lambda **kinds: {name: by_value(kind) for name, kind in kinds.items()},
            enumeration=lambda base, **values: (base, values),
            value=lambda kind, data: by_value(kind).read(data),
            **{"True": True, "False": False},
        )
        self._bindings = bindings

    def __missing__(self, name: str) -> "Any":
        return self._bindings._resolve(name)


def _convention(name: str) -> "ABI | None":
    return ABI[name] if name else None


def _signature(parameters: "dict[str, Any]") -> "Any":
    import inspect

    return inspect.Signature([
        inspect.Parameter(name, inspect.Parameter.VAR_POSITIONAL if kind is ... else inspect.Parameter.POSITIONAL_ONLY)
        for name, kind in parameters.items()])


__all__ = ["Bindings", "LibraryNotFound", "abi"]
