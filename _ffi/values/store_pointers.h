/* Python values as C addresses. */
#ifndef FFIPY_VALUES_STORE_POINTERS_H
#define FFIPY_VALUES_STORE_POINTERS_H

#include <Python.h>
#include <stdarg.h>
#include <stdint.h>

#include "base/compiler.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/keeper.h"
#include "model/memory.h"
#include "model/pointer.h"
#include "model/value.h"
#include "values/address.h"
#include "values/buffers.h"
#include "values/foreign.h"
#include "values/function_pointers.h"
#include "values/integers.h"
#include "values/keeper.h"
#include "values/load.h"
#include "values/pointees.h"
#include "values/text.h"

static int pointer_from(const type_info *type, void *where, PyObject *value, keeper *k);

/* An instance of a user's class over a pointer stands for the address that it holds; its own is one for a pointer to
   such a pointer only. */
static inline int is_pointer_held(const type_info *type, const MemoryObject *memory)
{
    const type_info *own = memory->m.type;
    return UNLIKELY(own->kind == K_INSTANCE) && is_pointer_kind(plain_type(own)->kind)
           && (type->item == NULL || !compatible_structs(type->item, own));
}

/* Of an object made on the way, which no caller holds; steals it.  0; -1 raises, with NULL as it was raised. */
static int pointer_from_made(const type_info *type, void *where, PyObject *made, keeper *k)
{
    int borrowed = k->borrowed, status;

    if (made == NULL)
        return -1;
    k->borrowed = 0;
    status = pointer_from(type, where, made, k);
    k->borrowed = borrowed;
    Py_DECREF(made);
    return status;
}

/* 0; -1 raises. */
COLD static int address_held(const type_info *type, void *where, MemoryObject *memory, keeper *k)
{
    const type_info *held = plain_type(memory->m.type);
    char *data = memory_data(memory);

    if (data == NULL)
        return -1;
    if (type->kind == K_POINTER || compatible_structs(type, held)) {
        write_address(where, read_address(data));
        return keep_pinned(k, memory->m.life, (PyObject *)memory);
    }
    return pointer_from_made(type, where, load_value(held, data, memory), k);
}

/* 0; -1 raises TypeError, ValueError. */
NOINLINE static int address_of_memory(const type_info *type, void *where, PyObject *value, keeper *k)
{
    MemoryObject *memory = (MemoryObject *)value;
    if (is_pointer_held(type, memory))
        return address_held(type, where, memory, k);
    if (type->item != NULL && !pointee_matches(type->item, memory->m.type)
        && !begins_with(type->item, memory->m.type))
        return wrong_pointee(type, memory->m.type);
    if (type->kind == K_FUNCTION)
        return expected(type, value);
    if (!lifetime_is_open(memory->m.life))
        return stale(memory->m.type);
    write_address(where, memory->m.data);
    return keep_pinned(k, memory->m.life, value);
}

/* C may look through a va_list once.  So each time that it is passed on it is a copy, as va_copy() makes one.
   0; -1 raises ValueError, MemoryError. */
COLD static int address_of_va_list(void *where, const PointerObject *pointer, keeper *k)
{
    void *address = pointer->p.address;
    int status = 0;

    if (!lifetime_is_open(pointer->p.life)) {
        PyErr_SetString(PyExc_ValueError, "the call that this va_list was for is over");
        return -1;
    }
    if (sizeof(va_list) > sizeof address) {         /* an array, of which C has the address */
        PyObject *copy = PyBytes_FromStringAndSize(address, sizeof(va_list));
        if (copy == NULL)
            return -1;
        address = PyBytes_AS_STRING(copy);
        status = keep_object(k, copy);
        Py_DECREF(copy);
    }
    write_address(where, address);
    return status;
}

