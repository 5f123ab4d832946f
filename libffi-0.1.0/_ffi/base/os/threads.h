/* The system's threads: which is this one, a moment's rest, what to do after a fork. */
#ifndef FFIPY_BASE_OS_THREADS_H
#define FFIPY_BASE_OS_THREADS_H

#include <Python.h> /* before the system's: it asks for all that they have */

#if defined(_WIN32)
#include "base/os/windows/api.h"

typedef DWORD system_thread;

static inline system_thread this_thread(void)
{
    return GetCurrentThreadId();
}

static inline int is_this_thread(system_thread thread)
{
    return GetCurrentThreadId() == thread;
}

static inline void rest_a_millisecond(void)
{
    Sleep(1);
}

/* There is no fork(). */
#define after_fork_in_child(forked) ((void)(forked))

typedef SRWLOCK process_lock;
#define PROCESS_LOCK_INIT SRWLOCK_INIT

static inline void lock_process(process_lock *lock)
{
    AcquireSRWLockExclusive(lock);
}

static inline void unlock_process(process_lock *lock)
{
    ReleaseSRWLockExclusive(lock);
}

#else
#include <pthread.h>
#include <time.h>

typedef pthread_t system_thread;

static inline system_thread this_thread(void)
{
    return pthread_self();
}

static inline int is_this_thread(system_thread thread)
{
    return pthread_equal(pthread_self(), thread);
}

static inline void rest_a_millisecond(void)
{
    struct timespec millisecond = {0, 1000000};
    nanosleep(&millisecond, NULL);
}

/* Call `forked` in the child of each fork(), in which there is the forking thread only. */
static inline void after_fork_in_child(void (*forked)(void))
{
    pthread_atfork(NULL, NULL, forked);
}

/* For what all interpreters share, each with a GIL of its own.  Held where nothing needs a GIL. */
typedef pthread_mutex_t process_lock;
#define PROCESS_LOCK_INIT PTHREAD_MUTEX_INITIALIZER

static inline void lock_process(process_lock *lock)
{
    pthread_mutex_lock(lock);
}

static inline void unlock_process(process_lock *lock)
{
    pthread_mutex_unlock(lock);
}
#endif

#endif
