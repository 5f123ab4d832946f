# cython: language_level=3
"""What a runtime in Cython does with `cimport libffi`; for tests/backend/test_capi.py."""
cimport libffi
from cpython.object cimport PyObject
from libc.stdint cimport uintptr_t
from libffi cimport (
    LIBFFI_DOUBLE, LIBFFI_INT, LIBFFI_POINTER, LIBFFI_RELEASE_GIL, libffi_call, libffi_cif, libffi_closure,
    libffi_closure_code, libffi_closure_free, libffi_closure_new, libffi_fence, libffi_function,
)

import libffi as package            # both names side by side

libffi.libffi_import()


def power(double x, double y, uintptr_t address):
    """Call double f(double, double) with the GIL released."""
    cdef int codes[2]
    cdef double result
    cdef void *arguments[2]
    codes[0] = codes[1] = LIBFFI_DOUBLE
    cif = libffi.libffi_cif_from_codes(LIBFFI_DOUBLE, codes, 2, -1, libffi.libffi_abi_default())
    assert cif is package.CIF(package.c.double, [package.c.double, package.c.double])
    cdef const libffi_cif *handle = libffi.libffi_cif_get(cif)
    arguments[0] = &x
    arguments[1] = &y
    with nogil:
        libffi_call(handle, <libffi_function>address, &result, arguments)
    return result


cdef void compare(void *ffi_cif, void *result, void **arguments, void *user) noexcept nogil:
    cdef int a = (<int **>arguments[0])[0][0], b = (<int **>arguments[1])[0][0]
    (<long *>user)[0] += 1
    (<long *>result)[0] = (a > b) - (a < b)


def sort(int[::1] numbers, uintptr_t qsort):
    """Sort with C's qsort and a C handler; return how often it was called."""
    cdef int codes[4]
    cdef long calls = 0
    cdef void *base = &numbers[0]
    cdef size_t n = numbers.shape[0], size = sizeof(int)
    cdef libffi_function code
    cdef void *arguments[4]
    codes[0] = codes[1] = LIBFFI_POINTER
    cif = libffi.libffi_cif_from_codes(LIBFFI_INT, codes, 2, -1, libffi.libffi_abi_default())
    cdef libffi_closure *closure = libffi_closure_new(cif, compare, &calls)
    try:
        code = libffi_closure_code(closure)
        codes[0] = codes[3] = LIBFFI_POINTER
        codes[1] = codes[2] = libffi.LIBFFI_SIZE_T
        cif = libffi.libffi_cif_from_codes(libffi.LIBFFI_VOID, codes, 4, -1, libffi.libffi_abi_default())
        arguments[0] = &base
        arguments[1] = &n
        arguments[2] = &size
        arguments[3] = &code
        libffi.libffi_invoke(libffi.libffi_cif_get(cif), <libffi_function>qsort, NULL, arguments,
                             LIBFFI_RELEASE_GIL)
    finally:
        libffi_closure_free(closure)
    return calls


def raise_through(cif, uintptr_t address, int times):
    """Call void f(void) several times between enter and leave."""
    cdef libffi_fence fence
    cdef const libffi_cif *handle = libffi.libffi_cif_get(cif)
    libffi.libffi_enter(&fence, 0)
    for _ in range(times):
        libffi_call(handle, <libffi_function>address, NULL, NULL)
    libffi.libffi_leave(&fence)


def wrong():
    """Let the API raise."""
    return libffi.libffi_type_from_code(-1)


def make_struct():
    """Make struct pair { double x; double items[2]; } and look at it."""
    cdef libffi.libffi_member members[2]
    cdef libffi.libffi_type_info info
    cdef libffi.libffi_field_info field
    number = libffi.libffi_type_from_code(LIBFFI_DOUBLE)
    items = libffi.libffi_type_array(number, 2)
    members[0].name, members[0].type = "x", <PyObject *>number
    members[1].name, members[1].type = "items", <PyObject *>items
    made = libffi.libffi_type_struct("pair", members, 2, 0, 0)
    libffi.libffi_type_look(made, &info)
    libffi.libffi_type_field(made, 1, &field)
    return made, info.size, info.nfields, field.offset, <object>field.type


def result_type(cif):
    """Return the result type of a CIF that came from Python."""
    return <object>libffi.libffi_cif_type(libffi.libffi_cif_get(cif), -1)


def later():
    """Ask for newer functions, and use the invoker of a CIF itself."""
    cif = libffi.libffi_cif_from_codes(LIBFFI_INT, NULL, 0, -1, libffi.libffi_abi_default())
    cdef const libffi.libffi_cif *handle = libffi.libffi_cif_get(cif)
    return (libffi.LIBFFI_API_HAS(libffi.HAS_declare), handle.invoke != NULL and handle.prepared != NULL,
            handle.nfixed == handle.nargs == 0 and handle.abi == libffi.libffi_abi_default())
