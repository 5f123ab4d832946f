/* Where threads run Python at once, what they share changes under a lock; elsewhere the GIL
   is that lock. */
#ifndef FFIPY_LOCKS_H
#define FFIPY_LOCKS_H

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

/* What a dictionary that threads share has for the key, or None.  Cython's dict.get() counts its
   reference when another thread may have freed the value already. */
static PyObject *dict_get(PyObject *dict, PyObject *key)
{
    PyObject *value;
#if PY_VERSION_HEX >= 0x030D0000
    if (PyDict_GetItemRef(dict, key, &value) == 0)
        value = Py_NewRef(Py_None);
#else
    value = PyDict_GetItemWithError(dict, key);
    if (value == NULL && !PyErr_Occurred())
        value = Py_None;
    Py_XINCREF(value);
#endif
    return value;
}

/* Around a change of what is made once: interned types and CIFs, CIFs' handles, the ABI enum. */
static short_lock interning;

static void lock_interned(void)
{
    LOCK(&interning);
}

static void unlock_interned(void)
{
    UNLOCK(&interning);
}

#endif
