"""examples/jansson: a package that ships a generated binding, built as a wheel, installed and used elsewhere."""
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from importlib.metadata import distribution
from pathlib import Path

import pytest

import libffi
from libffi._search import file_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "jansson"
VALUE = {"name": "\u03c0", "list": [1, 2.5, True, None, -(1 << 53) - 1], "nested": {"empty": {}}, "none": []}


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A Python that has libffi and the package's wheel, and nothing else."""
    pytest.importorskip("setuptools")       # before pip, which sees to it that setuptools finds no distutils (3.11)
    pytest.importorskip("pip")
    try:
        libffi.Library("jansson")
    except libffi.LibraryNotFound as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("jansson")
    shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("build", "*.egg-info", "binding*"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir"]
    # Of what builds and runs it, nothing is fetched.
    done = subprocess.run([*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", folder,
                           folder / "source"], capture_output=True, text=True, check=False)
    if "jansson.h: No such file" in done.stdout + done.stderr:
        pytest.skip("needs the header of jansson")
    assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    packages = folder / "venv" / os.path.relpath(sysconfig.get_path("purelib"), sys.prefix)
    (packages / "libffi").symlink_to(Path(libffi.__file__).parent)
    metadata = Path(str(distribution("libffi")._path))
    (packages / metadata.name).symlink_to(metadata)
    subprocess.run([*pip, "--python", python, "install", "-q", "--no-index", *folder.glob("*.whl")], check=True)
    shutil.rmtree(folder / "source")
    return python


def run(python, code, *arguments):
    """Run Python there; return what it printed."""
    done = subprocess.run([python, "-I", "-c", textwrap.dedent(code), *arguments], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_works(python):
    said = run(python, """
        import sys, jansson
        value = jansson.loads(sys.argv[1])
        print(jansson.dumps(value))
        for wrong in "[1,\\n 2,}", "":
            try:
                jansson.loads(wrong)
            except ValueError as error:
                print(error)
    """, json.dumps(VALUE))
    lines = said.splitlines()
    assert json.loads(lines[0]) == VALUE
    assert lines[1].startswith("line 2, column 4: ") and lines[2].startswith("line 1, column 0: ")


def test_the_shim_is_for_all_versions_of_python(python):
    packages = next(python.parents[1].glob("lib/python*/site-packages/jansson"))
    assert {"binding.py", "binding.pyi", "py.typed"} <= {path.name for path in packages.iterdir()}
    wheel = next(python.parents[2].glob("*.whl")).name
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert "-cp311-abi3-" in wheel and (packages / "binding_shim.abi3.so").exists()


def test_it_fits_what_is_installed(python):
    said = run(python, """
        import sys
        from libffi._cli import main
        from jansson import binding
        sys.exit(main(["check", binding.__file__]))
    """)
    assert "binding.py fits: " in said


def test_references_are_counted(python):
    """json_decref, an inline function, is the shim's."""
    assert run(python, """
        from jansson import binding as lib
        array = lib.json_array()
        lib.json_incref(array)
        print(array[0].refcount, lib.json_decref(array), array[0].refcount, lib.json_decref.library.name[-3:])
    """) == "2 None 1 .so\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_library_beside_the_module_is_the_one_also_to_the_shim(python):
    packages = next(python.parents[1].glob("lib/python*/site-packages/jansson"))
    here = packages / "libjansson.so.4"
    shutil.copy(file_of("jansson"), here)
    try:
        said = run(python, """
            from jansson import binding as lib
            lib.json_decref(None)       # the shim first
            lib.json_true()
            print({line.split()[-1] for line in open("/proc/self/maps") if "libjansson" in line})
        """)
    finally:
        here.unlink()
    assert said == f"{ {str(here)} }\n"
