"""What a run has done so far, kept in a file that survives a crash."""
from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Tally:
    calls: int = 0  # signatures that were called
    closures: int = 0  # signatures that C called
    refused: int = 0  # signatures with a type that the package refuses by value
    failed: int = 0
    excused: int = 0  # signatures that failed by a known fault of libffi's own
    index: int = -1  # the signature at hand
    reasons: dict[str, int] = field(default_factory=dict)  # of refusals

    def refuse(self, error: Exception) -> None:
        """Count a refusal by its reason: what stands behind what was to be passed."""
        self.refused += 1
        reason = str(error).rpartition(": ")[2]
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def add(self, other: Tally) -> None:
        self.calls += other.calls
        self.closures += other.closures
        self.refused += other.refused
        self.failed += other.failed
        self.excused += other.excused
        for reason, count in other.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + count

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)))

    @staticmethod
    def read(file: Path) -> Tally:
        return Tally(**json.loads(file.read_text())) if file.exists() else Tally()

    def __str__(self) -> str:
        reasons = "".join(f"{count} refused: {reason}\n" for reason, count in sorted(self.reasons.items()))
        return (f"{reasons}{self.calls} signatures called, {self.closures} closures called, "
                f"{self.refused} refused, {self.excused} met a known fault of libffi, {self.failed} failed")
