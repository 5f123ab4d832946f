"""`python -m libffi bindgen`: what it writes, says, and returns."""
import functools
import json
import stat
from pathlib import Path

import pytest

HEADER = """
#define LIMIT 5
#define EMPTY
/* Give the absolute value. */
int abs(int value);
long labs(long value);
int not_there(void);
"""


@pytest.fixture
def run(command_line, tmp_path, monkeypatch):
    """Run the command in a folder with a header; return the exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.h").write_text(HEADER)
    return functools.partial(command_line, "bindgen")


def test_the_summary(run):
    code, out, err = run("own.h", "--library", "-", "--output", "own.py")
    lines = out.splitlines()
    assert code == 0 and err == "" and lines[0].startswith("own.py: 2 functions, 1 constants (")
    assert lines[1:] == ["left out: 2", "      1  the process has no such symbol",
                         "      1  a macro that is no value: empty, a keyword, a part of a declaration"]
    text = Path("own.py").read_text()
    assert "    python -m libffi bindgen own.h --library - --output own.py\n" in text
    compile(text, "own.py", "exec")
    compile(Path("own.pyi").read_text(), "own.pyi", "exec")


def test_the_report(run):
    code, out, _ = run("own.h", "--library", "-", "--output", "own.py", "--report", "report.txt")
    report = Path("report.txt").read_text()
    assert code == 0 and out in report and "not_there: the process has no symbol 'not_there'\n" in report
    code, out, _ = run("own.h", "--library", "-", "--output", "own.py", "--report", "report.json", "--json")
    facts = json.loads(out)
    assert json.loads(Path("report.json").read_text()) == facts
    assert facts["made"]["functions"] == 2 and set(facts["left_out"]) == {"EMPTY", "not_there"}


def test_without_output_it_is_printed(run):
    code, out, err = run("own.h", "--library", "-", "--quiet")
    assert code == 0 and "abs(value=int) -> int\n" in out and err == "" and not list(Path().glob("*.py*"))


def test_selection(run):
    _, out, _ = run("own.h", "-l", "-", "-q", "--match", ".*abs", "--skip", "labs", "--rename", "(.*)=c_\\1")
    assert "c_abs@abs(value=int) -> int\n" in out and "labs(" not in out and "LIMIT" not in out


def test_names_that_renaming_would_make_one_stay(run):
    _, out, _ = run("own.h", "-l", "-", "-q", "--rename", "l?(abs)=\\1")
    assert "\nabs(value=int)" in out and "labs(value=long)" in out


def test_a_selection_of_what_cannot_be_had_says_why(run):
    code, out, _ = run("own.h", "-l", "-", "--match", "not_there", "--output", "own.py")
    assert code == 0 and out.startswith("own.py: nothing (") and "1  the process has no such symbol" in out


def test_flags_reach_the_compiler(run):
    Path("folder").mkdir()
    Path("folder/other.h").write_text("#ifdef WANTED\nint abs(int);\n#endif\nextern EXTRA labs(EXTRA);\n")
    Path("first.h").write_text("#define EXTRA long\n")
    code, out, _ = run("other.h", "-l", "-", "-q", "-I", "folder", "-DWANTED=1", "-include", "first.h")
    assert code == 0 and "abs(arg1=int) -> int\n" in out and "labs(arg1=long) -> long\n" in out


@pytest.mark.parametrize("arguments, code, message", [
    (["none.h", "-l", "-"], 2, "none.h"),
    (["own.h", "-l", "no_such_library"], 3, "library 'no_such_library' not found"),
    (["own.h"], 2, "no library is named"),
    (["own.h", "-l", "-", "--match", "("], 2, "--match '(' is no regular expression"),
    (["own.h", "-l", "-", "--match", "ab", "--skip", "x"], 2, "'ab' --skip 'x': no name of the headers is left"),
    (["own.h", "-l", "-", "--from", "*/none/*"], 2, "--from '*/none/*': no name of the headers is left"),
    (["own.h", "-l", "-", "--rename", "a"], 2, "--rename a: expected PATTERN=NAME"),
    (["own.h", "-l", "-", "--rename", r"(a)=\2"], 2, r"--rename (a)=\2: invalid group"),
    (["own.h", "-l", "-", "--cc", "no-such-compiler"], 2, "'no-such-compiler' cannot be run: "),
    (["own.h", "-l", "-", "--output", "own.txt"], 2, "--output own.txt: expected a name that ends in .py"),
    (["own.h", "-l", "-", "--pkg-config", "no_such_package"], 2, "no_such_package"),
    (["own.h", "-l", "-", "--output", "nowhere/own.py"], 2, "--output nowhere/own.py: there is no folder nowhere"),
    (["own.h", "-l", "-", "--output", "own-c.py"], 2, "'own-c' cannot be imported"),
    (["own.h", "-l", "-", "-o", "own.py", "--report", "nowhere/r"], 2,
     f"{Path('nowhere', 'r')} cannot be written: No such file")])
def test_bad_input_is_one_clear_error(run, arguments, code, message):
    got, out, err = run(*arguments)
    assert got == code and out == "" and err.startswith("libffi: ") and message in err
    assert not list(Path().glob(".*"))


def test_a_header_that_does_not_compile(run):
    Path("bad.h").write_text("int f(itn x);\n#define N 5\n")
    code, _, err = run("bad.h", "-l", "-", "--output", "bad.py")
    assert code == 2 and "does not compile the headers" in err and "bad.h:1:7: error: " in err
    assert not Path("bad.py").exists() and not Path("bad.pyi").exists()


def test_a_file_that_was_there_stays_when_writing_fails(run, monkeypatch):
    Path("own.py").write_text("old")
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    code, _, err = run("own.h", "-l", "-", "--output", "own.py")
    assert code == 2 and "cannot be written: No space left" in err
    assert Path("own.py").read_text() == "old" and {path.name for path in Path().iterdir()} == {"own.h", "own.py"}


def test_what_is_written_has_the_usual_mode(run):
    Path("plain").write_text("")
    run("own.h", "-l", "-", "--output", "own.py")
    assert stat.S_IMODE(Path("own.py").stat().st_mode) == stat.S_IMODE(Path("plain").stat().st_mode)
