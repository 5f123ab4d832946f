"""What threads of Python's share: types, CIFs, memory, libraries. Without a GIL each of these raced."""
from __future__ import annotations

import copy
import gc
import sys
import threading

import pytest
from helpers.surroundings import SANITIZER

import libffi
from libffi import CIF, Library, c

THREADS, ROUNDS = 8, 60
INT_P = c.ptr(c.int)


@pytest.fixture
def together():
    """Run work(thread number) in some threads that start at the same moment; give back what they return."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def together(work, threads=THREADS):
        start, results, errors = threading.Barrier(threads), [None] * threads, []

        def run(n):
            start.wait()
            try:
                results[n] = work(n)
            except BaseException as error:
                errors.append(error)

        running = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        if errors:
            raise errors[0]
        return results

    yield together
    sys.setswitchinterval(interval)


def test_equal_types_and_cifs_are_one_object(together):
    for i in range(ROUNDS):
        T = c.struct("shared", x=c.int, y=c.array(c.double, i + 1))

        def work(n, T=T, i=i):
            P = c.ptr(T)
            return P, c.ptr(T, const=True), c.array(T, i + 1), CIF(T, [P, T]), c.func(CIF(c.int, [P]))

        made = together(work)
        assert all(one is other for mine in made for one, other in zip(mine, made[0], strict=True))


def test_types_that_come_and_go(together):
    def work(n):
        for i in range(ROUNDS * 5):
            A = c.array(c.short, 1000 + i % 3)
            assert A is c.array(c.short, 1000 + i % 3)
            assert CIF(c.void, [c.ptr(A), c.int]) is CIF(c.void, [c.ptr(A), c.int])

    together(work)


def test_a_type_goes_as_another_thread_asks_for_it(run_python):
    """Its weak reference in the table goes between being found and being held: then it was freed twice."""
    out = run_python("""
        import sys, threading, weakref
        from libffi import CIF, c
        sys.setswitchinterval(1e-5)
        def work(a=c.int, more=[c.double, c.long]):
            start.wait()
            for _ in range(200):
                for _ in range(20):
                    c.array(a, 7), CIF(a, more)
                references = [weakref.ref(work, print) for _ in range(50)]      # where the others were
                assert len(set(map(id, references))) == 50
        for _ in range(20):
            start, threads = threading.Barrier(8), [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    """)
    assert out == ""


def test_the_abi_enum_is_made_once(run_python):
    out = run_python("""
        import sys, threading
        import libffi
        sys.setswitchinterval(1e-6)
        start, found = threading.Barrier(8), set()
        def work():
            start.wait()
            found.add(libffi.ABI)
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(len(found))
    """)
    assert out == "1\n"


def test_a_struct_is_defined_once(together):
    for _ in range(ROUNDS):
        T = c.struct("late")

        def work(n, T=T):
            try:
                T.define([(f"x{n}", c.int)])
            except TypeError:
                return 0
            return 1

        assert sum(together(work)) == 1
        assert T.size == c.int.size and len(T.fields) == 1


def test_a_variadic_function(together, libc):
    snprintf = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    extra = [(1,), (2.5,), ("x", 1), (1, 2.5), (b"y",), (c.long(7), 1, 1), (1, 1, 1, 1), ()]

    def work(n):
        buffer = bytearray(100)
        for i in range(ROUNDS * 5):
            arguments = extra[(n + i) % len(extra)]
            assert snprintf(buffer, 100, "x", *arguments) == 1

    for _ in range(5):
        together(work)


@pytest.mark.skipif(SANITIZER == "thread", reason="writes where others read, as C code must not")
def test_pointers_in_shared_memory_keep_what_they_point_to(together):
    T = c.struct("cell", p=INT_P, more=c.array(INT_P, 4))
    shared = T.new()

    def work(n):
        for i in range(ROUNDS * 20):
            if n % 2:
                shared.p = c.int.new(n)
                shared.more[i % 4] = c.int.new(n)
            else:
                for p in (shared.p, shared.more[i % 4]):
                    assert not p or p.value in range(THREADS)

    together(work)


@pytest.mark.skipif(SANITIZER == "thread", reason="writes where others read, as C code must not")
def test_copies_of_shared_memory_keep_what_they_point_to(together):
    T = c.struct("cell", p=INT_P, text=c.string)
    echo = CIF(T, [T]).closure(lambda cell: cell)
    shared = [T.new(p=c.int.new(0), text="0"), T.new(p=c.int.new(0), text="0")]

    def work(n):
        call = CIF(T, [T]).bind(echo)
        for i in range(ROUNDS * 20):
            cell, other = shared[n % 2], shared[i % 2]
            try:
                if n < 2:
                    cell.p, cell.text = c.int.new(n), f"{i}"
                elif n < 4:
                    cell.value = other
                elif n == 4 and i % 10 == 0:
                    cell.close()
                    shared[0] = T.new(p=c.int.new(n), text="0")
                else:
                    one = copy.copy(cell)
                    assert any(one.p == kept for kept in addresses_of(gc.get_referents(one.p)))
                    assert one.text.isdigit() and cell.text.isdigit()
                    call(other)
            except (ValueError, BufferError):       # closed, or in use when it should be
                pass

    def addresses_of(kept):
        return [INT_P(one) for one in kept if isinstance(one, libffi.Memory)]

    together(work)


def test_what_closures_return_in_many_threads(together):
    signature = CIF(c.string, [c.int])
    text = signature.bind(signature.closure(lambda number: f"number {number}"))
    together(lambda n: [text(i) == f"number {i}" or pytest.fail(f"wrong at {i}") for i in range(n, ROUNDS * 50)])


def test_memory_closed_while_others_use_it(together):
    for _ in range(ROUNDS):
        memory = c.array(c.int, 20_000).new([7] * 20_000)

        def work(n, memory=memory):
            for _ in range(20):
                try:
                    if n == 0:
                        memory.close()
                    else:
                        assert memory[3] == memoryview(memory)[4] == 7
                        memory[5 + n] = n
                except (ValueError, BufferError):
                    pass

        together(work)
        memory.close()
        with pytest.raises(ValueError):
            memory[0]


def test_a_library_closed_while_others_call_it(together, callbacks):
    for _ in range(ROUNDS):
        library = Library(callbacks.path)
        add = library.function("call_and_add", c.int, [c.func(CIF(c.int, [c.int])), c.int])

        def work(n, library=library, add=add):
            f = CIF(c.int, [c.int]).closure(lambda x: x)
            for i in range(30):
                try:
                    if n == 0 and i > 10:
                        library.close()
                    else:
                        assert add(f, i) == i + 1
                        library.symbol("call_n")
                except (ValueError, RuntimeError):
                    pass

        together(work)
        library.close()
        with pytest.raises(ValueError, match="closed"):
            add(None, 1)


def test_a_library_closed_while_others_read_its_variables(run_python, compile_c):
    """A copy of a megabyte is still running when close() comes."""
    path = compile_c("""#include <string.h>
        char text[1 << 20];
        struct { int a, b; } pairs[3] = {{7, 7}, {7, 7}, {7, 7}};
        __attribute__((constructor)) static void fill(void) { memset(text, 'x', sizeof text); }
        """, "closed_variables")
    out = run_python("""
        import sys, threading
        from libffi import Library, c
        def read(n):
            start.wait()
            while True:
                try:
                    assert len(text.value) == 1 << 20 and pairs[n].b == 7
                    pairs[n].a = n
                    reads[n] += 1
                except ValueError:      # closed
                    return
        for _ in range(60):
            library, start, reads = Library(sys.argv[1]), threading.Barrier(4), [0] * 3
            text = library.variable("text", c.array(c.char, 1 << 20))
            pairs = library.variable("pairs", c.array(c.struct("pair", a=c.int, b=c.int), 3))
            threads = [threading.Thread(target=read, args=(n,)) for n in range(3)]
            for thread in threads:
                thread.start()
            start.wait()
            while min(reads) < 3:
                pass
            library.close()
            for thread in threads:
                thread.join()
        print("closed")
    """, path)
    assert out == "closed\n"


def test_buffers_of_a_new_type(together):
    for i in range(ROUNDS):
        memory = c.array(c.struct("item", a=c.int, b=c.double), i + 1).new()
        views = together(lambda n, memory=memory: [memoryview(memory) for _ in range(20)])
        assert {view.format for mine in views for view in mine} == {memoryview(memory).format}
