"""Measure everything, in about three minutes: tables, benchmarks/results.json and results.svg."""
import sys
from pathlib import Path

from benchmarks import (
    arrays,
    backend,
    bulk,
    callbacks,
    calls,
    footprint,
    growth,
    objects,
    running,
    threads,
)

HERE = Path(__file__).parent
SUITES = [calls, callbacks, bulk, arrays, objects, growth, footprint, threads, backend]

if __name__ == "__main__":
    sys.exit(running.main(SUITES, ["--json", str(HERE / "results.json"),
                                   "--chart", str(HERE / "results.svg"), *sys.argv[1:]]))
