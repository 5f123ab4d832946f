/* How much of C's stack is left: Python counts its own calls, not those that C, closures and
   conversions make of each other. */
#ifndef FFIPY_BASE_STACK_H
#define FFIPY_BASE_STACK_H

#include <Python.h>

#include "base/compiler.h"
#include "base/os/stack_bounds.h"

#define STACK_RESERVE (128 * 1024)          /* what Python needs to report that the rest is used up */

THREAD_LOCAL(char *, stack_end);               /* the lowest address, once asked for */
THREAD_LOCAL(size_t, stack_reserve);          /* 0: not asked yet */

COLD static void find_stack(void)
{
    size_t size;
    stack_bounds(&stack_end, &size);
    stack_reserve = size / 4 < STACK_RESERVE ? size / 4 + 1 : STACK_RESERVE;
}

/* Coroutines may run on another stack: not our business, there seems to be much. */
static inline size_t stack_left(void)
{
    if (UNLIKELY(stack_reserve == 0))
        find_stack();
    return (size_t)((char *)__builtin_frame_address(0) - stack_end);
}

/* Whether this thread's stack is nearly used up. */
static inline int stack_is_short(void)
{
    return stack_left() < stack_reserve;
}

/* Is there room for so much more?  -1 with RecursionError. */
COLD static int need_stack(size_t bytes)
{
    if (stack_left() >= stack_reserve + bytes)
        return 0;
    PyErr_SetString(PyExc_RecursionError, "the C stack is used up");
    return -1;
}

#endif
