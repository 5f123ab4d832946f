"""MemoryClass: the class of classes of memory. A user's class over a type is one, with a type of its own."""

# What a class of structs has of its type, beside new(), at() and read(). Fields have no other name there.
cdef tuple TYPE_ATTRIBUTES = ("name", "kind", "size", "alignment", "fields", "offsets", "bits", "dtype", "new", "at",
                              "read", "define")


cdef class MemoryClass(type):
    """Make classes whose instances are memory.

    `class Point(Struct)` with annotated fields, `@c.struct` over a plain class, or a class that extends
    another such class or a type: `class Celsius(c.double)`. Derive from it for a metaclass of your own.
    """
    cdef object own_type            # Type; None: it has none, or is being made

    @property
    def __signature__(cls):
        """Return the fields as the parameters they are, or None where the class has an `__init__` of its own."""
        return signature_of(cls)

    def __setattr__(cls, name, value):
        if isinstance(value, Field) and vars(cls).get(name) is value:
            return                  # cloudpickle puts into the class what that has from its fields
        refuse_field(cls, name)
        set_in_class(cls, name, <PyObject *>value)

    def __delattr__(cls, name):
        refuse_field(cls, name)
        set_in_class(cls, name, NULL)


cdef int check_class_layout(MemoryClass cls) except -1:
    """What module/init.pyx does of other classes at import, where making one of these would take too long."""
    if (<MemoryClassObject *>cls).type != <PyObject *>cls.own_type:
        raise SystemError("libffi._ffi: the struct of C does not match the class MemoryClass")
    return 0


cdef int refuse_field(cls, name) except -1:
    """Fields are found in the type, whatever the class says: nothing else may take their place."""
    cdef Type type = as_type(cls)
    if type is not None and type.info.field_index != NULL and isinstance(name, str) and \
            name in <dict>type.info.field_index:
        raise TypeError(f"{name} is a field of {type_name(type)}, which cannot be replaced")
    return 0


@cython.final
@cython.internal
cdef class TypeAttribute:
    """Give a class what its type has by that name; instances have none of it."""
    cdef str name
    cdef object of_instances        # the descriptor that instances use, or None

    def __get__(self, instance, owner):
        cdef Type type
        if instance is None:
            type = as_type(owner)
            if type is not None:
                return getattr(type, self.name)
        elif self.of_instances is not None:
            return self.of_instances.__get__(instance, owner)
        raise AttributeError(f"{owner.__name__!r} {'object' if instance is not None else 'class'} "
                             f"has no attribute {self.name!r}", name=self.name, obj=owner)

    def __reduce__(self):
        return _type_attribute, (self.name,)


def _type_attribute(name):
    """Return what classes have of their types by that name (for pickle)."""
    return vars(Struct)[name]


cdef int lend_type_attributes() except -1:
    """Let Struct, and so all classes of structs, have what their types have."""
    cdef TypeAttribute attribute
    for name in TYPE_ATTRIBUTES:
        attribute = TypeAttribute.__new__(TypeAttribute)
        attribute.name = name
        attribute.of_instances = vars(Memory).get(name)
        add_to_class(<PyTypeObject *>Struct, name, attribute)
    return 0


# ---- the type of a class ----

cdef Type as_type(item):
    """Return the Type that this is or, being a class, is the memory of; None: neither."""
    if isinstance(item, Type):
        return <Type>item
    type = type_of_class(item)
    return None if type == NULL else <Type>type


def _type_of_class(cls):
    """Return the type of a class of memory (for pickle)."""
    return need_type("_type_of_class()", cls)


def _declared_class(cls, str kind, str name):
    """Return the type of a user's class for a struct or union that C declares by that name.

    Until it has members that is what it is called, and which of the two it is.
    """
    cdef Type type = as_type(cls)
    if type is None or not type.info.users_class or type.info.kind not in (K_STRUCT, K_UNION):
        raise TypeError(f"declare() classes[{name!r}]: expected a class of a struct, such as class Point(Struct), "
                        f"got {clipped(repr(cls), ROOM)}")
    call_incomplete(type, kind, name)
    if type.kind != kind:
        raise TypeError(f"{cls.__name__} is a {type.kind}, and no {kind}")
    return type


