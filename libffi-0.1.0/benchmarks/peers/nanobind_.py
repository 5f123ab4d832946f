"""nanobind: C++ templates."""
from benchmarks import building
from benchmarks.peers import compiled

NAME = "nanobind"


def calls():
    """Spell the calls of a module made by nanobind."""
    return {NAME: compiled.calls(building.nanobind())}
