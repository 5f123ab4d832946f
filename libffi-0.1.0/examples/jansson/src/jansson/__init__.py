"""JSON by jansson: what json.loads and json.dumps of Python do, done by C.

`binding` is what bindgen made of jansson.h. json_decref() and its like are inline functions: they are in the shim.
"""
from libffi import Pointer, c

from . import binding as lib
from .binding import json_t_memory

__all__ = ["VERSION", "dumps", "loads"]
VERSION = lib.JANSSON_VERSION


def loads(text: str) -> object:
    """Return the value of a JSON text; ValueError says what is wrong, and where."""
    error = lib.json_error_t.new()
    root = lib.json_loads(text, lib.JSON_DECODE_ANY, error)
    if not root:
        message = bytes(error.text).partition(b"\0")[0].decode()
        raise ValueError(f"line {error.line}, column {error.column}: {message}")
    try:
        return _value(root)
    finally:
        lib.json_decref(root)


def dumps(value: object, indent: int = 0) -> str:
    """Return a value as JSON."""
    root = _json(value)
    try:
        flags = lib.JSON_ENCODE_ANY | lib.JSON_INDENT(indent)
        size = lib.json_dumpb(root, None, 0, flags)
        text = c.array(c.char, size).new()
        lib.json_dumpb(root, text, size, flags)
        return bytes(text).decode()
    finally:
        lib.json_decref(root)


def _value(json: Pointer[json_t_memory]) -> object:
    """Return what a value of jansson's is in Python."""
    match json[0].type:
        case lib.JSON_OBJECT:
            found = {}
            at = lib.json_object_iter(json)
            while at:
                found[lib.json_object_iter_key(at)] = _value(lib.json_object_iter_value(at))
                at = lib.json_object_iter_next(json, at)
            return found
        case lib.JSON_ARRAY:
            return [_value(lib.json_array_get(json, index)) for index in range(lib.json_array_size(json))]
        case lib.JSON_STRING:
            return lib.json_string_value(json)
        case lib.JSON_INTEGER:
            return lib.json_integer_value(json)
        case lib.JSON_REAL:
            return lib.json_real_value(json)
        case lib.JSON_NULL:
            return None
    return json[0].type == lib.JSON_TRUE


def _json(value: object) -> Pointer[json_t_memory]:
    """Return a new value of jansson's, which the caller owns."""
    match value:
        case None:
            return lib.json_null()
        case bool():
            return lib.json_true() if value else lib.json_false()
        case int():
            return lib.json_integer(value)
        case float():
            return lib.json_real(value)
        case str():
            return lib.json_string(value)
        case list() | tuple():
            array = lib.json_array()
            for item in value:
                lib.json_array_append_new(array, _json(item))
            return array
        case dict():
            made = lib.json_object()
            for key, item in value.items():
                lib.json_object_set_new(made, key, _json(item))
            return made
    raise TypeError(f"{type(value).__name__} has no JSON")
