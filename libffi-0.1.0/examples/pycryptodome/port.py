"""PyCryptodome on libffi: its ctypes and cffi code is one module, Crypto.Util._raw_api; this replaces that part.

    import port             # before anything else of Crypto
    port.install()

PyCryptodome declares its C functions in C and calls them with bytes, buffers, sizes and pointers to state
that C made. So there is not much to port: buffers are passed as they are.
"""
import re
from contextlib import suppress

from Crypto.Util import _raw_api

from libffi import Library, SymbolNotFound, c

# Parameters that are only read, but declared otherwise; for libffi the difference is real.
READ_ONLY = re.compile(r"(?<!const )(uint8_t\s+initialCounterBlock\b|uint8_t\s*\*\s*(?:key|nonce)\b)")
# The decryption of PKCS #1 v1.5 lets C write into a bytes object. libffi refuses that for what is not const;
# void * says nothing about it.
INTO_BYTES = re.compile(r"uint8_t(?=\s*\*\s*output\b)")


def load_lib(name, cdecl):
    """Load a shared library and declare its functions; attributes are the functions."""
    library = Library(name)
    cdecl = INTO_BYTES.sub("void", READ_ONLY.sub(r"const \1", cdecl))
    try:
        library.declare(cdecl)
    except SymbolNotFound:      # all or nothing; but some of these are not in every build
        for statement in cdecl.split(";"):
            with suppress(SymbolNotFound):
                library.declare(f"{statement};")
    return library


def number(value):
    """Say that a parameter is an integer of C's: the declaration knows which."""
    return value


def create_string_buffer(init_or_size, size=None):
    """Allocate bytes that C may write to."""
    if not isinstance(init_or_size, bytes):
        return bytearray(init_or_size)
    return bytearray(init_or_size.ljust(max(len(init_or_size) + 1, size or 0), b"\0"))


def c_uint8_ptr(data):
    """Pass a buffer to C, without a copy; what is returned holds it, so that nobody resizes it."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, (bytearray, memoryview)):
        return memoryview(data)
    raise TypeError(f"Object type {type(data)} cannot be passed to C code")


def get_c_string(buffer):
    return bytes(buffer).partition(b"\0")[0]


class VoidPointer(_raw_api._VoidPointer):
    """Room for a pointer that C fills in."""

    def __init__(self):
        self.room = c.pointer.new()

    def get(self):
        return self.room.value

    def address_of(self):
        return self.room


def install():
    """Put this in the place of the ctypes or cffi code."""
    _raw_api.__dict__.update(
        load_lib=load_lib, c_uint8_ptr=c_uint8_ptr, create_string_buffer=create_string_buffer,
        get_c_string=get_c_string, get_raw_buffer=bytes, VoidPointer=VoidPointer, null_pointer=None,
        c_ulong=number, c_ulonglong=number, c_uint=number, c_ubyte=number, c_size_t=number,
        _PyBytes_FromStringAndSize=None,    # long outputs are buffers like the short ones
        backend="libffi",
    )
