"""What tests know of the process that runs them; not in conftest.py, because folders of tests have their own."""
from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

SANITIZER = os.environ.get("LIBFFI_SANITIZER")      # set by tools/check/sanitize

# What Windows' C library puts before the names of POSIX's functions.  It ends the process for close(-1), so that tests
# which want an error of C's take a folder that is not there.
POSIX = "_" if sys.platform == "win32" else ""

# For snippets that run_python runs.
REFUSED = """
def refused(use, *errors):
    try:
        use()
    except errors or Exception:
        return
    raise SystemExit("was not refused")
"""


def shared_by_workers(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    # pytest-xdist gives each worker a folder of its own inside the session's.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "c"
    folder.mkdir(exist_ok=True)
    return folder
