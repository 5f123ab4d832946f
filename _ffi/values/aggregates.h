/* Structs, unions, arrays, vectors, bit-fields <-> Python. */
#ifndef FFIPY_AGGREGATES_H
#define FFIPY_AGGREGATES_H

/* ---- bit-fields: read and written byte by byte, any width, any endianness ---- */

static unsigned long long read_bits(const char *base, const field_info *field)
{
    const unsigned char *bytes = (const unsigned char *)base + field->offset;
    unsigned long long value = 0;
    unsigned i, bit;

    for (i = 0; i < field->bit_width; ++i) {
        bit = field->bit_offset + i;
#if PY_BIG_ENDIAN
        value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1);
#else
        value |= (unsigned long long)(bytes[bit / 8] >> bit % 8 & 1) << i;
#endif
    }
    return value;
}

static void write_bits(char *base, const field_info *field, unsigned long long value)
{
    unsigned char *bytes = (unsigned char *)base + field->offset, mask;
    unsigned i, bit, one;

    for (i = 0; i < field->bit_width; ++i) {
        bit = field->bit_offset + i;
#if PY_BIG_ENDIAN
        one = value >> (field->bit_width - 1 - i) & 1;
        mask = (unsigned char)(0x80 >> bit % 8);
#else
        one = value >> i & 1;
        mask = (unsigned char)(1 << bit % 8);
#endif
        bytes[bit / 8] = (unsigned char)(one ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
    }
}

static int is_signed_int(const type_info *type)
{
    return type->kind == K_S8 || type->kind == K_S16 || type->kind == K_S32 || type->kind == K_S64;
}

static int store_bits(const field_info *field, char *base, PyObject *value)
{
    const type_info *type = field->type->item;      /* of c.bits(item, width) */
    unsigned width = field->bit_width;
    unsigned long long number;
    long long signed_number;

    if (is_signed_int(plain_type(type))) {
        long long max = (long long)((1ULL << (width - 1)) - 1);
        if (get_signed(field->type, value, -max - 1, max, &signed_number) < 0)
            return -1;
        number = (unsigned long long)signed_number;
    } else {
        if (get_unsigned(field->type, value, width == 64 ? ~0ULL : (1ULL << width) - 1, &number) < 0)
            return -1;
    }
    write_bits(base, field, number);
    return 0;
}

static PyObject *enum_member(const type_info *type, PyObject *number);

/* Without an enum's members. */
static PyObject *load_bits_number(const field_info *field, const char *base)
{
    const type_info *plain = plain_type(field->type->item);
    unsigned long long number = read_bits(base, field);
    unsigned width = field->bit_width;

    if (plain->kind == K_BOOL)
        return PyBool_FromLong((long)number);
    if (!is_signed_int(plain))
        return PyLong_FromUnsignedLongLong(number);
    if (width < 64 && number >> (width - 1))
        number |= ~0ULL << width;
    return PyLong_FromLongLong((long long)number);
}

static PyObject *load_bits(const field_info *field, const char *base)
{
    const type_info *type = field->type->item;
    PyObject *number = load_bits_number(field, base);
    return type->kind == K_ENUM ? enum_member(type, number) : number;
}

/* ---- structs and unions ---- */

static int store_field(const type_info *type, const field_info *field, char *base,
                       PyObject *value, keeper *k)
{
    int status = field->bit_width ? store_bits(field, base, value)
                                  : store_value(field->type, base + field->offset, value, k);
    if (UNLIKELY(status < 0))
        add_place(PyUnicode_FromFormat("%U.%U", type->name, field->name));
    return status;
}

static PyObject *load_field(const field_info *field, char *base, MemoryObject *root)
{
    return field->bit_width ? load_bits(field, base)
                            : load_value(field->type, base + field->offset, root);
}

COLD static const field_info *find_field(const type_info *type, PyObject *name)
{
    PyObject *position = PyUnicode_Check(name)
        ? PyDict_GetItemWithError(type->field_index, name) : NULL;
    if (position == NULL) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError, "%U has no field %R", type->name, name);
        return NULL;
    }
    return &type->fields[PyLong_AsSsize_t(position)];
}

static int store_named_fields(const type_info *type, char *base, PyObject *dict, keeper *k)
{
    PyObject *name, *value;
    Py_ssize_t position = 0;
    const field_info *field;
    PyObject *copy = PyDict_Copy(dict);     /* conversions may run Python code */
    int status = 0;

    if (copy == NULL)
        return -1;
    while (status == 0 && PyDict_Next(copy, &position, &name, &value)) {
        field = find_field(type, name);
        status = field == NULL ? -1 : store_field(type, field, base, value, k);
    }
    Py_DECREF(copy);
    return status;
}

