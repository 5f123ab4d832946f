/* The clock that nobody sets. */
#ifndef FFIPY_BASE_OS_CLOCK_H
#define FFIPY_BASE_OS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* By a clock that nobody sets; of 0: what it shows. */
static double seconds_since(double then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - then;
}

/* The same clock for what has little room; differences are right modulo 2^32. */
static uint32_t hundredths(void)
{
    return (uint32_t)(uint64_t)(seconds_since(0) * 100);
}

#endif
