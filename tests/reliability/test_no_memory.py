"""Where memory runs out, each public operation raises MemoryError or succeeds, and everything still works."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("_testcapi", reason="needs _testcapi.set_nomemory, which this Python has not")

PROGRAM = Path(__file__).with_name("no_memory.py")
GROUPS = "types", "cifs", "calls", "closures", "memory", "pointers", "libraries"


@pytest.mark.parametrize("group", GROUPS)
def test_no_memory(group):
    done = subprocess.run([sys.executable, PROGRAM, group], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr[-3000:]}"


def test_every_group_is_tested():
    source = PROGRAM.read_text(encoding="utf-8")
    named = {line.split('"')[1] for line in source.splitlines() if line.startswith("@operation(")}
    assert named == set(GROUPS)
