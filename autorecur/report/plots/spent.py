"""What the search trained for: seconds by how far a training was meant to go, and by cell."""

from __future__ import annotations

from dataclasses import dataclass

from autorecur.record import Record
from autorecur.report.plots.fidelity import FIDELITIES, begun, fidelity

__all__ = ["Spent", "SpentInfo", "spent_info"]


@dataclass(frozen=True)
class Spent:
    """The trainings of one cell that were meant to go equally far."""

    fidelity: str
    cell: str
    seconds: float
    trainings: int


@dataclass(frozen=True)
class SpentInfo:
    """Seconds of training, those of all workers together."""

    parts: tuple[Spent, ...]

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)


def spent_info(record: Record) -> SpentInfo | None:
    """The search in parts, the first rung first; None where nothing was trained."""
    trained = [trial for trial in record.trials if begun(trial)]
    parts = []
    for level in FIDELITIES:
        there = [trial for trial in trained if fidelity(trial) == level]
        for cell in ("lstm", "gru") if there else ():
            seconds = [trial["seconds"] for trial in there if trial["cell"] == cell]
            parts.append(Spent(level, cell, float(sum(seconds)), len(seconds)))
    info = SpentInfo(tuple(parts))
    return info if info.seconds > 0 else None
