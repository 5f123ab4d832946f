/* Functions that give back what they get. Each counts: a call with a bad argument must not arrive. */
#include <complex.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <uchar.h>
#include <wchar.h>

_Atomic int calls;        /* from several threads too */

#define ECHO(name, T) T echo_##name(T x) { calls++; return x; }
#define SCALARS(DO) \
    DO(bool, bool) DO(char, char) DO(schar, signed char) DO(uchar, unsigned char) \
    DO(short, short) DO(ushort, unsigned short) DO(int, int) DO(uint, unsigned int) \
    DO(long, long) DO(ulong, unsigned long) DO(longlong, long long) DO(ulonglong, unsigned long long) \
    DO(int8, int8_t) DO(uint8, uint8_t) DO(int16, int16_t) DO(uint16, uint16_t) \
    DO(int32, int32_t) DO(uint32, uint32_t) DO(int64, int64_t) DO(uint64, uint64_t) \
    DO(size_t, size_t) DO(ssize_t, ptrdiff_t) DO(ptrdiff_t, ptrdiff_t) \
    DO(intptr_t, intptr_t) DO(uintptr_t, uintptr_t) DO(intmax_t, intmax_t) DO(uintmax_t, uintmax_t) \
    DO(wchar_t, wchar_t) DO(char16_t, char16_t) DO(char32_t, char32_t) \
    DO(float, float) DO(double, double) DO(longdouble, long double) \
    DO(complex_float, float complex) DO(complex_double, double complex) \
    DO(complex_longdouble, long double complex)

SCALARS(ECHO)
#ifdef __SIZEOF_INT128__
ECHO(int128, __int128)
ECHO(uint128, unsigned __int128)
#endif

/* What the C compiler says about each scalar. */
#define SIZE(name, T) const size_t size_of_##name = sizeof(T), align_of_##name = offsetof(struct { char c; T x; }, x);
SCALARS(SIZE)

void nothing(void) { calls++; }
void *echo_pointer(void *p) { calls++; return p; }
const char *echo_string(const char *s) { calls++; return s; }
size_t length(const char *s) { calls++; return s ? strlen(s) : (size_t)-1; }
size_t wide_length(const wchar_t *s) { calls++; return s ? wcslen(s) : (size_t)-1; }
double sum_doubles(const double *x, int n) { double s = 0; calls++; while (n > 0) s += x[--n]; return s; }
void fill_ints(int *x, int n) { calls++; while (n-- > 0) x[n] = n; }
void add_one(int *x) { calls++; if (x) ++*x; }
int read_int(const int *x) { calls++; return x ? *x : -1; }

int divide(int a, int b, int *quotient, int *remainder)
{
    calls++;
    if (!b)
        return -1;
    *quotient = a / b;
    *remainder = a % b;
    return 0;
}

void split(double x, double *whole, double *part)
{
    calls++;
    *whole = (long)x;
    *part = x - *whole;
}

struct point { double x, y; };
struct pair { int a; short b; };
struct segment { struct point a, b; };
struct mixed { char tag; double weight; int counts[3]; struct pair inner; };
struct big { long items[20]; };

struct lonely { long double x; };
struct wrapped { struct lonely inner[1]; };
struct lonely echo_lonely(struct lonely s) { calls++; return s; }
struct wrapped echo_wrapped(struct wrapped s) { calls++; return s; }

struct point echo_point(struct point p) { calls++; return p; }
struct pair echo_pair(struct pair p) { calls++; return p; }
struct segment echo_segment(struct segment s) { calls++; return s; }
struct mixed echo_mixed(struct mixed m) { calls++; return m; }
struct big echo_big(struct big b) { calls++; return b; }
struct point swap_point(struct point p) { calls++; return (struct point){p.y, p.x}; }
double distance2(const struct point *a, const struct point *b)
{
    calls++;
    return (a->x - b->x) * (a->x - b->x) + (a->y - b->y) * (a->y - b->y);
}

/* Fills what it was given by value: the caller's copy must not see it. */
long trample_big(struct big b)
{
    long first = ((volatile struct big *)&b)->items[0];
    calls++;
    memset((void *)(volatile void *)&b, 0xff, sizeof b);
    return first + ((volatile struct big *)&b)->items[19];
}

enum color { RED, GREEN = 5, BLUE };
enum color echo_color(enum color x) { calls++; return x; }

int set_errno_to(int value) { calls++; errno = value; return value; }
int errno_before(void) { calls++; return errno; }

/* Twelve of each: more than any ABI has registers for. */
double many(int a, double b, int c, double d, int e, double f, int g, double h, int i, double j, int k, double l,
            int m, double n, int o, double p, int q, double r, int s, double t, int u, double v, int w, double x)
{
    calls++;
    return a + 2*b + 3*c + 4*d + 5*e + 6*f + 7*g + 8*h + 9*i + 10*j + 11*k + 12*l
         + 13*m + 14*n + 15*o + 16*p + 17*q + 18*r + 19*s + 20*t + 21*u + 22*v + 23*w + 24*x;
}

/* "i" int, "l" long, "q" long long, "u" unsigned, "d" double, "D" long double, "p" pointer, "s" string, "P" point:
   each argument is printed to out, which has room. */
int record(char *out, const char *kinds, ...)
{
    va_list ap;
    char *start = out;
    calls++;
    va_start(ap, kinds);
    *out = 0;
    for (; *kinds; kinds++)
        switch (*kinds) {
        case 'i': out += sprintf(out, "%d;", va_arg(ap, int)); break;
        case 'u': out += sprintf(out, "%u;", va_arg(ap, unsigned)); break;
        case 'l': out += sprintf(out, "%ld;", va_arg(ap, long)); break;
        case 'q': out += sprintf(out, "%lld;", va_arg(ap, long long)); break;
        case 'd': out += sprintf(out, "%.17g;", va_arg(ap, double)); break;
        case 'D': out += sprintf(out, "%.20Lg;", va_arg(ap, long double)); break;
        case 'p': out += sprintf(out, "%d;", va_arg(ap, void *) != NULL); break;
        case 's': { const char *s = va_arg(ap, const char *); out += sprintf(out, "%s;", s ? s : "NULL"); break; }
        case 'P': { struct point p = va_arg(ap, struct point); out += sprintf(out, "%g,%g;", p.x, p.y); break; }
        }
    va_end(ap);
    return out - start;
}

long sum_longs(int n, ...)
{
    long sum = 0;
    va_list ap;
    calls++;
    va_start(ap, n);
    while (n-- > 0)
        sum += va_arg(ap, long);
    va_end(ap);
    return sum;
}

int counter = 7;
const char *greeting = "hello";
struct point origin = {1.5, -2.5};
int table[5] = {1, 2, 3, 4, 5};
const int constant = 99;
int (*operation)(int) = echo_int;
