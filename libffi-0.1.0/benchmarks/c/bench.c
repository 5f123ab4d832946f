#include <pthread.h>
#include <stdlib.h>
#include "bench.h"

int add(int a, int b) { return a + b; }

double half(double x) { return x * 0.5; }

void nop(void) {}

int six(int a, int b, int c, int d, int e, int f) { return a + b + c + d + e + f; }

double mixed(int a, double b, int c, double d, int e, double f, int g, double h)
{
    return a + b + c + d + e + f + g + h;
}

point turn(point p) { return (point){-p.y, p.x}; }

double total(const double *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

int poke(char *text, int value)
{
    int before = text[0];
    text[0] = (char)value;
    return before;
}

const char *greeting(int which)
{
    static const char *const greetings[] = {"good morning", "good evening"};
    return greetings[which & 1];
}

int divide(int a, int b, int *remainder)
{
    *remainder = a % b;
    return a / b;
}

int repeat(int (*callback)(int, int), int times)
{
    int sum = 0;
    for (int i = 0; i < times; i++)
        sum ^= callback(i, 1);
    return sum;
}

struct work {
    int (*callback)(int, int);
    int times;
    int result;
};

static void *run(void *argument)
{
    struct work *work = argument;
    work->result = repeat(work->callback, work->times);
    return NULL;
}

int repeat_in_thread(int (*callback)(int, int), int times)
{
    struct work work = {callback, times, 0};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, &work) != 0)
        return -1;
    pthread_join(thread, NULL);
    return work.result;
}

void sort(int *values, size_t count, int (*compare)(const int *, const int *))
{
    qsort(values, count, sizeof(int), (int (*)(const void *, const void *))compare);
}

/* Instruction counts are dumped each time this is entered. */
void mark(void) { __asm__ volatile(""); }
