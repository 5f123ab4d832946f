"""Closures of processes that have no file descriptor to spare, or closed those that libffi had, or lost its file."""
from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

import libffi

PATCHED = "trampoline_file" in libffi.features()["patches"]

pytestmark = [
    pytest.mark.thread_unsafe(reason="runs programs that close all descriptors"),
    pytest.mark.skipif(sys.platform != "linux", reason="/proc and Linux's limits"),
]

MANY = """
import os, sys
from libffi import CIF, c
cif = CIF(c.int, [c.int])
kept = []
def make_many(n=3000):
    "More closures than a page holds, on every port; each is called."
    kept.extend(cif.closure(lambda x, i=i: x + i) for i in range(n))
    for closure in kept:
        assert cif.call(closure, 1) == 1 + closure.callable.__defaults__[0]
def close_and_open():
    "What a daemon does: close everything, and open something else under the same numbers."
    os.closerange(3, 256)
    return [open("/bin/sh", "rb") for _ in range(8)]
"""


def test_a_daemon_closes_all_descriptors_and_opens_other_files(run_python):
    out = run_python(MANY + """
make_many(1)
files = close_and_open()
try:
    make_many()
    print("made")
except OSError as error:            # a libffi without our patch, with static trampolines
    print("refused", error)
""")
    assert out == "made\n" if PATCHED else out.startswith(("made", "refused [Errno 116]"))


def test_a_child_closes_all_descriptors(run_python):
    assert run_python(MANY + """
make_many(1)
child = os.fork()
if child == 0:
    os.closerange(3, 256)
    make_many()
    os._exit(7)
make_many()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""") == "7\n"


def test_python_daemon(run_python, tmp_path):
    pytest.importorskip("daemon")
    run_python(MANY + """
import daemon
make_many(1)
with daemon.DaemonContext(working_directory=sys.argv[1], stderr=open(sys.argv[1] + "/log", "w")):
    files = [open("/bin/sh", "rb") for _ in range(8)]
    try:
        make_many()
        said = "made"
    except OSError as error:
        said = f"refused {error}"
    with open("said.new", "w") as file:
        file.write(said)
    os.rename("said.new", "said")
""", str(tmp_path))
    deadline = time.monotonic() + 60    # the process that run_python started ended when the daemon left it
    while not (tmp_path / "said").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    said = (tmp_path / "said").read_text()
    assert said == "made" if PATCHED else said.startswith(("made", "refused [Errno 116]")), said


def test_no_descriptor_to_spare_is_an_error_for_this_time(run_python):
    out = run_python("""
import errno, os, resource
from libffi import CIF, c
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
maps = open("/proc/self/maps")
cif = CIF(c.int, [c.int])
resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
for _ in range(2):
    try:
        cif.closure(abs)
    except OSError as error:
        assert error.errno == errno.EMFILE and "closure" in str(error), error
    else:
        print("made")
print("rwxp" in maps.read())
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(cif.call(cif.closure(abs), -3))
""")
    assert out == "False\n3\n"


def test_later_closures_need_no_descriptor(run_python):
    if not PATCHED:
        pytest.skip("a libffi that has our patch")
    assert run_python(MANY + """
import resource
make_many(1)
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
make_many()
print("made")
""") == "made\n"


@pytest.mark.parametrize("replaced", ["before the first closure", "after the first closure", "deleted"])
def test_the_extension_is_upgraded_under_a_running_process(run_python, tmp_path, replaced):
    """The path leads to another file by then, or to none: what is in that is never run."""
    package = shutil.copytree(Path(libffi.__file__).parent, tmp_path / "with spaces" / "libffi")
    [extension] = package.glob("_ffi.*.so")
    assert run_python(MANY + """
extension, replaced = sys.argv[1:]
import libffi._ffi
assert os.path.samefile(libffi._ffi.__file__, extension)
if replaced == "after the first closure":
    make_many(1)
with open(extension + ".new", "wb") as other:
    other.write(os.urandom(4 << 20))
if replaced == "deleted":
    os.unlink(extension)
else:
    os.rename(extension + ".new", extension)
make_many()
print("made")
""", str(extension), replaced, env={"PYTHONPATH": str(package.parent)}) == "made\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="chroot is for root")
@pytest.mark.parametrize("first", [0, 1])
def test_chroot(run_python, tmp_path, first):
    """Neither /proc nor the file is to be found any more."""
    assert run_python(MANY + """
make_many(int(sys.argv[2]))
os.chroot(sys.argv[1])
os.chdir("/")
make_many()
print("made")
""", str(tmp_path), str(first)) == "made\n"
