"""libffi, the package at hand: Function and Function.call, with the GIL held and released."""
from benchmarks import building
from benchmarks.values import (
    MIXED,
    REPEAT,
    SIX,
    TEXT,
    characters,
    compare_ints,
    compare_pointers,
    doubles,
    fresh,
    on_pair,
)

NAME = "libffi"
REF, REF_HELD = "libffi, c.ref arguments", "libffi, c.ref, gil=hold"


def calls():
    """Spell the calls of a Function and of its .call, for each treatment of the GIL."""
    building.package_folder("libffi")
    library, types = opened()
    ways = {}
    for gil in "hold", "release":
        functions = spell(library, types, gil)
        ways[f"libffi, gil={gil}"] = functions
        ways[f"libffi .call, gil={gil}"] = {
            key: (expression, {**names, "f": names["f"].call})
            for key, (expression, names) in functions.items()}
    return ways


def opened():
    """Open the library; give it and the namespace of types."""
    from libffi import Library, c
    return Library(str(building.bench_library())), c


def spell(library, c, gil):
    """Spell the calls of the functions."""
    def function(name, restype, *argtypes):
        return library.function(name, restype, list(argtypes), gil=gil)

    point = c.struct("point", x=c.double, y=c.double)
    own = class_of_ones_own(c)
    return {
        "add": ("f(20, 22)", {"f": function("add", c.int, c.int, c.int)}),
        "half": ("f(1.5)", {"f": function("half", c.double, c.double)}),
        "strlen": ("f(text)", {"f": function("strlen", c.size_t, c.bytes), "text": TEXT}),
        "nop": ("f()", {"f": function("nop", c.void)}),
        "six": (SIX, {"f": function("six", c.int, *[c.int] * 6)}),
        "mixed": (MIXED, {"f": function("mixed", c.double, *[c.int, c.double] * 4)}),
        "turn": ("f(p)", {"f": function("turn", point, point), "p": point.new(x=1.0, y=2.0)}),
        "total": ("f(a, 4)", {"f": function("total", c.double, c.ptr(c.double, const=True),
                                            c.size_t), "a": doubles()}),
        "poke": ("f(text, 65)",
                 {"f": function("poke", c.int, c.ptr(c.char), c.int), "text": characters()}),
        "snprintf": ("f(text, 64, '%d', 42)",
                     {"f": function("snprintf", c.int, c.ptr(c.char), c.size_t, c.string, ...),
                      "text": characters()}),
        "greeting": ("f(1)", {"f": function("greeting", c.string, c.int)}),
        "divide": ("f(17, 5)", {"f": function("divide", c.int, c.int, c.int, c.out(c.int))}),
        "turn, own class": ("f(p)", {"f": function("turn", own, own), "p": own(1.0, 2.0)}),
        "pointer": ("f(p, 2)", {"f": function("total", c.double, c.ptr(point), c.size_t), "p": point.new((1.0, 2.0))}),
        "pointer, own class": ("f(p, 2)", {"f": function("total", c.double, c.ptr(own), c.size_t), "p": own(1.0, 2.0)}),
    }


def class_of_ones_own(c):
    """Make a user's class of a struct, with a method."""
    from libffi import Struct

    class Point(Struct):
        x: c.double
        y: c.double

        def length(self):
            return (self.x ** 2 + self.y ** 2) ** 0.5

    return Point


def callbacks():
    """Spell the callbacks; C calls back with the GIL held in the row named so."""
    building.package_folder("libffi")
    library, c = opened()
    from libffi import CIF
    pair = CIF(c.int, [c.int, c.int])
    pointers = CIF(c.int, [c.ptr(c.int), c.ptr(c.int)])
    callback = pair.closure(on_pair)

    def repeat(name="repeat", gil="release"):
        return library.function(name, c.int, [c.func(pair), c.int], gil=gil)

    values = CIF(c.int, [c.ref(c.int), c.ref(c.int)])

    def sort(comparator, compare, gil="release"):
        function = library.function("sort", c.void, [c.ptr(c.int), c.size_t, c.func(comparator)], gil=gil)
        return {"qsort": ("(f(data := fresh(), 100_000, compare), data)[1]",
                          {"f": function, "fresh": fresh, "compare": comparator.closure(compare)})}

    return {REF: sort(values, compare_ints), REF_HELD: sort(values, compare_ints, "hold"), NAME: {
        "held": (REPEAT, {"f": repeat(gil="hold"), "callback": callback}),
        "released": (REPEAT, {"f": repeat(), "callback": callback}),
        "thread": (REPEAT, {"f": repeat("repeat_in_thread"), "callback": callback}),
        **sort(pointers, compare_pointers),
        "make": ("make(on_pair)", {"make": pair.closure, "on_pair": on_pair}),
    }}
