/* The end of a chain of objects, each of which holds the last reference to the next.  CPython's trashcan ends it in
   pieces; CPython 3.13's counts up to 10,000 deallocations in each other, whatever stack the thread has.  With this
   header it is never more than fit, of objects of anybody's that are in between, too. */
#ifndef FFIPY_BASE_TRASHCAN_H
#define FFIPY_BASE_TRASHCAN_H

#include <Python.h>

#include "base/compiler.h"
#include "base/stack.h"

#if PY_VERSION_HEX >= 0x030D0000 && PY_VERSION_HEX < 0x030E0000

#define STACK_OF_A_LEVEL 1024           /* no thing that CPython counts takes more, Python code and sanitizers in it */
#define FEWEST_LEVELS (2 * Py_TRASHCAN_HEADROOM + 20)   /* with less it would not empty the trashcan */

/* Returns how many levels CPython counts less until leave_chain(), or -1 if `op` is to go later. */
static inline int enter_chain(PyThreadState *thread, PyObject *op, destructor dealloc)
{
    size_t fit = stack_left() / STACK_OF_A_LEVEL;
    int left = thread->c_recursion_remaining, taken = 1;

    if (UNLIKELY(left <= Py_TRASHCAN_HEADROOM) && Py_TYPE(op)->tp_dealloc == dealloc) {
        _PyTrash_thread_deposit_object(thread, op);
        return -1;
    }
    if (UNLIKELY(fit < (size_t)left) && left > FEWEST_LEVELS)
        taken = left - (fit > FEWEST_LEVELS ? (int)fit : FEWEST_LEVELS);
    thread->c_recursion_remaining -= taken;
    return taken;
}

static inline void leave_chain(PyThreadState *thread, int taken)
{
    thread->c_recursion_remaining++;
    if (UNLIKELY(thread->delete_later != NULL) && thread->c_recursion_remaining > 2 * Py_TRASHCAN_HEADROOM)
        _PyTrash_thread_destroy_chain(thread);
    thread->c_recursion_remaining += taken - 1;
}

/* Cython's classes, too, expand these. */
#undef Py_TRASHCAN_BEGIN
#undef Py_TRASHCAN_END
#define Py_TRASHCAN_BEGIN(op, dealloc) \
    { \
        PyThreadState *chain_thread = PyThreadState_Get(); \
        int levels_taken = enter_chain(chain_thread, (PyObject *)(op), (destructor)(dealloc)); \
        if (levels_taken >= 0) {
#define Py_TRASHCAN_END \
    leave_chain(chain_thread, levels_taken); \
    } \
    }

#endif

#endif
