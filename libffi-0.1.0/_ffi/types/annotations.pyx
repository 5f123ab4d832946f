"""Annotations of a class: which are fields, and of what C type."""

# What Python's own types mean where C's type is not said.
cdef dict PYTHON_TYPES = {
    bool: "bool", int: "int", float: "double", complex: "complex_double", str: "string", bytes: "bytes",
}


cdef dict field_annotations(cls):
    """Return the annotations of a class's own fields, as they are written: class variables are none."""
    import inspect
    return {name: annotation for name, annotation in inspect.get_annotations(cls).items()
            if not is_class_variable(annotation)}


cdef bint is_class_variable(annotation):
    if isinstance(annotation, str):
        return annotation.split("[")[0].strip().rpartition(".")[2] == "ClassVar"
    typing = _sys.modules.get("typing")         # where it is not imported there are none
    return typing is not None and (annotation is typing.ClassVar or
                                   getattr(annotation, "__origin__", None) is typing.ClassVar)


cdef list annotated_members(cls, dict annotations):
    """Return (name, Type) of the fields; an annotation may be text, and name the class itself."""
    cdef dict names = None
    cdef Type type
    members = []
    for name, annotation in annotations.items():
        if names is None:
            names = names_around(cls, annotations)
        type = type_meant(annotation, names)
        if type is None:
            raise TypeError(f"{cls.__name__}.{name}: expected a libffi.Type, a class of a struct, "
                            f"Annotated[..., T], Pointer[...], float, int, bool, str or bytes, "
                            f"got {clipped(repr(annotation), ROOM)}")
        members.append((name, type))
    return members


cdef dict names_around(cls, dict fields):
    """Return what text in annotations may name: what is around the class statement and in it, and the class."""
    names = {}
    module = _sys.modules.get(cls.__module__)
    if module is not None:
        names.update(vars(module))
    try:
        names.update(_sys._getframe(0).f_locals)    # ours has no frame: that of the class statement
    except ValueError:
        pass                                        # C called
    names.update([(name, value) for name, value in vars(cls).items() if name not in fields])    # no defaults
    names[cls.__name__] = cls
    return names


cdef Type type_said(annotation):
    """Return the C type that is an annotation, or that it says beside Python's: Annotated[float, c.double]; or None."""
    cdef Type type = as_type(annotation)
    for extra in getattr(annotation, "__metadata__", ()) if type is None else ():
        type = as_type(extra)
        if type is not None:
            break
    return type


def _type_said(annotation):
    """Return the C type that an annotation is or says, or None."""
    return type_said(annotation)


def _type_meant(annotation, dict names):
    """Return the C type that an annotation is, says or means as a field's would, or None."""
    return type_meant(annotation, names)


cdef Type type_meant(annotation, dict names):
    """Return the C type that an annotation means, or None."""
    cdef Type type
    need_stack(0)
    annotation = getattr(annotation, "__forward_arg__", annotation)         # of Optional["T"]
    if isinstance(annotation, str):
        return type_meant(eval(annotation, names), names)
    type = type_said(annotation)
    if type is not None:
        return type
    if isinstance(annotation, builtins_type):
        return core_types[PYTHON_TYPES[annotation]] if annotation in PYTHON_TYPES else None
    arguments = getattr(annotation, "__args__", ())
    if getattr(annotation, "__origin__", None) is Pointer and len(arguments) == 1:
        type = core_types["void"] if arguments[0] is None else type_meant(arguments[0], names)
        return None if type is None else ptr(type)
    if len(arguments) == 2 and NoneType in arguments:       # NULL is None: str | None, Pointer[None] | None
        type = type_meant(arguments[arguments[0] is NoneType], names)
        return type if type is not None and is_pointer_kind(plain_type(&type.info).kind) else None
    item = pointed_to_by_all(arguments) if is_union(annotation) else None
    type = None if item is None else type_meant(item, names)
    return None if type is None else ptr(type)


cdef bint is_union(annotation):
    typing = _sys.modules.get("typing")
    return isinstance(annotation, UnionType) or \
        (typing is not None and getattr(annotation, "__origin__", None) is typing.Union)


cdef pointed_to_by_all(tuple alternatives):
    """Return the T of what goes for a T *, as in T | Pointer[T] and annotations.Target[T], or None."""
    of = [one.__args__[0] for one in alternatives
          if getattr(one, "__origin__", None) is Pointer and one.__args__[0] is not None]
    if len(of) != 1:
        return None
    for one in alternatives:
        if getattr(one, "__origin__", None) in (Pointer, Memory, Array):
            one = one.__args__[0]
        if one is not None and one is not NoneType and getattr(one, "__forward_arg__", one) != of[0]:
            return None
    return of[0]
