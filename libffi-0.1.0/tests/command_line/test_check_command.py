"""`python -m libffi check`: whether a generated module still fits."""
import json
from pathlib import Path

import pytest

HEADER = """
#define LIMIT 5
enum color { RED, GREEN };
typedef struct { int x; short y; } point;
int f(point *at, enum color, int n);
int g(void);
extern int counter;
static inline int twice(int n) { return 2 * n; }
"""
SOURCE = """
#include "own.h"
int f(point *at, enum color color, int n) { return at->x; }
int g(void) { return 1; }
int counter;
"""


@pytest.fixture
def run(command_line, tmp_path, monkeypatch):
    """Run a command in the folder of a module; return the exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    return command_line


@pytest.fixture
def made(run, compile_c, tmp_path):
    """A header, its library beside the module, and the module."""
    Path("own.h").write_text(HEADER)
    library = Path(compile_c(SOURCE, "own", f"-I{tmp_path}"))
    Path("libown.so").write_bytes(library.read_bytes())
    assert run("bindgen", "own.h", "-l", "./libown.so", "-o", "own.py")[0] == 0
    return Path("own.h")


def misfits(out):
    return {misfit["name"]: misfit for misfit in json.loads(out)["misfits"]}


def test_a_module_that_fits(run, made):
    code, out, err = run("check", "own.py")
    assert (code, err) == (0, "") and out.startswith("own.py fits: ") and "libown.so" in out
    facts = json.loads(run("check", "own.py", "--json")[1])
    assert facts["fits"] and facts["misfits"] == [] and facts["new"] == [] and facts["checked"] >= 8


def test_what_the_header_has_changed(run, made):
    made.write_text(HEADER.replace("LIMIT 5", "LIMIT 6").replace("RED, GREEN", "RED, BLUE, GREEN")
                    .replace("short y", "long y").replace("int n);", "long n);").replace("int g(void);", "")
                    + "#define MORE 1\n")
    code, out, _ = run("check", "own.py", "--json")
    found = misfits(out)
    assert code == 1
    assert (found["LIMIT"]["what"], found["LIMIT"]["module"], found["LIMIT"]["here"]) == ("constant", "5", "6")
    assert found["color.GREEN"]["module"] == "1" and found["color.GREEN"]["here"] == "2"
    assert found["color.BLUE"]["module"] == "-"
    assert found["point.y"]["module"] == "short at 4" and found["point.y"]["here"] == "long at 8"
    assert found["f"]["what"] == "function" and found["f"]["here"].endswith("long)")
    assert found["g"]["here"] == "the headers no longer have it"
    assert json.loads(out)["new"] == ["BLUE", "MORE"]
    code, out, _ = run("check", "own.py")
    assert code == 1 and "own.py does not fit: " in out and "new in the headers: BLUE, MORE\n" in out
    assert out.splitlines()[0].split() == ["name", "what", "in", "the", "module", "here"]


def test_what_the_library_no_longer_has(run, made, compile_c, tmp_path):
    made.write_text(HEADER)
    smaller = SOURCE.replace("int g(void) { return 1; }", "")
    Path("libown.so").unlink()      # the old one is loaded
    Path("libown.so").write_bytes(Path(compile_c(smaller, "smaller", f"-I{tmp_path}")).read_bytes())
    for more in ((), ("--no-headers",)):
        code, out, _ = run("check", "own.py", "--json", *more)
        assert code == 1 and list(misfits(out)) == ["g"] and misfits(out)["g"]["what"] == "symbol"
    Path("libown.so").unlink()
    code, out, _ = run("check", "own.py")
    assert code == 1 and "libown.so" in out and "library" in out


def test_without_headers_no_compiler_is_asked(run, made, monkeypatch):
    made.unlink()
    monkeypatch.setenv("CC", "no-such-compiler")
    assert run("check", "own.py", "--no-headers")[0] == 0
    assert run("check", "own.py")[0] == 2


def test_another_machine(run, made):
    Path("own.py").write_text(Path("own.py").read_text().replace("-bit ", "-bits "))
    code, out, _ = run("check", "own.py", "--json")
    assert code == 1 and [misfit["what"] for misfit in json.loads(out)["misfits"]] == ["machine"]


def test_a_shim_that_is_not_built(run, made):
    assert run("bindgen", "own.h", "-l", "./libown.so", "-o", "own.py", "--shim")[0] == 0
    assert run("check", "own.py")[0] == 0
    Path("own_shim.so").unlink()
    code, out, _ = run("check", "own.py", "--json", "--no-headers")
    assert code == 1 and "compile own_shim.c" in misfits(out)["own_shim"]["here"]


def test_options_are_those_of_the_making(run, made):
    run("bindgen", "own.h", "-l", "./libown.so", "-o", "own.py", "--match", "[fg]", "--rename", "(.)=own_\\1", "-DN=1")
    assert "own_f" in Path("own.py").read_text()
    code, out, _ = run("check", "own.py", "--json")
    assert code == 0 and json.loads(out)["new"] == []


def test_headers_that_were_named_by_their_whole_path(run, made, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    made.rename(folder / "own.h")
    assert run("bindgen", folder / "own.h", "-l", "./libown.so", "-o", "own.py")[0] == 0
    assert str(tmp_path) not in Path("own.py").read_text()
    assert run("check", "own.py")[0] == 2
    assert run("check", "own.py", "-I", folder)[0] == 0
    assert run("check", "own.py", "--header", folder / "own.h")[0] == 0


@pytest.mark.parametrize("name, text, message", [
    ("none.py", None, "none.py: No such file"), ("other.py", "x = 1\n", "other.py is not a module that bindgen made"),
    ("binary.py", b"\xff\xfe", "binary.py is not a module that bindgen made")])
def test_bad_input_is_one_clear_error(run, tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    code, out, err = run("check", name)
    assert code == 2 and out == "" and err.startswith("libffi: ") and message in err
