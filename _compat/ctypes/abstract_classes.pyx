"""The classes that users extend: of our classes, with ctypes' names."""

libffi_import()

bare_data = maker_of(<PyTypeObject *>_CData)
bare_function = maker_of(<PyTypeObject *>_Function)
give_maker(<PyTypeObject *>_CData, make_instance)
give_maker(<PyTypeObject *>_Function, make_function)
give_vectorcall(<PyTypeObject *>_Function, entry_offset(bare_function(_Function, (), NULL)))
give_vectorcall(<PyTypeObject *>Callback, callback_offset(Callback.__new__(Callback)))

refuse_instances(<PyTypeObject *>CField)


cdef Py_ssize_t entry_offset(_Function function):
    return <char *>&function.entry - <char *><PyObject *>function


cdef Py_ssize_t callback_offset(Callback callback):
    return <char *>&callback.entry - <char *><PyObject *>callback


cdef object abstract_class(metaclass, name, made):
    """Return a class that is made without its metaclass's `__init__`, which would ask what it is of."""
    bases = (_CData if made is not _Function else made,)
    cls = metaclass.__new__(metaclass, name, bases, {"__slots__": (), "__module__": "_ctypes", "__doc__": made.__doc__})
    if made is not _Function:
        adopt(cls, <PyTypeObject *>made)
    freeze(cls)
    return cls


_SimpleCData = abstract_class(PyCSimpleType, "_SimpleCData", _Simple)
Structure = abstract_class(PyCStructType, "Structure", _Aggregate)
Union = abstract_class(UnionType, "Union", _Aggregate)
Array = abstract_class(PyCArrayType, "Array", _Array)
_Pointer = abstract_class(PyCPointerType, "_Pointer", _PointerData)
CFuncPtr = abstract_class(PyCFuncPtrType, "CFuncPtr", _Function)