/* 0; -1 raises TypeError, ValueError. */
static int address_of_pointer(const type_info *type, void *where, PyObject *value, keeper *k)
{
    PointerObject *pointer = (PointerObject *)value;
    if (type->item != NULL && !pointee_matches(type->item, pointer->p.type->item)
        && !begins_with(type->item, pointer->p.type->item))
        return wrong_pointee(type, pointer->p.type->item);
    if (pointer->p.type->is_const && type->kind == K_PTR && !type->is_const) {
        PyErr_Format(PyExc_TypeError, "expected %U, got a %U", type->name, pointer->p.type->name);
        return -1;
    }
    if (type->kind == K_FUNCTION && pointer->p.type->item->kind != K_VOID)
        return wrong_pointee(type, pointer->p.type->item);
    if (UNLIKELY(type->is_va_list))
        return address_of_va_list(where, pointer, k);
    if (!lifetime_is_open(pointer->p.life))
        return stale(pointer->p.type);
    write_address(where, pointer->p.address);
    return keep_pinned(k, pointer->p.life, value);
}

/* A number is an address for `void *` only; for anything else it is a mistake.  0; -1 raises. */
static int address_from_int(const type_info *type, void *where, PyObject *value)
{
    unsigned long long address;
    if (PyBool_Check(value))
        return expected(type, value);
    if (type->item == NULL || type->item->kind != K_VOID) {
        PyErr_Format(PyExc_TypeError, "expected %U, got %s (an address is cast: %s)", type->name,
                     Py_TYPE(value)->tp_name,
                     type->kind == K_FUNCTION ? "c.func(cif)(it), or c.pointer(it)" : "c.ptr(T)(it)");
        return -1;
    }
    if (unsigned_from_any(type, value, UINTPTR_MAX, &address) < 0)
        return -1;
    write_address(where, (void *)(uintptr_t)address);
    return 0;
}

/* c.int(5) where C wants an address: ctypes would pass one, C would refuse it. */
static int is_typed_number(const type_info *type, PyObject *value)
{
    return Value_Check(value) && is_pointer_kind(type->kind)
           && !is_pointer_kind(((TypeObject *)((ValueObject *)value)->type)->info.kind);
}

/* 0; -1 raises. */
static int address_of_path(const type_info *type, void *where, PyObject *value, keeper *k)
{
    return pointer_from_made(type, where, path_text(type, value), k);
}

/* -1, raises TypeError. */
COLD static int no_va_list(PyObject *value)
{
    PyErr_Format(PyExc_TypeError, "expected the va_list that a closure was called with, got %s (none can be made "
                                  "from Python: call a variadic function instead)",
                 Py_TYPE(value)->tp_name);
    return -1;
}

/* What stands in for an object of another library, instead of the buffer that it is or, with an error set, could not
   give.  0; 1: nothing does, and the error stays; -1 raises. */
static int address_of_foreign(const type_info *type, void *where, PyObject *value, keeper *k)
{
    PyObject *made;
    int status = find_stand_in(type, value, &made);

    if (status <= 0)
        return status == 0 ? 1 : -1;
    return pointer_from_made(type, where, made, k);
}

/* Of no dimension: a number of NumPy's or a pointer of ctypes', whose own address nobody means? */
static int is_foreign_scalar(const type_info *type, const Py_buffer *view)
{
    return is_foreign_pointer(view) || (view->readonly && (type->item == NULL || type->item->kind == K_VOID));
}

/* Export `value`'s buffer for as long as C may look at it, and write its address.  0; -1 raises,
   and `k` may keep it then too. */
static int address_of_buffer(const type_info *type, void *where, PyObject *value, keeper *k)
{
    const type_info *item = type->item;
    const Py_buffer *view = keep_buffer(k, value, PyBUF_FORMAT | (type->is_const ? PyBUF_CONTIG_RO : PyBUF_CONTIG));

    if (UNLIKELY(view == NULL)) {
        int status = says_no_buffer() ? address_of_foreign(type, where, value, k) : 1;
        return status <= 0 ? status : no_such_buffer(type, value);
    }
    if (UNLIKELY(view->ndim == 0) && is_foreign_scalar(type, view)) {
        int status = address_of_foreign(type, where, value, k);
        if (status <= 0)
            return status;
    }
    if (item != NULL && item->kind != K_VOID) {
        if (UNLIKELY(check_items(type, view, value) < 0))
            return -1;
    } else if (item != NULL && UNLIKELY(is_foreign_pointer(view))) {
        PyErr_Format(PyExc_TypeError, "expected %U, got %s, a pointer itself (say what is meant: the address "
                                      "in it, or ctypes.addressof() of it)",
                     type->name, Py_TYPE(value)->tp_name);
        return -1;
    }
    write_address(where, view->buf);
    return 0;
}

