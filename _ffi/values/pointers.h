/* Python values as C addresses: pointers, strings, functions; and addresses as values. */
#ifndef FFIPY_POINTERS_H
#define FFIPY_POINTERS_H

static inline void write_address(void *where, const void *address)
{
    memcpy(where, &address, sizeof address);
}

static inline void *read_address(const void *where)
{
    void *address;
    memcpy(&address, where, sizeof address);
    return address;
}

/* May a pointer to `have` stand where C wants a pointer to `want`? */
static int pointee_matches(const type_info *want, const type_info *have)
{
    for (;;) {
        if (want == have || want->kind == K_VOID || have->kind == K_VOID)
            return 1;
        want = plain_type(want);
        have = plain_type(have);
        if (have->kind == K_ARRAY && want->kind != K_ARRAY) {
            have = have->item;
            continue;
        }
        if (want->kind == K_ARRAY && have->kind == K_ARRAY) {
            if (have->length < want->length)
                return 0;
            want = want->item;
            have = have->item;
            continue;
        }
        if (is_character_kind(want->kind) && is_character_kind(have->kind))
            return 1;
        if (is_pointer_kind(want->kind) && is_pointer_kind(have->kind)) {
            if (want->kind == K_FUNCTION || have->kind == K_FUNCTION)
                return want->kind == have->kind || want->kind == K_POINTER
                       || have->kind == K_POINTER;
            if (want->kind == K_POINTER || have->kind == K_POINTER)
                return 1;
            want = want->item;
            have = have->item;
            continue;
        }
        if ((want->kind == K_STRUCT || want->kind == K_UNION) && want->kind == have->kind
            && (!want->complete || !have->complete))    /* the same tag, declared twice */
            return PyUnicode_Compare(want->name, have->name) == 0;
        if (want->kind == K_EXACT || have->kind == K_EXACT)
            return want->ffi == have->ffi;
        return want->kind == have->kind && want->kind <= K_COMPLEX_LONGDOUBLE
               && want->kind != K_VOID;
    }
}

COLD static int wrong_pointee(const type_info *type, const type_info *have)
{
    PyErr_Format(PyExc_TypeError, "expected %U, got a pointer to %U (if that is meant, cast it: "
                 "c.ptr(T)(it))", type->name, have->name);
    return -1;
}

static int address_of_memory(const type_info *type, PyObject *value, keeper *k, void *where)
{
    MemoryObject *memory = (MemoryObject *)value;
    if (type->item != NULL && !pointee_matches(type->item, memory->m.type))
        return wrong_pointee(type, memory->m.type);
    if (type->kind == K_FUNCTION)
        return expected(type, value);
    if (!lifetime_is_open(memory->m.life))
        return stale(memory->m.type);
    write_address(where, memory->m.data);
    return keep_pinned(k, memory->m.life, value);
}

static int address_of_pointer(const type_info *type, PyObject *value, keeper *k, void *where)
{
    PointerObject *pointer = (PointerObject *)value;
    if (type->item != NULL && !pointee_matches(type->item, pointer->p.type->item))
        return wrong_pointee(type, pointer->p.type->item);
    if (pointer->p.type->is_const && type->kind == K_PTR && !type->is_const) {
        PyErr_Format(PyExc_TypeError, "expected %U, got a %U", type->name, pointer->p.type->name);
        return -1;
    }
    if (type->kind == K_FUNCTION)
        return expected(type, value);
    if (!lifetime_is_open(pointer->p.life))
        return stale(pointer->p.type);
    write_address(where, pointer->p.address);
    return keep_pinned(k, pointer->p.life, value);
}

/* The format that buffers of these items commonly have. */
static const char common_format[K_INOUT + 1] = {
    [K_S16] = 'h', [K_U16] = 'H', [K_S32] = 'i', [K_U32] = 'I', [K_S64] = 'l', [K_U64] = 'L',
    [K_FLOAT] = 'f', [K_DOUBLE] = 'd',
};

static int rarer_format_matches(const type_info *item, const Py_buffer *view);

