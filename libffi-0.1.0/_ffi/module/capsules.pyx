"""Capsules, in which SciPy and others take functions and data."""


def capsule(value):
    """Return a PyCapsule of a function, closure, memory or pointer, for packages that take such.

    Its name is the signature (`double (double, void *)`), or the type of what is there. The
    capsule keeps what it was made of, and until it is gone memory and libraries are not closed.
    """
    if isinstance(value, Function):
        return new_capsule(<void *>(<Function>value).target.address, str((<Function>value).cif).encode(),
                           make_pin((<Function>value).target.life, value))
    if isinstance(value, Closure):
        return new_capsule(<void *><uintptr_t>value.address, str((<Closure>value).cif).encode(), value)
    if isinstance(value, Memory):
        return new_capsule((<Memory>value).m.data, type_name((<Memory>value).type_).encode(),
                           make_pin((<Memory>value).m.life, value))
    if isinstance(value, Pointer):
        return new_capsule((<Pointer>value).p.address, type_name((<Pointer>value).type_.item).encode(),
                           make_pin((<Pointer>value).p.life, value))
    raise TypeError(f"capsule(): expected a function, closure, memory or pointer, got {type(value).__name__}")
