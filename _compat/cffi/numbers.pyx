"""Numbers: from C and to C by cffi's rules. Integers fit or are an error; casts wrap."""

cdef extern from "Python.h":
    bint PyLong_Check(object)
    bint PyFloat_Check(object)
    bint PyNumber_Check(object)
    long long PyLong_AsLongLong(object) except? -1
    unsigned long long PyLong_AsUnsignedLongLong(object) except? 0xFFFFFFFFFFFFFFFF
    unsigned long long PyLong_AsUnsignedLongLongMask(object) except? 0xFFFFFFFFFFFFFFFF
    double PyFloat_AsDouble(object) except? -1.0
    object PyLong_FromDouble(double)
    object PyNumber_Long(object)
    int PyObject_IsTrue(object) except -1


cdef inline unsigned long long unsigned_at(Py_ssize_t size, const char *data) noexcept:
    cdef uint16_t two
    cdef uint32_t four
    cdef uint64_t eight
    if size == 4:
        memcpy(&four, data, 4)
        return four
    if size == 8:
        memcpy(&eight, data, 8)
        return eight
    if size == 2:
        memcpy(&two, data, 2)
        return two
    return <uint8_t>data[0]


cdef inline long long signed_at(Py_ssize_t size, const char *data) noexcept:
    cdef int shift = 64 - 8 * <int>size
    return <long long>(unsigned_at(size, data) << shift) >> shift


cdef inline void put_integer(Py_ssize_t size, char *data, unsigned long long value) noexcept:
    cdef uint16_t two = <uint16_t>value
    cdef uint32_t four = <uint32_t>value
    cdef uint64_t eight = value
    if size == 4:
        memcpy(data, &four, 4)
    elif size == 8:
        memcpy(data, &eight, 8)
    elif size == 2:
        memcpy(data, &two, 2)
    else:
        data[0] = <char>value


cdef inline double float_at(Py_ssize_t size, const char *data) noexcept:
    cdef float narrow
    cdef double wide
    if size == sizeof(float):
        memcpy(&narrow, data, sizeof(float))
        return narrow
    memcpy(&wide, data, sizeof(double))
    return wide


cdef inline void put_float(Py_ssize_t size, char *data, double value) noexcept:
    cdef float narrow
    if size == sizeof(float):
        narrow = <float>value
        memcpy(data, &narrow, sizeof(float))
    else:
        memcpy(data, &value, sizeof(double))


cdef long double long_double_at(const char *data) noexcept:
    cdef long double value
    memcpy(&value, data, sizeof(long double))
    return value


cdef bint number_is_true(CType ctype, const char *data):
    cdef Py_ssize_t half = ctype.size // 2
    if ctype.kind_number == FLOATING:
        return float_at(ctype.size, data) != 0
    if ctype.kind_number == LONG_DOUBLE:
        return long_double_at(data) != 0
    if ctype.kind_number == COMPLEX:
        return float_at(half, data) != 0 or float_at(half, data + half) != 0
    return unsigned_at(ctype.size, data) != 0


cdef object integer_at(CType ctype, const char *data):
    """A character as a number, too: one of char is never negative."""
    if ctype.kind_number == SIGNED or ctype.size > 1 and ctype.passed_as is _c.int32:
        return signed_at(ctype.size, data)
    return unsigned_at(ctype.size, data)


cdef object number_as_int(_CDataBase cdata):
    cdef CType ctype = cdata.type
    if is_integer(ctype):
        return integer_at(ctype, cdata.data)
    if ctype.kind_number == FLOATING:
        return PyLong_FromDouble(float_at(ctype.size, cdata.data))
    if ctype.kind_number == LONG_DOUBLE:
        return PyLong_FromDouble(<double>long_double_at(cdata.data))
    raise TypeError(f"int() not supported on cdata '{ctype.cname}'")


cdef object number_as_float(_CDataBase cdata):
    cdef CType ctype = cdata.type
    if ctype.kind_number == FLOATING:
        return float_at(ctype.size, cdata.data)
    if ctype.kind_number == LONG_DOUBLE:
        return <double>long_double_at(cdata.data)
    raise TypeError(f"float() not supported on cdata '{ctype.cname}'")


cdef object as_integer(object value):
    """What may go where C wants an integer, as an int: no float."""
    if PyLong_Check(value):
        return value
    if PyFloat_Check(value) or not PyNumber_Check(value) or isinstance(value, _CDataBase) and not is_integer(
            (<_CDataBase>value).type):
        raise TypeError(f"an integer is required, got {described(value)}")
    need_stack(0)
    return PyNumber_Long(value)


cdef int store_integer(CType ctype, char *data, object value) except -1:
    cdef long long number = 0
    cdef unsigned long long natural = 0
    if not PyLong_Check(value):
        value = as_integer(value)
    if ctype.kind_number == SIGNED:
        try:
            number = PyLong_AsLongLong(value)
        except OverflowError:
            does_not_fit(ctype, value)
        if ctype.size < 8 and not -(1LL << (8 * ctype.size - 1)) <= number < 1LL << (8 * ctype.size - 1):
            does_not_fit(ctype, value)
        put_integer(ctype.size, data, <unsigned long long>number)
        return 0
    if value < 0:
        raise OverflowError(f"can't convert negative number to unsigned: {value} does not fit '{ctype.cname}'")
    try:
        natural = PyLong_AsUnsignedLongLong(value)
    except OverflowError:
        does_not_fit(ctype, value)
    if natural > (1 if ctype.kind_number == TRUTH else ~0ULL >> (64 - 8 * ctype.size)):
        does_not_fit(ctype, value)
    put_integer(ctype.size, data, natural)
    return 0


cdef int does_not_fit(CType ctype, object value) except -1:
    raise OverflowError(f"integer {value} does not fit '{ctype.cname}'")


cdef int store_float(CType ctype, char *data, object value) except -1:
    cdef long double wide
    if not PyFloat_Check(value):
        need_stack(0)
    if ctype.kind_number == LONG_DOUBLE:
        if isinstance(value, _CDataBase) and (<_CDataBase>value).type.kind_number == LONG_DOUBLE:
            memcpy(data, (<_CDataBase>value).data, sizeof(long double))
            return 0
        wide = PyFloat_AsDouble(value)
        memset(data, 0, ctype.size)
        memcpy(data, &wide, sizeof(long double))
        return 0
    put_float(ctype.size, data, PyFloat_AsDouble(value))
    return 0


cdef int store_complex(CType ctype, char *data, object value) except -1:
    need_stack(0)
    number = complex(value)
    put_float(ctype.size // 2, data, number.real)
    put_float(ctype.size // 2, data + ctype.size // 2, number.imag)
    return 0


cdef object hash_number(_CDataBase cdata):
    value = read(cdata.type, cdata.data)
    return hash(<uintptr_t><PyObject *>cdata) if isinstance(value, _CDataBase) else hash(value)
