"""The Lisp's way to C. All of it is libffi: types are its types, foreign functions its functions.

    (library "m")                                   a shared library; (library) is the process
    (foreign lib "pow" 'double '(double double))    a C function; 'errno as last makes -1 an error
    (callback 'int '(pointer pointer) f)            a C function pointer that calls f
    (new '(array int 3) (list 1 2 3))               C memory;  (get m) its value, (put! m v)
    (ref p i)  (set-ref! p i v)                     an item of an array or pointer
    (field s 'x)  (set-field! s 'x v)               a field of a struct

A type is a symbol of libffi.c (`int`, `double`, `string` ...) or (pointer T), (array T n),
(struct name (field T) ...), (function T (T ...)), (out T).
"""
import errno
import os
from typing import Any

from lisp import LispError, Symbol, symbol

import libffi
from libffi import CIF, Library, c


def ctype(spelling) -> Any:
    """Return the libffi.Type that a Lisp type stands for."""
    match spelling:
        case libffi.Type():
            return spelling
        case Symbol() if isinstance(getattr(c, spelling, None), libffi.Type):
            return getattr(c, spelling)
        case ["pointer", item]:
            return c.ptr(ctype(item))
        case ["out", item]:
            return c.out(ctype(item))
        case ["array", item, length]:
            return c.array(ctype(item), length)
        case ["struct", name, *fields]:
            return c.struct(str(name), [(str(field), ctype(item)) for field, item in fields])
        case ["function", result, arguments]:
            return c.func(signature(result, arguments))
    raise LispError(f"{spelling} is no type")


def signature(result, arguments):
    return CIF(ctype(result), [... if item == "..." else ctype(item) for item in arguments])


def library(name=None):
    return Library(name)


def raise_errno(result, function, arguments):
    """Make C's way to report an error an error."""
    if result == -1:
        number = libffi.get_errno()
        code = errno.errorcode.get(number, "?")
        raise OSError(number, f"{function.name}: {code}, {os.strerror(number)}")
    return result


def foreign(library, name, result, arguments, *options):
    cif = signature(result, arguments)
    checked = {"errno": True, "errcheck": raise_errno} if "errno" in options else {}
    return library.function(str(name), cif.restype, [*cif.argtypes, ...] if cif.variadic else cif.argtypes, **checked)


def callback(result, arguments, procedure):
    return signature(result, arguments).closure(procedure)


def new(spelling, *value):
    return ctype(spelling).new(*value)


def get(memory):
    return memory.value


def put(memory, value):
    memory.value = value


def set_ref(items, index, value):
    items[index] = value


def cast(spelling, address):
    """View an address as a pointer of another type."""
    return ctype(spelling)(libffi.addressof(address) if isinstance(address, libffi.Memory) else address)


BUILTINS = {
    "library": library, "foreign": foreign, "callback": callback, "new": new, "cast": cast,
    "get": get, "put!": put,
    "ref": lambda items, index: items[index], "set-ref!": set_ref, "items": list,
    "field": lambda struct, name: getattr(struct, name),
    "set-field!": lambda struct, name, value: setattr(struct, name, value),
    "sizeof": lambda spelling: ctype(spelling).size, "close": lambda thing: thing.close(),
    "type": ctype, "errno-name": lambda error: symbol(errno.errorcode.get(error.errno, "?")),
}
