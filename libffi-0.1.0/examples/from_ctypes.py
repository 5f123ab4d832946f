"""The same three things with ctypes and with libffi: what changes when you move."""
import ctypes
import sys

from libffi import Library, c, closure

LIBC = "ucrtbase" if sys.platform == "win32" else None    # which is the process, for ctypes not on Windows

# ---- a call ----


def absolute_ctypes(number):
    llabs = ctypes.CDLL(LIBC).llabs
    llabs.argtypes = [ctypes.c_longlong]
    llabs.restype = ctypes.c_longlong  # forgotten, the result is an int: the upper half is lost
    return llabs(number)


def absolute_libffi(number):
    llabs = Library(None).function("llabs", c.longlong, [c.longlong])
    return llabs(number)


# ---- a struct by value ----


class DivT(ctypes.Structure):
    _fields_ = [("quot", ctypes.c_int), ("rem", ctypes.c_int)]


def divide_ctypes(a, b):
    div = ctypes.CDLL(LIBC).div
    div.argtypes = [ctypes.c_int, ctypes.c_int]
    div.restype = DivT
    result = div(a, b)
    return result.quot, result.rem


@c.struct
class div_t:
    quot: c.int
    rem: c.int


def divide_libffi(a, b):
    result = Library(None).function("div", div_t, [c.int, c.int])(a, b)
    return result.quot, result.rem


# ---- a callback ----


def sort_ctypes(numbers):
    array = (ctypes.c_int * len(numbers))(*numbers)
    Compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int),
                               ctypes.POINTER(ctypes.c_int))
    qsort = ctypes.CDLL(LIBC).qsort
    qsort.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, Compare]
    qsort.restype = None
    qsort(array, len(array), ctypes.sizeof(ctypes.c_int),
          Compare(lambda a, b: (a[0] > b[0]) - (a[0] < b[0])))
    return list(array)


def sort_libffi(numbers):
    array = c.array(c.int, len(numbers)).new(numbers)
    qsort = Library(None).function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])

    @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
    def compare(a, b):
        return (a[0] > b[0]) - (a[0] < b[0])

    qsort(array, len(array), c.int.size, compare)
    return list(array)


# ---- what ctypes lets pass ----


def narrow_ctypes(number):
    return ctypes.c_int8(number).value


def narrow_libffi(number):
    try:
        return c.int8(number).value
    except OverflowError as error:
        return f"OverflowError: {error}"


def main():
    for what, argument in (("absolute", (-1 << 40,)), ("divide", (17, 5)), ("sort", ([3, 1, 2],)),
                           ("narrow", (300,))):
        for way in ("ctypes", "libffi"):
            print(f"{what:<8}  {way}  {globals()[f'{what}_{way}'](*argument)}")


if __name__ == "__main__":
    main()
