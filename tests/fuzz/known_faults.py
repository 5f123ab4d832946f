"""Faults of libffi's own that the package cannot make right: signatures that meet one may fail.

tests/c/faults/ has a C program for each; tests/test_known_libffi_faults.py runs them.
"""
from __future__ import annotations

import platform

from libffi._ffi import features

from .layout import Layouts
from .model import CType, Record, Scalar, Signature


def excuse(signature: Signature, layouts: Layouts) -> str | None:
    """Return the name of a fault that this libffi has and this signature may meet."""
    old = features()["version_number"] < 30407 and platform.machine() in ("x86_64", "AMD64")
    if old and len(signature.args) > 5 and any(_integer_then_float(t, layouts) for t in signature.args):
        return "struct_in_last_register"
    return None


def _integer_then_float(type: CType, layouts: Layouts) -> bool:
    """Tell whether x86-64 passes a type in a general register and then a vector register."""
    if not isinstance(type, Record) or not 8 < layouts.size(type) <= 16:
        return False
    slots = layouts.slots(type)
    first = [slot.scalar for slot in slots if slot.offset < 8]
    second = [slot.scalar for slot in slots if slot.offset >= 8]
    return not all(map(_floating, first)) and all(map(_floating, second))


def _floating(scalar: Scalar) -> bool:
    return bool(scalar.part)