/* The general case; pointers to the common things are taken care of in pointer_from().  0; -1
   raises. */
NOINLINE static int pointer_from_any(const type_info *type, void *where, PyObject *value, keeper *k)
{
    int status;

    if (Pointer_Check(value))
        return address_of_pointer(type, where, value, k);
    if (type->is_va_list)
        return no_va_list(value);
    if (Function_Check(value) || Closure_Check(value))
        return address_of_function(type, where, value, k);
    if (PyLong_Check(value))
        return address_from_int(type, where, value);
    if (type->kind != K_FUNCTION && PyObject_CheckBuffer(value))
        return address_of_buffer(type, where, value, k);
    if (type->kind != K_FUNCTION && PyIndex_Check(value))
        return address_from_int(type, where, value);
    status = address_of_foreign(type, where, value, k);
    if (status <= 0)
        return status;
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
    if ((takes_text(type) || type->kind == K_BYTES || type->kind == K_WSTRING) && (status = is_path(value)) != 0)
        return status < 0 ? -1 : address_of_path(type, where, value, k);
    if (PyCallable_Check(value) && !PyType_Check(value)) {
        PyErr_Format(PyExc_TypeError, "expected %U, got %s (make a closure of it and keep it "
                                      "for as long as C may call)",
                     type->name, Py_TYPE(value)->tp_name);
        return -1;
    }
    return expected(type, value);
}

/* The address of its own bytes.  0; -1 raises. */
NOINLINE static int address_of_bytes(const type_info *type, void *where, PyObject *value, keeper *k)
{
    switch (type->kind) {
    case K_STRING:
    case K_BYTES:
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
                                          "is read-only (is the parameter const?)",
                         type->name);
            return -1;
        }
        return address_of_buffer(type, where, value, k);
    default:
        return expected(type, value);
    }
    write_address(where, PyBytes_AS_STRING(value));
    return k->borrowed ? 0 : keep_object(k, value);
}

/* None.  0; -1 raises TypeError. */
NOINLINE static int address_of_nothing(const type_info *type, void *where)
{
    if (type->is_va_list)
        return no_va_list(Py_None);
    write_address(where, NULL);
    return 0;
}

/* Memory, whatever its class, unless that exports another buffer. */
static inline int exports_memory(const PyBufferProcs *procs)
{
    return procs->bf_getbuffer == core.memory->tp_as_buffer->bf_getbuffer;
}

/* Write the address that `value` is or has, and keep what is there.  0; -1 raises, and `k` may
   have kept things then, too.  GIL. */
static int pointer_from(const type_info *type, void *where, PyObject *value, keeper *k)
{
    const PyBufferProcs *procs = Py_TYPE(value)->tp_as_buffer;

    if (value == Py_None)
        return address_of_nothing(type, where);
    if (PyBytes_Check(value))
        return address_of_bytes(type, where, value, k);
    if (PyUnicode_Check(value)) {
        if (LIKELY(takes_text(type)))
            return narrow_string(type, where, value, k);
        return type->kind == K_WSTRING ? wide_string(type, where, value, k) : no_text(type, value);
    }
    if (procs != NULL && procs->bf_getbuffer != NULL && type->kind != K_FUNCTION) {
        if (exports_memory(procs))
            return address_of_memory(type, where, value, k);
        return type->is_va_list ? no_va_list(value) : address_of_buffer(type, where, value, k);
    }
    if (Memory_Check(value))
        return address_of_memory(type, where, value, k);
    return pointer_from_any(type, where, value, k);
}

/* Into memory: the address and what it keeps alive change together, after the conversion, which
   may run Python code and let other threads look.  What was kept there goes last.  0; -1 raises. */
static int replace_pointer(const type_info *type, void *where, PyObject *value, keeper *k)
{
    keeper one = {.memory = k->memory};
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

/* 0; -1 raises, as pointer_from(). */
static inline int store_pointer(const type_info *type, void *where, PyObject *value, keeper *k)
{
    return k->memory != NULL ? replace_pointer(type, where, value, k)
                             : pointer_from(type, where, value, k);
}

#endif
