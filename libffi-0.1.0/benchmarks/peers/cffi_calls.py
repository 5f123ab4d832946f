"""What both modes of cffi have in common; both release the GIL."""
from functools import partial

from benchmarks.values import MIXED, REPEAT, SIX, SORT, TEXT, characters, doubles, fresh


def calls(ffi, lib):
    """Spell the calls of a cffi library."""
    point = ffi.new("point *", (1.0, 2.0))
    return {
        "add": ("f(20, 22)", {"f": lib.add}),
        "half": ("f(1.5)", {"f": lib.half}),
        "strlen": ("f(text)", {"f": lib.strlen, "text": TEXT}),
        "nop": ("f()", {"f": lib.nop}),
        "six": (SIX, {"f": lib.six}),
        "mixed": (MIXED, {"f": lib.mixed}),
        "turn": ("f(p)", {"f": lib.turn, "p": point[0], "owner": point}),
        "total": ("f(view(doubles, a), 4)",
                  {"f": lib.total, "view": ffi.from_buffer, "a": doubles(),
                   "doubles": ffi.typeof("double[]")}),
        "poke": ("f(view(text), 65)",
                 {"f": lib.poke, "view": ffi.from_buffer, "text": characters()}),
        "snprintf": ("f(text, 64, b'%d', cast(int_type, 42))",
                     {"f": lib.snprintf, "text": ffi.new("char[64]"), "cast": ffi.cast,
                      "int_type": ffi.typeof("int")}),
        "greeting": ("string(f(1)).decode()", {"f": lib.greeting, "string": ffi.string}),
        "divide": ("f(17, 5, r := new(int_type)), r[0]",
                   {"f": lib.divide, "new": ffi.new, "int_type": ffi.typeof("int *")}),
    }


def callbacks(ffi, lib, callback, compare):
    """Spell the callbacks of a cffi library."""
    return {
        "released": (REPEAT, {"f": lib.repeat, "callback": callback}),
        "thread": (REPEAT, {"f": lib.repeat_in_thread, "callback": callback}),
        "qsort": (SORT, {"f": lib.sort, "view": partial(ffi.from_buffer, ffi.typeof("int[]")),
                         "fresh": fresh, "compare": compare}),
    }
