"""Time statements side by side: equal compiled loops, in one process, in interleaved rounds.

The clock is the processor time of the process, so that other processes count for little.
"""
import gc
import random
from dataclasses import dataclass, field
from itertools import repeat
from statistics import median
from time import process_time


def granularity():
    """Return the step of the clock: some systems', Windows' for one, take ten milliseconds and more."""
    begin = process_time()
    while (now := process_time()) == begin:
        pass
    return now - begin


STEP = granularity()
SECONDS = max(0.005, 10 * STEP)     # how long one measurement of a cheap statement takes


@dataclass
class Candidate:
    """One way to do what a row is about: an expression and the names it uses."""

    name: str
    expression: str
    names: dict
    operations: int = 1     # how many of the row's operations one evaluation performs


@dataclass
class Row:
    """One thing measured, done by several candidates; ratios are to each of the floors."""

    title: str
    candidates: list = field(default_factory=list)
    floors: tuple = ()
    check: object = None    # is the value right?
    unroll: int = 8         # how often the expression is written inside the loop
    rounds: float = 1.0     # how many of the usual rounds


class Timer:
    """A candidate, compiled and calibrated."""

    def __init__(self, candidate, unroll):
        self.candidate = candidate
        self.loop = compile_loop(candidate, unroll)
        self.unroll = unroll
        self.times = 1
        while (seconds := self.loop(repeat(None, self.times))) < SECONDS / 2:
            self.times = max(2 * self.times, int(self.times * SECONDS / 2 / max(seconds, STEP)))
        self.times = max(1, round(self.times * SECONDS / seconds))

    def nanoseconds(self):
        """Measure once: nanoseconds of one operation."""
        seconds = self.loop(repeat(None, self.times))
        return seconds * 1e9 / (self.times * self.unroll * self.candidate.operations)


def compile_loop(candidate, unroll):
    """Compile a loop of its own for the candidate, so that its call sites specialise."""
    names = ", ".join(f"{name}={name}" for name in candidate.names)
    lines = "".join(f"        {candidate.expression}\n" for _ in range(unroll))
    source = (f"def loop(_times, *, _clock=_clock, {names}):\n"
              f"    _start = _clock()\n"
              f"    for _ in _times:\n{lines}"
              f"    return _clock() - _start\n")
    namespace = {**candidate.names, "_clock": process_time}
    exec(source, namespace)
    return namespace["loop"]


def verify(row):
    """Evaluate each candidate once and see that it gives the right value."""
    for candidate in row.candidates if row.check else ():
        value = eval(candidate.expression, dict(candidate.names))
        if not row.check(value):
            raise AssertionError(f"{row.title}: {candidate.name} gives {value!r}")


def rounds_of(row, rounds):
    """Say how many rounds a row gets when a usual row gets so many."""
    return max(3, round(rounds * row.rounds))


def measure(row, rounds, progress=lambda: None):
    """Measure a row; a dictionary of figures for each candidate."""
    verify(row)
    timers = [Timer(candidate, row.unroll) for candidate in row.candidates]
    samples = {candidate.name: [] for candidate in row.candidates}
    order = random.Random(1)
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds_of(row, rounds)):
            for timer in order.sample(timers, len(timers)):
                samples[timer.candidate.name].append(timer.nanoseconds())
            gc.collect()
            progress()
    finally:
        if collecting:
            gc.enable()
    return {name: figures(values, row.floors, samples) for name, values in samples.items()}


def figures(values, floors, samples):
    """Sum up one candidate's rounds: times, and ratios of minima and within the rounds."""
    result = {"min": min(values), "median": median(values), "ratio": {}, "median ratio": {}}
    for floor in floors:
        ratios = [value / base for value, base in zip(values, samples[floor], strict=True)]
        result["ratio"][floor] = min(values) / min(samples[floor])
        result["median ratio"][floor] = median(ratios)
    return result