/* An item of this buffer format, or raw bytes, where C wants `item`s? */
static inline int format_matches(const type_info *item, const Py_buffer *view)
{
    const char *format = view->format;
    if (format == NULL)
        return 1;
    if (format[0] != '\0' && format[1] == '\0'
        && (format[0] == 'B' || (format[0] == common_format[item->kind]
                                 && (size_t)view->itemsize == item->size)))
        return 1;
    return rarer_format_matches(item, view);
}

static int rarer_format_matches(const type_info *item, const Py_buffer *view)
{
    const char *format = view->format ? view->format : "B";
    const type_info *plain = plain_type(item);

    if (*format == '@' || *format == '=' || *format == (PY_BIG_ENDIAN ? '>' : '<'))
        ++format;
    if (item->kind == K_VOID || strcmp(format, "B") == 0 || strcmp(format, "b") == 0
        || strcmp(format, "c") == 0)
        return 1;
    while (plain->kind == K_ARRAY)
        plain = plain_type(plain->item);
    if ((size_t)view->itemsize != plain->size)
        return 0;
    switch (plain->kind) {
    case K_BOOL: return strcmp(format, "?") == 0;
    case K_S16: case K_S32: case K_S64: case K_S128:
        return strlen(format) == 1 && strchr("hilqn", *format) != NULL;
    case K_U16: case K_U32: case K_U64: case K_U128:
        return strlen(format) == 1 && strchr("HILQNP", *format) != NULL;
    case K_CHAR16: case K_CHAR32:
        return strlen(format) == 1 && strchr("uwHILil", *format) != NULL;
    case K_FLOAT: return strcmp(format, "f") == 0;
    case K_DOUBLE: return strcmp(format, "d") == 0;
    case K_LONGDOUBLE: case K_EXACT:
        return strcmp(format, "g") == 0 || (sizeof(long double) == 8 && strcmp(format, "d") == 0);
    case K_COMPLEX_FLOAT: return strcmp(format, "Zf") == 0 || strcmp(format, "F") == 0;
    case K_COMPLEX_DOUBLE: return strcmp(format, "Zd") == 0 || strcmp(format, "D") == 0;
    case K_COMPLEX_LONGDOUBLE: return strcmp(format, "Zg") == 0 || strcmp(format, "G") == 0;
    case K_POINTER: case K_PTR: case K_STRING: case K_BYTES: case K_WSTRING: case K_FUNCTION:
        return strlen(format) == 1 && strchr("PLQNlqn", *format) != NULL;
    default: return *format == 'T' || *format == 'V' || strstr(format, "T{") != NULL
                    || plain->kind == K_UNION;
    }
}

