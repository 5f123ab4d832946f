"""Comparison: addresses as addresses, numbers as Python's."""

cdef object compare(_CDataBase left, object right, int operation):
    cdef _CDataBase other
    cdef uintptr_t a, b
    if type(right) is type(left) or isinstance(right, _CDataBase):
        other = <_CDataBase>right
        if left.type.kind_number >= POINTER and other.type.kind_number >= POINTER:
            a, b = <uintptr_t>left.data, <uintptr_t>other.data
            if operation == Py_EQ:
                return a == b
            if operation == Py_NE:
                return a != b
            if operation == Py_LT or operation == Py_LE:
                return a < b if operation == Py_LT else a <= b
            return a > b if operation == Py_GT else a >= b
        right = as_value(other)
    elif not is_number(left.type):
        need_stack(0)               # Python asks the other one now
        return NotImplemented
    value = as_value(left)
    if isinstance(value, _CDataBase) or isinstance(right, _CDataBase):
        if operation == Py_EQ or operation == Py_NE:
            return (value is right) is (operation == Py_EQ)
        return NotImplemented
    need_stack(0)
    return PyObject_RichCompare(value, right, operation)


cdef object as_value(_CDataBase cdata):
    return read(cdata.type, cdata.data) if is_number(cdata.type) else cdata
