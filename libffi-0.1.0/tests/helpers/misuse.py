"""What programs of misuse say, each in a process of its own: `run_python(program, env=HELPERS)`."""
from pathlib import Path

HELPERS = {"PYTHONPATH": str(Path(__file__).parents[1])}


WRONG = TypeError, ValueError, AttributeError


def refused(deed, *errors):
    """Do what has to raise one of the errors, or what a wrong argument raises."""
    expected = errors or WRONG
    try:
        deed()
    except expected:
        return
    raise AssertionError(f"{expected} expected")


class During:
    """A number that does something when it is asked for."""

    def __init__(self, deed):
        self.deed = deed

    def __int__(self):
        self.deed()
        return 1

    __index__ = __int__

    def __float__(self):
        self.deed()
        return 1.0
