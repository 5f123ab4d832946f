/* Being told that a thread of C's ends. */
#ifndef FFIPY_BASE_OS_THREAD_EXIT_H
#define FFIPY_BASE_OS_THREAD_EXIT_H

#include <Python.h>
#if defined(_WIN32)
#include "base/os/windows/api.h"
#else
#include <pthread.h>
#endif

#include "base/compiler.h"

typedef void (*thread_ended)(void *);

static thread_ended tell_ended;             /* the same for all threads */

#if defined(_WIN32)
static DWORD exit_slot;
static INIT_ONCE exit_slot_once = INIT_ONCE_STATIC_INIT;

static void WINAPI slot_ends(void *value)
{
    tell_ended(value);
}

static BOOL CALLBACK make_exit_slot(INIT_ONCE *once, void *parameter, void **context)
{
    (void)once, (void)parameter, (void)context;
    exit_slot = FlsAlloc(slot_ends);
    return TRUE;
}

/* Call `ended` with `value` when this thread ends; it may be called twice.  Fiber-local storage is freed before
   thread-local storage is, of which CPython's and ours are. */
static void at_thread_exit(thread_ended ended, void *value)
{
    tell_ended = ended;
    InitOnceExecuteOnce(&exit_slot_once, make_exit_slot, NULL, NULL);
    FlsSetValue(exit_slot, value);
}

/* Threads are told no more. */
static void leave_threads(void)
{
}

#else
static pthread_key_t exit_key;
static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;
static int has_exit_key;

static void make_exit_key(void)
{
    has_exit_key = pthread_key_create(&exit_key, tell_ended) == 0;
}

/* Threads are told no more by the key. */
static void leave_threads(void)
{
    if (has_exit_key)
        pthread_key_delete(exit_key);
}

#if defined(__GLIBC__)
extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
extern void *__dso_handle;
#endif

/* Call `ended` with `value` when this thread ends; it may be called twice.  With glibc CPython
   still knows the thread then; a pthread key's destructor may come after CPython's own key was
   cleared.  That is for what glibc calls no more: a thread whose first callback comes from the
   destructor of another key. */
static void at_thread_exit(thread_ended ended, void *value)
{
    tell_ended = ended;
    pthread_once(&exit_key_once, make_exit_key);
    pthread_setspecific(exit_key, value);
#if defined(__GLIBC__)
    __cxa_thread_atexit_impl(ended, value, &__dso_handle);
#endif
}
#endif

#endif
