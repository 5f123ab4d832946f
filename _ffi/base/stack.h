/* How much of C's stack is left: Python counts its own calls, not those that C, closures and
   conversions make of each other. */
#ifndef FFIPY_STACK_H
#define FFIPY_STACK_H

#include <pthread.h>
#if defined(__linux__) && !defined(__GLIBC__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define STACK_RESERVE (128 * 1024)          /* what Python needs to report that the rest is used up */

THREAD_LOCAL char *stack_end;               /* the lowest address, once asked for */
THREAD_LOCAL size_t stack_reserve;          /* 0: not asked yet */

COLD static void find_stack(void)
{
    size_t size = 0;
#if defined(__APPLE__)
    size = pthread_get_stacksize_np(pthread_self());
    stack_end = (char *)pthread_get_stackaddr_np(pthread_self()) - size;
#else
    pthread_attr_t attributes;
    void *end = NULL;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &end, &size);
        pthread_attr_destroy(&attributes);
    }
#if defined(__linux__) && !defined(__GLIBC__)
    {   /* musl tells of the main thread's stack what is in use now, not how far it may grow. */
        struct rlimit limit;
        if (syscall(SYS_gettid) == getpid() && getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > size) {
            char *top = (char *)end + size;
            size = limit.rlim_cur < (uintptr_t)top ? (size_t)limit.rlim_cur : (uintptr_t)top;
            end = top - size;
        }
    }
#endif
    stack_end = end;
#endif
    stack_reserve = size / 4 < STACK_RESERVE ? size / 4 + 1 : STACK_RESERVE;
}

/* Whether this thread's stack is nearly used up.  Coroutines may run on another one: not our business. */
static inline int stack_is_short(void)
{
    if (UNLIKELY(stack_reserve == 0))
        find_stack();
    return (size_t)((char *)__builtin_frame_address(0) - stack_end) < stack_reserve;
}

/* Is there room for so much more?  -1 with RecursionError. */
COLD static int need_stack(size_t bytes)
{
    if (stack_reserve == 0)
        find_stack();
    if ((size_t)((char *)__builtin_frame_address(0) - stack_end) >= stack_reserve + bytes)
        return 0;
    PyErr_SetString(PyExc_RecursionError, "the C stack is used up");
    return -1;
}

#endif