cdef int call_incomplete(Type type, str kind, str name) except -1:
    """Let what has no members yet be a struct or union of that name."""
    with cython.critical_section(type):
        if not type.info.complete and not type.in_definition:
            type.info.kind = K_UNION if kind == "union" else K_STRUCT
            type.kind = KIND_NAMES[<int>type.info.kind]
            name_type(type, f"{kind} {name}")
    return 0


# ---- making classes ----

cdef object make_memory_class(PyTypeObject *metaclass, object args, PyObject *keywords):
    """Make a class for a class statement: MemoryClass's `__new__`."""
    cdef object winner
    if len(args) != 3 or not isinstance(args[1], tuple) or not isinstance(args[2], dict):
        return memory_class_plain_new(metaclass, args, keywords)        # which says what is wrong
    winner = <object>metaclass
    for base in args[1]:
        if issubclass(type(base), winner):
            winner = type(base)
    if winner is not <object>metaclass:
        return (<PyTypeObject *>winner).tp_new(winner, <PyObject *>args, keywords)
    return make_users_class(metaclass, args[0], args[1], args[2], keywords, False)


cdef object make_users_class(PyTypeObject *metaclass, name, tuple bases, dict namespace, PyObject *keywords,
                             bint is_union):
    cdef Type base = type_extended(name, bases, namespace)
    bases = bases_as_classes(bases)
    root = root_class(name, bases)
    base = common_base(name, bases, base)
    if base is not None and base.info.kind not in KINDS_OF[root]:
        raise TypeError(f"{name}: a class over {type_name(base)} is no libffi.{root.__name__}")
    if is_union and base is not None and base.info.kind != K_UNION:
        raise TypeError(f"{name}: a union does not extend {type_name(base)}")
    namespace = dict(namespace)
    namespace.setdefault("__slots__", ())       # a misspelt field is an error, and instances stay small
    cls = memory_class_plain_new(metaclass, (name, bases, namespace), keywords)
    prepare_users_class(<PyTypeObject *>cls)
    known_to_pickle()
    if root is Struct:
        class_with_fields(cls, base, is_union)
    elif base is not None:
        class_over_type(cls, base)
    return cls


cdef int own_type_of(Type type, cls) except -1:
    """Let a new type be that of a user's class, which will know it by `own_type`."""
    have_nursery_emptied()
    type.info.users_class = type.info.leads_to_users = True
    type.memory_class = cls
    type.info.memory_class = <PyObject *>cls
    type.rebuild = (_type_of_class, (cls,))
    return 0


cdef int class_over_type(cls, Type base) except -1:
    """Give a class a type that is the base's to C, no struct's or union's."""
    cdef Type plain = <Type>base.item if base.info.kind == K_INSTANCE else base
    cdef Type type = sequence_like(plain) if is_aggregate_kind(plain.info.kind) else \
        stored_as(K_INSTANCE, plain, None)
    type.base = base
    type.info.base = &base.info
    type.cif = plain.cif
    own_type_of(type, cls)
    own_instances(<PyTypeObject *>cls)
    (<MemoryClass>cls).own_type = type
    for name in TYPE_ATTRIBUTES:
        found = found_in_class(cls, name)
        if found is None or found is vars(Memory).get(name):
            found = vars(Struct)[name]
            set_in_class(cls, name, <PyObject *>found)
    bind_makers(type)
    return 0


cdef int class_with_fields(cls, Type base, bint is_union) except -1:
    """Make a class that of a struct or union, whose own fields it annotates."""
    cdef Type type = new_type(K_UNION if is_union or (base is not None and base.info.kind == K_UNION) else K_STRUCT)
    type.info.complete = False
    own_type_of(type, cls)
    annotations = field_annotations(cls)
    name_type(type, f"{type.kind} {cls.__name__}" if annotations or base is None else type_name(base))
    if base is not None:
        type.base = base
        type.info.base = &base.info
    type.in_definition = True                   # for all others, and for ever should it fail
    (<MemoryClass>cls).own_type = type          # annotations may name the class: pointers to it
    if annotations:
        define_class(type, annotated_members(cls, annotations))
    elif base is not None:
        extend_class(type, base)
    type.in_definition = False
    return 0


