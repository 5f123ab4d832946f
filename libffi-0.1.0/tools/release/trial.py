"""Install a wheel on its own architecture, and run the tests and the differential tests there."""
from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from .roots import Root
from .steps import Facts, StepFailed, run

# Pure Python: the same files serve every architecture.
TEST_PACKAGES = ["pytest>=8.2", "pytest-xdist", "hypothesis", "packaging", "cython>=3.1",
                 "setuptools>=77"]
# The pages show a 64-bit machine and the whole checkout; embedding links with the root's own libpython.
NOT_OF_THE_WHEEL = "documentation/test_docs", "reliability/test_embedded"

LOOK = """
import json, platform, sys, libffi
from packaging import tags
from packaging.utils import parse_wheel_filename
f = libffi.features()
fits = parse_wheel_filename(sys.argv[1])[3] & set(tags.sys_tags())
assert fits, f"{sys.argv[1]} is not for this interpreter"
print("LOOK" + json.dumps({
    "order": f["byteorder"], "pointer": str(f["pointer_size"]), "longdouble": f["long_double"],
    "libc": " ".join(platform.libc_ver()), "python": platform.python_version(), "libffi": f["version"],
}))
"""


def install(root: Root, wheel: Path, python: Path, log: Path) -> Facts:
    """Make a clean virtual environment in the root, and put the wheel and what the tests need into it."""
    venv = root.work / "venv"
    shutil.rmtree(venv, ignore_errors=True)
    root.enter(["python3", "-m", "venv", "--without-pip", str(venv)], log)
    (site,) = venv.glob("lib/python3*/site-packages")
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(site)]
    pure = ["--only-binary=:all:", "--python-version", root.python, "--implementation", "py", "--abi", "none"]
    run([*pip, *pure, "--platform", "any", *TEST_PACKAGES], log)
    tag = wheel.stem.split("-")[-1].split(".")[0]
    run([*pip, "--no-deps", "--only-binary=:all:", "--python-version", root.python, "--platform", tag, str(wheel)], log)
    root.install_compiler()
    found = re.search("^LOOK(.*)", root.enter(["python", "-c", LOOK, wheel.name], log), re.MULTILINE)
    assert found
    facts: Facts = json.loads(found[1])
    return facts


def test(root: Root, source: Path, prefix: Path, quick: bool, log: Path) -> Facts:
    """Run the test suite from the installed wheel."""
    tests = fresh_copy(source, root.work / "tests")
    if quick:
        files = ["tests/test_tour.py", "tests/types/test_types.py", "tests/real_libraries/test_libm.py"]
    elif root.platform.native:
        files = ["tests", *(f"--ignore=tests/{name}.py" for name in NOT_OF_THE_WHEEL)]
    else:
        files = ["@tests/emulated_selection.txt"]
    command = ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", *files]
    output = root.enter(["env", "-C", str(tests), *command], log, allowed=(0, 1),
                        LIBFFI_PREFIX=str(prefix))
    summary = re.findall(r"^\D*((?:\d+ \w+, )*\d+ \w+) in [\d.]+s", output, re.MULTILINE)
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", summary[-1])} if summary else {}
    bad = counts.get("failed", 0) + counts.get("errors", 0) + counts.get("error", 0)
    passed, skipped = counts.get("passed", 0), counts.get("skipped", 0)
    if bad or not passed:
        raise StepFailed(f"{bad} of {bad + passed} tests failed; see {log}")
    return {"tests": f"{passed} passed, {skipped} skipped", "summary": f"{passed} passed, {skipped} skipped"}


def fresh_copy(source: Path, folder: Path) -> Path:
    """Copy the tests in place of an older copy."""
    shutil.rmtree(folder, ignore_errors=True)
    copy_tests(source, folder)
    return folder


def copy_tests(source: Path, folder: Path) -> None:
    """Copy what the tests read, but not the package's source: the installed one is tested."""
    folder.mkdir(parents=True)
    for name in ("tests", "docs", "examples", "include", "tools", "benchmarks"):
        shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("_build"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(source / name, folder)


def fuzz(root: Root, source: Path, count: int, log: Path) -> Facts:
    """Compare random signatures with what this architecture's compiler does."""
    tests = fresh_copy(source, root.work / "fuzz")
    command = ["python", "-m", "tests.fuzz", "--count", str(count), "--seed", "6", "--jobs", "2"]
    output = root.enter(["env", "-C", str(tests), *command], log, allowed=(0, 1))
    return tally(output, count, log)


def tally(output: str, count: int, log: Path) -> Facts:
    """Read what the differential tests say at their end."""
    found = re.search(r"^(\d+) signatures called, (\d+) closures called, (\d+) refused, (\d+) met.*, (\d+) failed",
                      output, re.MULTILINE)
    if not found:
        raise StepFailed(f"the differential tests came to no end; see {log}")
    called, closures, refused, excused, failed = found.groups()
    if failed != "0":
        raise StepFailed(f"{failed} of {count} signatures failed; see {log}")
    text = f"{called} called, {closures} closures, {refused} refused" + (f", {excused} excused" * (excused != "0"))
    return {"fuzz": text, "summary": text}
