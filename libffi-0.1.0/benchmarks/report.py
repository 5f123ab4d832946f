"""Lay the results out as Markdown tables."""
from statistics import geometric_mean

SCALES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))


def text(results):
    """Give every table, under a description of the machine."""
    parts = [about(results["about"])]
    for name, rows in results["rows"].items():
        if rows:
            parts.append(suite(name, rows))
    for name, facts in results["facts"].items():
        if facts:
            lines = [[title, scaled(value) if unit == "ns" else f"{value:.3g} {unit}"]
                     for title, (value, unit) in facts.items()]
            parts.append(f"## {name}: single figures\n\n" + table(["", ""], lines))
    return "\n".join(parts)


def about(facts):
    """Describe the machine in a list."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    libffi = facts["libffi"]
    linked = f"\n- libffi {libffi['version']}, {libffi['linkage']}" if libffi else ""
    return (f"- {facts['cpu']}, {facts['cores']} cores, load {facts['load']:.1f}\n"
            f"- {facts['kernel']}\n"
            f"- {facts['python']} ({facts['compiler']} {facts['flags']})\n"
            f"- {versions}{linked}\n- {facts['date']}\n")


def suite(name, rows):
    """Give a suite's legend, times and ratios."""
    legend = " · ".join(f"`{key}`: {row['title']}" for key, row in rows.items())
    parts = [f"## {name}\n\n{legend}\n\nShortest time of one operation:\n\n" + times(rows)]
    floors = dict.fromkeys(floor for row in rows.values() for floor in row["floors"])
    parts += [f"Times “{floor}”, ratio of the shortest times (last: mean of the medians of the "
              f"ratios within each round):\n\n" + ratios(rows, floor)
              for floor in floors]
    return "\n".join(parts)


def times(rows):
    """Give the table of minimal times."""
    return table(["", *rows], [
        [name, *(scaled(cell["min"]) if cell else "" for cell in cells)]
        for name, cells in by_candidate(rows)])


def ratios(rows, floor):
    """Give the table of ratios to a floor, with the geometric means."""
    rows = {key: row for key, row in rows.items() if floor in row["floors"]}
    lines = []
    for name, cells in by_candidate(rows):
        values = [cell["ratio"][floor] if cell else None for cell in cells]
        means = ["", ""]
        if all(cells) and len(cells) > 1:
            medians = [cell["median ratio"][floor] for cell in cells]
            means = [f"{geometric_mean(values):.2f}", f"{geometric_mean(medians):.2f}"]
        lines.append([name, *(f"{value:.2f}" if value else "" for value in values), *means])
    return table(["", *rows, "mean", "medians"], lines)


def by_candidate(rows):
    """Turn rows of candidates into candidates with a cell for each row, None where absent."""
    names = dict.fromkeys(name for row in rows.values() for name in row["candidates"])
    for name in names:
        yield name, [row["candidates"].get(name) for row in rows.values()]


def scaled(nanoseconds):
    """Write a time in the unit that suits it."""
    scale, unit = next(((s, u) for s, u in SCALES if nanoseconds >= s), SCALES[-1])
    return f"{nanoseconds / scale:.3g} {unit}"


def table(head, lines):
    """Align a Markdown table."""
    widths = [max(len(str(line[i])) for line in [head, *lines]) for i in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def line(cells):
        first, *others = zip(cells, widths, strict=True)
        padded = [f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)]
        return "| " + " | ".join(padded) + " |\n"

    return "".join(map(line, [head, rule, *lines]))
