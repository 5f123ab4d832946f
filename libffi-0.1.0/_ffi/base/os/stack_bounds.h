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
#if defined(__linux__) && !defined(__GLIBC__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
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
