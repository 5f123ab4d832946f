"""C's types: scalars by name, and the constructors of all others."""
from . import _ffi
from ._ffi import array, bits, enum, exact, func, inout, out, ptr, ref, struct, union, vector

globals().update(_ffi.scalars)


def _va_list():
    """Return what a parameter of type va_list is: mostly the address of something opaque, in a few ABIs a struct."""
    import os

    address = _ffi.scalars["pointer"]
    members = {
        "aarch64": [("__stack", address), ("__gr_top", address), ("__vr_top", address),
                    ("__gr_offs", _ffi.scalars["int"]), ("__vr_offs", _ffi.scalars["int"])],
        "alpha": [("__base", address), ("__offset", _ffi.scalars["int"])],
    }
    machine = os.uname().machine if os.name == "posix" and os.uname().sysname != "Darwin" else ""
    if machine in members and address.size == 8:
        return struct("__va_list", members[machine])
    return ptr(struct("__va_list_tag"))


va_list = _va_list()

__all__ = [
    *_ffi.scalars, "array", "bits", "enum", "exact", "func", "inout", "out", "ptr", "ref",
    "struct", "union", "va_list", "vector",
]
