"""libffi.debug(): typical mistakes, noticed."""
from __future__ import annotations

import array
import ctypes
import functools
import gc
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import types

import pytest

import libffi
from libffi import CIF, Library, MisuseError, c, closure

pytestmark = [
    pytest.mark.thread_unsafe(reason="checks every thread's memory"),
    pytest.mark.skipif("LIBFFI_SANITIZER" in os.environ, reason="what is provoked here it reports itself"),
]
HERE = re.escape(__file__)
misuse = functools.partial(pytest.raises, MisuseError)
libc = Library(None)
memset = libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t])
strlen = libc.function("strlen", c.size_t, [c.string])
strnlen = libc.function("strnlen", c.size_t, [c.string, c.size_t])
compare_type = c.func(CIF(c.int, [c.pointer, c.pointer]))
qsort = libc.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, compare_type])


@pytest.fixture
def debug():
    with libffi.debug() as debug:
        yield debug


def numbers(n=10):
    return c.array(c.int, n).new(range(n))


def freed_address():
    memory = numbers()
    return memory.address


class TestWritesBesideMemory:
    @pytest.mark.parametrize("gil", ["hold", "release"])
    def test_the_call_that_did_it_is_named(self, debug, gil):
        fill = libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t], gil=gil)
        memory = numbers()
        assert fill(memory, 0, 40) == memory.address
        with misuse(match=rf"^memset\(\) wrote right behind argument 1, int\[10\] \(40 bytes\), "
                          rf"made by\n(.*\n)*  File \"{HERE}\", line \d+, in numbers$"):
            fill(memory, 0, 41)
        fill(memory, 0, 40)                 # told once

    def test_before(self, debug):
        memory = numbers()
        with misuse(match=r"^memset\(\) argument 1 points 3 bytes before int\[10\]"):
            memset(memory.address - 3, 0, 4)
        ctypes.memset(memory.address - 3, 7, 1)
        with misuse(match=r"^something wrote 3 bytes before int\[10\] \(40 bytes\)"):
            debug.check()
        debug.check()

    def test_small_memory_structs_and_what_calls_return(self, debug):
        point = c.struct("point", x=c.short, y=c.char)
        for memory in (c.int.new(), point.new(),
                       CIF(point, [point]).bind(CIF(point, [point]).closure(lambda p: p))(point.new())):
            with misuse(match=r"wrote right behind argument 1"):
                memset(memory, 0, memory.size + 1)

    def test_from_c_threads_of_ours(self, debug):
        memory, errors = numbers(), []

        def overrun():
            try:
                memset(memory, 0, 60)
            except MisuseError as error:
                errors.append(error)
        thread = threading.Thread(target=overrun)
        thread.start()
        thread.join()
        assert len(errors) == 1

    def test_the_exception_of_a_callback_comes_first(self, debug, monkeypatch):
        told = []
        monkeypatch.setattr(sys, "unraisablehook", lambda args: told.append(args.exc_value))

        @closure(c.int, [c.pointer, c.pointer])
        def compare(a, b):
            ctypes.memset(memory.address + 40, 0, 1)
            raise LookupError
        memory = numbers()
        with pytest.raises(LookupError):
            qsort(memory, 10, 4, compare)
        assert [type(one) for one in told] == [MisuseError]

    def test_noticed_when_freed_with_the_last_call_that_had_it(self, debug, monkeypatch):
        told = []
        monkeypatch.setattr(sys, "unraisablehook", lambda args: told.append(str(args.exc_value)))
        memory = numbers()
        memset(memory, 0, 4)
        ctypes.memset(memory.address + 42, 0, 1)
        memory.close()
        del memory      # without a GIL storage goes with the object
        [one] = told
        assert re.match(r"something wrote 2 bytes behind int\[10\] \(40 bytes\), made by", one)
        assert one.endswith("\n  it was last memset() argument 1")

    def test_flexible_arrays_are_as_long_as_they_were_made(self, debug):
        packet = c.struct("packet", n=c.int, items=c.array(c.int, 0))
        memory = packet.new(n=2, items=[1, 2])
        memset(memory, 0, 12)
        with misuse(match=r"right behind argument 1, struct packet \(12 bytes\)"):
            memset(memory, 0, 13)


