"""Run suites of measurements: the command line that all of them share."""
import argparse
import json
import sys
from pathlib import Path

from benchmarks import bars, chart, machine, report, timing
from benchmarks.progress import Progress

ROUNDS = 40


def main(suites, arguments=None):
    """Measure, print the tables, and write what the options ask for."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS,
                        help="how often each statement is measured (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--chart", type=Path, help="draw the geometric means into this SVG file")
    options = parser.parse_args(arguments)
    results = run(suites, options.rounds)
    print(report.text(results))
    print(bars.text(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    if options.chart:
        options.chart.write_text(chart.draw(results))


def run(suites, rounds):
    """Measure all rows and facts of the suites."""
    notices = []
    made = {suite.NAME: suite.rows(notices.append) for suite in suites}
    steps = sum(timing.rounds_of(row, rounds) for rows in made.values() for row in rows.values())
    progress = Progress(steps)
    for notice in dict.fromkeys(notices):
        progress.say(notice)
    results = {"about": machine.about(), "rows": {}, "facts": {}}
    for suite in suites:
        measured = results["rows"][suite.NAME] = {}
        for key, row in made.pop(suite.NAME).items():
            progress.row(f"{suite.NAME}: {row.title}")
            measured[key] = {"title": row.title, "floors": row.floors,
                             "candidates": timing.measure(row, rounds, progress.step)}
        if hasattr(suite, "facts"):
            progress.row(f"{suite.NAME}: single figures")
            results["facts"][suite.NAME] = suite.facts(measured)
    progress.close()
    return results
