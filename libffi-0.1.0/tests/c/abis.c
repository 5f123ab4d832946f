/* Functions of one ABI and their callers: compile with -DATTR='__attribute__((...))'. */

#define SIZES(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) \
    DO(13) DO(14) DO(15) DO(16) DO(17) DO(18) DO(19) DO(20) DO(21) DO(22) DO(23) DO(24)

#define REVERSE(n) \
    typedef struct { unsigned char at[n]; } bytes##n; \
    ATTR bytes##n reverse##n(int before, bytes##n x, int after) \
    { \
        bytes##n r; \
        for (int i = 0; i < n; i++) \
            r.at[i] = x.at[n - 1 - i] + before - after; \
        return r; \
    } \
    void call_reverse##n(bytes##n (ATTR *f)(int, bytes##n, int), bytes##n *x) { *x = f(40, *x, 2); }
SIZES(REVERSE)

ATTR double mixed(double a, int b, float c, long long d, short e, double f, signed char g, float h)
{
    return a + 2 * b + 4 * c + 8 * (double)d + 16 * e + 32 * f + 64 * g + 128 * h;
}

double call_mixed(double (ATTR *f)(double, int, float, long long, short, double, signed char, float))
{
    return f(0.5, -3, 1.25f, 1LL << 40, -300, 2.5, -100, 0.75f);
}

ATTR long double scale(int a, long double b, double c, long double d) { return a * b + c * d; }
long double call_scale(long double (ATTR *f)(int, long double, double, long double))
{
    return f(3, 1.25L, 2.0, 0.5L);
}

struct pair { double x; float y; };
ATTR struct pair swap(struct pair a, struct pair b) { return (struct pair){ b.x - a.x, a.y - b.y }; }
void call_swap(struct pair (ATTR *f)(struct pair, struct pair), struct pair *a, struct pair *b) { *a = f(*a, *b); }

ATTR void nothing(void) { }
ATTR float half(float x) { return x / 2; }
ATTR signed char negate(signed char x) { return -x; }
ATTR unsigned short next(unsigned short x) { return x + 1; }