class TestFreedMemory:
    def test_as_an_argument(self, debug):
        with misuse(match=rf"^memset\(\) argument 1 points at byte 4 of freed int\[10\] \(40 bytes\), "
                          rf"made by\n(.*\n)*  freed by\n(.*\n)*  File \"{HERE}\", line \d+, in "):
            memset(freed_address() + 4, 0, 1)

    def test_through_a_pointer(self, debug):
        pointer = c.ptr(c.int)(freed_address())
        for use in (lambda: pointer[0], lambda: pointer[1:3], lambda: pointer.value,
                    lambda: libffi.string_at(pointer), lambda: c.ptr(c.char)(pointer).text()):
            with misuse(match=r"of freed int\[10\]"):
                use()
        with misuse(match=r"^int \*: an item at byte 8 of freed int\[10\]"):
            pointer[2] = 1
        with misuse(match=r"of freed"):
            pointer.value = 1

    @pytest.mark.parametrize("name", ["free", "realloc"])
    def test_by_c_what_is_pythons(self, debug, name):
        function = libc.function(name, c.pointer if name == "realloc" else None, [c.pointer, c.size_t])
        memory = numbers()
        for given in memory, memory.address, c.ptr(c.int)(memory):
            with misuse(match=rf"^{name}\(\) argument 1 is not C's to free, but Python's: int\[10\] \(40 bytes\)"):
                function(given, 8)
        function(libc.function("malloc", c.pointer, [c.size_t])(8), 0)

    def test_it_has_a_pattern(self, debug):
        assert ctypes.string_at(freed_address(), 4) == b"\xdd" * 4

    def test_written_too_late(self, debug):
        ctypes.memset(freed_address() + 4, 0, 4)
        with misuse(match=r"^something wrote at byte 4 of freed int\[10\](.*\n)*  freed by"):
            debug.check()

    def test_written_too_late_and_noticed_when_it_goes(self, monkeypatch):
        told = []
        monkeypatch.setattr(sys, "unraisablehook", lambda args: told.append(str(args.exc_value)))
        with libffi.debug(quarantine=10_000):
            ctypes.memset(freed_address(), 0, 4)
            assert told == []
            for _ in range(100):
                freed_address()
        assert len(told) == 1
        assert told[0].startswith("something wrote at byte 0 of freed int[10]")

    def test_what_c_returns_or_calls_back_with(self, debug):
        strchr = libc.function("strchr", c.ptr(c.char), [c.size_t, c.int])
        text = c.array(c.char, 4).new(b"abc")
        where = text.address
        assert strchr(where, ord("b"))[0] == b"b"
        text.close()
        del text        # without a GIL storage goes with the object
        with misuse(match=r"^strchr\(\) result points at byte \d of freed char\[4\]"):
            strchr(where, 0xDD)
        seen = []

        @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
        def compare(key, item):
            seen.append(key)
            return 0
        search = libc.function("bsearch", c.pointer, [c.size_t, c.pointer, c.size_t, c.size_t, compare_type])
        with misuse(match=r"^closure compare argument 1 points at byte 0 of freed int\[10\]"):
            search(freed_address(), numbers(), 10, 4, compare)
        assert seen == []

    def test_the_end_of_memory_may_be_pointed_to(self, debug):
        memory = numbers()
        memset(memory.address + 40, 0, 0)
        with misuse(match="points 1 byte behind"):
            memset(memory.address + 41, 0, 0)
        with misuse(match=r"^int \*: an item right behind int\[10\]"):
            c.ptr(c.int)(memory.address)[10]

    @pytest.mark.parametrize("read", [
        lambda p: p[2:11], lambda p: p[-1:2], lambda p: p[2:12:3], lambda p: libffi.string_at(p, 41),
        lambda p: libffi.string_at(int(p), 41), lambda p: c.array(c.int, 11).at(int(p)), lambda p: c.double.at(p, 36),
    ], ids=["slice", "before", "steps", "string_at", "address", "at", "offset"])
    def test_python_reads_too_much(self, debug, read):
        memory = numbers()
        with misuse(match=r"of int\[10\] \(40 bytes\)|before int\[10\] \(40 bytes\)"):
            read(c.ptr(c.int)(memory.address))

    def test_python_reads_all(self, debug):
        memory = numbers()
        pointer = c.ptr(c.int)(memory.address)
        assert pointer[0:10] == memory[0:10] == list(c.array(c.int, 10).at(memory.address)) == list(range(10))
        assert pointer[8:8] == pointer[8:2] == [] and pointer[9:-1:-3] == [9, 6, 3, 0]
        assert libffi.string_at(pointer, 40) == bytes(memory)

    def test_too_little_for_what_is_pointed_to(self, debug):
        large = c.struct("large", a=c.array(c.int, 20))
        take = CIF(c.void, [c.ptr(large)]).bind(CIF(c.void, [c.ptr(large)]).closure(lambda p: None), "take")
        memory = numbers()
        with misuse(match=r"^take\(\) argument 1: struct large \* needs 80 bytes, but points at byte "
                          r"0 of int\[10\] \(40 bytes\)"):
            take(c.ptr(large)(memory.address))


