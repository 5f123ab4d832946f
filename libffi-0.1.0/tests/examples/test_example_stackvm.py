"""The stack VM of examples/stackvm: compiled against the installed package, its language, calls and callbacks."""
import importlib.util
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from helpers import extensions

FOLDER = Path(__file__).parents[2] / "examples" / "stackvm"


@pytest.fixture(scope="module")
def vm(tmp_path_factory):
    extensions.compiler("CC", "cc")
    spec = importlib.util.spec_from_file_location("stackvm_demo", FOLDER / "demo.py")
    demo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(demo)
    return demo.build(tmp_path_factory.mktemp("stackvm"))


@pytest.fixture(scope="module")
def program(vm):
    return vm.compile((FOLDER / "sort.vm").read_text())


@pytest.mark.parametrize("body, stack, left", [
    ("+", [3, 4], [7]), ("- dup *", [3, 5], [4]), ("over swap", [1, 2], [1, 1, 2]),
    ("rot", [1, 2, 3], [2, 3, 1]), ("if 10 else 20 then", [0], [20]), ("if 10 else 20 then", [5], [10]),
    ("begin 1 - dup 0 = until", [5], [0]), ("0 swap begin dup while dup rot + swap 1 - repeat drop", [4], [10]),
    (">float 2.5 f* >int", [4], [10]), ("8 alloc dup rot swap ! dup @ swap free", [77], [77]),
    ("\\ a comment\n 0x10 +", [1], [17]),
])
def test_words(vm, body, stack, left):
    assert vm.run(vm.compile(f": test {body} ;"), "test", *stack) == left


@pytest.mark.parametrize("source, error", [
    (": a nonsense ;", "unknown word: nonsense"), (": a if ;", "does not end"), (": a then ;", "nesting"),
    ("word", "expected library"), ("library -\nextern abs int -- int", "expected :"),
    ("library -\nextern abs : integer -- int", "no such type: integer"), ("callback a : -- int", "no such word"),
    (": a 'b ;", "no such callback"), ("extern abs : int -- int", "before any library"),
    (": a " + "1 " * 5000, "too long"),
])
def test_programs_that_are_wrong(vm, source, error):
    with pytest.raises(SyntaxError, match=error):
        vm.compile(source)


def test_what_python_reports(vm):
    with pytest.raises(OSError):
        vm.compile("library no-such-library")
    with pytest.raises(AttributeError):
        vm.compile("library -\nextern no_such_function : -- int")
    with pytest.raises(NameError):
        vm.run(vm.compile(""), "nothing")


@pytest.mark.parametrize("body, error", [
    ("drop", "stack underflow"), ("begin 1 0 until", "stack overflow"), ("1 0 /", "division by 0"),
    ("test", "too deep"), ("r>", "return stack underflow"),
])
def test_errors_at_run_time(vm, body, error):
    with pytest.raises(RuntimeError, match=f"test: {error}"):
        vm.run(vm.compile(f": test {body} ;"), "test")


def test_calls_and_callbacks(vm, program):
    assert vm.run(program, "there-and-back.", 5.0) == [pytest.approx(5.0)]
    before, after = vm.run(program, "sort", 5000)
    assert before > 1000 and after == 0


def test_integers_are_as_wide_as_they_say(vm):
    program = vm.compile("library -\nextern abs : int -- int\nextern llabs : long -- long\n"
                         ": narrow abs ; : wide llabs ;")
    assert vm.run(program, "narrow", -5) == [5]
    assert vm.run(program, "wide", -(1 << 40)) == [1 << 40]


def test_errors_in_callbacks(vm, program):
    with pytest.raises(RuntimeError, match="bad-sort: a callback must leave its result"):
        vm.run(program, "bad-sort", 8)
    assert vm.run(program, "sort", 100)[1] == 0     # and the next run is clean


def test_python_runs_meanwhile(vm, program):
    """The GIL is free while the VM runs, callbacks included: two threads sort at once."""
    results = []
    threads = [threading.Thread(target=lambda: results.append(vm.run(program, "sort", 20000))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [after for _, after in results] == [0, 0, 0]


def test_the_demonstration():
    done = subprocess.run([sys.executable, FOLDER / "demo.py", "2000"], capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "cube of the cube root of 5: 5.0"
    assert re.fullmatch(r"2000 numbers, neighbours in the wrong order: \d+, sorted: 0", lines[1])
    assert lines[2] == "an error in a callback: bad-sort: a callback must leave its result and nothing else"
    assert re.fullmatch(r"time: VM \d+ ns, Python \d+ ns for each of the \d+ comparisons: [\d.]+ times", lines[3])
