"""The C library as ctypes and cffi open it: on Windows None is no name, and printf is inline in the headers there."""
import sys

WINDOWS = sys.platform == "win32"
LIBC = "ucrtbase.dll" if WINDOWS else None
LIBM = "msvcrt.dll" if WINDOWS else "libm.so.6"     # an older C library, with the same mathematics
PRINTING, SNPRINTF = ("msvcrt.dll", "_snprintf") if WINDOWS else (None, "snprintf")
