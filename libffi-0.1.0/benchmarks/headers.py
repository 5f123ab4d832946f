"""Headers of any length, and what generated modules of them cost: see growth.py and footprint.py."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import building

SIZES = (1_000, 2_000, 4_000, 8_000)
LIKE_GTK = 4_000        # GTK 3 has as many functions
ROUNDS = 15
IMPORT = """
from time import process_time
import libffi
begun = process_time()
import {module}
print((process_time() - begun) * 1e6)
"""
GENERATE = """
import os
from libffi import bindgen
begun = sum(os.times()[:4])
bindgen.generate([{header!r}], libraries=["-"])
print((sum(os.times()[:4]) - begun) * 1e6)
"""
INCLUDE = """
from time import process_time
import libffi
begun = process_time()
libffi.include({header!r}, library={library!r})
print((process_time() - begun) * 1e6)
"""


def declarations(count):
    """Write a header that declares this many functions, and as many structs, enumerators and macros."""
    return "".join(
        f"/** Take number {i}. */\n"
        f"struct part_{i} {{ int number; struct part_{i} *next; double values[{1 + i % 9}]; }};\n"
        f"enum {{ FIRST_{i} = {i} }};\n#define SECOND_{i} (FIRST_{i} + 1)\n"
        f"#define THIRD_{i}(x) ((x) * {i} + SECOND_{i})\n"
        f'int take_{i}(const struct part_{i} *part, unsigned long by, int (*call)(int)) __asm__("abs");\n'
        for i in range(count))


def of_growth():
    """See that a declaration costs the same in a long header as in a short one, with what the compiler takes."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in SIZES:
            header = Path(folder) / f"of_{count}.h"
            header.write_text(declarations(count))
            best = min(printed(GENERATE.format(header=str(header)), folder) for _ in range(3))
            found[f"make a module: of one of {count:,} functions, structs, constants and macros"] = (best / count, "µs")
    return found


def of_footprint():
    """Import an empty module and a generated one; include SDL 2 for the second time, where its headers are."""
    from libffi import bindgen

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        header = Path(folder) / "long.h"
        header.write_text(declarations(LIKE_GTK))
        bindgen.generate([header], libraries=["-"]).write(Path(folder) / "generated_module.py")
        (Path(folder) / "empty_module.py").write_text('"""Nothing."""\n')
        times = {name: [printed(IMPORT.format(module=name), folder) for _ in range(ROUNDS)]
                 for name in ("empty_module", "generated_module")}
        found["import an empty module"] = (min(times["empty_module"][1:]), "µs")
        found[f"import a generated module of {LIKE_GTK:,} functions"] = (min(times["generated_module"][1:]), "µs")
        source = INCLUDE.format(header="SDL2/SDL.h", library="SDL2-2.0")
        try:
            again = [printed(source, folder) for _ in range(ROUNDS)][1:]
        except subprocess.CalledProcessError as error:
            if "No such file" not in error.stderr and "no library" not in error.stderr:
                raise
        else:
            found["include() SDL 2 again"] = (min(again), "µs")
    return found


def printed(source, folder):
    """Run Python source in a fresh interpreter that finds modules, and keeps included ones, in a folder."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": folder, "LIBFFI_CACHE": folder}
    return float(subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True,
                                env=environment).stdout)


def can_generate():
    """Say whether libffi and a compiler are here."""
    if not building.installed("libffi"):
        return False
    try:
        building.run([*building.CC, "--version"])
    except building.Missing:
        return False
    return True
