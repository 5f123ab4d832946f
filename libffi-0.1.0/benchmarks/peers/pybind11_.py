"""pybind11: C++ templates."""
from benchmarks import building
from benchmarks.peers import compiled

NAME = "pybind11"


def calls():
    """Spell the calls of a module made by pybind11."""
    return {NAME: compiled.calls(building.pybind11())}
