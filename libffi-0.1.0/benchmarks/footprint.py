"""Measure what there is before the first call: the time of an import, the bytes of a closure."""
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, headers, running

NAME = "footprint"
IMPORTS = ("_cffi_backend", "libffi", "cffi", "ctypes")
ROUNDS = 15
CLOSURES = 50_000
IMPORT = """
from time import process_time
begun = process_time()
import {module}
print((process_time() - begun) * 1e6)
"""
RESIDENT = """
import os
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def on_pair(a, b): return a + b
{prepare}
warm = [make(on_pair) for _ in range(1000)]
keep = [None] * {count}
before = resident()
for i in range({count}):
    keep[i] = make(on_pair)
print((resident() - before) / {count})
"""
CLOSURE = {
    "libffi": "from libffi import CIF, c\nmake = CIF(c.int, [c.int, c.int]).closure",
    "ctypes": "from ctypes import CFUNCTYPE, c_int\nmake = CFUNCTYPE(c_int, c_int, c_int)",
    "_cffi_backend": "from cffi import FFI\nffi = FFI()\npair = ffi.typeof('int(*)(int, int)')\n"
                     "make = lambda f: ffi.callback(pair, f)",
}


def rows(notice):
    """Have no rows: every figure here takes a process of its own."""
    return {}


def facts(measured):
    """Import each module in fresh interpreters, in turn; weigh closures in others."""
    modules = [name for name in IMPORTS if building.installed(name)]
    result = imports({name: name for name in modules})
    for name in filter(CLOSURE.get, modules):
        source = RESIDENT.format(prepare=CLOSURE[name], count=CLOSURES)
        result[f"bytes of a live closure, {name}"] = (printed(source), "bytes")
    return result | (headers.of_footprint() if headers.can_generate() else {})


def imports(modules):
    """Time imports of modules, by what they are called here."""
    times = {name: [] for name in modules}
    for _ in range(ROUNDS + 1):
        for name, module in modules.items():
            times[name].append(printed(IMPORT.format(module=module)))
    # The first one may have had to compile.
    return {f"import {name}": (min(values[1:]), "µs") for name, values in times.items()}


def printed(source):
    """Run Python source in a fresh interpreter, which may cache bytecode; give what it prints."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return float(subprocess.run([sys.executable, "-c", source], check=True, capture_output=True,
                                text=True, env=environment).stdout)


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
