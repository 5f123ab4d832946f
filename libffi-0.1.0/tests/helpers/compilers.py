"""The compilers of the tests, as words: CC may be `ccache gcc`, or have options."""
from __future__ import annotations

import os
import shlex
import shutil


def compiler_words(variable: str = "CC", *others: str) -> list[str]:
    """Return the command that a variable names, or of others the first that is there; empty: there is none."""
    if given := os.environ.get(variable):
        words = shlex.split(given, posix=os.name != "nt")       # Windows' paths have backslashes
        return words if shutil.which(words[0]) else []
    found = next(filter(None, map(shutil.which, others or ("cc", "gcc"))), None)
    return [found] if found else []
