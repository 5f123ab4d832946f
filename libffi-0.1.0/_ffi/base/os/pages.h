/* Storage on pages of its own, between two that nobody may touch. */
#ifndef FFIPY_BASE_OS_PAGES_H
#define FFIPY_BASE_OS_PAGES_H

#include <stddef.h>

#if defined(_WIN32)
#include "base/os/windows/api.h"

static size_t page_size(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

static char *reserve_pages(size_t room)
{
    return VirtualAlloc(NULL, room, MEM_RESERVE, PAGE_NOACCESS);
}

static int open_pages(char *start, size_t size)
{
    return VirtualAlloc(start, size, MEM_COMMIT, PAGE_READWRITE) != NULL;
}

/* From now on nobody may touch any of them; what was there is gone. */
static void close_pages(char *start, size_t room)
{
    VirtualFree(start, room, MEM_DECOMMIT);
}

static void unmap_pages(char *start, size_t room)
{
    (void)room;
    VirtualFree(start, 0, MEM_RELEASE);
}

#else
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static char *reserve_pages(size_t room)
{
    char *start = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return start == MAP_FAILED ? NULL : start;
}

static int open_pages(char *start, size_t size)
{
    return mprotect(start, size, PROT_READ | PROT_WRITE) == 0;
}

/* From now on nobody may touch any of them; what was there is gone. */
static void close_pages(char *start, size_t room)
{
    mprotect(start, room, PROT_NONE);
    madvise(start, room, MADV_DONTNEED);
}

static void unmap_pages(char *start, size_t room)
{
    munmap(start, room);
}
#endif

/* Zeroed pages for `size` bytes, and *room, which is all of them with the two.  The first of the two; NULL: the
   system has none. */
static char *map_fenced(size_t size, size_t *room)
{
    const size_t page = page_size(), inner = (size + page - 1) / page * page;
    char *start;

    *room = inner + 2 * page;
    start = reserve_pages(*room);
    if (start == NULL || open_pages(start + page, inner))
        return start;
    unmap_pages(start, *room);
    return NULL;
}

#endif
