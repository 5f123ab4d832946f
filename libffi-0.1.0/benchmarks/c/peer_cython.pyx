# cython: language_level=3
from libc.stdio cimport snprintf as c_snprintf
from libc.string cimport strlen as c_strlen

cdef extern from "bench.h" nogil:
    ctypedef struct point:
        double x, y
    int c_add "add"(int a, int b)
    double c_half "half"(double x)
    void c_nop "nop"()
    int c_six "six"(int a, int b, int c, int d, int e, int f)
    double c_mixed "mixed"(int a, double b, int c, double d, int e, double f, int g, double h)
    point c_turn "turn"(point p)
    double c_total "total"(const double *values, size_t count)
    int c_poke "poke"(char *text, int value)
    const char *c_greeting "greeting"(int which)
    int c_divide "divide"(int a, int b, int *remainder)


cdef class Point:
    cdef point value

    def __init__(self, double x, double y):
        self.value.x = x
        self.value.y = y

    @property
    def x(self):
        return self.value.x

    @property
    def y(self):
        return self.value.y


def add(int a, int b):
    return c_add(a, b)


def half(double x):
    return c_half(x)


def strlen(const char *text):
    return c_strlen(text)


def nop():
    c_nop()


def six(int a, int b, int c, int d, int e, int f):
    return c_six(a, b, c, d, e, f)


def mixed(int a, double b, int c, double d, int e, double f, int g, double h):
    return c_mixed(a, b, c, d, e, f, g, h)


def turn(Point p not None):
    cdef Point result = Point.__new__(Point)
    result.value = c_turn(p.value)
    return result


def total(const double[::1] values not None, size_t count):
    return c_total(&values[0], count)


def poke(bytearray text not None, int value):
    return c_poke(text, value)


def snprintf(bytearray text not None, size_t size, bytes format not None, int value):
    return c_snprintf(text, size, format, value)


def greeting(int which):
    return c_greeting(which).decode()


def divide(int a, int b):
    cdef int remainder
    quotient = c_divide(a, b, &remainder)
    return quotient, remainder
