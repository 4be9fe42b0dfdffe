"""Learning curve: what both finalists make of a part of the training data.

Parts are nested, and the same for both cells; each fold is one piece of evidence for how a cell's
lead grows or shrinks with the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from autorecur.judge.posterior import scale
from autorecur.metrics import Metric

__all__ = ["DOUBT", "SHARES", "CurvePoint", "LearningCurve", "half_width", "learning_curve"]

SHARES = (1 / 8, 1 / 4, 1 / 2)  # of the training examples; and all of them
FEWEST_FOLDS = 3
DOUBT = 0.05


@dataclass(frozen=True)
class CurvePoint:
    """Mean scores of both cells over the folds, trained on a share of the data."""

    share: float
    lstm: float
    gru: float


@dataclass(frozen=True)
class LearningCurve:
    """The points, the smallest share first, over `folds` that have all of them."""

    points: tuple[CurvePoint, ...]
    folds: int
    lead_on_least: float  # of the GRU over the LSTM, relative, on the smallest share
    lead_half_width: float  # of its 95 % interval
    shift: float  # of that lead by each doubling of the data
    shift_half_width: float  # of its 95 % interval
    crosses: float | None  # the share where the leading cell changes, between two points

    @property
    def settled(self) -> bool:
        """Whether it is 95 % sure that the lead shifts with the data."""
        return abs(self.shift) > self.shift_half_width


def learning_curve(
    scores: Mapping[float, Mapping[str, Mapping[str, float]]], metric: Metric, test_share: float
) -> LearningCurve | None:
    """From scores by share, fold and cell; None where fewer than three folds have all shares.

    `test_share` is what correlates the folds, as in the verdict.
    """
    shares = sorted(scores)
    folds = sorted(set.intersection(*(set(scores[share]) for share in shares)))
    if len(folds) < FEWEST_FOLDS:
        return None
    lead = np.array([[_lead(scores[share][fold], metric) for fold in folds] for share in shares])
    doublings = np.log2(shares)
    slopes = np.polyfit(doublings, lead, 1)[0]
    points = tuple(
        CurvePoint(share, *(_mean(scores[share], folds, cell) for cell in ("lstm", "gru")))
        for share in shares
    )
    return LearningCurve(
        points,
        len(folds),
        float(lead[0].mean()),
        half_width(lead[0], test_share),
        float(slopes.mean()),
        half_width(slopes, test_share),
        _crossing(doublings.tolist(), lead.mean(axis=1).tolist()),
    )


def half_width(values: NDArray[np.float64], test_share: float = 0.0) -> float:
    """Of the 95 % interval of their mean; folds are correlated by their `test_share`."""
    quantile = float(stdtrit(len(values) - 1, 1 - DOUBT / 2))
    return quantile * scale(float(values.std(ddof=1)), len(values), test_share)


def _mean(of: Mapping[str, Mapping[str, float]], folds: Sequence[str], cell: str) -> float:
    return float(np.mean([of[fold][cell] for fold in folds]))


def _lead(scores: Mapping[str, float], metric: Metric) -> float:
    """By which share of the error the GRU is ahead; what is wrong, of shares of right answers."""
    size = sum(1 - each if metric.ceiling else abs(each) for each in scores.values()) / 2
    return metric.gain(scores["gru"], scores["lstm"]) / max(size, 1e-12)


def _crossing(doublings: list[float], lead: list[float]) -> float | None:
    """The first share at which the lead changes sides, by a straight line between two points."""
    for place in range(len(lead) - 1):
        before, after = lead[place], lead[place + 1]
        if before * after < 0:
            part = before / (before - after)
            return float(2 ** (doublings[place] + part * (doublings[place + 1] - doublings[place])))
    return None
