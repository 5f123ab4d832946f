"""Docstrings of `readonly` attributes, to which Cython gives none; help() and the reference show them."""

cdef list docstrings = []       # C points into them


cdef int document(cls, dict texts) except -1:
    for attribute, text in texts.items():
        descriptor = vars(cls)[attribute]
        if type(descriptor).__name__ != "getset_descriptor":
            raise SystemError(f"libffi._ffi: {cls.__name__}.{attribute} is no readonly attribute")
        docstrings.append(text.encode())
        (<PyGetSetDescrObject *>descriptor).d_getset.doc = <const char *><bytes>docstrings[-1]
    return 0


document(Type, {
    "kind": 'Return what sort of type it is, such as "signed", "pointer" or "struct".',
    "item": "Return the type that is pointed to, repeated, stored for an enum or referred to, or None.",
    "fields": "Return the types of a struct's or union's members by name, in order.",
    "offsets": "Return the byte offsets of a struct's or union's members by name.",
    "cif": "Return the CIF of a pointer to a function, or None; `cif.closure` makes one that fits.",
    "enum": "Return the class of an enum, or None.",
})
document(CIF, {
    "restype": "Return the result type.",
    "argtypes": "Return the argument types, without the `...`.",
})
document(Function, {
    "cif": "Return the signature.",
    "name": "Return the name in messages.",
    "library": "Return the Library it is from, or None.",
    "parameters": "Return the names of what is passed, None where they are not known.",
})
document(Closure, {"cif": "Return the signature."})
document(LoadedLibrary, {
    "path": "Return what was given to the dynamic linker, None for the process.",
    "mode": "Return the flags of dlopen it was loaded with.",
})
document(Value, {"value": "Return the Python value."})