COLD static int no_such_buffer(const type_info *type, PyObject *value)
{
    Py_buffer probe;
    if (!PyErr_ExceptionMatches(PyExc_BufferError) && !PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyErr_Clear();
    if (PyObject_GetBuffer(value, &probe, PyBUF_FULL_RO) < 0)
        return -1;
    if (probe.readonly && !type->is_const)
        PyErr_Format(PyExc_TypeError, "expected a writable buffer for %U, got a "
                     "read-only %s (is the parameter const?)",
                     type->name, Py_TYPE(value)->tp_name);
    else
        PyErr_Format(PyExc_ValueError, "expected a C-contiguous buffer for %U, got a "
                     "strided %s", type->name, Py_TYPE(value)->tp_name);
    PyBuffer_Release(&probe);
    return -1;
}

/* ctypes' pointers, functions and c_void_p: buffers of the address, which nobody means. */
static int is_foreign_pointer(const Py_buffer *view)
{
    const char *format = view->format ? view->format : "B";
    if (view->ndim != 0)
        return 0;
    if (*format == '<' || *format == '>' || *format == '@')
        ++format;
    return *format == '&' || strcmp(format, "X{}") == 0
           || (format[0] != '\0' && format[1] == '\0' && strchr("PzZO", *format) != NULL);
}

static int address_of_buffer(const type_info *type, PyObject *value, keeper *k, void *where)
{
    const Py_buffer *view;
    int flags = PyBUF_FORMAT | (type->is_const ? PyBUF_CONTIG_RO : PyBUF_CONTIG);

    if (UNLIKELY(keep_buffer(k, value, flags, &view) < 0))
        return no_such_buffer(type, value);
    if (type->item != NULL && type->item->kind != K_VOID) {
        if (UNLIKELY(!format_matches(type->item, view))) {
            PyErr_Format(PyExc_TypeError, "expected %U, got a buffer of items '%s'", type->name,
                         view->format ? view->format : "B");
            return -1;
        }
        if (type->item->complete && view->len > 0 && (size_t)view->len < type->item->size) {
            PyErr_Format(PyExc_ValueError, "expected at least %zu bytes for %U, got %zd",
                         type->item->size, type->item->name, view->len);
            return -1;
        }
        if (type->item->kind == K_ARRAY && (size_t)view->len < type->item->size) {
            PyErr_Format(PyExc_ValueError, "expected %zu bytes for %U, got %zd",
                         type->item->size, type->item->name, view->len);
            return -1;
        }
    }
    if (type->item != NULL && type->item->kind == K_VOID && UNLIKELY(is_foreign_pointer(view))) {
        PyErr_Format(PyExc_TypeError, "expected %U, got %s, a pointer itself (say what is meant: the address "
                     "in it, or ctypes.addressof() of it)", type->name, Py_TYPE(value)->tp_name);
        return -1;
    }
    write_address(where, view->buf);
    return 0;
}

static int address_from_int(const type_info *type, PyObject *value, void *where)
{
    unsigned long long address;
    if (unsigned_from_any(type, value, UINTPTR_MAX, &address) < 0)
        return -1;
    write_address(where, (void *)(uintptr_t)address);
    return 0;
}

static void *function_address(PyObject *value);
static void *closure_address(PyObject *value);
static PyObject *closure_name(PyObject *value);
static int same_shape(PyObject *cif, PyObject *other);
static int is_go_closure(PyObject *value);
static PyObject *cif_of(PyObject *value);

static int address_of_function(const type_info *type, PyObject *value, keeper *k, void *where)
{
    if (type->kind == K_FUNCTION
        && (is_go_closure(value) || !same_shape(type->cif, cif_of(value)))) {
        PyErr_Format(PyExc_TypeError, "expected %U, got a %s %S (if that is meant, pass its .address)", type->name,
                     is_go_closure(value) ? "Go closure" : Closure_Check(value) ? "closure" : "function",
                     cif_of(value));
        return -1;
    }
    if (type->kind == K_STRING || type->kind == K_BYTES || type->kind == K_WSTRING)
        return expected(type, value);
    if (Function_Check(value)) {
        FunctionObject *function = (FunctionObject *)value;
        if (!lifetime_is_open(function->target.life)) {
            PyErr_Format(PyExc_ValueError, "the library of %U() is closed", function->target.name);
            return -1;
        }
        write_address(where, function_address(value));
        return keep_pinned(k, function->target.life, value);
    }
    if (is_closed_closure((ClosureObject *)value)) {
        PyErr_Format(core.closure_expired, "closure %U is closed", closure_name(value));
        return -1;
    }
    write_address(where, closure_address(value));
    return k->borrowed ? 0 : keep_object(k, value);
}

COLD static int embedded_nul(const type_info *type, PyObject *value)
{
    PyErr_Format(PyExc_ValueError, "embedded NUL in %s for %U (binary data goes as a buffer: "
                 "memoryview(it))", Py_TYPE(value)->tp_name, type->name);
    return -1;
}

static int wide_string(const type_info *type, PyObject *value, keeper *k, void *where)
{
    Py_ssize_t length;
    wchar_t *text = PyUnicode_AsWideCharString(value, &length);
    PyObject *bytes;
    int status;

    if (text == NULL)
        return -1;
    if ((size_t)length != wcslen(text)) {
        PyMem_Free(text);
        return embedded_nul(type, value);
    }
    bytes = PyBytes_FromStringAndSize((char *)text, (length + 1) * (Py_ssize_t)sizeof(wchar_t));
    PyMem_Free(text);
    if (bytes == NULL)
        return -1;
    write_address(where, PyBytes_AS_STRING(bytes));
    status = keep_object(k, bytes);
    Py_DECREF(bytes);
    return status;
}

/* c.int(5) where C wants an address: ctypes would pass one, C would refuse it. */
static int is_typed_number(const type_info *type, PyObject *value)
{
    return Value_Check(value) && is_pointer_kind(type->kind)
           && !is_pointer_kind(((TypeObject *)((ValueObject *)value)->type)->info.kind);
}

/* The general case; pointers to the common things are taken care of in pointer_from(). */
static int pointer_from_any(const type_info *type, PyObject *value, keeper *k, void *where)
{
    if (Pointer_Check(value))
        return address_of_pointer(type, value, k, where);
    if (Function_Check(value) || Closure_Check(value))
        return address_of_function(type, value, k, where);
    if (PyLong_Check(value))
        return address_from_int(type, value, where);
    if (type->kind != K_FUNCTION && PyObject_CheckBuffer(value))
        return address_of_buffer(type, value, k, where);
    if (type->kind != K_FUNCTION && PyIndex_Check(value))
        return address_from_int(type, value, where);
    if (type->kind == K_PTR && (PyList_Check(value) || PyTuple_Check(value) || PyDict_Check(value))) {
        PyErr_Format(PyExc_TypeError, "expected %U, got %s (pass memory: %s.new(it))", type->name,
                     Py_TYPE(value)->tp_name,
                     is_aggregate_kind(type->item->kind) ? "T.new(it) or c.array(T, n)" : "c.array(T, n)");
        return -1;
    }
    if (is_typed_number(type, value)) {
        PyErr_Format(PyExc_TypeError, "expected %U, got a typed %S (for memory that holds it: T.new(it))",
                     type->name, ((ValueObject *)value)->type);
        return -1;
    }
    if (PyCallable_Check(value) && !PyType_Check(value)) {
        PyErr_Format(PyExc_TypeError, "expected %U, got %s (make a closure of it and keep it "
                     "for as long as C may call)", type->name, Py_TYPE(value)->tp_name);
        return -1;
    }
    return expected(type, value);
}

/* Is there a NUL among these bytes?  Short texts need no call. */
static inline int has_nul(const char *text, Py_ssize_t size)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    uint64_t word;
    if (size > 64)
        return memchr(text, 0, (size_t)size) != NULL;
    if (size < 8) {
        while (size > 0)
            if (text[--size] == '\0')
                return 1;
        return 0;
    }
    for (; size > 8; text += 8, size -= 8) {
        memcpy(&word, text, 8);
        if ((word - ones) & ~word & tops)
            return 1;
    }
    memcpy(&word, text + size - 8, 8);      /* the last eight, some of them again */
    return ((word - ones) & ~word & tops) != 0;
}

