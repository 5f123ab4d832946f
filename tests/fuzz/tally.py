"""What a run has done so far, kept in a file that survives a crash."""
from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Tally:
    calls: int = 0  # signatures that were called
    closures: int = 0  # signatures that C called
    refused: int = 0  # signatures with a type that the package refuses by value
    failed: int = 0
    excused: int = 0  # signatures that failed by a known fault of libffi's own
    index: int = -1  # the signature at hand

    def add(self, other: Tally) -> None:
        self.calls += other.calls
        self.closures += other.closures
        self.refused += other.refused
        self.failed += other.failed
        self.excused += other.excused

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)))

    @staticmethod
    def read(file: Path) -> Tally:
        return Tally(**json.loads(file.read_text())) if file.exists() else Tally()

    def __str__(self) -> str:
        return (f"{self.calls} signatures called, {self.closures} closures called, "
                f"{self.refused} refused, {self.excused} met a known fault of libffi, {self.failed} failed")
