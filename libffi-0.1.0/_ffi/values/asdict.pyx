"""asdict(): a struct with all that is in it as Python's own values."""


def asdict(memory):
    """Return a struct's fields by name, with structs in it as dicts, arrays as lists, text as bytes or str.

    Pointers stay pointers. Of a union, as of `value`, the members that can be had without following an address.
    """
    if not isinstance(memory, Struct):
        raise TypeError(f"asdict(): expected memory of a struct or union, got {type(memory).__name__}")
    return without_memory(memory)


cdef object without_memory(value):
    if isinstance(value, Struct):
        return {name: without_memory(part) for name, part in memory_value(value).items()}
    if isinstance(value, Array):
        value = memory_value(value)
        return [without_memory(part) for part in value] if isinstance(value, list) else value
    return memory_value(value) if isinstance(value, Memory) else value     # an instance of a class over a scalar