/* Memory, whatever its class, unless that exports another buffer. */
static inline int exports_memory(const PyBufferProcs *procs)
{
    return procs->bf_getbuffer == core.memory->tp_as_buffer->bf_getbuffer;
}

COLD static int no_text(const type_info *type, PyObject *value)
{
    int writes = type->kind == K_PTR && !type->is_const;
    if (type->kind == K_FUNCTION || (type->kind == K_PTR && type->item->kind != K_VOID
                                     && !is_character_kind(type->item->kind)))
        return expected(type, value);
    PyErr_Format(PyExc_TypeError, "expected %U, got str (c.string takes it; or pass %s)", type->name,
                 writes ? "a bytearray" : "bytes");
    return -1;
}

static int pointer_from(const type_info *type, void *where, PyObject *value, keeper *k)
{
    const PyBufferProcs *procs = Py_TYPE(value)->tp_as_buffer;

    if (value == Py_None) {
        write_address(where, NULL);
        return 0;
    }
    if (PyBytes_Check(value)) {
        switch (type->kind) {
        case K_STRING: case K_BYTES:
            if (UNLIKELY(has_nul(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))))
                return embedded_nul(type, value);
            break;
        case K_POINTER:
            break;
        case K_PTR:
            if (type->is_const && (type->item->kind == K_VOID || is_character_kind(type->item->kind)))
                break;
            if (!type->is_const) {
                PyErr_Format(PyExc_TypeError, "expected a writable buffer for %U, got bytes, which "
                             "is read-only (is the parameter const?)", type->name);
                return -1;
            }
            return address_of_buffer(type, value, k, where);
        default:
            return expected(type, value);
        }
        write_address(where, PyBytes_AS_STRING(value));
        return k->borrowed ? 0 : keep_object(k, value);
    }
    if (PyUnicode_Check(value)) {
        Py_ssize_t size;
        const char *text;
        if (type->kind == K_WSTRING)
            return wide_string(type, value, k, where);
        if (type->kind != K_STRING)
            return no_text(type, value);
        if (LIKELY(PyUnicode_IS_COMPACT_ASCII(value))) {
            text = PyUnicode_DATA(value);
            size = PyUnicode_GET_LENGTH(value);
        } else if ((text = PyUnicode_AsUTF8AndSize(value, &size)) == NULL) {
            return -1;
        }
        if (UNLIKELY(has_nul(text, size)))
            return embedded_nul(type, value);
        write_address(where, text);
        return k->borrowed ? 0 : keep_object(k, value);
    }
    if (procs != NULL && procs->bf_getbuffer != NULL && type->kind != K_FUNCTION)
        return exports_memory(procs) ? address_of_memory(type, value, k, where)
                                     : address_of_buffer(type, value, k, where);
    if (Memory_Check(value))
        return address_of_memory(type, value, k, where);
    return pointer_from_any(type, value, k, where);
}

