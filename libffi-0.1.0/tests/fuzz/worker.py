"""The process that checks: run by the driver, which outlives it."""
from __future__ import annotations

import faulthandler
from pathlib import Path

from . import batch
from .tally import Tally


def work(plan: batch.Plan, indexes: range, file: Path) -> int:
    """Check the signatures batch by batch; keep the tally in the file; print failures."""
    faulthandler.enable()
    tally = Tally()
    for part in batches(indexes):
        for _ in batch.run(plan, part, file.parent, tally, lambda text: print(text, flush=True)):
            tally.write(file)
    tally.index = indexes.stop
    tally.write(file)
    return 1 if tally.failed else 0


def batches(indexes: range) -> list[range]:
    """Cut a range where the batches end, so that a signature's optimisation level is always the same."""
    cuts = range(indexes.start - indexes.start % batch.SIZE, indexes.stop, batch.SIZE)
    return [range(max(cut, indexes.start), min(cut + batch.SIZE, indexes.stop)) for cut in cuts]
