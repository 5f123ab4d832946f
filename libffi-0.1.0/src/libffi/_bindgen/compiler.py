"""Run the machine's C compiler and pkg-config, and hand on what they say."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from libffi._bindgen.errors import BindgenError

PROBE = "libffi-bindgen-probe"
_PROBE_ERROR = re.compile(rf"(?:\S*/)?{PROBE}:(\d+):(?:\d+:)? (?:fatal )?error: (.*)")
_ERROR = re.compile(r".*: (?:fatal )?error: ")
_UNDECLARED = re.compile(r"implicit declaration of function .(\w+).")
_SAID = 8       # as many of its lines are enough for a message


class Compiler:
    """A C compiler and the flags that a header needs."""

    def __init__(self, command: str | None = None, flags: Sequence[str] = ()) -> None:
        self.command = _words(command or os.environ.get("CC") or "cc")
        self.flags = list(flags)
        if not self.command:
            raise BindgenError("no C compiler is named: set CC, or use --cc")

    def version(self) -> str:
        """Return the compiler's name and version."""
        said = self._run(["--version"], "").stdout
        name = "clang" if "clang" in said else "gcc" if "Free Software Foundation" in said \
            else Path(self.command[-1]).name
        number = re.search(r"\b\d+(?:\.\d+)+\b", said)
        return f"{name} {number[0]}" if number else name

    def system_folders(self) -> list[str]:
        """Return the folders that the compiler searches by itself."""
        said = subprocess.run(
            [*self.command, "-E", "-v", "-x", "c", "-"], input="", capture_output=True, text=True,
            env=_environment(), check=False).stderr
        _, _, folders = said.partition("#include <...> search starts here:")
        folders, _, _ = folders.partition("End of search list")
        return [os.path.normpath(line.split(" (framework")[0].strip()) for line in folders.splitlines() if line.strip()]

    def preprocess(self, text: str, *, macros: bool = False) -> str:
        """Return a text preprocessed, with line markers; with its #defines where they are wanted.

        A wrong use of a macro in lines of the file PROBE is no error: it is left as it is.
        """
        # Where a CC optimises, the C library's functions become macros and inline ones: <ctype.h>.
        done = self._run(["-E", "-O0", *(["-dD"] if macros else []), "-x", "c", "-"], text)
        errors = [line for line in done.stderr.splitlines() if _ERROR.match(line)]
        if done.returncode and not (errors and all(_PROBE_ERROR.match(line) for line in errors)):
            raise self._complaint(done)
        return done.stdout

    def mistakes(self, preprocessed: str) -> dict[int, str]:
        """Return what is wrong with the lines of the file PROBE; an error elsewhere is raised."""
        # A call of what nobody declares compiles, and has no symbol. With -w that would not be said.
        strict = "-Werror=implicit-function-declaration"
        done = self._run_on(preprocessed, [strict, "-fsyntax-only"], quiet=False)
        if "too many errors" in done.stderr:        # clang stops at twenty
            done = self._run_on(preprocessed, [strict, "-ferror-limit=0", "-fsyntax-only"], quiet=False)
        found: dict[int, str] = {}
        for line in done.stderr.splitlines():
            if match := _PROBE_ERROR.match(line):
                found.setdefault(int(match[1]), match[2].removesuffix(f" [{strict}]"))
            elif _ERROR.match(line) and strict not in line:
                raise self._complaint(done)
        if done.returncode and not found and strict not in done.stderr:
            raise self._complaint(done)
        # Of a name that is not declared gcc complains where it is called first.
        undeclared = {match[1]: why for why in found.values() if (match := _UNDECLARED.search(why))}
        if undeclared:
            probes = preprocessed.rpartition(f'# 1 "{PROBE}"\n')[2].split("\n")
            for number, line in enumerate(probes, 1):
                for word in undeclared.keys() & set(re.findall(r"[A-Za-z_]\w*", line)):
                    found.setdefault(number, undeclared[word])
        return found

    def compile(self, preprocessed: str) -> bytes:
        """Return the object file of a preprocessed text."""
        with tempfile.TemporaryDirectory(prefix="libffi-bindgen-") as folder:
            target = os.path.join(folder, "out.o")
            done = self._run_on(preprocessed, ["-c", "-O0", "-fno-lto", "-o", target])
            if done.returncode:
                raise self._complaint(done)
            return Path(target).read_bytes()

    def library(self, name: str) -> str:
        """Return what to link with: a library's path where it can be had, which every linker takes, else its name."""
        if os.path.dirname(name):
            return name
        path = self._run([f"-print-file-name={name}"], "").stdout.strip()
        stem = re.match(r"lib(.+?)(?:\.so|\.dylib|[.-][0-9])", name)
        return path if os.path.dirname(path) else f"-l{stem[1]}" if stem else name

    def assemble(self, preprocessed: str) -> str:
        """Return the assembly of a preprocessed text."""
        done = self._run_on(preprocessed, ["-S", "-O0", "-fno-lto", "-o", "-"])
        if done.returncode:
            raise self._complaint(done)
        return done.stdout

    def share(self, source: Path, target: Path, words: list[str]) -> None:
        """Compile a C file to a shared library, whole or not at all."""
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            options = ["-shared", "-fPIC", "-O2", "-fvisibility=hidden"]
            if sys.platform.startswith("linux"):    # what is asked for may lie in a library that these need
                options.append("-Wl,--no-as-needed")
            done = self._run([*options, "-o", str(partial), str(source), *words], "")
            if done.returncode:
                raise self._complaint(done)
            os.replace(partial, target)
        finally:
            partial.unlink(missing_ok=True)

    def _run_on(self, preprocessed: str, arguments: list[str], *,
                quiet: bool = True) -> subprocess.CompletedProcess[str]:
        # That it is preprocessed the file's name says: gcc and clang have one word for that language, zig has none.
        with tempfile.TemporaryDirectory(prefix="libffi-bindgen-") as folder:
            source = Path(folder, "headers.i")
            source.write_text(preprocessed, encoding="utf-8", errors="surrogateescape", newline="\n")
            return self._run([*arguments, str(source)], "", quiet=quiet)

    def _run(self, arguments: list[str], text: str, *, quiet: bool = True) -> subprocess.CompletedProcess[str]:
        command = [*self.command, *(["-w"] if quiet else []), *self.flags, *arguments]
        try:
            return subprocess.run(command, input=text, capture_output=True, check=False, encoding="utf-8",
                                  errors="surrogateescape", env=_environment())
        except OSError as error:
            raise BindgenError(f"the C compiler {shlex.join(self.command)!r} cannot be run: "
                               f"{error.strerror or error}") from error

    def _complaint(self, done: subprocess.CompletedProcess[str]) -> BindgenError:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        first = next((index for index, line in enumerate(lines) if _ERROR.match(line)), 0)
        said = "\n  ".join(lines[first:first + _SAID])
        return BindgenError(f"{shlex.join(self.command)} does not compile the headers:\n  {said}", said=done.stderr)


