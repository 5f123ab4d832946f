"""Owned handles: the destructor runs once, what is derived keeps the owner, and the interpreter's end is orderly."""
from __future__ import annotations

import gc
import os
import pickle
import sys
import threading

import pytest
from helpers.surroundings import POSIX

from libffi import CIF, Library, Owned, addressof, c, owned

libc = Library(None)
malloc = libc.function("malloc", c.ptr(c.int), [c.size_t])
free = libc.function("free", c.void, [c.pointer])
HANDLE = c.struct("handle", number=c.int, at=c.pointer)


class Freed(list):
    """A destructor that notes what it was called with."""

    def __call__(self, what):
        self.append(what)


@pytest.fixture
def freed():
    return Freed()


def make(which, freed):
    """Return an owned thing of some sort."""
    if which == "pointer":
        return c.ptr(c.int)(16).owned(freed)
    if which == "void pointer":
        return owned(c.pointer(16), freed)
    if which == "struct":
        return owned(HANDLE.new(number=16), freed)
    return owned(16 if which == "number" else c.int(16), freed)


@pytest.mark.parametrize("which", ["pointer", "void pointer", "struct", "number", "typed number"])
def test_once(which, freed):
    thing = make(which, freed)
    assert not thing.closed and freed == []
    thing.close()
    assert thing.closed and [getattr(it, "number", it) for it in freed] == [16]
    thing.close()
    del thing
    gc.collect()
    assert len(freed) == 1

    with make(which, freed) as thing:
        assert len(freed) == 1
    assert len(freed) == 2 and thing.closed
    with pytest.raises(ValueError, match="closed"), thing:
        pass

    thing = make(which, freed)
    assert len(freed) == 2
    del thing
    assert len(freed) == 3

    cycle = [make(which, freed)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert len(freed) == 4


def test_what_c_gives_and_takes():
    p = malloc(8).owned(free)
    p[0:2] = 3, 4
    assert p[0:2] == [3, 4]
    qsort = libc.function("abs", c.int, [c.int])
    assert qsort(p[1]) == 4
    p.close()


@pytest.mark.parametrize("derive", [
    lambda p: p + 1, lambda p: 1 + p, lambda p: (p + 1) - 1, c.ptr(c.double), c.pointer, lambda p: c.pointer(p) + 4,
    lambda p: c.array(c.int, 2).at(p), lambda p: c.ptr(HANDLE)(p)[0], lambda p: c.ptr(c.array(c.int, 2))(p)[0],
    lambda p: memoryview(c.int.at(p)), lambda p: c.ptr(c.int)(c.int.at(p)), lambda p: c.ptr(c.ptr(c.int)).item.new(p),
    lambda p: c.ptr(c.int).new(p).value,
])
def test_what_is_derived_keeps_the_owner(derive, freed):
    storage = c.array(c.int, 8).new()
    p = c.ptr(c.int)(storage.address).owned(freed)
    derived = derive(p)
    del p
    gc.collect()
    assert freed == []
    del derived
    gc.collect()
    assert len(freed) == 1


def test_after_close(freed):
    storage = c.array(c.int, 8).new()
    p = c.ptr(c.int)(storage.address).owned(freed)
    derived = [p, p + 1, c.ptr(c.double)(p), c.ptr(HANDLE)(p), c.int.at(p)]
    view = c.ptr(HANDLE)(p)[0]
    p.close()
    for each in derived:
        with pytest.raises(ValueError, match="closed"):
            each.value  # noqa: B018
        with pytest.raises(ValueError, match="closed"):
            free(each)
    with pytest.raises(ValueError, match="closed"):
        view.number  # noqa: B018
    assert "0x" in repr(p) and p == storage.address


def test_who_may_close(freed):
    storage = c.array(c.int, 8).new()
    p = c.ptr(c.int)(storage.address).owned(freed)
    for other in (p + 1, c.ptr(c.int)(storage), c.int.at(p), c.ptr(HANDLE)(p)[0]):
        with pytest.raises(ValueError, match="owns"):
            other.close()
    assert freed == []
    c.pointer(p).close()                        # a cast of it is it
    assert len(freed) == 1
    s = owned(HANDLE.new(number=7), freed)
    with pytest.raises(ValueError, match="owns"):
        c.int.at(s).close()
    s.close()
    assert len(freed) == 2


def test_not_while_it_is_in_use(freed):
    storage = c.array(c.int, 8).new()
    p = c.ptr(c.int)(storage.address).owned(freed)
    with memoryview(c.int.at(p)), pytest.raises(BufferError, match="in use"):
        p.close()

    def callback(q):
        with pytest.raises(BufferError, match="in use"):
            p.close()
    call = CIF(c.void, [c.ptr(c.int)]).closure(callback)
    call.cif.bind(call)(p)
    assert freed == []
    p.close()
    assert len(freed) == 1
    cycle = [c.ptr(c.int)(storage.address).owned(freed)]
    cycle += [memoryview(c.int.at(cycle[0])), cycle]
    del cycle
    gc.collect()
    assert len(freed) == 2


def test_the_collector_takes_no_destructor_apart(run_python):
    assert run_python("""
        import gc
        from libffi import Struct, c, owned
        def ring(of_destructor):
            class Handle(Struct):
                x: c.int
            def destroy(handle):
                freed.append((len(str(handle)), handle.x, Handle(2).x) if of_destructor else handle.x)
            thing = owned(c.struct("s", x=c.int).new(x=1), destroy)
            view = memoryview(thing)
            if of_destructor:
                Handle.ring = view, thing       # as long as its buffer is exported it is not freed
            circle = [view, thing]
            circle.append(circle)
        freed = []
        for of_destructor in False, True:
            for _ in range(10):
                ring(of_destructor)
                gc.collect()
        print(freed)
    """) == str([1] * 10) + "\n"


def test_numbers():
    reader, writer = os.pipe()
    close = libc.function(f"{POSIX}close", c.int, [c.int])
    write = libc.function(f"{POSIX}write", c.int, [c.int, c.ptr(c.void, const=True), c.uint])
    fd = owned(writer, close)
    assert isinstance(fd, Owned) and fd.value == int(fd) == writer and repr(fd) == f"<owned {writer}>"
    assert write(fd, b"text", 4) == 4 and os.read(reader, 9) == b"text"
    fd.close()
    assert repr(fd) == f"<closed owned {writer}>" and os.read(reader, 9) == b""
    with pytest.raises(ValueError, match=f"{writer} was given to its destructor"):
        write(fd, b"text", 4)
    os.close(reader)
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(fd)
    with pytest.raises(TypeError):
        Owned()


def test_structs(freed):
    s = owned(HANDLE.new(number=7), freed)
    echo = CIF(HANDLE, [HANDLE]).closure(lambda h: h)
    assert s.number == 7 and type(s) is type(HANDLE.new()) and echo.cif.call(echo, s).number == 7
    s.number = 8
    part = c.ptr(c.int)(s)
    s.close()
    assert freed[0].number == 8
    for use in (lambda: s.number, lambda: part[0], lambda: echo.cif.call(echo, s), lambda: bytes(s)):
        with pytest.raises(ValueError, match="closed"):
            use()
    assert addressof(freed[0]) and s != freed[0]


@pytest.mark.parametrize(("value", "destructor", "message"), [
    (None, print, "expected a pointer, a struct or an int, got NoneType: NULL is nothing to free"),
    ("text", print, "got str"), (True, print, "got bool"), (1.5, print, "got float"),
    (7, None, "expected a callable that frees it, got NoneType"),
    (7, libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t]), r"memset\(\) takes 3 arguments"),
    (c.ptr(c.int)(None), print, "NULL int \\*"), (c.ptr(c.int)(16).owned(lambda p: None), print, "owned already"),
])
def test_what_is_refused(value, destructor, message):
    with pytest.raises((TypeError, ValueError), match=message):
        owned(value, destructor)


