/* The clock that nobody sets. */
#ifndef FFIPY_BASE_OS_CLOCK_H
#define FFIPY_BASE_OS_CLOCK_H

#include <stdint.h>
#if defined(_WIN32)
#include "base/os/windows/api.h"
#else
#include <time.h>
#endif

/* By a clock that nobody sets; of 0: what it shows. */
static double seconds_since(double then)
{
#if defined(_WIN32)
    LARGE_INTEGER ticks, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);
    return (double)ticks.QuadPart / (double)frequency.QuadPart - then;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - then;
#endif
}

/* The same clock for what has little room; differences are right modulo 2^32. */
static uint32_t hundredths(void)
{
    return (uint32_t)(uint64_t)(seconds_since(0) * 100);
}

#endif
