"""python -m libffi.compat.ctypes program.py …: run a program with this ctypes in place of the interpreter's."""
from __future__ import annotations

import argparse
import os
import runpy
import sys

from libffi.compat._install import install


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m libffi.compat.ctypes", description=__doc__)
    parser.add_argument("--raise", dest="raises", action="store_true",
                        help="exceptions of callbacks come out of the call")
    parser.add_argument("--strict", action="store_true", help="refuse calls without argtypes")
    parser.add_argument("-m", dest="is_module", action="store_true", help="the program is a module's name")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    install(exceptions="raise" if options.raises else "unraisable", strict=options.strict)
    sys.argv[:] = [options.program, *options.arguments]
    if options.is_module:
        runpy.run_module(options.program, run_name="__main__", alter_sys=True)
    else:
        if not sys.flags.safe_path:         # where this module's name has put the current folder
            sys.path[0] = os.path.dirname(os.path.realpath(options.program))
        runpy.run_path(options.program, run_name="__main__")


if __name__ == "__main__":
    main()
