"""cffi's own tests over libffi.compat.cffi: of the installed version, from its source archive.

`backend_tests.py` and `test_function.py` run as cffi's `test_ffi_backend.py` runs them, `test_c.py` with our module in
the place of `_cffi_backend`. The figures are printed; a failure that peers_cffi.toml does not name is one here.
"""
from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = HERE.parents[1] / "build" / "peers"

FRONT_TESTS = """
import libffi.compat.cffi as backend
from testing.cffi0 import backend_tests, test_function

class TestFront(backend_tests.BackendTests, test_function.TestFunction):
    TypeRepr = "<ctype '%s'>"

    @staticmethod
    def Backend():
        return backend
"""
# test_c.py is of one version, takes all names of its backend, and calls C functions of cffi's own.
IN_ITS_PLACE = """
import sys, types
import _cffi_backend as theirs
import libffi.compat.cffi as ours
from libffi.compat.cffi import _cdata

module = types.ModuleType("_cffi_backend")
module.__dict__.update(vars(ours))
module.__dict__.update({name: getattr(_cdata, name) for name in ("FFI", "CType", "CField", "CLibrary")})
module._testfunc, module.__version__ = theirs._testfunc, theirs.__version__
sys.modules["_cffi_backend"] = module
"""


def source(version: str) -> Path:
    """Return the folder of cffi's source archive, fetched once."""
    folder = WORK / f"cffi-{version}"
    if not folder.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "cffi",
                        "--no-build-isolation", "-d", str(WORK), f"cffi=={version}"], check=True)
        with tarfile.open(WORK / f"cffi-{version}.tar.gz") as archive:
            archive.extractall(WORK, filter="data")
    return folder


def run(name: str, folder: Path, tests: list[str], options: list[str], named: dict[str, str]) -> bool:
    """Run tests and print how many passed; return whether only the named ones failed."""
    left_out = [option for test, reason in named.items() if reason.startswith("not run:")
                for option in ("--deselect", f"{tests[-1]}::{test}")]
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", "--rootdir=.", "-W", "ignore"]
    done = subprocess.run([*command, *left_out, *tests, *options], cwd=folder, capture_output=True, text=True)
    failed = [line.partition("::")[2].rpartition("::")[2].split(" ")[0]
              for line in done.stdout.splitlines() if line.startswith("FAILED")]
    unknown = [test for test in failed if test not in named]
    found = re.search(r"^(?:\d+ failed, )?(\d+) passed.*$", done.stdout, re.MULTILINE)
    print(f"{name}: {found[0] if found else done.stdout[-3000:] + done.stderr[-3000:]}")
    for test in unknown:
        print(f"  {test} failed, which peers_cffi.toml does not name")
    for test, reason in named.items():
        if test not in failed and not reason.startswith("not run:"):
            print(f"  {test} passes: take it out of peers_cffi.toml")
    return found is not None and not unknown


def main(options: list[str]) -> int:
    """Run both sets of tests."""
    if importlib.util.find_spec("cffi") is None:
        sys.exit("peers cffi: cffi is not installed in this environment")
    folder = source(importlib.metadata.version("cffi"))
    named = tomllib.loads((HERE / "peers_cffi.toml").read_text())
    (folder / "test_front.py").write_text(FRONT_TESTS)
    (folder / "src" / "c" / "conftest.py").write_text(IN_ITS_PLACE)
    good = run("BackendTests and TestFunction", folder, ["test_front.py"], options, named["front"])
    return not (run("test_c.py", folder / "src" / "c", ["test_c.py"], options, named["test_c"]) and good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