class TestTexts:
    def test_memory_without_an_end(self, debug):
        with misuse(match=r"^strlen\(\) argument 1: no NUL in the 4 bytes that are there, at byte 0 "
                          r"of char\[4\] \(4 bytes\), made by"):
            strlen(c.array(c.char, 4).new(b"abcd"))
        assert strlen(c.array(c.char, 5).new(b"abcd")) == 4
        const = libc.function("strlen", c.size_t, [c.ptr(c.char, const=True)])
        with misuse(match=r"no NUL"):
            const(c.array(c.char, 4).new(b"abcd"))

    def test_python_looks_for_an_end(self, debug):
        memory = c.array(c.char, 4).new(b"abcd")
        pointer, wide = c.ptr(c.char)(memory.address), c.array(c.wchar_t, 2).new("ab")
        for read in (pointer.text, lambda: libffi.string_at(pointer), lambda: libffi.string_at(memory.address + 3),
                     lambda: libffi.wstring_at(wide.address)):
            with misuse(match=r": no NUL in the \d bytes that are there, at byte \d of (char\[4\]|wchar_t\[2\])"):
                read()
        assert pointer.text(4) == "abcd"
        memory[3] = b"\0"
        assert pointer.text() == "abc"

    @pytest.mark.parametrize("make", [lambda: array.array("b", b"abcd"), lambda: memoryview(b"abcdefgh")[:4],
                                      lambda: pytest.importorskip("numpy").frombuffer(b"abcd", "i1")],
                             ids=["array", "slice", "numpy"])
    def test_buffers_without_an_end(self, debug, make):
        with misuse(match=r"^strlen\(\) argument 1: no NUL in the 4 bytes of the \w+$"):
            strlen(make())
        assert strnlen(make(), 4) == 4

    def test_str_bytes_and_bytearrays_end(self, debug):
        assert strlen("ä") == strlen(b"ab") == strlen(bytearray(b"ab")) == 2

    def test_a_length_behind_it_says_where_it_ends(self, debug):
        text = c.array(c.char, 4).new(b"abcd")
        assert strnlen(text, 4) == 4
        with misuse(match=r"^strnlen\(\) argument 1: no NUL"):
            strnlen(text, 5)

    def test_wide(self, debug):
        wcslen = libc.function("wcslen", c.size_t, [c.wstring])
        with misuse(match=r"^wcslen\(\) argument 1: no NUL in the \d+ bytes"):
            wcslen(c.array(c.wchar_t, 2).new("ab"))
        assert wcslen(c.array(c.wchar_t, 3).new("ab")) == 2

    def test_variadic(self, debug):
        snprintf = libc.function("snprintf", c.int, [c.ptr(c.char), c.size_t, c.string, ...])
        room = bytearray(10)
        assert snprintf(room, 10, "%s", "abc") == 3
        with misuse(match=r"^snprintf\(\) argument 3: no NUL"):
            snprintf(room, 10, c.array(c.char, 2).new(b"%s"), "abc")


