"""The command line: python -m libffi."""
import errno
import json
import subprocess
import sys

import pytest

import libffi

POW = "double pow(double, double)"
LARGE = 1 << (8 * libffi.c.long.size - 4)  # needs a long


@pytest.fixture
def run(command_line):
    """Run the command line in this process; return the exit code, standard output and error."""

    def run_(*argv):
        code, out, err = command_line(*argv)
        assert err.count("\n") <= 1 or code == 2
        return code, out, err

    return run_


@pytest.fixture
def result(run):
    """Run a call that must succeed; return what it printed."""

    def result_(*argv):
        code, out, err = run("call", *argv)
        assert (code, err) == (0, "")
        return out.removesuffix("\n")

    return result_


def test_as_a_module():
    done = subprocess.run([sys.executable, "-m", "libffi", "call", "libm.so.6", POW, "2", "10"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1024.0\n", "")
    done = subprocess.run([sys.executable, "-m", "libffi", "call", "m", "double nope(double)", "2"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "nope" in done.stderr and "Traceback" not in done.stderr


def test_version(run):
    assert run("--version") == (0, f"libffi for Python {libffi.__version__}\n", "")


def test_the_bytes_of_the_shell(result, run):
    assert result("-", "size_t strlen(const char *)", "\udcff\udcfe") == "2"
    assert result("-", "size_t strlen(const char *)", "\u20ac") == "3"
    assert result("-", "const char *strdup(const char *)", "\udcff") == r"\udcff"
    code, _, err = run("call", "-", "size_t wcslen(const wchar_t *)", "a\0b")
    assert code == 5 and "embedded NUL" in err


def test_into_a_pipe_that_closes():
    for command in "-m libffi info", "-u -m libffi info":
        done = subprocess.run(f"{sys.executable} {command} | true; echo ${{PIPESTATUS[0]}}", shell=True,
                              executable="/bin/bash", capture_output=True, text=True, check=False)
        assert done.stdout in ("0\n", "1\n") and done.stderr == ""


def test_info(run):
    code, out, err = run("info")
    assert code == 0 and err == ""
    assert libffi.features()["version"] in out and libffi.__version__ in out
    for word in ("patched", "call plans", "ABIs", "128-bit integers", "SIMD vectors", "static trampolines"):
        assert word in out


def test_info_as_json(run):
    facts = json.loads(run("info", "--json")[1])
    assert facts["package"] == libffi.__version__
    assert facts["version"] == libffi.features()["version"]
    assert facts["abis"] == list(libffi.features()["abis"])


def test_help_names_the_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0 and "exit codes" in out
    code, out, _ = run("call", "--help")
    assert code == 0 and "3  the library was not found" in out and "NULL" in out


def test_numbers(result):
    assert result("m", POW, "2", "0x1.4p3") == "1024.0"
    assert result("m", POW + ";", "2", "-1") == "0.5"
    assert result("m", "double fabs(double)", "-inf") == "inf"
    assert result("m", "float fabsf(float)", "-1.5") == "1.5"
    assert result("m", "long double fabsl(long double)", "-2.25") == "2.25"
    assert result("-", "int abs(int)", "-0x10") == "16"
    assert result("-", "int abs(int)", "-007") == "7"
    assert result("-", "long labs(long)", str(-LARGE)) == str(LARGE)
    assert result("m", "double complex conj(double complex)", "1+2i") == "(1-2j)"


def test_texts(result):
    assert result("-", "size_t strlen(const char *)", "four") == "4"
    assert result("-", "int toupper(int)", "97") == "65"
    assert result("-", "const char *strerror(int)", "2") == "No such file or directory"
    assert result("-", "const char *getenv(const char *)", "NO_SUCH_VARIABLE_HERE") == "NULL"
    assert result("-", "int atoi(const char *)", "-5") == "-5"
    assert result("-", "char *strchr(const char *, int)", "abc", "122") == "NULL"
    assert result("-", "size_t wcslen(const wchar_t *)", "wide") == "4"
    assert result("-", "int memcmp(const void *, const void *, size_t)", "abc", "abc", "3") == "0"
    assert result("-", "char *strcpy(char *, const char *)", "room", "new").startswith("0x")
    assert result("-", "void free(void *)", "NULL") == ""


def test_variable_arguments(result):
    printed = result("-", "int printf(const char *, ...)", "%d %.1f %s %ld;", "5", "2.5", "text", str(LARGE))
    assert printed == f"5 2.5 text {LARGE};{len(str(LARGE)) + 12}"
    null = result("-", "int snprintf(char *, size_t, const char *, ...)", "NULL", "0", "%p", "NULL")
    assert null in ("5", "1")  # (nil); musl writes 0


def test_structs_and_enums(result, compile_c):
    div = "struct div_t {int quot, rem;}; struct div_t div(int, int)"
    assert result("-", div, "17", "5") == "struct div_t {quot = 3, rem = 2}"
    path = compile_c("""
        enum color { RED, GREEN };
        enum color other(enum color x) { return x ? RED : GREEN; }
        struct point { double x; char name[4]; enum color color; struct { _Bool set; } flags; };
        struct point same(struct point p) { return p; }
        _Bool flip(_Bool x) { return !x; }
        char next(char x) { return x + 1; }
    """, "cli")
    color = "enum color { RED, GREEN }; "
    assert result(path, color + "enum color other(enum color)", "RED") == "GREEN (1)"
    assert result(path, color + "enum color other(enum color)", "1") == "RED (0)"
    point = color + "struct point { double x; char name[4]; enum color color; struct { _Bool set; } flags; }; "
    shown = result(path, point + "struct point same(struct point)", "(1, b'abc', 1, (True,))")
    assert shown.startswith("struct point {x = 1.0, name = ") and "color = GREEN (1)" in shown
    assert shown.endswith("{set = true}}")
    assert result(path, "_Bool flip(_Bool)", "true") == "false"
    assert result(path, "char next(char)", "a") == "'b'"
    assert result(path, "char next(char)", "97") == "'b'"


def test_errno(run):
    code, out, _ = run("call", "--errno", "-", "int close(int)", "-1")
    assert code == 0 and out.startswith("-1\nerrno 9 (EBADF: ")
    assert errno.EBADF == 9
    assert run("call", "--errno", "-", "int abs(int)", "-1")[1] == "1\nerrno 0\n"


@pytest.mark.parametrize("argv, code, message", [
    (["call", "m"], 2, "usage"),
    (["nonsense"], 2, "usage"),
    ([], 2, "usage"),
    (["call", "m", "pow", "2", "3"], 2, 'unknown type name \'pow\' (a function in C: "double pow(double, double)")'),
    (["call", "m", "double pow(doble, double)", "2"], 2, "line 1, column 12: unknown type name 'doble'"),
    (["call", "m", "int x"], 2, "no function is declared"),
    (["call", "m", "double cos(double); double sin(double)"], 2, "more than one function"),
    (["call", "no_such_library", POW, "2", "10"], 3, "library 'no_such_library' not found"),
    (["call", "", POW, "2", "10"], 3, "name"),
    (["call", "m", "double no_such_function(double)", "2"], 4, "no_such_function"),
    (["call", "m", POW, "2"], 5, r"pow() takes 2 arguments, got 1"),
    (["call", "m", POW, "2", "3", "4"], 5, r"pow() takes 2 arguments, got 3"),
    (["call", "m", "double cos(double)"], 5, r"cos() takes 1 argument, got 0"),
    (["call", "-", "int printf(const char *, ...)"], 5, r"takes at least 1 argument, got 0"),
    (["call", "m", POW, "2", "ten"], 5, r"pow() argument 2: expected double, got 'ten'"),
    (["call", "-", "int abs(int)", "1.5"], 5, r"abs() argument 1: expected int, got '1.5'"),
    (["call", "-", "int abs(int)", "0x80000000"], 5, r"abs() argument 1: "),
    (["call", "-", "int abs(int)", ""], 5, r"abs() argument 1: expected int, got ''"),
    (["call", "-", "int *f(int *) asm(\"abs\")", "text"], 5, r"f() argument 1: expected int *, got 'text'"),
    (["call", "-", "int printf(const char *, ...)", "%ld", str(1 << 64)], 5, "64 bits"),
    (["call", "-", "struct s {int x;}; int f(struct s) asm(\"abs\")", "]"], 5, "argument 1"),
])
def test_errors(run, argv, code, message):
    found, out, err = run(*argv)
    assert found == code and message in err and out == ""
