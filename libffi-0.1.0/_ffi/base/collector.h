/* The garbage collector, which up to CPython 3.11 runs inside allocations, and with it anybody's code. */
#ifndef FFIPY_BASE_COLLECTOR_H
#define FFIPY_BASE_COLLECTOR_H

#include <Python.h>

/* Around what must not be interrupted and allocates.  Returns what resume_collector() takes. */
static inline int pause_collector(void)
{
#if PY_VERSION_HEX < 0x030C0000
    return PyGC_Disable();
#else
    return 0;
#endif
}

static inline void resume_collector(int was_on)
{
    if (was_on)
        PyGC_Enable();
}

#endif
