"""The table of docs/platforms.md: one row for each architecture, replaced when it is tested again."""
from __future__ import annotations

import re
from pathlib import Path

from .steps import Facts

COLUMNS = {
    "Architecture": "name", "Byte order": "order", "Pointer": "pointer", "`long double`": "longdouble",
    "libc": "libc", "CPython": "python", "libffi": "libffi", "Wheel": "wheel", "Tests": "tests",
    "Differential signatures": "fuzz", "Date": "date", "Command": "command",
}
MARKERS = "<!-- matrix -->", "<!-- /matrix -->"


def write(
    page: Path, rows: list[Facts], order: list[str], columns: dict[str, str] = COLUMNS,
    markers: tuple[str, str] = MARKERS,
) -> None:
    """Put the rows into the table between the markers, leaving those of others alone."""
    text = page.read_text()
    start, end = (text.index(marker) for marker in markers)
    lines = {key: line for line in text[start:end].splitlines() if (key := name_of(line)) in order}
    for facts in rows:
        lines[facts["name"]] = "| " + " | ".join(facts.get(key, "") for key in columns.values()) + " |"
    table = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns),
             *(lines[name] for name in order if name in lines)]
    page.write_text(text[:start] + "\n".join([markers[0], *table, ""]) + text[end:])


def name_of(line: str) -> str:
    found = re.match(r"\| ([^|]+) \|", line)
    return found[1] if found else ""
