"""ctypes, with argtypes set: CDLL releases the GIL, PyDLL holds it."""
import ctypes
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_int, c_size_t, c_void_p

from benchmarks import building
from benchmarks.values import (
    COUNT,
    MIXED,
    REPEAT,
    SIX,
    SORT,
    TEXT,
    characters,
    compare_pointers,
    doubles,
    fresh,
    on_pair,
)

NAME = "ctypes"


class Point(ctypes.Structure):
    """The struct of bench.h."""

    _fields_ = [("x", c_double), ("y", c_double)]


def calls():
    """Spell the calls through CDLL and through PyDLL."""
    path = building.bench_library()
    return {"ctypes": spell(ctypes.CDLL(path)), "ctypes, GIL held": spell(ctypes.PyDLL(path))}


def function(library, name, restype, *argtypes):
    """Take a function out of the library and set its types."""
    f = library[name]
    f.restype, f.argtypes = restype, argtypes
    return f


def spell(library):
    """Spell the calls the quickest way that ctypes has."""
    turn = function(library, "turn", Point, Point)
    total = function(library, "total", c_double, c_void_p, c_size_t)
    divide = function(library, "divide", c_int, c_int, c_int, POINTER(c_int))
    return {
        "add": ("f(20, 22)", {"f": function(library, "add", c_int, c_int, c_int)}),
        "half": ("f(1.5)", {"f": function(library, "half", c_double, c_double)}),
        "strlen": ("f(text)",
                   {"f": function(library, "strlen", c_size_t, c_char_p), "text": TEXT}),
        "nop": ("f()", {"f": function(library, "nop", None)}),
        "six": (SIX, {"f": function(library, "six", c_int, *[c_int] * 6)}),
        "mixed": (MIXED, {"f": function(library, "mixed", c_double, *[c_int, c_double] * 4)}),
        "turn": ("f(p)", {"f": turn, "p": Point(1.0, 2.0)}),
        "total": ("f(a.ctypes.data, 4)", {"f": total, "a": doubles()}),
        "poke": ("f(view(text), 65)",
                 {"f": function(library, "poke", c_int, c_char_p, c_int),
                  "view": (c_char * 64).from_buffer, "text": characters()}),
        "snprintf": ("f(text, 64, b'%d', 42)",
                     {"f": function(library, "snprintf", c_int, c_char_p, c_size_t, c_char_p),
                      "text": ctypes.create_string_buffer(64)}),
        "greeting": ("f(1).decode()", {"f": function(library, "greeting", c_char_p, c_int)}),
        "divide": ("f(17, 5, byref(r := c_int())), r.value",
                   {"f": divide, "byref": byref, "c_int": c_int}),
    }


def callbacks():
    """Spell the callbacks; the library holds the GIL in the row named so."""
    path = building.bench_library()
    released, held = ctypes.CDLL(path), ctypes.PyDLL(path)
    pair = ctypes.CFUNCTYPE(c_int, c_int, c_int)
    pair_held = ctypes.PYFUNCTYPE(c_int, c_int, c_int)
    pointers = ctypes.CFUNCTYPE(c_int, POINTER(c_int), POINTER(c_int))
    sort = function(released, "sort", None, POINTER(c_int), c_size_t, pointers)
    return {NAME: {
        "held": (REPEAT, {"f": function(held, "repeat", c_int, pair_held, c_int),
                          "callback": pair_held(on_pair)}),
        "released": (REPEAT, {"f": function(released, "repeat", c_int, pair, c_int),
                              "callback": pair(on_pair)}),
        "thread": (REPEAT, {"f": function(released, "repeat_in_thread", c_int, pair, c_int),
                            "callback": pair(on_pair)}),
        "qsort": (SORT, {"f": sort, "view": (c_int * COUNT).from_buffer, "fresh": fresh,
                         "compare": pointers(compare_pointers)}),
        "make": ("make(on_pair)", {"make": pair, "on_pair": on_pair}),
    }}
