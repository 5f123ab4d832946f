"""What the compiled modules have in common: functions that take Python's own types."""
from benchmarks.values import MIXED, SIX, TEXT, characters, doubles


def calls(module, format="%d"):
    """Spell the calls of a module whose functions are named like the rows."""
    return {
        "add": ("f(20, 22)", {"f": module.add}),
        "half": ("f(1.5)", {"f": module.half}),
        "strlen": ("f(text)", {"f": module.strlen, "text": TEXT}),
        "nop": ("f()", {"f": module.nop}),
        "six": (SIX, {"f": module.six}),
        "mixed": (MIXED, {"f": module.mixed}),
        "turn": ("f(p)", {"f": module.turn, "p": module.Point(1.0, 2.0)}),
        "total": ("f(a, 4)", {"f": module.total, "a": doubles()}),
        "poke": ("f(text, 65)", {"f": module.poke, "text": characters()}),
        "snprintf": ("f(text, 64, format, 42)",
                     {"f": module.snprintf, "text": characters(), "format": format}),
        "greeting": ("f(1)", {"f": module.greeting}),
        "divide": ("f(17, 5)", {"f": module.divide}),
    }
