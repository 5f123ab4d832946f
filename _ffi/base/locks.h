/* Where threads run Python at once, what they share changes under a lock; elsewhere the GIL
   is that lock. */
#ifndef FFIPY_BASE_LOCKS_H
#define FFIPY_BASE_LOCKS_H

#include <Python.h>

/* A short_lock is held for a few instructions that run no Python code. */
#ifdef Py_GIL_DISABLED
#define FREE_THREADED 1
typedef PyMutex short_lock;
#define LOCK(lock) PyMutex_Lock(lock)
#define UNLOCK(lock) PyMutex_Unlock(lock)
#else
#define FREE_THREADED 0
typedef char short_lock;
#define LOCK(lock) ((void)(lock))
#define UNLOCK(lock) ((void)(lock))
#endif

#if PY_VERSION_HEX < 0x030D0000
#define Py_BEGIN_CRITICAL_SECTION(object) {
#define Py_END_CRITICAL_SECTION() }
#endif

/* Around a change of what is made once: interned types and CIFs, CIFs' handles, the ABI enum. */
static short_lock interning;

static inline void lock_interned(void)
{
    LOCK(&interning);
}

static inline void unlock_interned(void)
{
    UNLOCK(&interning);
}

#endif
