"""The C compiler: what it has, and how a shared object is made with it."""
from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
from pathlib import Path

FLAGS = ["-std=gnu11", "-w", "-shared", "-fPIC"]


@functools.cache
def command() -> list[str]:
    """Return the compiler's command, an empty list when there is none."""
    if "CC" in os.environ:
        return shlex.split(os.environ["CC"])
    found = shutil.which("gcc") or shutil.which("cc")
    return [found] if found else []


@functools.cache
def accepts(source: str, *flags: str) -> bool:
    """Tell whether the source compiles without a warning, and without a crash of the compiler."""
    check = [*command(), "-std=gnu11", "-Wall", "-Wno-unused", "-Werror", *flags]
    done = subprocess.run(
        [*check, "-S", "-o", os.devnull, "-x", "c", "-"], input=source, text=True, capture_output=True
    )
    return done.returncode == 0


def has_int128() -> bool:
    return accepts("__int128 x;")


def has_vectors() -> bool:
    """Tell whether 16-byte vectors have an ABI without further options."""
    return accepts("typedef int v __attribute__((vector_size(16))); v f(v x) { return x; }")


@functools.cache
def no_x87() -> tuple[str, ...]:
    """Return what keeps an i386 compiler from copying a struct of one float through the x87, which quiets NaNs."""
    sse = ("-msse2", "-mfpmath=sse")
    return sse if accepts("", *sse) else ()


def build(source: str, target: Path, *flags: str) -> Path:
    """Compile the source to the shared object `target`, keep the source beside it."""
    file = target.with_suffix(".c")
    file.write_text(source)
    done = subprocess.run(
        [*command(), *FLAGS, *no_x87(), *flags, "-o", target, file, "-lm"], text=True, capture_output=True
    )
    if "internal compiler error" in done.stderr and "-O2" in flags:  # gcc 12 for powerpc64le has one
        return build(source, target, *[flag for flag in flags if flag != "-O2"])
    if done.returncode:
        raise RuntimeError(f"the generated C does not compile ({file}):\n{done.stderr}")
    return target
