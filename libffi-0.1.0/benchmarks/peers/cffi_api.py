"""cffi's API mode: declarations, checked by a C compiler and compiled into a module."""
from benchmarks import building
from benchmarks.peers import cffi_calls
from benchmarks.values import compare_pointers, on_pair

NAME = "cffi API mode"


def calls():
    """Spell the calls."""
    module = building.cffi_api()
    return {NAME: cffi_calls.calls(module.ffi, module.lib)}


def callbacks():
    """Spell the callbacks through extern "Python"."""
    module = building.cffi_api()
    module.ffi.def_extern()(on_pair)
    module.ffi.def_extern()(compare_pointers)
    lib = module.lib
    return {NAME: cffi_calls.callbacks(module.ffi, lib, lib.on_pair, lib.compare_pointers)}
