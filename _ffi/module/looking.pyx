"""The C side of a value: its address, its type, its size."""


def addressof(value):
    """Return the address of memory, a pointer's target, a closure, a function or a buffer."""
    if isinstance(value, (Memory, Pointer, Closure, Function)):
        return make_pointer(core_types["pointer"], value).address
    try:
        need_stack(0)
        view = memoryview(value)
    except TypeError:
        raise TypeError(f"addressof(): {type(value).__name__} has no address") from None
    if not view.c_contiguous:
        raise ValueError("addressof(): expected a contiguous buffer")
    return <uintptr_t>buffer_address(view)


def typeof(value):
    """Return the C type of memory, a pointer or a typed value, or of the memory that a class is the class of."""
    if isinstance(value, Memory):
        return (<Memory>value).type_
    if isinstance(value, Pointer):
        return (<Pointer>value).type_
    if isinstance(value, Value):
        return (<Value>value).type_
    if isinstance(value, MemoryClass) and as_type(value) is not None:
        return as_type(value)
    raise TypeError(f"typeof(): {type(value).__name__} has no C type")


def sizeof_of(value):
    """Return the size in bytes of a type, or of memory, a pointer or a typed value."""
    cdef Type type_ = as_type(value)
    if type_ is None:
        if not isinstance(value, (Memory, Pointer, Value)):
            raise TypeError(f"sizeof(): {type(value).__name__} has no C type")
        type_ = typeof(value)
    if type_.size is None:
        raise TypeError(f"sizeof(): {type_} is incomplete")
    return type_.size


sizeof_of.__name__ = sizeof_of.__qualname__ = "sizeof"
