/* Rounding up to an alignment, a power of two. */
#ifndef FFIPY_BASE_ALIGN_H
#define FFIPY_BASE_ALIGN_H

#include <stddef.h>
#include <stdint.h>

static inline unsigned align_up(size_t offset, size_t alignment)
{
    return (unsigned)((offset + alignment - 1) & ~(alignment - 1));
}

static inline void *align_pointer(void *pointer, size_t alignment)
{
    return (void *)(((uintptr_t)pointer + alignment - 1) & ~(uintptr_t)(alignment - 1));
}

#endif