cdef int extend_class(Type type, Type base) except -1:
    """A class without fields of its own: to C it is the same struct."""
    members, *options = definition_of(base)
    complete_struct(type, list(members), tuple(options))
    type.state = (members, *options)
    set_defaults(type, base.defaults or ())
    return 0


cdef int set_defaults(Type type, tuple defaults) except -1:
    type.defaults = defaults or None
    type.info.defaults = <PyObject *>type.defaults if defaults else NULL
    return 0


cdef int define_class(Type type, list members) except -1:
    """Complete the struct or union of a class whose annotations are its fields."""
    cls = type.memory_class
    own = vars(cls)
    given = {name: own[name] for name, _ in members if name in own}
    for name, value in given.items():
        if isinstance(value, member_descriptor):
            raise TypeError(f"{cls.__name__}.{name} is a field, and no slot")
    if type.base is not None:
        if type.info.kind == K_UNION:
            raise TypeError(f"{cls.__name__}: a union is not extended by further members")
        members = [(None, type.base), *members]
    define_struct(type, members, {}, tuple([own.get(option, none) for option, none in zip(OPTION_NAMES, NO_OPTIONS)]))
    defaults = [] if type.base is None else list((<Type>type.base).defaults or ())
    for name, value in given.items():
        check_default(type, name, value)
        defaults += [(<dict>type.info.field_index)[name], value]
    set_defaults(type, tuple(defaults))
    return 0


cdef int check_default(Type type, name, value) except -1:
    """A default that does not fit is an error of the class, not of each call."""
    try:
        type.new({name: value})
    except (TypeError, ValueError, OverflowError) as error:
        raise builtins_type(error)(f"{type_name(type)}.{name}: the default does not fit: {error}") from None
    return 0


# ---- the fields in a class ----

cdef object class_of_struct(Type type, str name, dict descriptors, tuple names):
    """Make the class of the memory of a struct that has no user's; `names`: of the fields by position, or None."""
    attributes = {"__slots__": (), "__module__": "libffi", "__qualname__": name}
    if names is not None:
        attributes["__match_args__"] = names
    known_to_pickle()
    cls = memory_class_plain_new(<PyTypeObject *>MemoryClass, (name or type.kind, (Struct,), attributes | descriptors),
                                 NULL)
    (<MemoryClass>cls).own_type = type
    freeze_class(<PyTypeObject *>cls)           # or `__class__` could make one struct another
    return cls


cdef int give_fields(Type type, dict descriptors, tuple names) except -1:
    """Put a type's own fields, and what makes its memory, into the user's class that it has."""
    cdef Py_ssize_t i, inherited = 0 if type.info.base == NULL else type.info.base.nfields
    cls = type.memory_class
    own = dict(list(descriptors.items())[inherited:])
    if own and names is not None and "__match_args__" not in vars(cls):
        own["__match_args__"] = names
    given = []
    try:
        for name, value in own.items():
            given.append(name)
            set_in_class(cls, name, <PyObject *>value)
    except BaseException:
        for name in given:                      # they refer to fields that are not to be
            if name in vars(cls):
                set_in_class(cls, name, NULL)
        raise
    for i, name in enumerate(descriptors):
        if not isinstance(found_in_class(cls, name), Field):
            type.info.fields[i].attribute = NULL    # a property, say, that is to be found in its place
    bind_makers(type)
    return 0


cdef int bind_makers(Type type) except -1:
    """Put what makes memory into the class as it is, so that nobody looks for the type each time."""
    for name in ("new", "at", "read"):
        found = found_in_class(type.memory_class, name)
        if isinstance(found, TypeAttribute) or isinstance(getattr(found, "__self__", None), Type):
            found = getattr(type, name)
            set_in_class(type.memory_class, name, <PyObject *>found)
    return 0


cdef object found_in_class(cls, name):
    """Return what a class, or one that it extends, has by a name, as it is stored there."""
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return None