class TestSignatures:
    def test_of_a_closure_that_was_cast(self, debug):
        @closure(c.int, [c.pointer, c.long])
        def compare(a, b):
            raise AssertionError
        with misuse(match=r"^qsort\(\) argument 4 is closure compare, int \(void \*, long\), declared "
                          r"as int \(void \*, void \*\)$"):
            qsort(numbers(), 10, 4, compare_type(compare.address))

    def test_of_what_pointers_point_to(self, debug):
        typed = c.func(CIF(c.int, [c.ptr(c.int), c.ptr(c.int)]))
        sort = libc.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, typed])

        @closure(c.int, [c.ptr(c.double), c.ptr(c.int)])
        def wrong(a, b):
            return 0

        @closure(c.int, [c.pointer, c.ptr(c.int, const=True)])
        def right(a, b):
            return 0
        sort(numbers(), 10, 4, right)
        with misuse(match=r"closure wrong, int \(double \*, int \*\), declared as int \(int \*, int \*\)"):
            sort(numbers(), 10, 4, wrong)

    def test_of_what_a_void_pointer_turns_out_to_be(self, debug):
        @closure(c.int, [c.ptr(c.double), c.ptr(c.double)])
        def compare(a, b):
            raise AssertionError

        @closure(c.int, [c.ptr(c.uint), c.ptr(c.char)])
        def other_sign(a, b):
            raise AssertionError

        @closure(c.int, [c.ptr(c.char), c.ptr(c.int)])
        def bytes_are_anything(a, b):
            return 0
        with misuse(match=r"^closure compare argument 1 is double \*, but points to int, at byte \d+ "
                          r"of int\[10\]"):
            qsort(numbers(), 10, 4, compare)
        with misuse(match=r"is unsigned int \*, but points to int"):
            qsort(numbers(), 10, 4, other_sign)
        qsort(numbers(), 10, 4, bytes_are_anything)

    def test_of_a_closure_that_is_called_at_its_address(self, debug):
        echo = CIF(c.size_t, [c.size_t]).closure(lambda n: n, name="echo")
        with misuse(match=r"^back\(\) calls closure echo, size_t \(size_t\), declared as long \(size_t\)"):
            CIF(c.long, [c.size_t]).bind(echo.address, "back")(0)
        assert CIF(c.size_t, [c.uintptr_t]).bind(echo.address)(1) == 1

    def test_of_a_closure_that_is_gone(self, debug):
        one = CIF(c.int, [c.pointer, c.pointer]).closure(lambda a, b: 0, name="gone")
        function = compare_type(one.address)
        one.close()
        with misuse(match=r"^qsort\(\) argument 4 is the address of closure gone, which is closed"):
            qsort(numbers(), 10, 4, function)

    def test_of_functions(self, debug):
        function = CIF(c.int, [c.ptr(c.double), c.pointer]).bind(strlen.address, "other")
        typed = c.func(CIF(c.int, [c.ptr(c.int), c.pointer]))
        take = CIF(c.void, [typed]).bind(CIF(c.void, [typed]).closure(lambda f: None), "take")
        with misuse(match=r"^take\(\) argument 1 is function other, int \(double \*, void \*\), "):
            take(function)


class TestUsersClasses:
    """What a class is over is what C sees."""

    def test_over_pointers(self, debug):
        Place = types.new_class("Place", (c.pointer,))
        fill = libc.function("memset", c.pointer, [Place, c.int, c.size_t])
        with misuse(match=r"^memset\(\) argument 1 points at byte 4 of freed int\[10\]"):
            fill(freed_address() + 4, 0, 1)
        with misuse(match=r"^memset\(\) wrote right behind argument 1"):
            fill(numbers(), 0, 41)
        back = CIF(Place, [c.size_t]).closure(lambda n: n, name="back")
        with misuse(match=r"^closure back result points at byte 0 of freed int\[10\]"):
            back.cif.call(back, freed_address())

    def test_over_texts(self, debug):
        Text = types.new_class("Text", (c.string,))
        Letter = types.new_class("Letter", (c.char,))
        for kind in Text, c.ptr(Letter, const=True):
            length = libc.function("strlen", c.size_t, [kind])
            with misuse(match=r"^strlen\(\) argument 1: no NUL in the 4 bytes"):
                length(c.array(c.char, 4).new(b"abcd"))
            length = libc.function("strnlen", c.size_t, [kind, c.size_t])
            assert length(c.array(c.char, 4).new(b"abcd"), 4) == 4

    def test_over_functions(self, debug):
        Compare = types.new_class("Compare", (compare_type,))
        sort = libc.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, Compare])
        wrong = CIF(c.int, [c.pointer, c.long]).closure(lambda a, b: 0, name="wrong")
        with misuse(match=r"^qsort\(\) argument 4 is closure wrong, int \(void \*, long\), declared as"):
            sort(numbers(), 10, 4, compare_type(wrong.address))


