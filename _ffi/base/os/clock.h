/* The clock that nobody sets. */
#ifndef FFIPY_BASE_OS_CLOCK_H
#define FFIPY_BASE_OS_CLOCK_H

#include <time.h>

/* By a clock that nobody sets; of 0: what it shows. */
static double seconds_since(double then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - then;
}

#endif
