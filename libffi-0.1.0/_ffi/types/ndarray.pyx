"""c.ndarray(): the type of a parameter that checks the array it is given (values/checked_arrays.h)."""


def ndarray(item=None, ndim=None, shape=None, order="C", writable=True, alignment=None, optional=False):
    """Return the parameter type that takes an array, checks it, and passes the address of its first item.

    `item` is the C type of its items, None any. `shape` has the length of each dimension, or None for any. `order` is
    "C", "F", "A" (either), or None: any strides. `writable=False` also takes arrays that are read-only, and C must not
    write to. `alignment`, in bytes, is the item's where none is given. `optional=True` takes None, as NULL.
    """
    cdef Type element = core_types["void"] if item is None else need_type("c.ndarray()", item)
    cdef Py_ssize_t bytes_ = element.info.alignment
    if element.info.kind != K_VOID and (
            not element.info.complete or not is_stored_kind(element.info.kind) or element.info.kind == K_ARRAY
            or element.info.is_va_list):
        raise BadTypedef(f"c.ndarray(): {type_name(element)} cannot be an item")
    lengths = lengths_of(ndim, shape)
    if order is not None and order not in ("C", "F", "A"):
        raise ValueError(f'c.ndarray() order: expected "C", "F", "A" or None, got {order!r}')
    if alignment is not None:
        bytes_ = count_of("c.ndarray() alignment", alignment, 1)
        if bytes_ & (bytes_ - 1):
            raise ValueError(f"c.ndarray() alignment: {bytes_} is no power of two")
    parts = (element, None if lengths is None else len(lengths), lengths, order, bool(writable), bytes_, bool(optional))
    return made_once(("ndarray", id(element), *parts[1:]), make_ndarray, parts)


cdef tuple lengths_of(ndim, shape):
    """Return the lengths of an array's dimensions, None where one may be any; None if there may be any number."""
    if shape is None:
        return None if ndim is None else (None,) * dimensions_of(ndim)
    if not isinstance(shape, (tuple, list)):
        shape = (shape,)
    lengths = tuple([None if length is None else count_of("c.ndarray() shape", length, 0) for length in shape])
    if dimensions_of(len(lengths) if ndim is None else ndim) != len(lengths):
        raise ValueError(f"c.ndarray(): shape {lengths} has not ndim {ndim}")
    return lengths


cdef Py_ssize_t dimensions_of(ndim) except -1:
    cdef Py_ssize_t count = count_of("c.ndarray() ndim", ndim, 0)
    if count > PyBUF_MAX_NDIM:
        raise ValueError(f"c.ndarray() ndim: {count} is more than {PyBUF_MAX_NDIM}")
    return count


cdef object make_ndarray(tuple parts):
    element, _, lengths, order, writable, alignment, optional = parts
    cdef Type result = derived(K_NDARRAY, element, (ndarray, parts))
    cdef Py_ssize_t i, n = 0 if lengths is None else len(lengths)
    cdef array_demands *demands = <array_demands *>PyMem_Calloc(1, sizeof(array_demands) + n * sizeof(Py_ssize_t))
    if demands == NULL:
        raise MemoryError
    result.info.demands = demands
    demands.order = 0 if order is None else ord(order)
    demands.optional = optional
    demands.alignment = alignment
    demands.ndim = -1 if lengths is None else <int>n
    for i in range(n):
        demands.shape[i] = -1 if lengths[i] is None else lengths[i]
    result.info.is_const = not writable
    as_address(result)
    name_as_spelled(result)
    return result