/* Into memory: the address and what it keeps alive change together, after the conversion, which
   may run Python code and let other threads look.  What was kept there goes last. */
static int replace_pointer(const type_info *type, void *where, PyObject *value, keeper *k)
{
    keeper one = {NULL, 0, 0, 0, k->memory, NULL};
    void *address = NULL;
    PyObject *replaced = NULL;
    int status = pointer_from(type, &address, value, &one);

    if (status == 0)
        status = keep_in_memory(k->memory, where, one.objects, &replaced);
    if (status == 0)
        write_address(where, address);
    Py_XDECREF(one.objects);
    Py_XDECREF(replaced);
    return status;
}

static inline int store_pointer(const type_info *type, void *where, PyObject *value, keeper *k)
{
    return k->memory != NULL ? replace_pointer(type, where, value, k)
                             : pointer_from(type, where, value, k);
}

/* ---- back to Python ---- */

static object_pool pointer_pool;

static void pointer_dealloc(PyObject *self)
{
    PointerObject *pointer = (PointerObject *)self;

    PyObject_GC_UnTrack(self);
    if (UNLIKELY(pointer->weakrefs != NULL))
        PyObject_ClearWeakRefs(self);
    Py_XDECREF(pointer->owner);
    Py_XDECREF(pointer->type);
    pool_give(&pointer_pool, self, core.pointer, sizeof *pointer);
}

static void own_pointers(PyTypeObject *class)
{
    class->tp_dealloc = pointer_dealloc;
}

/* `length`: how many items are known to be there, or -1. */
static PyObject *new_pointer(const type_info *type, void *address, PyObject *owner,
                             lifetime *life, Py_ssize_t length)
{
    PointerObject *pointer = (PointerObject *)pool_take(&pointer_pool, core.pointer);
    if (UNLIKELY(pointer == NULL))
        return NULL;
    memset(&pointer->p, 0, sizeof pointer->p);
    pointer->weakrefs = NULL;
    pointer->p.address = address;
    pointer->p.type = type;
    pointer->p.life = life;
    pointer->p.bounded = length >= 0;
    pointer->p.length = length;
    pointer->type = Py_NewRef(type->object);
    pointer->owner = Py_NewRef(owner ? owner : Py_None);
    if (owner != NULL && owner != Py_None)
        track_object((PyObject *)pointer);
    return (PyObject *)pointer;
}

/* What was stored at `where` (borrowed, in the root's critical section), or NULL. */
static PyObject *kept_at(MemoryObject *root, const void *where)
{
    PyObject *key, *object;

    if (root->keep == Py_None)
        return NULL;
    key = PyLong_FromSsize_t((const char *)where - root->m.data);
    if (key == NULL)
        return NULL;
    object = PyDict_GetItemWithError(root->keep, key);
    Py_DECREF(key);
    return object;
}

