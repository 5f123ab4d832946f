"""What happens at import: the C side learns of the classes, and their layouts are compared."""

cdef int check_layouts() except -1:
    # objects.h says how C sees the classes; a mismatch would be memory corruption.
    cdef Type type = <Type>core_types["int"]
    cdef Memory memory = type.new()
    cdef Pointer pointer = make_pointer(core_types["pointer"], 1)
    cdef Value value = make_value(type, 1)
    cdef CIF cif = _cif(type)
    cdef Function function = bind_function(cif, 1, None, None, "hold", False, None)
    cdef Closure closure = Closure.__new__(Closure)
    memory.keep = {}
    closure.on_exception_ = cif
    if not (same_place(&(<TypeObject *>type).info, &type.info)
            and same_place(&(<TypeObject *>type).vectorcall, &type.vectorcall)
            and same_place(&(<MemoryObject *>memory).m, &memory.m)
            and (<MemoryObject *>memory).type == <PyObject *>memory.type_
            and (<MemoryObject *>memory).keep == <PyObject *>memory.keep
            and same_place(&(<PointerObject *>pointer).p, &pointer.p)
            and (<PointerObject *>pointer).type == <PyObject *>pointer.type_
            and (<ValueObject *>value).value == <PyObject *>value.value
            and (<CIFObject *>cif).state == cif.state
            and same_place(&(<FunctionObject *>function).target, &function.target)
            and same_place(&(<FunctionObject *>function).method, &function.method)
            and same_place(&(<ClosureObject *>closure).block, &closure.block)
            and (<ClosureObject *>closure).callable == <PyObject *>closure.callable_
            and (<ClosureObject *>closure).on_exception == <PyObject *>closure.on_exception_):
        raise SystemError("libffi._ffi: objects.h does not match the classes")
    return 0


def _stop_foreign_threads():
    inside = stop_foreign_threads()
    if inside > 0:
        import warnings
        warnings.warn(f"{inside} of C's threads are still inside closures as Python ends",
                      ResourceWarning, stacklevel=1)


core_memory = <PyTypeObject *>Memory
core_pointer = <PyTypeObject *>Pointer
core_function = <PyTypeObject *>Function
core_closure = <PyTypeObject *>Closure
core_cif = <PyTypeObject *>CIF
core_type = <PyTypeObject *>Type
core_value = <PyTypeObject *>Value
core_function_at = function_at
core_pin = make_pin
core_variadic_cif = variadic_cif
core_exact_from_string = exact_from_string
core_new_array = new_array
own_instances(<PyTypeObject *>Memory)
own_instances(<PyTypeObject *>Array)
own_instances(<PyTypeObject *>Struct)
own_pointers(<PyTypeObject *>Pointer)
enable_vectorcall(<PyTypeObject *>Function)
install_fast_slots(<PyTypeObject *>Array)
(<PyTypeObject *>Type).tp_clear = clear_type
intern_instances(<PyTypeObject *>CIF, <void *>find_or_make_cif)
for made in (Type, Memory, Array, Struct, Field, Pointer, Value, Function, Closure, Decorator):
    replace_new(<PyTypeObject *>made, <void *>refuse_new)
del made
check_layouts()
_atexit.register(_stop_foreign_threads)
settle()
