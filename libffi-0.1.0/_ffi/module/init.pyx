"""What happens at import: the C side learns of the classes, and their layouts are compared."""

cdef int check_layouts() except -1:
    """Compare how C sees the classes (model/) with what Cython made; a mismatch would be memory corruption."""
    cdef Type type = <Type>core_types["int"]
    cdef Memory memory = type.new()
    cdef Pointer pointer = make_pointer(core_types["pointer"], memory)
    cdef Value value = make_value(type, 1)
    cdef CIF cif = _cif(type)
    cdef Function function = bind_function(cif, 1, None, None, "hold", False, False, None)
    cdef Closure closure = Closure.__new__(Closure)
    memory.owner = type         # another object than its neighbours
    closure.cif, closure.on_exception_ = cif, type
    places = {
        "Type.info": same_place(&(<TypeObject *>type).info, &type.info),
        "Type.vectorcall": same_place(&(<TypeObject *>type).vectorcall, &type.vectorcall),
        "Memory.m": same_place(&(<MemoryObject *>memory).m, &memory.m),
        "Memory.type": (<MemoryObject *>memory).type == <PyObject *>memory.type_,
        "Memory.owner": (<MemoryObject *>memory).owner == <PyObject *>memory.owner,
        "Memory.keep": same_place(&(<MemoryObject *>memory).keep, &memory.keep),
        "Memory.weakrefs": Memory.__weakrefoffset__ == MEMORY_WEAKREFS,
        "Memory's size": Memory.__basicsize__ == sizeof(MemoryObject),
        "Pointer.p": same_place(&(<PointerObject *>pointer).p, &pointer.p),
        "Pointer.type": (<PointerObject *>pointer).type == <PyObject *>pointer.type_,
        "Pointer.owner": (<PointerObject *>pointer).owner == <PyObject *>pointer.owner,
        "Pointer.weakrefs": Pointer.__weakrefoffset__ == POINTER_WEAKREFS,
        "Pointer's size": Pointer.__basicsize__ == sizeof(PointerObject),
        "Value.type": (<ValueObject *>value).type == <PyObject *>value.type_,
        "Value.value": (<ValueObject *>value).value == <PyObject *>value.value,
        "CIF.state": same_place(&(<CIFObject *>cif).state, &cif.state),
        "CIF.variants": same_place(&(<CIFObject *>cif).variants, &cif.variants),
        "Function.vectorcall": same_place(&(<FunctionObject *>function).vectorcall, &function.vectorcall),
        "Function.target": same_place(&(<FunctionObject *>function).target, &function.target),
        "Function.method": same_place(&(<FunctionObject *>function).method, &function.method),
        "Function.at": same_place(&(<FunctionObject *>function).at, &function.at),
        "Function.parameters": same_place(&(<FunctionObject *>function).parameters, &function.parameters_),
        "Function.defaults": same_place(&(<FunctionObject *>function).defaults, &function.defaults_),
        "Function.converters": same_place(&(<FunctionObject *>function).converters, &function.converters_),
        "Closure.block": same_place(&(<ClosureObject *>closure).block, &closure.block),
        "Closure.cif": (<ClosureObject *>closure).cif == <PyObject *>closure.cif,
        "Closure.callable": (<ClosureObject *>closure).callable == <PyObject *>closure.callable_,
        "Closure.on_exception": (<ClosureObject *>closure).on_exception == <PyObject *>closure.on_exception_,
    }
    for cls, least in ((Type, sizeof(TypeObject)), (Value, sizeof(ValueObject)), (CIF, sizeof(CIFObject)),
                       (Function, sizeof(FunctionObject)), (Closure, sizeof(ClosureObject))):
        places[f"{cls.__name__}'s size"] = cls.__basicsize__ >= least     # what C does not look at may follow
    memory.owner = None
    wrong = [place for place, same in places.items() if not same]
    if wrong:
        raise SystemError(f"libffi._ffi: the structs of C do not match the classes: {', '.join(wrong)}")
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
core_struct = <PyTypeObject *>Struct
core_memory_class = <PyTypeObject *>MemoryClass
core_function_at = function_at
core_pin = make_pin
core_hold_buffer = hold_for_c
core_variadic_cif = variadic_cif
core_exact_number = exact_number
core_array_of = array_of
core_new_array = new_array
core_stand_in = stand_in
core_foreign_describes = foreign_describes
core_watch_begins = watch_begins
core_watch_ends = watch_ends
for made in (Memory, Array, Struct):
    install_memory_collection(<PyTypeObject *>made)
install_cif_collection(<PyTypeObject *>CIF)
own_instances(<PyTypeObject *>Memory)
own_instances(<PyTypeObject *>Array)
own_instances(<PyTypeObject *>Struct)
own_pointers(<PyTypeObject *>Pointer)
enable_vectorcall(<PyTypeObject *>Function)
install_function_attributes()
install_array_slots(<PyTypeObject *>Array)
install_struct_slots(<PyTypeObject *>Struct)
docstrings.append(new_signature.encode())
install_type_call(vars(Type)["new"], docstrings[-1])
make_memory_classes(<PyTypeObject *>MemoryClass, <void *>make_memory_class)
lend_type_attributes()
(<PyTypeObject *>Type).tp_clear = clear_type
intern_instances(<PyTypeObject *>CIF, <void *>find_or_make_cif)
for made in (Memory, Array, Struct):
    replace_new(<PyTypeObject *>made, instance_new)
for made in (Type, Field, Pointer, Value, Owned, Function, Closure, Decorator, TracedCall):
    replace_new(<PyTypeObject *>made, <void *>refuse_new)
del made
set_metaclass(<PyTypeObject *>Memory, <PyTypeObject *>MemoryClass)
set_metaclass(<PyTypeObject *>Array, <PyTypeObject *>MemoryClass)
set_metaclass(<PyTypeObject *>Struct, <PyTypeObject *>MemoryClass)
check_layouts()
va_list = make_va_list()
_atexit.register(_at_its_beginning, "start", None)      # the interpreter's last collections do not say so
_atexit.register(_stop_foreign_threads)
_atexit.register(_end_all_owned)        # before that: the last registered is the first
for internal in (interned, core_types, docstrings, saved_from_collection, owners, needed_at_the_end, waiting):
    hide(internal)
del internal
settle()
