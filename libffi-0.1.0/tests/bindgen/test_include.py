"""libffi.include: a module of a header, kept on disk."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

import libffi
from libffi.bindgen import BindgenError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a header, and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIBFFI_CACHE", str(tmp_path / "cache"))
    (tmp_path / "part.h").write_text("#define PART 1\n")
    (tmp_path / "whole.h").write_text('#include "part.h"\nint abs(int);\n#define WHOLE (PART + 1)\n')
    return tmp_path


@pytest.fixture
def no_compiler(monkeypatch):
    """Call it where no compiler may run any more."""
    from libffi._bindgen import compiler

    def forbid():
        monkeypatch.setattr(compiler.Compiler, "__init__", lambda *args: pytest.fail("the compiler ran"))

    return forbid


def kept():
    return sorted(Path(os.environ["LIBFFI_CACHE"]).glob("*.py"))


def test_the_second_time_needs_no_compiler(folder, no_compiler):
    module = libffi.include("whole.h")
    assert module.abs(-3) == 3 and module.WHOLE == 2 and len(kept()) == 1
    no_compiler()
    assert libffi.include("whole.h") is module
    del sys.modules[module.__name__]
    again = libffi.include("whole.h")
    assert again is not module and again.WHOLE == 2


def test_a_changed_header_is_read_again(folder):
    assert libffi.include("whole.h").WHOLE == 2
    (folder / "part.h").write_text("#define PART 5\n")
    assert libffi.include("whole.h").WHOLE == 6 and len(kept()) == 1


def test_a_text_that_changes_within_a_second_is_compiled_again(folder):
    """Python tells a source from another by seconds and length."""
    module = libffi.include("whole.h")
    [path] = kept()
    before = path.stat()
    path.write_text(path.read_text().replace("WHOLE = 2", "WHOLE = 7"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    del sys.modules[module.__name__]
    assert libffi.include("whole.h").WHOLE == 7


def test_a_touched_header_is_not(folder, no_compiler):
    libffi.include("whole.h")
    no_compiler()
    os.utime(folder / "part.h", (1, 1))
    assert libffi.include("whole.h").WHOLE == 2


def test_other_options_make_another_module(folder):
    assert hasattr(libffi.include("whole.h"), "abs")
    assert not hasattr(libffi.include("whole.h", match="WHOLE"), "abs") and len(kept()) == 2
    assert libffi.include("whole.h", flags=["-DWHOLE=9", "-UWHOLE"]).WHOLE == 2 and len(kept()) == 3


def test_what_was_kept_and_is_broken_is_made_again(folder):
    module = libffi.include("whole.h")
    first, *rest = kept()[0].read_text().splitlines(keepends=True)
    another = "".join([first.replace("whole", "other"), *rest])
    for text in ("", "# {\n", first + "# 1 2\n", first + "# 1 1 x gone.h\n", another):
        kept()[0].write_text(text)
        sys.modules.pop(module.__name__, None)
        assert libffi.include("whole.h").WHOLE == 2
        assert kept()[0].read_text() == "".join([first, *rest])


def test_names_of_headers_may_be_odd(folder, no_compiler):
    (folder / "a\nb \u20ac").mkdir()
    header = folder / "a\nb \u20ac" / "odd.h"
    header.write_text("#define ODD 3\n")
    (folder / "over.h").write_text("#include <odd.h>\n#define OVER ODD\n")
    for _ in range(2):
        assert libffi.include("over.h", flags=iter([f"-I{header.parent}"])).OVER == 3
        no_compiler()


def test_the_second_time_is_light(folder):
    """What these bring along takes longer than all the rest."""
    program = ("import sys, libffi; before = set(sys.modules); libffi.include('whole.h').abs; "
               "print((sys.modules.keys() - before) & {'json', 'shutil', 'hashlib'})")
    for _ in range(2):
        done = subprocess.run([sys.executable, "-I", "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "set()\n"


def test_without_a_cache(folder, monkeypatch):
    monkeypatch.setenv("LIBFFI_CACHE", "0")
    assert libffi.include("whole.h").WHOLE == 2 and not (folder / "cache").exists()


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache(folder, monkeypatch):
    (folder / "cache").mkdir(mode=0o500)
    assert libffi.include("whole.h").WHOLE == 2


def test_a_cache_that_is_no_folder(folder):
    (folder / "cache").write_text("")
    assert libffi.include("whole.h").WHOLE == 2


def test_processes_at_once(folder):
    program = "import libffi; print(libffi.include('whole.h').abs(-4))"
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0] for process in running] == ["4\n"] * 3
    assert len(kept()) == 1 and not [path for path in (folder / "cache").iterdir() if path.name.startswith(".")]


def test_errors_are_the_compilers(folder):
    with pytest.raises(BindgenError, match="none.h"):
        libffi.include("none.h")
    with pytest.raises(TypeError, match="flags: expected several of them, got '-DX'"):
        libffi.include("whole.h", flags="-DX")
