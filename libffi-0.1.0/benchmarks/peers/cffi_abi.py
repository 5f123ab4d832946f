"""cffi's ABI mode: declarations, no compiler."""
from benchmarks import building
from benchmarks.peers import cffi_calls
from benchmarks.values import compare_pointers, on_pair

NAME = "cffi ABI mode"


def opened():
    """Declare and open the library."""
    building.package_folder("cffi")
    from cffi import FFI
    ffi = FFI()
    ffi.cdef(building.DECLARATIONS + building.many_arguments())
    ffi.cdef("size_t strlen(const char *); int snprintf(char *, size_t, const char *, ...);")
    return ffi, ffi.dlopen(str(building.bench_library()))


def calls():
    """Spell the calls."""
    return {NAME: cffi_calls.calls(*opened())}


def callbacks():
    """Spell the callbacks through ffi.callback."""
    ffi, lib = opened()
    pair = ffi.typeof("int(*)(int, int)")
    compare = ffi.callback("int(*)(const int *, const int *)", compare_pointers)
    return {NAME: {
        **cffi_calls.callbacks(ffi, lib, ffi.callback(pair, on_pair), compare),
        "make": ("make(pair, on_pair)",
                 {"make": ffi.callback, "pair": pair, "on_pair": on_pair}),
    }}