def _words(command: str) -> list[str]:
    """Return a command's words; on Windows a backslash is a part of its path."""
    if os.name == "nt":
        return [word.strip('"') for word in shlex.split(command, posix=False)]
    return shlex.split(command)


def _environment() -> dict[str, str]:
    """Return an environment in which messages are English and plain."""
    return {**os.environ, "LC_ALL": "C", "GCC_COLORS": "", "TERM": "dumb"}


def include_lines(headers: Sequence[str]) -> str:
    """Return what includes headers: those that are files by their paths, others as the compiler finds them."""
    return "".join(f'#include "{os.path.abspath(header)}"\n' if os.path.exists(header) else f"#include <{header}>\n"
                   for header in headers)


def pkg_config(names: Sequence[str], *what: str) -> list[str]:
    """Return what pkg-config says of some packages."""
    command = _words(os.environ.get("PKG_CONFIG") or "pkg-config")
    try:
        done = subprocess.run([*command, *what, *names], capture_output=True, text=True, check=False,
                              env=_environment())
    except OSError as error:
        raise BindgenError(f"{shlex.join(command)!r} cannot be run: {error.strerror or error}") from error
    if done.returncode:
        raise BindgenError(f"{shlex.join(command)}: {done.stderr.strip()}")
    return shlex.split(done.stdout)
