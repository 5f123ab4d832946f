"""Faults of libffi's own that the package cannot make right: signatures that meet one may fail.

tests/c/faults/ has a C program for each; tests/libffi_itself/test_known_libffi_faults.py runs them.
"""
from __future__ import annotations

import platform

from libffi._ffi import features

from .abi import Abi
from .layout import Layouts
from .model import CType, Record, Signature


def excuse(signature: Signature, abi: Abi, layouts: Layouts) -> str | None:
    """Return the name of a fault of this libffi that a call of the signature meets."""
    x86_64 = platform.machine() in ("x86_64", "AMD64") and abi.name in ("DEFAULT", "UNIX64")
    if x86_64 and features()["version_number"] < 30407 and _overwrites_a_register(signature, layouts):
        return "struct_in_last_register"
    return None


def _overwrites_a_register(signature: Signature, layouts: Layouts) -> bool:
    """Tell whether a struct {integer, float} takes the last general register after a float took one."""
    result = signature.result
    # The address of a large result takes the first.
    general, vector = int(isinstance(result, Record) and layouts.size(result) > 16), 0
    for type in signature.args:
        words = _words(type, layouts)
        if general + words.count("i") > 6 or vector + words.count("f") > 8:
            continue
        if words == "if" and general == 5 and vector:
            return True
        general += words.count("i")
        vector += words.count("f")
    return False


def _words(type: CType, layouts: Layouts) -> str:
    """Return i or f for every eight bytes of a type that goes in registers, nothing for the others."""
    slots, size = layouts.slots(type), layouts.size(type)
    if size > 16 or any(slot.scalar.part == "long double" for slot in slots):
        return ""
    words = ["f"] * ((size + 7) // 8)
    for slot in slots:
        for at in range(slot.offset, slot.offset + slot.count * layouts.size(slot.scalar)):
            words[at // 8] = "f" if slot.scalar.part and words[at // 8] == "f" else "i"
    return "".join(words)
