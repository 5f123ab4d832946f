/* Storage on pages of its own, between two that nobody may touch. */
#ifndef FFIPY_BASE_OS_PAGES_H
#define FFIPY_BASE_OS_PAGES_H

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Zeroed pages for `size` bytes, and *room, which is all of them with the two.  The first of the two; NULL: the
   system has none. */
static char *map_fenced(size_t size, size_t *room)
{
    const size_t page = page_size(), inner = (size + page - 1) / page * page;
    char *start;

    *room = inner + 2 * page;
    start = mmap(NULL, *room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    if (mprotect(start + page, inner, PROT_READ | PROT_WRITE) == 0)
        return start;
    munmap(start, *room);
    return NULL;
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
