/* Storage that is not ours may be gone: what only looks asks the kernel first. */
#ifndef FFIPY_BASE_OS_READABLE_H
#define FFIPY_BASE_OS_READABLE_H

#include <stddef.h>

#ifdef __linux__
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Would reading these bytes end the process?  The kernel reads a signal set before it finds that
   there is no such thing to do with it. */
static int is_readable(const void *start, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)start & ~(uintptr_t)7;
    uintptr_t last = (uintptr_t)start + (size ? size - 1 : 0);
    int saved = errno, readable = last >= (uintptr_t)start;

    while (readable && at <= last) {
        readable = syscall(SYS_rt_sigprocmask, -1, at, NULL, _NSIG / 8) == 0 || errno != EFAULT;
        at = (at & ~(page - 1)) + page;
        if (at == 0)
            break;
    }
    errno = saved;
    return readable;
}
#elif defined(_WIN32)
#include <stdint.h>
#include "base/os/windows/api.h"

/* Would reading these bytes end the process?  The guard page of a stack would be used up by it. */
static int is_readable(const void *start, size_t size)
{
    uintptr_t at = (uintptr_t)start;
    const uintptr_t last = at + (size ? size - 1 : 0);
    MEMORY_BASIC_INFORMATION pages;

    if (last < at)
        return 0;
    do {
        if (VirtualQuery((const void *)at, &pages, sizeof pages) == 0 || pages.State != MEM_COMMIT
            || pages.Protect & (PAGE_NOACCESS | PAGE_EXECUTE | PAGE_GUARD))
            return 0;
        at = (uintptr_t)pages.BaseAddress + pages.RegionSize;
    } while (at <= last && at != 0);
    return 1;
}
#else
static int is_readable(const void *start, size_t size)
{
    (void)start;
    return size == 0;
}
#endif

#endif
