"""What commands print: tables, and colours where somebody sees them."""
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Return a text in a colour if it goes to a terminal that wants some (https://no-color.org)."""
    stream = sys.stdout if stream is None else stream
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty()
    return text if plain or not text else f"\033[{_CODES[colour]}m{text}\033[0m"


def print_table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), colours: dict[int, str] | None
    = None, indent: str = "",
) -> None:
    """Print rows below titles; `right` are columns of numbers, `colours` are those of rows."""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        filled = [cell.rjust(width) if number in right else cell.ljust(width)
                  for number, (cell, width) in enumerate(zip(cells, widths, strict=True))]
        return indent + "  ".join(filled).rstrip()

    print(paint(line(titles), "bold"))
    for number, row in enumerate(rows):
        colour = (colours or {}).get(number)
        print(paint(line(row), colour) if colour else line(row))


def print_json(facts: Any) -> None:
    """Print facts for machines."""
    print(json.dumps(facts, indent=2))


class Progress:
    """Says what is being done, on a terminal, once it has taken a second; the line goes away in the end."""

    def __init__(self, quiet: bool = False) -> None:
        self._started = time.monotonic()
        self._shown = not quiet and sys.stderr.isatty()
        self._wrote = False

    def __call__(self, step: str) -> None:
        if self._shown and time.monotonic() - self._started > 1:
            print(f"\r{step} ...\033[K", end="", file=sys.stderr, flush=True)
            self._wrote = True

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._wrote:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
