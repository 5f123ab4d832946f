/* Where a thread's stack ends. */
#ifndef FFIPY_BASE_OS_STACK_BOUNDS_H
#define FFIPY_BASE_OS_STACK_BOUNDS_H

#include <Python.h>
#include <stdint.h>

#if defined(_WIN32)
#include "base/os/windows/api.h"
#else
#include <pthread.h>
#endif
#if defined(__linux__) && defined(__GLIBC__)
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#elif defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__linux__) && defined(__GLIBC__)
/* The first thread's: glibc would read all of /proc/self/maps for it, which takes as long as a small import.  The
   program's name stands at its very top, and up to so much beneath that the kernel leaves free for it.
   False: this is another thread's, or the limit is a larger one. */
static int first_stack_bounds(char **lowest, size_t *size)
{
    const rlim_t kept_free = 16 * 1024 * 1024;      /* Linux keeps 32 MiB at least, most machines 128 */
    const char *name = (const char *)(uintptr_t)getauxval(AT_EXECFN);
    char *here = __builtin_frame_address(0), *top;
    struct rlimit limit;

    if (name == NULL || getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur > kept_free)
        return 0;
    top = (char *)name + strlen(name);
    *lowest = top - (size_t)limit.rlim_cur;
    *size = (size_t)limit.rlim_cur;
    return here < top && here > *lowest;
}
#endif

/* The lowest address of this thread's stack, and its size. */
static void stack_bounds(char **lowest, size_t *size)
{
#if defined(_WIN32)
    ULONG_PTR low, high;
    GetCurrentThreadStackLimits(&low, &high);
    *lowest = (char *)low;
    *size = high - low;
#elif defined(__APPLE__)
    *size = pthread_get_stacksize_np(pthread_self());
    *lowest = (char *)pthread_get_stackaddr_np(pthread_self()) - *size;
#else
    pthread_attr_t attributes;
    void *end = NULL;

#if defined(__linux__) && defined(__GLIBC__)
    if (first_stack_bounds(lowest, size))
        return;
#endif
    *size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &end, size);
        pthread_attr_destroy(&attributes);
    }
#if defined(__linux__) && !defined(__GLIBC__)
    {   /* musl tells of the main thread's stack what is in use now, not how far it may grow. */
        struct rlimit limit;
        if (syscall(SYS_gettid) == getpid() && getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > *size) {
            char *top = (char *)end + *size;
            *size = limit.rlim_cur < (uintptr_t)top ? (size_t)limit.rlim_cur : (uintptr_t)top;
            end = top - *size;
        }
    }
#endif
    *lowest = end;
#endif
}

#endif
