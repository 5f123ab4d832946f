"""Where memory runs out, each public operation raises MemoryError or succeeds, and everything still works."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import extensions

pytest.importorskip("_testcapi", reason="needs _testcapi.set_nomemory, which this Python has not")

PROGRAM = Path(__file__).with_name("no_memory.py")
GROUPS = "types", "cifs", "calls", "closures", "memory", "pointers", "libraries"


def run(*args, **env):
    folders = [str(PROGRAM.parents[1]), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders)), **env}
    done = subprocess.run([sys.executable, *args], capture_output=True, text=True, timeout=300, check=False, env=env)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("group", GROUPS)
def test_no_memory(group):
    run(PROGRAM, group)


def test_no_memory_for_a_backend(tmp_path):
    run(PROGRAM, "backend", NO_MEMORY_EXTENSION=str(extensions.build(tmp_path, "capi_no_memory")))


def test_no_memory_for_classes():
    """Every 7th allocation."""
    run(PROGRAM, "classes", "7")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="CPython 3.13.0 has none for a function: it crashes")
def test_no_memory_for_python_code():
    """Every 97th allocation; `python no_memory.py python` has the others fail, too."""
    run(PROGRAM, "python", "97")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="CPython 3.13.0 has none for a function: it crashes")
def test_no_memory_for_headers():
    """Every 9973rd allocation."""
    run(PROGRAM, "headers", "9973")


def test_every_group_is_tested():
    source = PROGRAM.read_text(encoding="utf-8")
    named = {line.split('"')[1] for line in source.splitlines() if line.startswith("@operation(")}
    assert named == {*GROUPS, "backend", "classes", "python", "headers"}