/* A function or closure of that address? */
static int has_address(PyObject *object, const void *address)
{
    return (Function_Check(object) && function_address(object) == address)
           || (Closure_Check(object) && closure_address(object) == address);
}

/* A pointer read out of `root` keeps alive what was stored there, if it still is that. */
static PyObject *pointer_kept_by(const type_info *type, const void *where, MemoryObject *root)
{
    void *address = read_address(where);
    PyObject *object = kept_at(root, where);

    if (object == NULL)
        return PyErr_Occurred() ? NULL : new_pointer(type, address, NULL, &forever, -1);
    if (Memory_Check(object)) {
        MemoryObject *memory = (MemoryObject *)object;
        if (memory->m.data == address)
            return new_pointer(type, address, object, memory->m.life, -1);
    } else if (Pointer_Check(object) && ((PointerObject *)object)->p.address == address) {
        return new_pointer(type, address, object, ((PointerObject *)object)->p.life, -1);
    }
    return new_pointer(type, address, object, &forever, -1);
}

static PyObject *load_kept_pointer(const type_info *type, const void *where, MemoryObject *root)
{
    PyObject *pointer;
    if (root == NULL)
        return new_pointer(type, read_address(where), NULL, &forever, -1);
    root = memory_root(root);
    Py_BEGIN_CRITICAL_SECTION(root);
    pointer = was_closed_meanwhile(root) ? NULL : pointer_kept_by(type, where, root);
    Py_END_CRITICAL_SECTION();
    return pointer;
}

static PyObject *load_text(const type_info *type, const void *where)
{
    const void *address = read_address(where);
    if (address == NULL)
        return Py_NewRef(Py_None);
    switch (type->kind) {
    case K_STRING:
        return PyUnicode_FromString(address);
    case K_BYTES:
        return PyBytes_FromString(address);
    default:
        return PyUnicode_FromWideChar(address, -1);
    }
}

/* Meanwhile no other thread may store another text, and let go of this one. */
static PyObject *load_kept_text(const type_info *type, const void *where, MemoryObject *root)
{
    PyObject *text;
    if (root == NULL)
        return load_text(type, where);
    root = memory_root(root);
    Py_BEGIN_CRITICAL_SECTION(root);
    text = was_closed_meanwhile(root) ? NULL : load_text(type, where);
    Py_END_CRITICAL_SECTION();
    return text;
}

/* A function read out of `root` keeps alive the closure that was stored there, or goes with the library
   of the function that was. */
static PyObject *load_function(const type_info *type, const void *where, MemoryObject *root)
{
    PyObject *owner = NULL, *function;
    void *address = NULL;
    int closed = 0;

    if (root == NULL) {
        address = read_address(where);
    } else {
        MemoryObject *whole = memory_root(root);
        Py_BEGIN_CRITICAL_SECTION(whole);
        closed = was_closed_meanwhile(whole);
        if (!closed) {
            address = read_address(where);
            owner = Py_XNewRef(kept_at(whole, where));
        }
        Py_END_CRITICAL_SECTION();
    }
    if (closed || (owner == NULL && PyErr_Occurred()))
        return NULL;
    if (owner == NULL || !has_address(owner, address))
        Py_XSETREF(owner, Py_XNewRef((PyObject *)root));
    function = address == NULL ? Py_NewRef(Py_None) : core.function_at(type, address, owner);
    Py_XDECREF(owner);
    return function;
}

static PyObject *load_pointer(const type_info *type, const void *where, MemoryObject *root)
{
    void *address;

    switch (type->kind) {
    case K_STRING: case K_BYTES: case K_WSTRING:
        return load_kept_text(type, where, root);
    case K_FUNCTION:
        return load_function(type, where, root);
    case K_PTR:
        if (type->item->kind != K_VOID)
            return load_kept_pointer(type, where, root);
        break;                          /* const void *: as without const */
    default:
        break;
    }
    address = read_address(where);
    if (address == NULL)
        return Py_NewRef(Py_None);
    return PyLong_FromVoidPtr(address);
}

#endif
