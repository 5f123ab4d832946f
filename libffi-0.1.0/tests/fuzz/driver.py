"""Runs workers, survives their crashes, and says which signature was to blame."""
from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .batch import SIZE, Plan
from .tally import Tally

ROOT = Path(__file__).parents[2]


@dataclass
class Outcome:
    tally: Tally = field(default_factory=Tally)
    reports: list[str] = field(default_factory=list)


def run(plan: Plan, indexes: range, jobs: int = 1) -> Outcome:
    """Check the signatures in worker processes, several batches each."""
    step = 10 * SIZE
    parts = [indexes[i:i + step] for i in range(0, len(indexes), step)]
    total = Outcome()
    with ThreadPoolExecutor(jobs) as pool:
        for part in pool.map(lambda part: _survive(plan, part), parts):
            total.tally.add(part.tally)
            total.reports += part.reports
    return total


def _survive(plan: Plan, indexes: range) -> Outcome:
    """Check a range; after a crash go on behind the signature that crashed."""
    outcome = Outcome()
    while indexes:
        tally, report, code = _work(plan, indexes)
        if tally.index < indexes.start:
            raise RuntimeError(f"the worker came to nothing ({_reason(code)}):\n{report}")
        outcome.tally.add(tally)
        if report:
            outcome.reports.append(report)
        if code in (0, 1) and tally.index == indexes.stop:
            break
        outcome.tally.failed += 1
        blame = plan.explain(plan.generator().signature(tally.index))
        outcome.reports.append(f"CRASH ({_reason(code)})\n{blame}")
        indexes = range(tally.index + 1, indexes.stop)
    return outcome


def _work(plan: Plan, indexes: range) -> tuple[Tally, str, int]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        file = Path(folder, "tally")
        span = ["--start", str(indexes.start), "--count", str(len(indexes))]
        command = [sys.executable, "-m", "tests.fuzz", *plan.options(), *span, "--worker", str(file)]
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return Tally.read(file), done.stdout, done.returncode


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
