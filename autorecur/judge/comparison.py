"""What a duel leaves behind: paired scores of both finalists, and the baselines on the same folds.

The fold is the unit of evidence: seeds are averaged within a fold before anything is counted or
compared. A pair with a missing or an infinite side is left out, and counted. Where a cell failed on
folds that the other has scores on, what is left out is hard for one of them: the rest flatters it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.metrics import Metric

__all__ = ["Comparison", "Finalist", "PairedScore"]


@dataclass(frozen=True)
class Finalist:
    """The best candidate of a cell, and what it costs."""

    cell: str
    title: str
    parameters: int
    bytes: int
    multiply_adds: int
    latency_ms: float | None  # median of one forecast; None where it was not measured
    train_seconds: float
    depth: int | None = None
    width: int | None = None
    score: float | None = None  # on the selection fold: chooses the model only where no duel did


@dataclass(frozen=True)
class PairedScore:
    """Both cells' scores on one fold with one seed; None where a training left no score."""

    fold: str
    seed: int
    lstm: float | None
    gru: float | None
    lstm_seconds: float
    gru_seconds: float
    failed: tuple[str, ...] = ()  # cells without a score though they had their time

    def __post_init__(self) -> None:
        for cell in ("lstm", "gru"):
            score = getattr(self, cell)
            if score is not None and not math.isfinite(score) and cell not in self.failed:
                object.__setattr__(self, "failed", (*self.failed, cell))

    @property
    def difference(self) -> float | None:
        """GRU minus LSTM, or None unless both sides are finite numbers.

        >>> PairedScore("1", 7, lstm=2.0, gru=1.5, lstm_seconds=3.0, gru_seconds=3.0).difference
        -0.5
        """
        if self.lstm is None or self.gru is None:
            return None
        difference = float(self.gru) - float(self.lstm)
        return difference if math.isfinite(difference) else None

    def as_dict(self) -> dict[str, Any]:
        """A row of the record's `duel`; of failures the verdict's reasons tell."""
        told = asdict(self) | {"difference": self.difference}
        del told["failed"]
        return told


@dataclass(frozen=True)
class Comparison:
    """The whole duel: pairs, the planned folds, and per baseline its score on each of those."""

    pairs: tuple[PairedScore, ...]
    folds: tuple[str, ...]
    baselines: Mapping[str, tuple[float | None, ...]]
    test_share: float  # of a fold's rows, the share that is scored: the correlation between folds
    metric: Metric

    @property
    def complete(self) -> tuple[PairedScore, ...]:
        """The pairs that have both scores."""
        return tuple(pair for pair in self.pairs if pair.difference is not None)

    @property
    def left_out(self) -> int:
        """How many pairs have a side missing."""
        return len(self.pairs) - len(self.complete)

    def failures(self, cell: str) -> tuple[str, ...]:
        """The folds on which `cell` failed in a pair whose other side has a score."""
        other = "gru" if cell == "lstm" else "lstm"
        found = {
            pair.fold
            for pair in self.pairs
            if cell in pair.failed and other not in pair.failed and getattr(pair, other) is not None
        }
        return tuple(fold for fold in self.folds if fold in found)

    @property
    def failing(self) -> str | None:
        """The cell that failed on more folds than the other did; None where both did alike."""
        lstm, gru = len(self.failures("lstm")), len(self.failures("gru"))
        return None if lstm == gru else "lstm" if lstm > gru else "gru"

    @property
    def scored(self) -> tuple[str, ...]:
        """The folds with at least one complete pair, in their order: the evidence."""
        have = {pair.fold for pair in self.complete}
        return tuple(fold for fold in self.folds if fold in have)

    @property
    def seeds(self) -> int:
        """How many seeds every scored fold has; some may have one more, where time ended it."""
        counts = [sum(pair.fold == fold for pair in self.complete) for fold in self.scored]
        return min(counts, default=0)

    @property
    def differences(self) -> NDArray[np.float64]:
        """One number a scored fold: GRU minus LSTM, averaged over the seeds of complete pairs."""
        return self.means("gru") - self.means("lstm")

    def means(self, cell: str) -> NDArray[np.float64]:
        """The score of `cell` on each scored fold, averaged over the seeds of complete pairs."""
        return np.array([np.mean(scores) for scores in self.by_fold(cell)], dtype=np.float64)

    def by_fold(self, cell: str) -> list[list[float]]:
        """Per scored fold the scores of `cell`, one a seed, of the complete pairs."""
        return [
            [getattr(pair, cell) for pair in self.complete if pair.fold == fold]
            for fold in self.scored
        ]

    def mean(self, cell: str) -> float | None:
        """The score of `cell` over the scored folds, each fold counting once."""
        return float(self.means(cell).mean()) if self.scored else None

    def spread(self, cell: str) -> float | None:
        """Standard deviation over seeds, averaged over folds; None where no fold has two seeds."""
        spreads = [np.std(scores, ddof=1) for scores in self.by_fold(cell) if len(scores) > 1]
        return float(np.mean(spreads)) if spreads else None

    def baseline_scores(self, name: str) -> NDArray[np.float64]:
        """A baseline's score on each scored fold; not a number where it has none."""
        scores = dict(zip(self.folds, self.baselines[name], strict=False))
        found = [scores.get(fold) for fold in self.scored]
        return np.array([np.nan if score is None else score for score in found], np.float64)

    def baseline_means(self) -> dict[str, float]:
        """Mean over the scored folds of each baseline that has a score on all of them."""
        found = {name: self.baseline_scores(name) for name in self.baselines}
        return {
            name: float(np.mean(scores))
            for name, scores in found.items()
            if len(scores) and np.isfinite(scores).all()
        }

    def best_baseline(self) -> tuple[str, float] | None:
        """Name and mean score of the best baseline on the scored folds, if there is one."""
        means = self.baseline_means()
        if not means:
            return None
        pick = min if self.metric.better == "lower" else max
        name = pick(means, key=lambda baseline: means[baseline])
        return name, means[name]

    def seconds(self, cell: str) -> float:
        """Training seconds of `cell` over the complete pairs."""
        return float(sum(getattr(pair, f"{cell}_seconds") for pair in self.complete))
