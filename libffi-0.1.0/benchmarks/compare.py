"""Compare two files of figures row by row: python -m benchmarks.compare OLD.json NEW.json."""
import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import report


def main(arguments=None):
    """Print what changed; with --limit, fail when something grew by more than that factor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--limit", type=float, help="exit with status 1 above this factor")
    parser.add_argument("--only", default="", help="candidates whose name contains this")
    options = parser.parse_args(arguments)
    old, new = (figures(json.loads(path.read_text())) for path in (options.old, options.new))
    changes = {key: new[key] / old[key] for key in old if key in new and options.only in key[-1]}
    print(table(old, new, changes))
    return 1 if worse(changes, options.limit) else 0


def figures(results):
    """Flatten results: the ratio to the first floor where a row has one, else the time."""
    flat = {}
    for suite, rows in results["rows"].items():
        for key, row in rows.items():
            for name, cell in row["candidates"].items():
                ratios = cell["ratio"] or {"": cell["min"]}
                flat[suite, key, name] = next(iter(ratios.values()))
    return flat


def worse(changes, limit):
    """Give the changes above the limit."""
    return [key for key, change in changes.items() if limit and change > limit]


def table(old, new, changes):
    """Lay the changes out, the largest growth first."""
    lines = [[" / ".join(key), f"{old[key]:.3g}", f"{new[key]:.3g}", f"{change:.2f}"]
             for key, change in sorted(changes.items(), key=lambda item: -item[1])]
    return report.table(["", "old", "new", "new / old"], lines)


if __name__ == "__main__":
    sys.exit(main())
