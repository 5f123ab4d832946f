/* Time ffi_call_plan_invoke for common signatures: a line with name and nanoseconds for each.

   Compiled against one libffi and another by plans.py, which runs the two in turn. */
#include <ffi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALLS 5000
#define BATCHES 50      /* the fastest counts: what disturbs a batch only adds to it */

static int none(void) { return 1; }
static int i_i(int a) { return a; }
static int i_ii(int a, int b) { return a - b; }
static int i_iii(int a, int b, int c) { return a - b - c; }
static int i_iiiiii(int a, int b, int c, int d, int e, int f) { return a - b - c - d - e - f; }
static unsigned u_uu(unsigned a, unsigned b) { return a + b; }
static int i_bc(unsigned char a, signed char b) { return a + b; }
static int i_pi(const int *p, int i) { return p[i]; }
static long l_ipl(int a, const int *p, long n) { return a + *p + n; }
static void v_p(int *p) { (void)p; }
static long l_ll(long a, long b) { return a - b; }
static double d_d(double x) { return x; }
static double d_dd(double x, double y) { return x - y; }
static double d_di(double x, int n) { return x * n; }
static float f_ff(float x, float y) { return x - y; }
static double d_8d(double a, double b, double c, double d, double e, double f, double g, double h)
{
    return a + b + c + d + e + f + g + h;
}
static int i_9i(int a, int b, int c, int d, int e, int f, int g, int h, int i)
{
    return a + b + c + d + e + f + g + h + i;
}

static int table[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

#define V &ffi_type_void
#define I &ffi_type_sint
#define U &ffi_type_uint
#define C &ffi_type_schar
#define B &ffi_type_uchar
#define L &ffi_type_slong
#define P &ffi_type_pointer
#define D &ffi_type_double
#define F &ffi_type_float

static const struct {
    const char *name;
    void (*function)(void);
    double result;
    ffi_type *types[10];    /* the result's first */
} signatures[] = {
    {"int(void)", FFI_FN(none), 1, {I}},
    {"int(int)", FFI_FN(i_i), -1, {I, I}},
    {"int(int, int)", FFI_FN(i_ii), 1, {I, I, I}},
    {"int(int, int, int)", FFI_FN(i_iii), 4, {I, I, I, I}},
    {"int(6 ints)", FFI_FN(i_iiiiii), 19, {I, I, I, I, I, I, I}},
    {"int(9 ints)", FFI_FN(i_9i), -45, {I, I, I, I, I, I, I, I, I, I}},
    {"unsigned(unsigned, unsigned)", FFI_FN(u_uu), 4294967293., {U, U, U}},
    {"int(unsigned char, signed char)", FFI_FN(i_bc), 253, {I, B, C}},
    {"int(int *, int)", FFI_FN(i_pi), 7, {I, P, I}},
    {"long(int, int *, long)", FFI_FN(l_ipl), 5, {L, I, P, L}},
    {"void(int *)", FFI_FN(v_p), 0, {V, P}},
    {"long(long, long)", FFI_FN(l_ll), 1, {L, L, L}},
    {"double(double)", FFI_FN(d_d), 1, {D, D}},
    {"double(double, double)", FFI_FN(d_dd), -1, {D, D, D}},
    {"double(8 doubles)", FFI_FN(d_8d), 36, {D, D, D, D, D, D, D, D, D}},
    {"double(double, int)", FFI_FN(d_di), -2, {D, D, I}},
    {"float(float, float)", FFI_FN(f_ff), -1, {F, F, F}},
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

/* The slot of the argument in this place: its place, counted from 1, negative for signed integers. */
static void fill(void *slot, const ffi_type *type, int place)
{
    int64_t integer = type->type == FFI_TYPE_UINT8 || type->type == FFI_TYPE_SINT8 ? 256 - place : -place;
    int *pointer = &table[8];

    if (type == P)
        memcpy(slot, &pointer, sizeof pointer);
    else if (type == D)
        memcpy(slot, &(double){place}, sizeof(double));
    else if (type == F)
        memcpy(slot, &(float){(float)place}, sizeof(float));
    else
        memcpy(slot, &integer, type->size);
}

static double as_double(const void *result, const ffi_type *type)
{
    if (type == D)
        return *(const double *)result;
    if (type == F)
        return *(const float *)result;
    if (type == U)
        return (double)*(const ffi_arg *)result;
    return type == V ? 0 : (double)*(const ffi_sarg *)result;
}

int main(void)
{
    for (size_t s = 0; s < sizeof signatures / sizeof *signatures; s++) {
        ffi_type **types = (ffi_type **)signatures[s].types;
        double slots[9], best = 1e30;
        void *values[9];
        union {
            ffi_arg integer;
            double number;
        } result = {0};
        unsigned n = 0;
        ffi_call_plan *plan;
        ffi_cif cif;

        for (; n < 9 && types[n + 1] != NULL; n++)
            fill(values[n] = &slots[n], types[n + 1], (int)n + 1);
        if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, n, types[0], types + 1) != FFI_OK
            || (plan = ffi_call_plan_alloc(&cif)) == NULL)
            return 1;
        for (int batch = 0; batch < BATCHES; batch++) {
            double start = now(), took;
            for (int i = 0; i < CALLS; i++)
                ffi_call_plan_invoke(plan, signatures[s].function, &result, values);
            took = (now() - start) / CALLS;
            best = took < best ? took : best;
        }
        ffi_call_plan_free(plan);
        if (as_double(&result, types[0]) != signatures[s].result) {
            fprintf(stderr, "%s: %g\n", signatures[s].name, as_double(&result, types[0]));
            return 1;
        }
        printf("%s\t%.3f\n", signatures[s].name, best);
    }
    return 0;
}
