"""Cython: def functions."""
from benchmarks import building
from benchmarks.peers import compiled

NAME = "Cython"


def calls():
    """Spell the calls of a module made by Cython."""
    return {NAME: compiled.calls(building.cython(), format=b"%d")}