cdef object signature_of(cls):
    cdef Type type = as_type(cls)
    if type is None or type.info.nfields == 0 or found_in_class(cls, "__init__") is not vars(Struct)["__init__"]:
        return None
    from inspect import Parameter, Signature
    defaults = dict(zip(type.defaults[::2], type.defaults[1::2])) if type.defaults else {}
    kind = Parameter.POSITIONAL_OR_KEYWORD if type.info.by_position else Parameter.KEYWORD_ONLY
    return Signature([Parameter(name, kind, default=defaults.get(i, Parameter.empty))
                      for i, name in enumerate(type.fields) if name.isidentifier()])


# ---- pickle ----

def _memory_class(type):
    """Return the class of a type's memory (for pickle)."""
    return need_type("_memory_class()", type).memory_class


def _reduce_memory_class(cls):
    """Say how pickle finds a class of memory again: a user's by its name, a struct's by the struct."""
    cdef Type type = as_type(cls)
    return cls.__qualname__ if type is None or type.info.users_class else (_memory_class, (type,))


cdef int known_to_pickle() except -1:
    """Have pickle ask us about such classes; copyreg takes a while to import."""
    import copyreg
    copyreg.dispatch_table.setdefault(MemoryClass, _reduce_memory_class)
    return 0


def _field_of_sent_class(cls, str kind, tuple definition, tuple defaults, name):
    """Return a field of a class that cloudpickle has made anew, without members, and that gets them (for pickle)."""
    cdef Type type = need_type("_field_of_sent_class()", cls)
    if not type.info.complete:
        call_incomplete(type, kind, cls.__name__)
        type.define(*definition)
        set_defaults(type, defaults)
    return vars(cls)[name]


cdef tuple field_as_sent(Field field):
    """Say how cloudpickle makes a field again that comes with a class which it does not send by its name."""
    cdef Type type = field.owner
    if not type.info.users_class or type.base is not None:
        raise TypeError(f"cannot pickle {field!r}: the class of a c.struct(), or one that adds fields to another, is "
                        "sent by its name, so it must be in a module that the other process imports")
    return _field_of_sent_class, (type.memory_class, type.kind, definition_of(type), type.defaults or (), field.name)


# ---- c.struct and c.union as decorators ----

cdef object struct_of_class(bint is_union, cls):
    """Return the class again as one of a struct's or union's memory."""
    cdef Type type
    if isinstance(cls, MemoryClass):
        type = as_type(cls)
        if type is None or not type.info.complete:
            raise TypeError(f"{cls.__name__} has no annotated fields")
        if (type.info.kind == K_UNION) != is_union:
            raise TypeError(f"{cls.__name__} is a {type.kind}")
        return cls
    if not field_annotations(cls):
        raise TypeError(f"{cls.__name__} has no annotated fields")
    slots = cls.__dict__.get("__slots__", ())
    left = {"__dict__", "__weakref__", *((slots,) if isinstance(slots, str) else slots)}
    namespace = {name: value for name, value in vars(cls).items()
                 if not (name in left or isinstance(value, member_descriptor))}
    namespace["__qualname__"] = cls.__qualname__
    for base in cls.__mro__[1:]:
        if any([type_said(annotation) is not None for annotation in vars(base).get("__annotations__", {}).values()]):
            raise TypeError(f"{cls.__name__}: {base.__name__}, which it extends, has fields but is no struct's class")
    bases = tuple([base for base in cls.__bases__ if base is not object])
    made = make_users_class(<PyTypeObject *>MemoryClass, cls.__name__, (*bases, Struct), namespace, NULL, is_union)
    move_class_cell(cls, made)
    return made


cdef int move_class_cell(cls, made) except -1:
    """Let `super()` in the methods of a class mean the one that took its place."""
    functions = list(vars(made).values())
    while functions:
        function = functions.pop()
        if isinstance(function, property):
            functions += [function.fget, function.fset, function.fdel]
        elif isinstance(function, (classmethod, staticmethod)):
            functions.append(function.__func__)
        elif PyFunction_Check(function):
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
                if name == "__class__" and cell.cell_contents is cls:
                    cell.cell_contents = made
                    return 0                    # the methods of a class share it
            functions.append(vars(function).get("__wrapped__"))
    return 0
