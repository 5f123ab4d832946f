"""The Lisp of examples/lisp: the language, and its way to C."""
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import libffi

LISP = Path(__file__).parents[2] / "examples" / "lisp"


@pytest.fixture(scope="module")
def lisp():
    sys.path.insert(0, str(LISP))
    yield importlib.import_module("lisp")
    sys.path.remove(str(LISP))
    for name in "lisp", "foreign":
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def world(lisp):
    return lisp.new_world()


@pytest.fixture
def run(lisp, world):
    """Run a program in a scope of its own; give its last value as the Lisp writes it."""
    return lambda text: lisp.show(lisp.run(text, lisp.Scope(outer=world)))


@pytest.mark.parametrize("text, value", [
    ("(+ 1 (* 2 3))", "7"), ("0x10", "16"), ('"a\\"b\\n"', '"a\\"b\\n"'), ("'(1 (b #t) #f)", "(1 (b #t) #f)"),
    ("; nothing\n5 ; five", "5"), ("(if #f 1)", "nil"), ("(if 0 1 2)", "1"),
    ("`(1 ,(+ 1 1) ,@(list 3 4))", "(1 2 3 4)"),
    ("(let ((x 1) (y 2)) (- x y))", "-1"), ("(let* ((x 1) (y (+ x 1))) y)", "2"),
    ("(cond (#f 1) ((= 1 1) 2) (else 3))", "2"), ("(and 1 #f 2)", "#f"), ("(or #f 2)", "2"),
    ("((lambda (a . rest) rest) 1 2 3)", "(2 3)"), ("((lambda all all) 1 2)", "(1 2)"),
    ("(define (f n) (if (= n 0) 'done (f (- n 1)))) (f 20000)", "done"),
    ("(define (f n) (and #t (or (= n 0) (let ((m (- n 1))) (when #t (cond (#f 1) (else (f m)))))))) (f 20000)", "#t"),
    ("(define n 1) (define (grow) (set! n (+ n 1))) (grow) n", "2"),
    ("(define-macro (twice e) `(begin ,e ,e)) (define n 0) (twice (set! n (+ n 1))) n", "2"),
    ('(try (error "no" 5) (catch e (error-message e)))', '"no 5"'),
    ("(try (car '()) (catch e (error-kind e)))", "IndexError"),
    ("(try (nobody) (catch e (error-message e)))", '"nobody is not defined"'),
    ("(try (5) (catch e (error-message e)))", '"5 is no procedure"'),
    ("(try ((lambda (a) a)) (catch e (error-message e)))", '"expected 1 arguments, got 0"'),
])
def test_the_language(run, text, value):
    assert run(text) == value


@pytest.mark.parametrize("text", ["(1 2", ")", "(quote", '"no end', "'"])
def test_half_a_program(run, lisp, text):
    with pytest.raises(lisp.LispError):
        run(text)


@pytest.mark.parametrize("text, value", [
    ('((foreign (library "m") "pow" \'double \'(double double)) 2 10)', "1024.0"),
    ("((foreign (library) \"snprintf\" 'int '(pointer size_t string ...)) nil 0 \"%d %s\" 12 \"ab\")", "5"),
    ("(define m (new '(array int 3) '(1 2 3))) (set-ref! m 1 7) (items m)", "(1 7 3)"),
    ("(define p (new '(struct point (x double) (y double)) '(1 2))) (set-field! p 'y 5) (field p 'y)", "5.0"),
    ("(define n (new 'int 4)) (put! n (+ 1 (get n))) (get (cast '(pointer int) n))", "5"),
    ("((callback 'int '(int) (lambda (x) (* x 2))) 21)", "42"),
    ("(sizeof '(pointer int))", str(libffi.c.pointer.size)),
    ("(try (new 'int8 300) (catch e (error-kind e)))", "OverflowError"),
    ("(try (type 'nothing) (catch e (error-message e)))", '"nothing is no type"'),
    ("(try (foreign (library) \"no_such_function\" 'int '()) (catch e (error-kind e)))", "SymbolNotFound"),
    ("(try ((foreign (library) \"close\" 'int '(int) 'errno) -1) (catch e (errno-name e)))", "EBADF"),
])
def test_its_way_to_c(run, text, value):
    assert run(text) == value


def test_errors_go_through_c_and_back(run):
    assert run("""
        (define qsort (foreign (library) "qsort" 'void '(pointer size_t size_t pointer)))
        (define calls 0)
        (define fail (callback 'int '(pointer pointer) (lambda (a b) (set! calls (+ calls 1)) (error "no order"))))
        (define raised (try (qsort (new '(array int 4) '(4 3 2 1)) 4 4 fail) (catch e (error-message e))))
        (list raised (> calls 1))
    """) == '("no order" #t)'


def test_the_only_way_to_c_is_this_package():
    text = "".join(path.read_text() for path in LISP.glob("*.py"))
    assert "ctypes" not in text and "cffi" not in text


def test_the_demonstration():
    try:
        libffi.Library("sqlite3")
    except libffi.LibraryNotFound as error:
        pytest.skip(str(error))
    done = subprocess.run([sys.executable, LISP / "lisp.py", LISP / "demo.lisp"], capture_output=True, text=True,
                          timeout=120, check=False, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        "libm:   2^10 = 1024.0  hypot(3, 4) = 5.0",
        "qsort:   (1 3 5 7 9) (9 7 5 3 1)",
        "raised: cannot compare 2 and 1",
        "errno:  ENOENT",
        "checked: pow() argument 1: expected double, got str",
        'SQLite: (("fig" "3") ("pear" "4") ("banana" "6"))',
        "raised: no such column: missing",
        "loop:   1885688.0",
    ]