/* A dataclass or a named tuple: one attribute a field. */
COLD static int store_attributes(const type_info *type, char *base, PyObject *value, keeper *k)
{
    Py_ssize_t i;
    for (i = 0; i < type->nfields; ++i) {
        PyObject *item;
        int status;
        if (type->fields[i].name == Py_None)
            continue;
        item = PyObject_GetAttr(value, type->fields[i].name);
        if (item == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError))
                return -1;
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "expected %U, got %s without '%U'", type->name,
                         Py_TYPE(value)->tp_name, type->fields[i].name);
            return -1;
        }
        status = store_field(type, &type->fields[i], base, item, k);
        Py_DECREF(item);
        if (status < 0)
            return -1;
    }
    return 0;
}

static int store_positions(const type_info *type, char *base, PyObject *sequence, keeper *k)
{
    PyObject *items;
    Py_ssize_t i, n;
    int status = 0;

    if (!type->by_position) {
        PyErr_Format(PyExc_TypeError, "%U is made from a dict or by field names, got %s",
                     type->name, Py_TYPE(sequence)->tp_name);
        return -1;
    }
    items = PySequence_Tuple(sequence);
    if (items == NULL)
        return -1;
    n = PyTuple_GET_SIZE(items);
    if (n != type->nfields) {
        PyErr_Format(PyExc_TypeError, "expected %U (%zd fields), got %zd values", type->name,
                     type->nfields, n);
        status = -1;
    }
    for (i = 0; status == 0 && i < n; ++i)
        status = store_field(type, &type->fields[i], base, PyTuple_GET_ITEM(items, i), k);
    Py_DECREF(items);
    return status;
}

static int copy_memory(const type_info *type, void *where, MemoryObject *source, keeper *k)
{
    char *data = memory_data(source);
    if (data == NULL)
        return -1;
    if (UNLIKELY(!copies_plainly(source) || (k->memory != NULL && k->memory->keep != Py_None)))
        return store_copy(k, where, source);
    memmove(where, data, type->size);
    return 0;
}

static int store_struct(const type_info *type, char *where, PyObject *value, keeper *k)
{
    int borrowed = k->borrowed, status;

    if (LIKELY(Memory_Check(value))) {
        if (LIKELY(((MemoryObject *)value)->m.type == type))
            return copy_memory(type, where, (MemoryObject *)value, k);
        return expected(type, value);
    }
    k->borrowed = 0;
    if (PyTuple_CheckExact(value) || PyList_CheckExact(value)) {
        status = store_positions(type, where, value, k);
    } else if (PyDict_Check(value)) {
        memset(where, 0, type->size);
        status = store_named_fields(type, where, value, k);
    } else if (PyTuple_Check(value) && PyObject_HasAttrString(value, "_fields")) {
        status = store_attributes(type, where, value, k);
    } else if (PyTuple_Check(value) || PyList_Check(value)) {
        status = store_positions(type, where, value, k);
    } else if (!PyType_Check(value) && PyObject_HasAttrString(value, "__dataclass_fields__")) {
        status = store_attributes(type, where, value, k);
    } else {
        status = expected(type, value);
    }
    k->borrowed = borrowed;
    return status;
}

/* ---- arrays and vectors ---- */

static int store_characters(const type_info *type, char *where, const char *text, size_t size)
{
    if (size > type->size) {
        PyErr_Format(PyExc_ValueError, "%zu bytes do not fit %U", size, type->name);
        return -1;
    }
    memcpy(where, text, size);
    memset(where + size, 0, type->size - size);
    return 0;
}

static int store_wide_characters(const type_info *type, char *where, PyObject *text)
{
    size_t size = type->item->size;
    Py_ssize_t i, n = PyUnicode_GET_LENGTH(text), used = 0;

    memset(where, 0, type->size);
    for (i = 0; i < n; ++i) {
        Py_UCS4 code = PyUnicode_READ_CHAR(text, i);
        int pair = size == 2 && code > 0xFFFF;
        if (used + 1 + pair > type->length) {
            PyErr_Format(PyExc_ValueError, "%zd characters do not fit %U", n, type->name);
            return -1;
        }
        if (size == 4) {
            memcpy(where + used * 4, &code, 4);
        } else {
            uint16_t unit = (uint16_t)(pair ? 0xD7C0 + (code >> 10) : code);
            memcpy(where + used * 2, &unit, 2);
            if (pair) {
                unit = (uint16_t)(0xDC00 + (code & 0x3FF));
                memcpy(where + used * 2 + 2, &unit, 2);
            }
        }
        used += 1 + pair;
    }
    return 0;
}

