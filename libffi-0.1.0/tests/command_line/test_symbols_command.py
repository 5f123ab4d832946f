"""`python -m libffi symbols`: what a library offers."""
import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest

import libffi
from libffi._search import file_of

pytest.importorskip("elftools")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="is about ELF")

SOURCE = """
int plain(int x) { return x; }
int table[4] = {1};
__thread int mine = 2;
static int chosen(int x) { return -x; }
static void *choose(void) { return chosen; }
int resolved(int x) __attribute__((ifunc("choose")));
__attribute__((visibility("hidden"))) int hidden(void) { return 0; }
int old_name(int x) { return x; }
int new_name(int x) { return x + 1; }
__asm__(".symver old_name, versioned@FIRST_1");
__asm__(".symver new_name, versioned@@SECOND_2");
int getpid(void);
int uses_another(void) { return getpid(); }
"""
HEADER = """\
int plain(int x);
extern int table[4];
int only_declared(void);
static inline int own(void) { return 1; }
"""


@pytest.fixture(scope="module")
def library(compile_c, tmp_path_factory):
    """A library with a symbol of each kind."""
    script = tmp_path_factory.mktemp("symbols") / "map"
    script.write_text("FIRST_1 { global: *; };\nSECOND_2 { } FIRST_1;\n")
    try:
        return compile_c(SOURCE, "symbols", f"-Wl,--version-script={script}")
    except subprocess.CalledProcessError:
        pytest.skip("the linker has no versions")


@pytest.fixture
def run(command_line):
    """Run the command; return the exit code, standard output and error."""
    return functools.partial(command_line, "symbols")


def test_kinds_sizes_and_versions(run, library):
    code, out, _ = run(library, "--json")
    facts = json.loads(out)
    found = {(symbol["name"], symbol["version"]): symbol for symbol in facts["symbols"]}
    assert code == 0 and facts["library"] == library
    assert {name: found[name, "FIRST_1"]["kind"] for name in ("plain", "table", "mine", "resolved")} == {
        "plain": "function", "table": "data", "mine": "tls", "resolved": "ifunc"}
    assert found["table", "FIRST_1"]["size"] == 16 and found["plain", "FIRST_1"]["size"] > 0
    assert not found["versioned", "FIRST_1"]["default"] and found["versioned", "SECOND_2"]["default"]
    assert not {"hidden", "getpid", "FIRST_1", "chosen"} & {name for name, _ in found}


def test_as_the_loader_sees_them(run, library):
    _, out, _ = run(library, "--json", "--match", "plain|table|resolved|versioned")
    loaded = libffi.Library(library)
    for symbol in json.loads(out)["symbols"]:
        function = loaded.function(symbol["name"], libffi.c.int, [libffi.c.int], version=symbol["version"])
        assert function.address


def test_the_table(run, library):
    code, out, err = run(library, "--match", "versioned|plain")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0 and err == "" and "\033" not in out
    assert lines[0] == ["name", "version", "kind", "size"] and lines[1][:3] == ["plain", "FIRST_1", "function"]
    assert lines[2][:3] == ["versioned", "SECOND_2", "function"] and lines[3][1:4] == ["FIRST_1", "(not", "default)"]
    assert lines[-1] == [f"{library}:", "3", "symbols"]


def test_what_a_header_declares(run, library, tmp_path):
    (tmp_path / "own.h").write_text(HEADER)
    code, out, _ = run(library, "--header", "own.h", "-I", tmp_path)
    where = {line.split()[0]: line.split()[-1] for line in out.splitlines() if "FIRST_1" in line}
    assert code == 0 and where["plain"] == "own.h:1" and where["table"] == "own.h:2" and where["mine"] == "-"
    assert "2 of them declared by own.h" in out
    assert "declared, but not there (1): only_declared\n" in out
    facts = json.loads(run(library, "--header", "own.h", "-I", tmp_path, "--json")[1])
    assert facts["declared_only"] == ["only_declared"]


def test_names_are_found_as_library_finds_them(run):
    for name in ("m", "c", "libm.so.6"):
        assert Path(file_of(name)).is_file()
    assert json.loads(run("m", "--match", "pow", "--json")[1])["symbols"][0]["name"] == "pow"
    assert file_of("no_such_library") is None


def test_a_linker_script(tmp_path):
    real = file_of("m")
    script = tmp_path / "libscript.so"
    script.write_text(f"/* GNU ld script */\nGROUP ( {real} AS_NEEDED ( {file_of('c')} ) )\n")
    assert file_of(str(script)) == real


@pytest.mark.parametrize("argv, code, message", [
    (["no_such_library"], 3, "library 'no_such_library' not found"),
    ([__file__], 3, "is not an ELF library"),
    (["-"], 2, "the process itself is made of many"),
    (["m", "--match", "("], 2, "--match '(' is no regular expression"),
    (["m", "--header", "none.h"], 2, "none.h: No such file or directory")])
def test_bad_input_is_one_clear_error(run, argv, code, message):
    got, out, err = run(*argv)
    assert got == code and out == "" and err.startswith("libffi: ") and message in err


def test_without_pyelftools(run_python):
    said = run_python("""
        import sys
        sys.modules["elftools"] = None
        from libffi._cli import main
        sys.stderr = sys.stdout
        assert main(["symbols", "m"]) == 2
    """)
    assert said == "libffi: symbols needs pyelftools: pip install 'libffi[cli]'\n"
