/* Closures of libffi's: where they lie, and how they are prepared. */
#ifndef FFIPY_LIBFFI_CLOSURES_H
#define FFIPY_LIBFFI_CLOSURES_H

#include <Python.h>
#include <ffi.h>
#include <errno.h>
#include <string.h>

#include "libffi_config.h"
#include "base/compiler.h"
#include "base/locks.h"
#include "libffi/trampoline_file.h"

/* A native raw API (i386 only) takes no structs and crashes with static trampolines; there a
   raw closure is a plain one. */
#define RAW_CLOSURES (FFIPY_HAVE_RAW && !FFI_NATIVE_RAW_API)

/* libffi looks up a closure's segment, when it is made and when it is prepared, without its own lock. */
static short_lock allocating;

/* Raises MemoryError or OSError. */
COLD static void raise_no_closure(int reason)
{
    const char *text;
    PyObject *args;

    if (reason == 0 || reason == ENOMEM) {
        PyErr_NoMemory();
        return;
    }
    text = reason == ANOTHER_FILE
               ? "%s: what closures' trampolines are mapped from is no longer the file of this libffi"
               : "%s: libffi cannot map its trampolines for another closure";
    args = Py_BuildValue("iN", reason, PyUnicode_FromFormat(text, strerror(reason)));
    if (args != NULL)
        PyErr_SetObject(PyExc_OSError, args);
    Py_XDECREF(args);
}

/* New; raises MemoryError, or OSError with what was missing.  A closure cannot be had now; it may be later.  GIL. */
static void *closure_alloc(size_t size, void **code)
{
    void *closure = NULL;
    int reason;

    LOCK(&allocating);
    errno = 0;
    if (may_allocate() == 0) {
        closure = ffi_closure_alloc(size, code);
        if (closure != NULL)
            allocated();
    }
    reason = errno;
    UNLOCK(&allocating);
    if (closure == NULL)
        raise_no_closure(reason);
    return closure;
}

/* Nothing may run in it. */
static void closure_free(void *closure)
{
    LOCK(&allocating);
    ffi_closure_free(closure);
    UNLOCK(&allocating);
}

/* Is a closure's address outside its (writable) block?  Then its code is libffi's own
   page or a second mapping, and the block never needed to be executable.  -1 raises like closure_alloc(). */
static int closures_are_indirect(void)
{
    void *code = NULL;
    void *block = closure_alloc(sizeof(ffi_closure), &code);
    int indirect;
    if (block == NULL)
        return -1;
    indirect = code != block;
    closure_free(block);
    return indirect;
}

/* FFI_OK, or why not; raises nothing. */
static ffi_status closure_prepare(ffi_closure *closure, ffi_cif *cif,
                                  void (*handler)(ffi_cif *, void *, void **, void *), void *user,
                                  void *code)
{
    ffi_status status;
    LOCK(&allocating);
    status = ffi_prep_closure_loc(closure, cif, handler, user, code);
    UNLOCK(&allocating);
    return status;
}

#if RAW_CLOSURES
/* FFI_OK, or why not; raises nothing. */
static ffi_status raw_closure_prepare(ffi_raw_closure *closure, ffi_cif *cif,
                                      void (*handler)(ffi_cif *, void *, ffi_raw *, void *),
                                      void *user, void *code)
{
    ffi_status status;
    LOCK(&allocating);
    status = ffi_prep_raw_closure_loc(closure, cif, handler, user, code);
    UNLOCK(&allocating);
    /* libffi puts the code address here, which is not the closure's where trampolines
       live in pages of their own. */
    closure->this_closure = closure;
    return status;
}
#endif

#endif
