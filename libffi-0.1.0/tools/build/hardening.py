"""What hardens a shared library against its own mistakes: the compiler's and linker's options that are known here.

FORTIFY checks the sizes of known buffers, the stack protector a function's return address, IBT and SHSTK let newer
processors check where jumps and returns go. RELRO and BIND_NOW leave nothing of the linker's tables writable.
"""
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

COMPILE = [["-fstack-protector-strong"], ["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"], ["-fcf-protection"]]
LINK = [
    ["-Wl,-z,relro", "-Wl,-z,now"],
    # The note of IBT is left out if one object has none, and the C library's start files may be such. Nothing of
    # theirs is needed: without a function of these names the loader calls none.
    ["-Wl,-z,ibt", "-Wl,-z,shstk", "-Wl,-init,libffi_has_none", "-Wl,-fini,libffi_has_none"],
]
PROGRAM = '#include <string.h>\nint f(char *to, const char *from) { strcpy(to, from); return to[0]; }\n'


def compile_options(cc: Sequence[str]) -> list[str]:
    """Return the options for each source file, as far as this compiler knows them."""
    if for_windows(tuple(cc)):
        return []  # MinGW's are in libraries of their own
    given = " ".join([*cc, *map(os.environ.get, ("CFLAGS", "CPPFLAGS"), ("", ""))])
    groups = [group for group in COMPILE if "FORTIFY" not in group[0] or not any(
        word in given for word in ("_FORTIFY_SOURCE", "-fsanitize"))]  # who builds knows better; ASan sees more
    return known(tuple(cc), groups, ("-O2", "-c"))


def link_options(cc: Sequence[str]) -> list[str]:
    """Return the options for linking the extension, as far as this linker knows them."""
    if for_macos(tuple(cc)):
        return []
    groups = LINK if "-fcf-protection" in compile_options(cc) else LINK[:1]
    return known(tuple(cc), groups, ("-shared", "-fPIC"))


def without_rpath(linker: Sequence[str]) -> list[str]:
    """Return a linker's command without the folders of libraries that this Python was built with.

    An extension that contains libffi needs none, and they are of the machine that builds it. What LDFLAGS asks for
    stays.
    """
    asked = shlex.split(os.environ.get("LDFLAGS", ""))
    return [option for option in linker if not option.startswith("-Wl,-rpath") or option in asked]


def known(cc: tuple[str, ...], groups: list[list[str]], how: tuple[str, ...]) -> list[str]:
    """Return the options of those groups that pass without a word."""
    return [option for group in groups if passes((*cc, *how, *group)) for option in group]


def for_windows(cc: tuple[str, ...]) -> bool:
    """Whether a compiler makes programs for Windows."""
    return any(word in machine(cc) for word in ("mingw", "windows"))


def for_macos(cc: tuple[str, ...]) -> bool:
    """Whether a compiler makes programs for macOS."""
    return any(word in machine(cc) for word in ("darwin", "macos"))


@cache
def machine(cc: tuple[str, ...]) -> str:
    """Return what a compiler calls the machine that it compiles for."""
    return subprocess.run([*cc, "-dumpmachine"], capture_output=True, text=True).stdout


@cache
def passes(command: tuple[str, ...]) -> bool:
    """Whether a compiler takes these options."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "program.c")
        source.write_text(PROGRAM)
        done = subprocess.run([*command, "-Werror", str(source), "-o", str(Path(folder, "out"))], capture_output=True)
    return done.returncode == 0 and not done.stderr.strip()


def hardened(cc: str) -> str:
    """Return a C compiler's command with the options, for a build that chooses its CFLAGS itself."""
    command = shlex.split(cc)
    return shlex.join([*command, *compile_options(command)]) if shutil.which(command[0]) else cc
