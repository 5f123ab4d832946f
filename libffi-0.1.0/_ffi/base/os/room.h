/* Room on the stack, and aligned room on the heap. */
#ifndef FFIPY_BASE_OS_ROOM_H
#define FFIPY_BASE_OS_ROOM_H

#include <stdlib.h>
#if defined(_WIN32)
#include <malloc.h> /* alloca, too */
#else
#include <alloca.h>
#endif

/* For free_aligned(); NULL: there is none. */
static inline void *aligned_room(size_t alignment, size_t size)
{
#if defined(_WIN32)
    return _aligned_malloc(size, alignment);
#else
    void *room = NULL;
    return posix_memalign(&room, alignment, size) == 0 ? room : NULL;
#endif
}

static inline void free_aligned(void *room)
{
#if defined(_WIN32)
    _aligned_free(room);
#else
    free(room);
#endif
}

#endif