def test_a_destructor_that_raises(monkeypatch):
    def fails(what):
        raise ZeroDivisionError(what)
    thing = owned(7, fails)
    with pytest.raises(ZeroDivisionError):
        thing.close()
    thing.close()
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda info: seen.append((info.exc_type, info.object)))
    thing = owned(7, fails)
    del thing
    assert seen == [(ZeroDivisionError, fails)]


def test_closures_are_destructors(freed):
    destroy = CIF(c.void, [c.pointer]).closure(freed)
    c.ptr(c.int)(16).owned(destroy).close()
    assert freed == [16]


def test_errcheck_makes_results_owned(freed):
    new = libc.function("malloc", c.ptr(c.int), [c.size_t], errcheck=lambda p, function, args: p.owned(free))
    assert new(4).address


def test_threads_close_once(freed):
    for _ in range(50):
        thing = owned(7, freed)
        barrier = threading.Barrier(4)

        def close(thing=thing, barrier=barrier):
            barrier.wait()
            thing.close()
        threads = [threading.Thread(target=close) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(freed) == 50


def test_at_exit(run_python):
    done = run_python("""
        import atexit, sys
        sys.unraisablehook = lambda info: print(info.exc_type.__name__)
        from libffi import Library, c, owned
        say = Library(None).function("puts", c.int, [c.string])
        class Cycle: pass
        first = owned(1, lambda n: print("first"))
        second = owned(2, lambda n: print("second", sys.getsizeof(n) > 0))
        cycle = Cycle()
        cycle.me, cycle.owned = cycle, owned(3, lambda n: print("third"))
        early = owned(4, lambda n: print("never twice"))
        early.close()
        late = []
        atexit.register(lambda: late.append(owned(5, lambda n: print("made by an exit function"))))
        fails = owned(6, lambda n: 1 / 0)
    """)
    assert done.split("\n")[:-1] == ["never twice", "made by an exit function", "ZeroDivisionError", "third",
                                     "second True", "first"]


def test_daemon_threads_at_exit(run_python):
    done = run_python("""
        import threading, time
        from libffi import c, owned
        storage = c.array(c.int, 4).new()
        p = c.ptr(c.int)(storage).owned(lambda p: print("freed"))
        def use():
            while True:
                with memoryview(c.int.at(p)):
                    time.sleep(0.001)
        threading.Thread(target=use, daemon=True).start()
        time.sleep(0.05)
    """)
    assert done in ("", "freed\n")


# ---- borrowed memory ----

def test_a_buffer_is_released():
    data = bytearray(16)
    with c.array(c.int, 4).at(data) as borrowed:
        inside, pointer = c.int.at(borrowed), c.ptr(c.int)(borrowed)
        with pytest.raises(BufferError):
            data.append(1)
        borrowed[1] = 5
        with memoryview(borrowed), pytest.raises(BufferError, match="in use"):
            borrowed.close()
    data.append(1)
    assert borrowed.closed and data[4] == 5
    borrowed.close()
    for use in (lambda: borrowed[0], lambda: inside.value, lambda: pointer[0], lambda: bytes(borrowed),
                lambda: borrowed.address, borrowed.__enter__):
        with pytest.raises(ValueError, match="closed"):
            use()
    assert repr(borrowed) == "<closed int[4] memory>"
    with pytest.raises(ValueError, match="owns its storage"):
        c.int.at(c.int.new()).close()
    with pytest.raises(ValueError, match="owns its storage"):
        c.int.at(c.int.new().address).close()


def test_mapped_files(tmp_path):
    import mmap
    path = tmp_path / "file"
    path.write_bytes(bytes(range(64)))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        with c.array(c.uint8, 8).at(mapped, 8) as part:
            assert list(part) == list(range(8, 16))
            part[0] = 255
        assert mapped[8] == 255                 # closing it would be refused were the buffer still exported