class TestBeginningAndEnd:
    def test_memory_from_before_and_afterwards(self):
        before = numbers()
        with libffi.debug():
            memset(before, 0, 40)
            within = numbers()
            del before
        after = numbers()
        memset(within, 0, 40)
        memset(after, 0, 40)
        within.close()
        assert after[0] == 0

    def test_the_end_tells_what_is_damaged(self):
        with misuse(match="wrote right behind"), libffi.debug():
            memory = numbers()
            ctypes.memset(memory.address + 40, 1, 1)

    def test_another_exception_goes_first(self):
        with pytest.raises(LookupError), libffi.debug():
            memory = numbers()
            ctypes.memset(memory.address + 40, 1, 1)
            raise LookupError
        with misuse():
            libffi.debug().check()

    def test_one_within_another(self):
        with libffi.debug():
            with libffi.debug():
                pass
            with misuse():
                memset(numbers(), 0, 44)
        c.ptr(c.int)(numbers().address)[0]

    def test_a_trace_sees_the_call_that_did_it(self):
        told = []
        with libffi.debug(), libffi.trace(told.append), misuse():
            memset(numbers(), 0, 44)
        assert [one.name for one in told] == ["memset"]

    def test_objects_that_are_many(self, debug):
        kept = [numbers(1) for _ in range(1000)]
        del kept[::2]
        gc.collect()
        debug.check()
        assert all(one[0] == 0 for one in kept)


class TestWholePrograms:
    @pytest.fixture
    def program(self):
        def run(source, debug):
            prelude = """
                import ctypes
                from libffi import Library, c
                memset = Library(None).function("memset", c.pointer, [c.pointer, c.int, c.size_t])
                memory = c.array(c.int, 10).new()
            """
            done = subprocess.run([sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(source)], text=True,
                                  capture_output=True, timeout=60, env={**os.environ, "LIBFFI_DEBUG": debug})
            return done.returncode, done.stderr
        return run

    def test_by_the_environment(self, program):
        status, error = program("memset(memory, 0, 41)", "1")
        assert status == 1
        assert "libffi.MisuseError: memset() wrote right behind argument 1, int[10] (40 bytes)" in error

    @pytest.mark.parametrize("off", ["0", ""])
    def test_not_by_the_environment(self, program, off):
        assert program("assert memory.size == 40", off) == (0, "")

    def test_the_end_of_the_program_looks_once_more(self, program):
        status, error = program("ctypes.memset(memory.address + 40, 1, 1)", "1")
        assert status == 0
        assert "libffi.MisuseError: something wrote right behind int[10] (40 bytes)" in error

    def test_a_page_behind_it_faults_at_the_instruction(self, program):
        status, error = program("memset(memory, 0, 44)", "pages")
        assert status == -signal.SIGSEGV
        assert re.match(r"libffi: SIGSEGV right behind int\[10\] \(40 bytes\), made by\n"
                        r"  File \"<string>\", line 5, in <module>\n"
                        r"  last memset\(\) argument 1\n"
                        r"libffi: SIGSEGV in a call into C \(the innermost first\):\n"
                        r"  call memset\(0x[0-9a-f]+, 0, 44\)\n", error)
        assert "Fatal Python error: Segmentation fault" in error

    def test_a_freed_page_faults(self, program):
        status, error = program("""
            address = memory.address
            del memory
            ctypes.memset(address + 4, 0, 1)
        """, "pages")
        assert status == -signal.SIGSEGV
        assert re.match(r"libffi: SIGSEGV at byte 4 of freed int\[10\] \(40 bytes\), made by\n.*\n  freed by\n  File ",
                        error)

    def test_what_alignment_leaves_over_is_guarded(self, program):
        status, error = program("""
            text = c.struct("s", a=c.int64, b=c.array(c.char, 0)).new(b=[b"a", b"b", b"c"])
            memset(text, 0, 12)
        """, "pages")
        assert status == 1
        assert "wrote right behind argument 1, struct s (11 bytes)" in error
