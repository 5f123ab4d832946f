"""Names of C's and POSIX's headers whose types are the system's choice: what the compiler says they are."""
from __future__ import annotations

import ctypes
import os
import sys

import pytest

from libffi import CIF, DeclarationError, Library, _ffi, c
from libffi._reader import parse

HEADERS = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <termios.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>
"""


def struct_of(names):
    members = "".join(f"char before_{name}; {name} a_{name};\n" for name in names)
    return f"struct all {{\n{members}}};"


def test_sizes_signs_and_layouts_are_the_compilers(compile_c):
    names = list(_ffi.typedefs)
    assert {"off_t", "time_t", "pid_t", "socklen_t", "mode_t", "int_fast16_t", "wint_t"} <= set(names)
    numbers = "".join(f"sizeof({name}), ({name})-1 < 0, offsetof(struct all, a_{name}),\n" for name in names)
    source = f"{HEADERS}#include <stddef.h>\n{struct_of(names)}\nconst unsigned long facts[] = {{{numbers}}};"
    built = ctypes.CDLL(compile_c(source, "system_types", "-w"))
    facts = list((ctypes.c_ulong * (3 * len(names))).in_dll(built, "facts"))
    ours = parse(struct_of(names)).tags["all"].type
    found = []
    for name in names:
        kind = ours.fields[f"a_{name}"]
        found += [kind.size, kind.kind != "unsigned", ours.offsets[f"a_{name}"]]
    assert found == facts


def test_the_systems_functions():
    lib = Library(None)
    lib.declare("""
        pid_t getpid(void); time_t time(time_t *t); mode_t umask(mode_t mask);
        off_t lseek(int fd, off_t offset, int whence);
        struct timeval { time_t tv_sec; suseconds_t tv_usec; };
    """)
    assert lib.getpid() == os.getpid()
    assert lib.time.cif is CIF(_ffi.typedefs["time_t"], [c.ptr(_ffi.typedefs["time_t"])])
    reading, writing = os.pipe()
    try:
        assert lib.lseek(reading, 0, os.SEEK_CUR) == -1         # negative: sign and size are right
    finally:
        os.close(reading)
        os.close(writing)


def test_names_stay_free_for_parameters_and_members():
    names = parse("int f(int off_t, unsigned mode_t); struct s { int dev_t; key_t key_t; }; enum e { id_t = 3 };").names
    assert names["f"].parameters == ("off_t", "mode_t")
    assert names["id_t"].value == 3


def test_a_typedef_of_the_text():
    own = parse("typedef struct node { int x; } *key_t; key_t next(key_t);").names
    assert own["next"].cif.restype == own["key_t"].type and own["key_t"].type.kind == "pointer"
    same = parse("typedef int pid_t; typedef pid_t other; other f(pid_t);").names
    assert same["f"].cif is CIF(c.int, [c.int])


@pytest.mark.skipif(c.pointer.size < 8, reason="_FILE_OFFSET_BITS chooses")
@pytest.mark.skipif(sys.platform != "linux", reason="Linux's sizes")
@pytest.mark.parametrize("text", ["typedef int off_t;", "typedef unsigned long time_t;", "typedef long pid_t;"])
def test_an_integer_of_another_size_or_sign_is_refused(text):
    name = text.rstrip(";").split()[-1]
    with pytest.raises(DeclarationError, match=f"{name} is {_ffi.typedefs[name]} on this system, not "):
        parse(text)
