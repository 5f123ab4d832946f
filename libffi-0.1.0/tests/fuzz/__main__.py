"""The command line: python -m tests.fuzz --help."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import driver, worker
from .abi import DEFAULT, KNOWN, usable
from .batch import Plan


def main() -> int:
    options = _parser().parse_args()
    named = [abi for abi in [DEFAULT, *KNOWN] if abi.name == options.abi]
    abi = next(filter(usable, named))  # a name may be two platforms'
    plan = Plan(options.seed, abi, options.c_only)
    indexes = range(options.start, options.start + options.count)
    if options.only is not None:
        indexes = range(options.only, options.only + 1)
    if options.worker:
        return worker.work(plan, indexes, options.worker)
    outcome = driver.run(plan, indexes, options.jobs)
    for report in outcome.reports:
        print(report)
    print(outcome.tally)
    return 1 if outcome.tally.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description="Compare the package with the C compiler.")
    parser.add_argument("--seed", type=int, default=1, help="what the signatures come from (1)")
    parser.add_argument("--count", type=int, default=1000, help="how many signatures (1000)")
    parser.add_argument("--start", type=int, default=0, help="the index of the first (0)")
    parser.add_argument("--only", type=int, metavar="INDEX", help="check this one alone")
    parser.add_argument("--abi", default="DEFAULT", choices=sorted({abi.name for abi in [DEFAULT, *KNOWN]}))
    parser.add_argument("--jobs", type=int, default=1, help="how many processes at a time (1)")
    parser.add_argument("--c-only", action="store_true", help="C against C, without the package")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
