"""Random misuse: see monkey.py."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.thread_unsafe(reason="runs programs")


@pytest.mark.parametrize("seed", range(4))
def test_no_use_crashes(seed):
    monkey = Path(__file__).with_name("monkey.py")
    done = subprocess.run([sys.executable, monkey, str(seed), "4000"], capture_output=True, text=True, timeout=300,
                          check=False, env={**os.environ, "PYTHONMALLOC": "debug"})
    assert done.returncode == 0, f"seed {seed}: exit code {done.returncode}\n{done.stderr}"
    worked = int(done.stdout.split()[4])
    assert worked > 1000 and not done.stderr, done.stdout + done.stderr
