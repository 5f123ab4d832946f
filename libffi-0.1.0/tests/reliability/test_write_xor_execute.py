"""No memory is ever writable and executable, also where a filter forbids it; more of it is in test_crash.py."""
from __future__ import annotations

import platform
import subprocess
import sys

import pytest

import libffi

# A seccomp filter, written with libffi itself: mprotect(PROT_EXEC) and mmap(PROT_WRITE | PROT_EXEC) fail.
FILTERED = """
import mmap
from libffi import CIF, Library, c
prctl = Library(None).function("prctl", c.int, [c.int, c.ulong, c.pointer, c.ulong, c.ulong], errno=True)
MMAP, MPROTECT, PKEY_MPROTECT, WRITE, EXEC = 9, 10, 329, 2, 4
LOAD, IF_EQUAL, AND, RETURN, ALLOW, REFUSE = 0x20, 0x15, 0x54, 0x06, 0x7fff0000, 0x00050001
NUMBER, PROTECTION = 0, 16 + 2 * 8
step = c.struct("sock_filter", code=c.uint16, jt=c.uint8, jf=c.uint8, k=c.uint32)
steps = [
    (LOAD, 0, 0, NUMBER), (IF_EQUAL, 5, 0, MMAP), (IF_EQUAL, 1, 0, MPROTECT), (IF_EQUAL, 0, 6, PKEY_MPROTECT),
    (LOAD, 0, 0, PROTECTION), (AND, 0, 0, EXEC), (IF_EQUAL, 4, 3, EXEC),
    (LOAD, 0, 0, PROTECTION), (AND, 0, 0, WRITE | EXEC), (IF_EQUAL, 1, 0, WRITE | EXEC),
    (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE),
]
program = c.array(step, len(steps)).new(steps)
fprog = c.struct("sock_fprog", len=c.ushort, filter=c.ptr(step)).new((len(steps), program))
assert prctl(38, 1, None, 0, 0) == 0            # PR_SET_NO_NEW_PRIVS
if prctl(22, 2, fprog, 0, 0) != 0:              # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    raise SystemExit("unsupported")
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)
except OSError:        # EPERM; musl makes ENOMEM of it
    print("filtered")
"""


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64" or sys.maxsize < 1 << 32,
                    reason="system call numbers of x86-64 Linux")
def test_under_a_filter_that_forbids_it(run_python, callbacks):
    if not libffi.features()["static_trampolines"]:
        pytest.skip("this libffi has no static trampolines here")
    out = run_python(FILTERED + """
import sys
cif = CIF(c.int, [c.int])
made = [cif.closure(lambda x, i=i: x + i) for i in range(2000)]
assert [cif.call(f, 1) for f in made] == [1 + i for i in range(2000)]
in_thread = Library(sys.argv[1]).function("call_in_thread", c.int, [c.func(cif), c.int, c.ptr(c.int)])
results = c.array(c.int, 3).new()
assert in_thread(made[5], 3, results) == 0 and list(results) == [5, 6, 7]
print("done")
""", callbacks.path)
    assert out in ("filtered\ndone\n", "unsupported\n")

pytestmark = pytest.mark.thread_unsafe(reason="looks at the whole process")


def test_info_says_which_kind_of_closure_this_libffi_makes():
    done = subprocess.run([sys.executable, "-m", "libffi", "info"], capture_output=True, text=True, check=True)
    [line] = [line for line in done.stdout.splitlines() if line.startswith("static trampolines")]
    assert ("yes" in line.lower()) == libffi.features()["static_trampolines"], line
