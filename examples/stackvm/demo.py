"""Build the stack VM against the installed package, run sort.vm, and see what a callback costs.

    python examples/stackvm/demo.py [COUNT]
"""
import array
import importlib.util
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from time import perf_counter

import libffi
from libffi import Library, c, closure

HERE = Path(__file__).parent


def build(folder):
    """Compile stackvm.c: Python's headers and the package's, nothing to link but on Windows."""
    target = Path(folder, "stackvm" + sysconfig.get_config_var("EXT_SUFFIX"))
    command = [*shlex.split(os.environ.get("CC", "cc")),
               "-std=c11", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror",
               f"-I{sysconfig.get_path('include')}", f"-I{libffi.get_include()}",
               "-o", str(target), str(HERE / "stackvm.c")]
    if sys.platform == "win32":
        command += [f"-L{Path(sys.base_prefix, 'libs')}", f"-lpython{sys.version_info[0]}{sys.version_info[1]}"]
    subprocess.run(command, check=True)
    spec = importlib.util.spec_from_file_location("stackvm", target)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sort_with_python(count):
    """The same sort, the comparison in Python."""
    qsort = Library(None).function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])
    calls = 0

    @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
    def compare(a, b):
        nonlocal calls
        calls += 1
        return (a[0] > b[0]) - (a[0] < b[0])

    seed, numbers = 7, array.array("i")
    for _ in range(count):
        seed = seed * 1103515245 + 12345 & 2147483647
        numbers.append(seed)
    begun = perf_counter()
    qsort(numbers, count, 4, compare)
    return perf_counter() - begun, calls


def main(count):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:     # Windows keeps what is loaded
        vm = build(folder)
        program = vm.compile((HERE / "sort.vm").read_text())
        print("cube of the cube root of 5:", round(vm.run(program, "there-and-back.", 5.0)[0], 9))
        begun = perf_counter()
        before, after = vm.run(program, "sort", count)
        seconds = perf_counter() - begun
        print(f"{count} numbers, neighbours in the wrong order: {before}, sorted: {after}")
        try:
            vm.run(program, "bad-sort", 8)
        except RuntimeError as error:
            print("an error in a callback:", error)
        python, calls = sort_with_python(count)
        print(f"time: VM {seconds * 1e9 / calls:.0f} ns, Python {python * 1e9 / calls:.0f} ns for each of the "
              f"{calls} comparisons: {python / seconds:.1f} times")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 200_000)
