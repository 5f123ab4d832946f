"""What NumPy's scalars and arrays hold, where the buffer protocol does not say it."""
from typing import Any

import numpy as np

from libffi import Type, c
from libffi._ffi import _view
from libffi._foreign.dtypes import dtype_of


def stand_in(T: Type | None, value: Any) -> object:
    """Return what a scalar or array is in our terms, where a T is wanted (None: any); None: nothing but a buffer."""
    if isinstance(value, (np.void, np.ndarray)):
        return _of_structs(T, value) if T is not None else None
    if isinstance(value, np.timedelta64):       # to NumPy a signed integer, whose unit C would not see
        return None
    if T is not None and T.kind in ("pointer", "string", "bytes", "wstring", "function"):
        return _as_address(T, value)
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    return None


def _as_address(T: Type, value: Any) -> object:
    """A number is an address for `void *` only, whosever it is; the core says so."""
    if T is not c.pointer and T.item is not c.void:
        return None
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    return float(value.real) if isinstance(value, np.number) else None


def _of_structs(T: Type, value: Any) -> object:
    """Return memory for one record of T's own dtype, a pointer where its items are those that T points to."""
    if T.kind in ("struct", "union"):
        if value.ndim or not describes(T, value):
            return None
        array = np.asarray(value)
        return _view(T, array.ctypes.data, array)
    if T.kind != "pointer" or not value.flags.c_contiguous:
        return None
    if T is c.pointer or T.item is c.void:
        return _as_bytes(value)
    if not describes(T.item, value):
        return None
    return _view(c.ptr(T.item, const=not value.flags.writeable), value.__array_interface__["data"][0], value)


def _as_bytes(value: Any) -> object:
    """Return as bytes an array with fields that lie on one another, which NumPy does not export."""
    exporter: Any = value           # as which NumPy's stubs do not know an array before Python 3.12
    if not isinstance(value, np.ndarray) or value.dtype.names is None or not value.flags.writeable:
        return None
    try:
        memoryview(exporter).release()
    except ValueError:
        return _view(c.array(c.uint8, value.nbytes), value.__array_interface__["data"][0], value)
    return None


def describes(T: Type, value: Any) -> bool:
    """Return whether the items of an array, or a scalar, have T's own dtype."""
    while T.kind == "array":
        T = T.item
    try:
        return bool(value.dtype == dtype_of(T))
    except (AttributeError, TypeError):
        return False
