"""The values that every candidate passes, and the Python functions that every candidate calls."""
import array
import random

import numpy

TEXT = b"hello, world"
SIX = "f(1, 2, 3, 4, 5, 6)"
MIXED = "f(1, 2.5, 3, 4.5, 5, 6.5, 7, 8.5)"

TIMES = 1000            # how often C calls back in one evaluation
REPEAT = "f(callback, 1000)"

COUNT = 100_000         # how many ints are sorted
SORT = "(f(view(data := fresh()), 100_000, compare), data)[1]"
SHUFFLED = array.array("i", range(COUNT))
random.Random(1).shuffle(SHUFFLED)


def doubles():
    """Make a NumPy array of four doubles."""
    return numpy.array([1.0, 2.0, 3.0, 4.0])


def characters(size=64):
    """Make a bytearray that begins with an A."""
    return bytearray(b"A".ljust(size, b"\0"))


def on_pair(a, b):
    """Answer C's call with two ints."""
    return a + b


def fresh():
    """Make a copy of the ints to sort."""
    return SHUFFLED[:]


def compare_pointers(a, b):
    """Compare two ints behind pointers, like a comparator in C."""
    x, y = a[0], b[0]
    return (x > y) - (x < y)


def compare_ints(x, y):
    """Compare two ints."""
    return (x > y) - (x < y)
