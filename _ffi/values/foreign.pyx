"""Objects of other libraries, which our own rules refuse: ctypes', cffi's, NumPy's.

What they are in our terms is found out by Python code of the package, which is asked for when there is one.
"""

cdef object find_foreign, foreign_module = None
cdef frozenset foreign_libraries = frozenset()      # the modules of their classes
cdef tuple ctypes_packages = ()                     # the names of ctypes, and of what is like it


def _ask_about_foreign(find, libraries, ctypes):
    """Have the module that `find()` returns say what objects of other libraries are."""
    global find_foreign, foreign_libraries, ctypes_packages
    find_foreign, foreign_libraries, ctypes_packages = find, frozenset(libraries), tuple(ctypes)


cdef object foreign():
    """Return what has stand_in(), describes() and dtype_of()."""
    global foreign_module
    if foreign_module is None:
        foreign_module = find_foreign()
    return foreign_module


cdef object library_of(cls):
    """Return the name of the library whose class an object's class is or extends, or None."""
    for base in (<object>cls).__mro__:
        module = getattr(base, "__module__", None)
        if isinstance(module, str) and module in foreign_libraries:
            return module
    return "_ctypes" if cls.__name__ == "CArgObject" else None      # byref()'s, before CPython 3.12


cdef object stand_in(const type_info *wanted, object value):
    """Return what an object of another library is in our terms, where that type is wanted (NULL: any), or None."""
    need_stack(0)
    library = library_of(type(value))
    if library is None:
        return None
    return foreign().stand_in(library, None if wanted == NULL else <object>wanted.object, value)


cdef int foreign_describes(const type_info *item, object value) except -1:
    """Are the items of a buffer that are of another format those of this type, as its exporter knows better?"""
    cdef const type_info *own
    if isinstance(value, memoryview):
        of = value.obj
        if isinstance(of, Memory):      # bit-fields are not in the format
            own = innermost((<Memory>of).m.type)
            return <size_t>value.itemsize == own.size and same_to_c(innermost(item), own)
        if <size_t>value.itemsize != innermost(item).size or (
                len(value.format.lstrip("@")) == 1 and value.format not in "Bbc"):     # which may be a cast
            return False
        value = of                      # whose items these are
    if ctypes_describes(item, type(value)):
        return True
    library = library_of(type(value))
    return library == "numpy" and foreign().describes(<object>item.object, value)


cdef const type_info *innermost(const type_info *type):
    """Return the type of the items of the items."""
    while type.kind == K_ARRAY:
        type = type.item
    return type


def _has_members(type, cls):
    """Return whether a class of ctypes' has the members of that type, whatever it is called."""
    return ctypes_describes(&need_type("_has_members()", type).info, cls) != 0


def _view(type, address, owner):
    """Return a pointer, a function or memory of that type at an address that `owner` keeps valid."""
    cdef Type this = need_type("_view()", type)
    cdef void *place = <void *><uintptr_t>address
    cdef Memory memory
    if this.info.kind == K_FUNCTION and place != NULL:
        return core_function_at(&this.info, place, <PyObject *>owner)
    if this.info.kind == K_FUNCTION:
        this = core_types["pointer"]
    if is_pointer_kind(this.info.kind):
        return pointer_kept(this, place, owner, &forever, -1)
    need_maker(this)
    memory = view_memory(this, place, owner, &forever, False)
    if this.info.holds:
        kept = kept_for_addresses(this, owner)
        Py_INCREF(kept)
        keep_these(<MemoryObject *>memory, <PyObject *>kept)
    return memory


cdef dict kept_for_addresses(Type type, owner):
    """Return what a memory keeps whose every pointer may point to what `owner` keeps alive."""
    leaves = _Leaves()
    own_leaves(type, 0, leaves)
    return dict.fromkeys(leaves.places("p"), owner) or {0: owner}
