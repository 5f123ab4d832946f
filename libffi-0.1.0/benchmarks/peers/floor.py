"""The floor: a hand-written C extension."""
from benchmarks import building
from benchmarks.peers import compiled
from benchmarks.values import REPEAT, compare_ints, fresh, on_pair

NAME = "hand-written C"
RELEASED = "hand-written C, GIL released"


def calls():
    """Spell the calls with the GIL held and released."""
    return {NAME: compiled.calls(building.floor()),
            RELEASED: compiled.calls(building.floor(release_gil=True))}


def callbacks():
    """Spell the callbacks of hand-written C functions."""
    module = building.extension("floor_callbacks")
    return {NAME: {
        "held": (REPEAT, {"f": module.repeat_hold, "callback": on_pair}),
        "released": (REPEAT, {"f": module.repeat_release, "callback": on_pair}),
        "thread": (REPEAT, {"f": module.repeat_thread, "callback": on_pair}),
        "qsort": ("(f(data := fresh(), compare), data)[1]",
                  {"f": module.sort_ints, "fresh": fresh, "compare": compare_ints}),
    }}
