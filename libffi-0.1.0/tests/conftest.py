"""What the tests share: C sources compiled once, and Python snippets run in a process of their own."""
from __future__ import annotations

import importlib
import os
import subprocess
import sys
import textwrap
import threading
import tomllib
from pathlib import Path

import pytest
from helpers.compilers import compiler_words
from helpers.interpreters import PRELUDE, USE
from helpers.surroundings import SANITIZER, shared_by_workers

import libffi
from libffi import c

HERE = Path(__file__).parent
C_SOURCES = HERE / "c"
CFLAGS = ["-shared", "-fPIC", "-O1", "-Wall", "-pthread"]

# Tests with these fixtures do not run in several threads at once, where pytest-run-parallel would (tools/check/nogil).
THREAD_UNSAFE = {
    "call_n": "is memory that C writes to",
    "db": "is one database",
    "interruptible": "changes a signal's handler",
    "run_python": "is a process of its own",
    "numbers": "is memory that the test writes to",
    "parser": "is one parser",
    "small_quarantine": "changes the quarantine of the process",
    "together": "starts threads of its own, and changes how often they switch",
    "true_memory": "measures the memory of the process",
    "unraisable": "changes sys.unraisablehook",
}


def pytest_itemcollected(item):
    for fixture in THREAD_UNSAFE.keys() & set(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.thread_unsafe(reason=THREAD_UNSAFE[fixture]))


def pytest_collection_modifyitems(items):
    """On Windows, skip what is of other systems by nature, each with its reason."""
    if sys.platform != "win32":
        return
    tables = [tomllib.loads((HERE / "windows" / name).read_text()) for name in ("not_here.toml", "not_in_wine.toml")]
    for item in items:
        path = item.path.relative_to(HERE).as_posix()
        names = "*", item.cls and item.cls.__name__, item.name, item.name.partition("[")[0]
        for table in tables if _is_wine() else tables[:1]:
            if reason := next(filter(None, map(table.get(path, {}).get, names)), None):
                item.add_marker(pytest.mark.skip(reason=reason))


def _is_wine() -> bool:
    try:
        return libffi.Library("ntdll").symbol("wine_get_version") > 0
    except libffi.SymbolNotFound:
        return False


def _compiler() -> list[str]:
    cc = compiler_words()
    if not cc:
        # Without a compiler a third of the tests says nothing: CI must not stay green like that.
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs a C compiler")
    return cc


@pytest.fixture(scope="session")
def compile_c(tmp_path_factory):
    """Compile a C source (path or text) to a shared object, once per session for all workers."""
    folder = shared_by_workers(tmp_path_factory)

    def ours() -> str:
        return f"{os.getpid()}.{threading.get_ident()}"

    def compile_(source: Path | str, name: str | None = None, *flags: str) -> str:
        if isinstance(source, str):
            text, source = source, folder / f"{name}.{ours()}.c"
            source.write_text(text)
        built = folder / f"{name or source.stem}.so"
        if not built.exists():
            # Made under a name of one's own and moved in one step: workers may race, not collide.
            partial = built.with_suffix(f".{ours()}")
            subprocess.run([*_compiler(), *CFLAGS, "-o", partial, source, "-lm", *flags], check=True)
            partial.replace(built)
        return str(built)

    return compile_


@pytest.fixture
def run_c(tmp_path):
    """Compile a C program and run it; return what it prints."""

    def run(text: str, *flags: str) -> str:
        source, program = tmp_path / "program.c", tmp_path / "program.exe"
        source.write_text(text)
        subprocess.run([*_compiler(), "-w", *flags, "-o", program, source], check=True)
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout

    return run


@pytest.fixture(scope="session")
def values(compile_c):
    """The library of tests/c/values.c: functions that give back what they get, and count calls."""
    return libffi.Library(compile_c(C_SOURCES / "values.c"))


@pytest.fixture(scope="session")
def callbacks(compile_c):
    """The library of tests/c/callbacks.c: functions that call back, in all the ways C does."""
    return libffi.Library(compile_c(C_SOURCES / "callbacks.c"))


@pytest.fixture(scope="session", autouse=sys.platform == "win32")
def printf(compile_c):
    """Load what the C library of Windows has not as functions: Library(None) finds it from then on."""
    return libffi.Library(compile_c(C_SOURCES / "printf.c"))


@pytest.fixture(scope="session")
def libc():
    return libffi.Library(None)


@pytest.fixture(scope="session")
def libm():
    return libffi.Library("m")


@pytest.fixture(scope="session")
def qsort(libc):
    return libc.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])


@pytest.fixture
def true_memory():
    """For tests that measure memory: a sanitizer holds back what is freed, and its own is more than ours."""
    if SANITIZER:
        pytest.skip("measures memory, which a sanitizer changes")


@pytest.fixture
def command_line(capfd):
    """Run the command line in this process; return the exit code, standard output and error."""
    from libffi._cli import main

    def run(*argv):
        capfd.readouterr()
        try:
            code = main([*map(str, argv)])
        except SystemExit as stop:
            code = stop.code
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


@pytest.fixture
def greenlet():
    """The module; it copies pieces of the C stack, which AddressSanitizer takes for reads out of bounds."""
    if SANITIZER == "address":
        pytest.skip("AddressSanitizer forbids what greenlet does to the C stack")
    return pytest.importorskip("greenlet")


@pytest.fixture
def unraisable(monkeypatch):
    """The list of what reached sys.unraisablehook."""
    seen: list[tuple[type, BaseException | None]] = []
    # Only the two parts: keeping the whole record would resurrect objects.
    monkeypatch.setattr(sys, "unraisablehook", lambda u: seen.append((u.exc_type, u.exc_value)))
    return seen


@pytest.fixture(scope="session")
def run_python():
    """Run Python source in a new process; give back its standard output, fail if it did."""

    def run(source: str, *args: str, timeout: float = 120, env: dict | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(source), *args],
            capture_output=True, text=True, timeout=timeout, check=False,
            env={**os.environ, **env} if env else None,
        )
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Fatal Python error" not in done.stderr, done.stderr
        return done.stdout

    return run


@pytest.fixture
def in_interpreters(run_python, compile_c):
    """Return a function that runs a test's source, with what helpers.interpreters has, in a process."""

    def run(source, gil, *arguments, **options):
        source = f"{PRELUDE}\nUSE = {USE!r}\n{source}\nprint('done')"
        assert run_python(source, gil, compile_c(C_SOURCES / "callbacks.c"), *arguments, **options) == "done\n"

    return run


@pytest.fixture
def bound(tmp_path, monkeypatch):
    """Make the module of a real library of its headers, and import it."""
    from helpers import real_libraries

    def bound_(library):
        name = real_libraries.write_module(library, tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return bound_
