/* Closures of libffi's: where they lie, and how they are prepared. */
#ifndef FFIPY_LIBFFI_CLOSURES_H
#define FFIPY_LIBFFI_CLOSURES_H

#include <Python.h>
#include <ffi.h>
#include <errno.h>
#include <string.h>

#include "libffi_config.h"
#include "base/compiler.h"
#include "base/os/threads.h"
#include "libffi/doors.h"
#include "libffi/trampoline_file.h"

/* A native raw API (i386 only) takes no structs and crashes with static trampolines; there a
   raw closure is a plain one. */
#define RAW_CLOSURES (FFIPY_HAVE_RAW && !FFI_NATIVE_RAW_API)

typedef struct guest_book guest_book;

/* What a copy of this image has done by the first one, whose libffi all closures are of: that one stays. */
typedef struct {
    void *(*obtain)(size_t, void **, int *);
    void (*give_back)(void *);
    ffi_status (*prepare)(ffi_closure *, ffi_cif *, door_handler *, void *, void *);
#if RAW_CLOSURES
    ffi_status (*prepare_raw)(ffi_raw_closure *, ffi_cif *, door_handler *, void *, void *);
#endif
    door_handler *enter;
    process_lock *lock;             /* for the lists of doors and companions */
    void *(*copy)(const void *code, char *why, size_t room);    /* open_copy(), under that lock */
    int64_t (*interpreter_at)(const void *address);
    guest_book *guests;             /* closures/guests.h */
} closure_host;

static const closure_host *host;    /* NULL: this is the first image */
static door_list own_doors;

/* libffi looks up a closure's segment, when it is made and when it is prepared, without its own lock. */
static process_lock allocating = PROCESS_LOCK_INIT;

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

/* In a child of fork() no other thread will open them. */
static void renew_closure_locks(void)
{
    const process_lock open = PROCESS_LOCK_INIT;
    allocating = open;
}

/* NULL with the reason: an error number, or 0. */
static void *obtain_closure(size_t size, void **code, int *reason)
{
    void *closure = NULL;

    lock_process(&allocating);
    errno = 0;
    if (may_allocate() == 0) {
        closure = ffi_closure_alloc(size, code);
        if (closure != NULL)
            allocated();
    }
    *reason = errno;
    unlock_process(&allocating);
    return closure;
}

/* New; raises MemoryError, or OSError with what was missing.  A closure cannot be had now; it may be later.  GIL. */
static void *closure_alloc(size_t size, void **code)
{
    int reason;
    void *closure = (host != NULL ? host->obtain : obtain_closure)(size, code, &reason);
    if (closure == NULL)
        raise_no_closure(reason);
    return closure;
}

static void give_closure_back(void *closure)
{
    lock_process(&allocating);
    ffi_closure_free(closure);
    unlock_process(&allocating);
}

/* Its door is no longer ours to free where the interpreter has ended: C may still have the address. */
static void free_behind_door(void *closure, door *d)
{
    lock_process(host->lock);
    if (d != NULL && d->handler == NULL)
        closure = NULL;
    else if (d != NULL)
        unlist_door(d);
    unlock_process(host->lock);
    if (closure != NULL) {
        host->give_back(closure);
        free(d);
    }
}

/* Of one that was prepared, or could not be.  Nothing may run in it. */
static void closure_free(ffi_closure *closure)
{
    if (host != NULL)
        free_behind_door(closure, closure->user_data);
    else
        give_closure_back(closure);
}

/* Of one that was not. */
static void closure_give_back(void *closure)
{
    (host != NULL ? host->give_back : give_closure_back)(closure);
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
    closure_give_back(block);
    return indirect;
}

static ffi_status prepare_closure(ffi_closure *closure, ffi_cif *cif, door_handler *handler, void *user, void *code)
{
    ffi_status status;
    lock_process(&allocating);
    status = ffi_prep_closure_loc(closure, cif, handler, user, code);
    unlock_process(&allocating);
    return status;
}

/* A door for a closure of ours, in the list.  NULL: no memory. */
static door *open_door(ffi_cif *cif, door_handler *handler, void *user)
{
    door *d = door_new(cif, handler, user);
    if (d == NULL)
        return NULL;
    lock_process(host->lock);
    list_door(&own_doors, d);
    unlock_process(host->lock);
    return d;
}

static void drop_door(door *d)
{
    lock_process(host->lock);
    unlist_door(d);
    unlock_process(host->lock);
    free(d);
}

/* FFI_OK, or why not; raises nothing. */
static ffi_status closure_prepare(ffi_closure *closure, ffi_cif *cif, door_handler *handler, void *user, void *code)
{
    ffi_status status;
    door *d;

    if (host == NULL)
        return prepare_closure(closure, cif, handler, user, code);
    d = open_door(cif, handler, user);
    status = d == NULL ? FFI_BAD_TYPEDEF : host->prepare(closure, &d->cif, host->enter, d, code);
    if (d != NULL && status != FFI_OK)
        drop_door(d);
    if (status != FFI_OK)
        closure->user_data = NULL;
    return status;
}

/* Another handler for one that is prepared; C may be calling it. */
static void closure_answer_by(ffi_closure *closure, door_handler *handler)
{
    if (host == NULL)
        __atomic_store_n(&closure->fun, handler, __ATOMIC_RELAXED);
    else
        __atomic_store_n(&((door *)closure->user_data)->handler, handler, __ATOMIC_RELAXED);
}

#if RAW_CLOSURES
typedef void raw_handler(ffi_cif *cif, void *result, ffi_raw *args, void *user);

static ffi_status prepare_raw_closure(ffi_raw_closure *closure, ffi_cif *cif, door_handler *handler, void *user,
                                      void *code)
{
    ffi_status status;
    lock_process(&allocating);
    status = ffi_prep_raw_closure_loc(closure, cif, (raw_handler *)(void (*)(void))handler, user, code);
    unlock_process(&allocating);
    /* libffi puts the code address here, which is not the closure's where trampolines
       live in pages of their own. */
    closure->this_closure = closure;
    return status;
}

/* As closure_prepare(). */
static ffi_status raw_closure_prepare(ffi_raw_closure *closure, ffi_cif *cif, raw_handler *handler, void *user,
                                      void *code)
{
    door_handler *plain = (door_handler *)(void (*)(void))handler;
    ffi_status status;
    door *d;

    if (host == NULL)
        return prepare_raw_closure(closure, cif, plain, user, code);
    d = open_door(cif, plain, user);
    status = d == NULL ? FFI_BAD_TYPEDEF : host->prepare_raw(closure, &d->cif, host->enter, d, code);
    if (d != NULL && status != FFI_OK)
        drop_door(d);
    if (status != FFI_OK)
        closure->user_data = NULL;
    return status;
}

static void raw_closure_free(ffi_raw_closure *closure)
{
    if (host != NULL)
        free_behind_door(closure, closure->user_data);
    else
        give_closure_back(closure);
}

static void raw_closure_answer_by(ffi_raw_closure *closure, raw_handler *handler)
{
    if (host == NULL)
        __atomic_store_n(&closure->fun, handler, __ATOMIC_RELAXED);
    else
        __atomic_store_n(&((door *)closure->user_data)->handler, (door_handler *)(void (*)(void))handler,
                         __ATOMIC_RELAXED);
}
#endif

#endif
