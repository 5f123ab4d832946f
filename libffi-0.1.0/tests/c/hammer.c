/* Threads that call whatever closures they find, without a pause. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define SLOTS 512
#define THREADS 16

static _Atomic(uintptr_t) slots[SLOTS];
static atomic_int over;
static atomic_long calls, right, late, failed, faults;
static pthread_t threads[THREADS];
static int running;

void put(int slot, int (*f)(int)) { slots[slot] = (uintptr_t)f; }

/* A closure gives its argument + 1, -1 when its callable raised, 0 once it has expired. */
static void *hammer(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed * 2654435761u + 1;
    while (!over) {
        int (*f)(int), x, result;
        random = random * 1664525u + 1013904223u;
        f = (int (*)(int))slots[(random >> 16) % SLOTS];
        if (!f)
            continue;
        x = 1 + (random & 0xffff);
        result = f(x);
        calls++;
        if (result == x + 1)
            right++;
        else if (result == 0)
            late++;
        else if (result == -1)
            failed++;
        else
            faults++;
    }
    return 0;
}

int start(int n)
{
    over = 0;
    for (running = 0; running < n && running < THREADS; running++)
        if (pthread_create(&threads[running], 0, hammer, (void *)(uintptr_t)(running + 1)))
            return -1;
    return running;
}

void stop(long *counts)
{
    over = 1;
    while (running > 0)
        pthread_join(threads[--running], 0);
    counts[0] = calls, counts[1] = right, counts[2] = late, counts[3] = failed, counts[4] = faults;
}
