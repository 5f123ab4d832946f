"""Every example runs as it stands, and prints what it should."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import libffi

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, EXAMPLES / name, *arguments], capture_output=True,
                          text=True, timeout=120, check=False, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    return done.stdout


def need(library: str) -> None:
    try:
        libffi.Library(library)
    except libffi.LibraryNotFound as error:
        pytest.skip(str(error))


def test_first():
    need("sqlite3")
    version, *rest = run("first.py").splitlines()
    assert version == f"libffi {libffi.features()['version']} ({libffi.features()['linkage']})"
    assert rest == [
        "libm: pow(2, 10) = 1024.0",
        "      pow() argument 2: expected double, got str",
        "libc: qsort() asked Python and sorted: [1, 2, 3, 4, 5, 7, 8, 9]",
        "SQL:  cube(3) = 27.0, cube_is = written in Python",
    ]


def test_sqlite_functions():
    need("sqlite3")
    printed = [line for line in run("sqlite_functions.py").splitlines() if line.startswith("  ")]
    assert printed == [
        "  text = pear, inverse = 0.25",
        "  words = 3, variance = 1.5556",
        "  text = fig", "  text = pear", "  text = banana",
        "  error: inverse(0)",
    ]


def test_sqlite_table():
    need("sqlite3")
    assert run("sqlite_table.py").splitlines() == [
        "SELECT name, radius FROM moons WHERE planet = 'Jupiter' ORDER BY radius", "  Europa, 1561", "  Io, 1822",
        "SELECT planet, count(*) FROM moons GROUP BY planet", "  Jupiter, 2", "  Saturn, 1",
        "out of SQLite came AttributeError: 'str' object has no attribute 'radius'",
    ]


def test_zlib_stream():
    need("z")
    first, second = run("zlib_stream.py").splitlines()
    assert re.fullmatch(
        r"zlib [\d.]+\S*: 977800 bytes -> \d{4,5}, unpacked by Python's zlib: the same", first)
    word = libffi.c.pointer.size
    assert second == f"struct z_stream: {14 * word} bytes, next_out at {3 * word}"


def test_walk(tmp_path):
    tree = ["  top/", "    a/", "      b/", "        leaf.txt"]
    expected = ["everything", *tree, "not deeper than 1", *tree[:2],
                "  RecursionError: deeper than 1: b", "OSError: ENOENT"]
    assert run("walk.py").splitlines() == expected
    (tmp_path / "top" / "a" / "b").mkdir(parents=True)
    (tmp_path / "top" / "a" / "b" / "leaf.txt").touch()
    assert run("walk.py", str(tmp_path / "top")).splitlines() == expected


def test_c_thread():
    lines = run("c_thread.py").splitlines()
    assert lines[:3] == [
        "C's threads get: [2, 4, 6, 8]",
        "  unraisable: LookupError('nothing at 7')",
        "The callable raises, C gets on_error: 0xbad",
    ]
    assert lines[3].startswith("  unraisable: ClosureExpired('C called closure fail, void *(void *)")
    assert lines[4:] == ["The closure is closed, C gets zero: None"]


def test_from_ctypes():
    lines = [line.split(maxsplit=2) for line in run("from_ctypes.py").splitlines()]
    assert [what for what, _, _ in lines] == [
        what for what in ("absolute", "divide", "sort", "narrow") for _ in range(2)]
    same = {(what, result) for what, _, result in lines if what != "narrow"}
    assert same == {("absolute", str(1 << 40)), ("divide", "(3, 2)"), ("sort", "[1, 2, 3]")}
    assert lines[-2:] == [
        ["narrow", "ctypes", "44"],
        ["narrow", "libffi", "OverflowError: int8_t: 300 is out of range for int8_t (-128 to 127)"],
    ]


def test_runtime():
    assert run("runtime.py").splitlines() == ["1024.0", "10.0", "1099511627776"]


def test_all_are_tested():
    here = Path(__file__).read_text()
    assert [path.name for path in EXAMPLES.glob("*.py") if f'run("{path.name}"' not in here] == []
    listed = re.findall(r"\]\((\w+\.py)\)", (EXAMPLES / "README.md").read_text())
    assert sorted(listed) == sorted(path.name for path in EXAMPLES.glob("*.py"))
