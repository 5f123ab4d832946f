/* Functions that call what they are given: at once, again, nested, later, from threads of their own. */
#include <complex.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <uchar.h>
#include <wchar.h>

#define THROUGH(name, T) T through_##name(T (*f)(T), T x) { return f(x); }
THROUGH(bool, bool) THROUGH(char, char) THROUGH(schar, signed char) THROUGH(uchar, unsigned char)
THROUGH(short, short) THROUGH(ushort, unsigned short) THROUGH(int, int) THROUGH(uint, unsigned)
THROUGH(long, long) THROUGH(ulong, unsigned long)
THROUGH(longlong, long long) THROUGH(ulonglong, unsigned long long)
THROUGH(int8, int8_t) THROUGH(uint8, uint8_t) THROUGH(int16, int16_t) THROUGH(uint16, uint16_t)
THROUGH(int32, int32_t) THROUGH(uint32, uint32_t) THROUGH(int64, int64_t) THROUGH(uint64, uint64_t)
THROUGH(size_t, size_t) THROUGH(wchar_t, wchar_t) THROUGH(char16_t, char16_t) THROUGH(char32_t, char32_t)
THROUGH(float, float) THROUGH(double, double) THROUGH(longdouble, long double)
THROUGH(complex_float, float complex) THROUGH(complex_double, double complex)
THROUGH(complex_longdouble, long double complex)
THROUGH(pointer, void *) THROUGH(string, const char *) THROUGH(wstring, const wchar_t *)
#ifdef __SIZEOF_INT128__
THROUGH(int128, __int128) THROUGH(uint128, unsigned __int128)
#endif

struct point { double x, y; };
struct pair { int a; short b; };
struct big { long items[20]; };
struct lonely { long double x; };
THROUGH(lonely, struct lonely)
THROUGH(point, struct point) THROUGH(pair, struct pair) THROUGH(big, struct big)

void call_void(void (*f)(void)) { f(); }

/* Goes on after each, whatever came back. */
int call_n(int (*f)(int), int n, int *results)
{
    for (int i = 0; i < n; i++)
        results[i] = f(i);
    return n;
}

double call_many(double (*f)(int, double, int, double, int, double, int, double, int, double, int, double,
                             int, double, int, double, int, double, int, double, int, double, int, double))
{
    return f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24);
}

/* One more than what f says: to see that C went on after a callback that failed. */
int call_and_add(int (*f)(int), int x) { return f(x) + 1; }

/* The plainest of all. */
int call_one(int (*f)(int), int x) { return f(x); }

int call_two(int (*f)(int), int (*g)(int), int x) { return g(f(x)); }

static int (*stored)(int);
void store(int (*f)(int)) { stored = f; }
int call_stored(int x) { return stored ? stored(x) : -1; }

/* errno as C sees it before and after f. */
int errno_around(int (*f)(int), int before) { errno = before; f(before); return errno; }

struct errno_work { int (*f)(int); int before, after; };
static void *errno_run(void *p)
{
    struct errno_work *w = p;
    w->after = errno_around(w->f, w->before);
    return NULL;
}

int errno_around_in_thread(int (*f)(int), int before)
{
    struct errno_work w = {f, before, -1};
    pthread_t thread;
    return pthread_create(&thread, NULL, errno_run, &w) || pthread_join(thread, NULL) ? -1 : w.after;
}

/* Asks for n names, and only then reads them. */
int join_names(const char *(*name)(int), int n, char *out, size_t size)
{
    const char **names = calloc(n, sizeof *names);
    size_t used = 0;
    for (int i = 0; i < n; i++)
        names[i] = name(i);
    for (int i = 0; i < n; i++)
        used += snprintf(out + used, size - used, "%s|", names[i]);
    free(names);
    return (int)used;
}

/* Asks n times and uses nothing: a main loop. */
void ask(void *(*f)(int), int n) { for (int i = 0; i < n; i++) f(i); }

struct operations { int (*add)(int, int); int (*negate)(int); void *user; };
int use_operations(const struct operations *o, int a, int b) { return o->negate(o->add(a, b)); }

struct work { int (*f)(int); int n; int *results; pthread_t thread; };
static void *run(void *p) { struct work *w = p; call_n(w->f, w->n, w->results); return NULL; }

int call_in_thread(int (*f)(int), int n, int *results)
{
    struct work w = {f, n, results, 0};
    return pthread_create(&w.thread, NULL, run, &w) || pthread_join(w.thread, NULL);
}

struct turns { int (**f)(int); int n, x, *results; };
static void *run_turns(void *p)
{
    struct turns *t = p;
    for (int i = 0; i < t->n; i++)
        t->results[i] = t->f[i](t->x);
    return NULL;
}

/* One thread calls each of n functions. */
int call_in_turn_in_thread(int (**f)(int), int n, int x, int *results)
{
    struct turns t = {f, n, x, results};
    pthread_t thread;
    return pthread_create(&thread, NULL, run_turns, &t) || pthread_join(thread, NULL);
}

/* Results of thread t are at results + t * n. */
int call_in_threads(int (*f)(int), int threads, int n, int *results)
{
    struct work *w = calloc(threads, sizeof *w);
    int bad = 0;
    for (int t = 0; t < threads; t++) {
        w[t] = (struct work){f, n, results + t * n, 0};
        bad |= pthread_create(&w[t].thread, NULL, run, &w[t]);
    }
    for (int t = 0; t < threads; t++)
        bad |= pthread_join(w[t].thread, NULL);
    free(w);
    return bad;
}

static struct work background;
int start_thread(int (*f)(int), int n, int *results)
{
    background = (struct work){f, n, results, 0};
    return pthread_create(&background.thread, NULL, run, &background);
}
int join_thread(void) { return pthread_join(background.thread, NULL); }

/* After everything, Python too, is over. */
static int (*last)(int);
static void call_last(void) { printf("%d\n", last(5)); }
int call_at_exit(int (*f)(int)) { last = f; return atexit(call_last); }

/* Calls for as long as the process lives. */
static void *spin(void *p)
{
    int (*f)(int) = (int (*)(int))(uintptr_t)p;
    for (int i = 0;; i++)
        f(i & 0xff);
    return NULL;
}
int call_for_ever(int (*f)(int)) { pthread_t t; return pthread_create(&t, NULL, spin, (void *)(uintptr_t)f); }

/* A callback with a pointer of the caller's, as most C libraries have it. */
int each(const int *items, int n, int (*f)(int item, void *user), void *user)
{
    int stop = 0;
    while (n-- > 0 && !(stop = f(*items++, user)));
    return stop;
}

/* Go's convention: the closure is in the static chain register, its first word is the code. */
#if defined __GNUC__ && !defined __clang__
#define HAS_STATIC_CHAIN 1
int call_go(void **closure, int x)
{
    int (*code)(int) = (int (*)(int))*closure;
    return __builtin_call_with_static_chain(code(x), closure);
}
#else
#define HAS_STATIC_CHAIN 0
#endif
const int has_static_chain = HAS_STATIC_CHAIN;
