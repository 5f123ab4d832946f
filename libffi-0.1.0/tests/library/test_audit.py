"""Audit events: what may do anything to the process is announced, and can be prevented."""
from __future__ import annotations

import pytest

HOOK = """
import pickle, sys
import libffi
from libffi import CIF, Library, c
seen, refused = [], set()
def hook(event, args):
    if event.startswith("libffi."):
        seen.append((event.removeprefix("libffi."), args))
        if event in refused:
            raise PermissionError(event)
sys.addaudithook(hook)
def events(use):
    seen.clear()
    use()
    return seen[:]
process, cif, number = Library(None), CIF(c.int, [c.int]), c.int.new(7)
labs = process.symbol("labs")
function = process.function("labs", c.long, [c.long])
"""


def test_each_event_comes_once_with_its_arguments(run_python):
    run_python(HOOK + """
assert events(lambda: Library(None)) == [("dlopen", (None,))]
assert [e for e, _ in events(lambda: Library("m"))] == ["dlopen"]
assert events(lambda: process.symbol("abs")) == [("dlsym", (process, "abs"))]
assert events(lambda: process.function("abs", c.int, [c.int])) == [("dlsym", (process, "abs"))]
assert events(lambda: process.variable("environ", c.pointer)) == [("dlsym", (process, "environ"))]
address = number.address
assert events(lambda: cif.bind(labs)) == [("call_function", (labs,))]
assert events(lambda: cif.call(labs, 1)) == [("call_function", (labs,))]
assert events(lambda: cif.call_raw(labs, None, [number])) == [("call_function", (labs,))]
assert events(lambda: cif.call_exchange(labs, bytearray(cif.exchange_size))) == [("call_function", (labs,))]
assert events(lambda: c.func(cif)(labs)) == [("call_function", (labs,))]
assert events(lambda: c.int.at(address)) == [("cdata", (address,))]
assert events(lambda: c.ptr(c.int)(address)) == [("cdata", (address,))]
assert events(lambda: c.pointer(address)) == [("cdata", (address,))]
text = c.array(c.char, 4).new(b"abc")
assert events(lambda: libffi.string_at(text.address, 2)) == [("string_at", (text.address, 2))]
assert events(lambda: libffi.string_at(text)) == [("string_at", (text, None))]
wide = c.array(c.wchar_t, 2).new("a")
assert events(lambda: libffi.wstring_at(wide)) == [("wstring_at", (wide, None))]
pickled = pickle.dumps(function), pickle.dumps(process)
assert [e for e, _ in events(lambda: pickle.loads(pickled[0]))] == ["unpickle", "dlopen", "dlsym"]
assert [e for e, _ in events(lambda: pickle.loads(pickled[1]))] == ["unpickle", "dlopen"]
""")


def test_calls_and_memory_of_ones_own_announce_nothing(run_python):
    run_python(HOOK + """
closure = cif.closure(abs)
def use():
    function(-3), function.call(-3), cif.bind(closure)(1), cif.call(closure, 1)
    c.int.at(number), c.ptr(c.int)(number).value, number.value, cif.bind(function)
assert events(use) == [], seen
""")


@pytest.mark.parametrize("event, use", [
    ("dlopen", "Library('m')"),
    ("dlsym", "process.symbol('abs')"),
    ("call_function", "cif.call(labs, 1)"),
    ("call_function", "cif.call_raw(labs, None, [number])"),
    ("cdata", "c.int.at(8)"),
    ("string_at", "libffi.string_at(8)"),
    ("wstring_at", "libffi.wstring_at(8)"),
    ("unpickle", "pickle.loads(pickled)"),
])
def test_a_hook_that_raises_prevents_it(run_python, event, use):
    run_python(HOOK + f"""
pickled = pickle.dumps(function)
refused.add("libffi.{event}")
try:
    {use}
except PermissionError as error:
    assert str(error) == "libffi.{event}"
else:
    raise SystemExit("was not prevented")
""")


def test_a_hook_may_close_what_is_looked_at(run_python):
    run_python(HOOK + """
memory = c.array(c.char, 4).new(b"abc")
library = Library("m")
sys.addaudithook(lambda event, args: memory.close() if event == "libffi.string_at" else
                 library.close() if event == "libffi.dlsym" else None)
for use in (lambda: libffi.string_at(memory), lambda: library.symbol("cos")):
    try:
        use()
    except ValueError as error:
        assert "closed" in str(error)
    else:
        raise SystemExit("was not refused")
""")
