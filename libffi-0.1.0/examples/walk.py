"""Walk a folder with nftw(): C calls back for each file and hands over structs.

usage: python walk.py [FOLDER]
"""
import errno
import os
import sys
import tempfile
from pathlib import Path

import libffi
from libffi import Library

process = Library(None)
process.declare("""
    struct stat;
    struct FTW { int base, level; };
    enum { FTW_PHYS = 1 };  /* do not follow links */
    typedef int (*visit)(const char *path, const struct stat *, int kind, struct FTW *);
    int nftw(const char *path, visit, int open_files, int flags);
""", errno=True)


def walk(folder, deepest=None):
    """Print what is below a folder; an exception ends the walk and comes out of here."""
    @process.visit.cif.closure(on_error=-1)  # not 0: nftw() stops
    def visit(path, stat, kind, place):
        if deepest is not None and place[0].level > deepest:
            raise RecursionError(f"deeper than {deepest}: {os.path.basename(path)}")
        name = path[place[0].base:]
        print(f"  {'  ' * place[0].level}{name}{'/' if os.path.isdir(path) else ''}")
        return 0

    if process.nftw(folder, visit, 16, process.FTW_PHYS) == -1:
        raise OSError(libffi.get_errno(), os.strerror(libffi.get_errno()), folder)


def main(folder):
    print("everything")
    walk(folder)
    print("not deeper than 1")
    try:
        walk(folder, deepest=1)
    except RecursionError as error:
        print(f"  RecursionError: {error}")
    try:
        walk(folder + "/nowhere")
    except OSError as error:
        print(f"OSError: {errno.errorcode[error.errno or 0]}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            top = Path(folder, "top")
            (top / "a" / "b").mkdir(parents=True)
            (top / "a" / "b" / "leaf.txt").touch()
            main(str(top))
