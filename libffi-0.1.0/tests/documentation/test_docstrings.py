"""Every public class, method and function says in its first line what it does, and which C function that is."""
import inspect
import re
import types

import pytest

import libffi
from libffi import CIF, Closure, Function, Library, Type, _ffi, c

VERBS = frozenset("""
    Allocate Call Check Complete Describe Expire Free Get Hold Load Make Name Notice Pack Point Report Return Set Trace
    Unload View
""".split())

# One sentence that begins with a verb; the names in C may follow it.
FIRST_LINE = re.compile(r"([A-Z][a-z]+)\b(?:[^.]|\.(?! |$)|`[^`]*`)*\.(?: C: [a-z_]\w*(?:, [a-z_]\w*)*\.)?")

# Every function of ffi.h, but for the deprecated Java raw API, and where it is reached.
FFI_H = {
    "ffi_call": [CIF.call, CIF.call_raw, CIF.call_exchange, Function],
    "ffi_call_go": [CIF.call_go],
    "ffi_call_plan_alloc": [CIF],
    "ffi_call_plan_free": [CIF],
    "ffi_call_plan_invoke": [Function],
    "ffi_call_plan_size": [CIF],
    "ffi_closure_alloc": [libffi.closure, CIF.closure, Closure],
    "ffi_closure_free": [Closure],
    "ffi_get_closure_size": [libffi.features],
    "ffi_get_default_abi": [libffi.features],
    "ffi_get_struct_offsets": [libffi.struct_offsets],
    "ffi_get_version": [libffi.features],
    "ffi_get_version_number": [libffi.features],
    "ffi_prep_cif": [CIF],
    "ffi_prep_cif_var": [CIF],
    "ffi_prep_closure_loc": [libffi.closure, CIF.closure, Closure],
    "ffi_prep_go_closure": [CIF.go_closure],
    "ffi_prep_raw_closure_loc": [CIF.raw_closure],
    "ffi_ptrarray_to_raw": [CIF.ptrarray_to_raw],
    "ffi_raw_call": [CIF.raw_call],
    "ffi_raw_size": [CIF.raw_size],
    "ffi_raw_to_ptrarray": [CIF.raw_to_ptrarray],
}
OTHER_C = {
    "dlopen": [_ffi.LoadedLibrary],
    "dlsym": [_ffi.LoadedLibrary, Library.symbol],
    "dlvsym": [_ffi.LoadedLibrary, Library.symbol],
    "dlclose": [_ffi.LoadedLibrary],
    "ffi_abi": [libffi.ABI],
    "ffi_type": [Type],
}


def public_objects():
    """Find what has a docstring: modules, functions, classes with their methods and properties."""
    for module in (libffi, c):
        yield module.__name__, module
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value):
                yield from class_and_members(value)
            elif callable(value) and not isinstance(value, Type):
                yield f"{module.__name__}.{name}", value


def class_and_members(cls):
    for owner in inspect.getmro(cls):
        if not owner.__module__.startswith("libffi"):
            continue
        name = f"{owner.__module__}.{owner.__qualname__}"
        yield name, owner
        for attribute, member in vars(owner).items():
            if not attribute.startswith("_") and owner is not libffi.ABI and is_documented(member):
                yield f"{name}.{attribute}", member


def is_documented(member):
    """Say whether a class's attribute can have a docstring."""
    return callable(member) or isinstance(
        member, (property, classmethod, staticmethod, types.GetSetDescriptorType, types.MemberDescriptorType))


OBJECTS = dict(public_objects())


def test_the_search_finds_them():
    found = {"libffi._ffi.CIF.bind", "libffi._ffi.Type.size", "libffi._library.Library.declare", "libffi.c.struct"}
    assert found <= OBJECTS.keys()
    assert len(OBJECTS) > 90


@pytest.mark.parametrize("name", OBJECTS)
def test_first_line(name):
    doc = OBJECTS[name].__doc__
    assert doc, "no docstring"
    first = doc.partition("\n")[0]
    if isinstance(OBJECTS[name], types.ModuleType):
        assert first.endswith("."), first
        return
    match = FIRST_LINE.fullmatch(first)
    assert match, f"not one sentence with a period, C names after it: {first!r}"
    assert match[1] in VERBS, f"no imperative that this test knows: {first!r}"
    lines = inspect.cleandoc(doc).splitlines()
    assert lines[1:2] in ([], [""]), "the second line is not empty"


@pytest.mark.parametrize("function", FFI_H | OTHER_C)
def test_the_c_function_is_named(function):
    for where in (FFI_H | OTHER_C)[function]:
        assert function in c_names(where.__doc__), where


def test_every_c_name_is_known():
    for name, documented in OBJECTS.items():
        assert c_names(documented.__doc__) <= (FFI_H | OTHER_C).keys(), name


def c_names(doc):
    """Return the names after the last `C:` of a docstring."""
    _, found, names = " ".join(doc.split()).rpartition("C: ")
    return set(re.findall(r"\w+", names.partition(".")[0])) if found else set()
