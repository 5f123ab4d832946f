"""Differential tests against the C compiler: random signatures, called both ways, byte for byte.

A seed and an index name one signature. C code is written for it twice: a function that records what it
receives, and a caller that hands a function what it should receive. The package calls the first and makes
a closure for the second. What the platform does is never known here: the compiler is asked.

    python -m tests.fuzz --count 20000 --seed 1        calls and closures
    python -m tests.fuzz --count 1000 --c-only         C against C: is the generator right?
"""
