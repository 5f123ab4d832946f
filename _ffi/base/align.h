/* Rounding up to an alignment, a power of two. */
#ifndef FFIPY_BASE_ALIGN_H
#define FFIPY_BASE_ALIGN_H

#include <stddef.h>

static inline unsigned align_up(size_t offset, size_t alignment)
{
    return (unsigned)((offset + alignment - 1) & ~(alignment - 1));
}

#endif