/* As C initialises: what is left out at the end is zero.  A vector has all its lanes. */
static int fits_array(const type_info *type, Py_ssize_t given)
{
    if (given == type->length || (given < type->length && type->kind == K_ARRAY))
        return 0;
    PyErr_Format(PyExc_ValueError, "expected %U (%zd items), got %zd%s", type->name, type->length, given,
                 type->length ? "" : " (a flexible array is where its struct has room: T.at(bytearray(size)))");
    return -1;
}

/* The same items in C order: no need to look at each. */
static int store_array_buffer(const type_info *type, char *where, PyObject *value)
{
    Py_buffer view;
    int status = 1;

    if (PyObject_GetBuffer(value, &view, PyBUF_FORMAT | PyBUF_STRIDES) < 0) {
        PyErr_Clear();
        return 1;
    }
    if ((size_t)view.itemsize == type->item->size && format_matches(type->item, &view)
        && !is_pointer_kind(type->item->kind) && !is_aggregate_kind(type->item->kind)
        && type->item->kind != K_BOOL && view.ndim == 1) {
        status = fits_array(type, view.len / view.itemsize);
        if (status == 0)
            status = PyBuffer_ToContiguous(where, &view, view.len, 'C');
        if (status == 0)
            memset(where + view.len, 0, type->size - (size_t)view.len);
    }
    PyBuffer_Release(&view);
    return status;
}

static int store_array(const type_info *type, char *where, PyObject *value, keeper *k)
{
    const type_info *item = type->item;
    int borrowed = k->borrowed, status = 0;
    Py_ssize_t i, n;
    PyObject *items;

    if (Memory_Check(value) && ((MemoryObject *)value)->m.type == type)
        return copy_memory(type, where, (MemoryObject *)value, k);
    if (item->kind == K_CHAR && PyBytes_Check(value))
        return store_characters(type, where, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    if (item->kind == K_CHAR && PyUnicode_Check(value)) {
        Py_ssize_t size;
        const char *text = PyUnicode_AsUTF8AndSize(value, &size);
        return text == NULL ? -1 : store_characters(type, where, text, size);
    }
    if ((item->kind == K_CHAR32 || item->kind == K_CHAR16) && PyUnicode_Check(value))
        return store_wide_characters(type, where, value);
    if (PyUnicode_Check(value) || PyDict_Check(value) || PyAnySet_Check(value))
        return expected(type, value);
    if (!Memory_Check(value) && PyObject_CheckBuffer(value)) {
        status = store_array_buffer(type, where, value);
        if (status <= 0)
            return status;
        status = 0;
    }
    if (!PySequence_Check(value))
        return expected(type, value);
    items = PySequence_Tuple(value);
    if (items == NULL)
        return -1;
    n = PyTuple_GET_SIZE(items);
    status = fits_array(type, n);
    k->borrowed = 0;
    for (i = 0; status == 0 && i < n; ++i) {
        status = store_value(item, where + i * item->size, PyTuple_GET_ITEM(items, i), k);
        if (status < 0)
            add_place(PyUnicode_FromFormat("%U item %zd", type->name, i));
    }
    if (status == 0)
        memset(where + n * item->size, 0, type->size - (size_t)n * item->size);
    k->borrowed = borrowed;
    Py_DECREF(items);
    return status;
}

/* A view into `root`, or a copy where the bytes do not outlive us. */
static PyObject *load_aggregate(const type_info *type, const void *where, MemoryObject *root)
{
    MemoryObject *memory;
    if (root != NULL)
        return (PyObject *)memory_part(type, (void *)where, root);
    memory = memory_new(type);
    if (memory != NULL)
        memcpy(memory->m.data, where, type->size);
    return (PyObject *)memory;
}

/* ---- enums ---- */

/* The member for `number` (stolen), or the plain int. */
static PyObject *enum_member(const type_info *type, PyObject *number)
{
    PyObject *member;
    if (number == NULL)
        return NULL;
    member = PyDict_GetItemWithError(type->enum_members, number);
    if (member != NULL) {
        Py_DECREF(number);
        return Py_NewRef(member);
    }
    if (PyErr_Occurred()) {
        Py_DECREF(number);
        return NULL;
    }
    member = PyObject_CallOneArg(type->enum_class, number);     /* flags combine */
    if (member == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) {
            Py_DECREF(number);
            return NULL;
        }
        PyErr_Clear();
        return number;
    }
    Py_DECREF(number);
    return member;
}

#endif
