/* An address in C bytes of any alignment. */
#ifndef FFIPY_VALUES_ADDRESS_H
#define FFIPY_VALUES_ADDRESS_H

#include <string.h>

static inline void write_address(void *where, const void *address)
{
    memcpy(where, &address, sizeof address);
}

static inline void *read_address(const void *where)
{
    void *address;
    memcpy(&address, where, sizeof address);
    return address;
}

#endif
