"""What the figures of how sure classes are draw, as pure data of a record."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autorecur.record import Record

__all__ = [
    "CalibrationInfo",
    "Certain",
    "PrecisionInfo",
    "Recalled",
    "calibration_info",
    "precision_at",
    "precision_info",
]

NORMAL = 1.96  # deviations within which 95 % of what chance does lies


@dataclass(frozen=True)
class Recalled:
    """One class against all others: precision by recall, the surest answers first."""

    label: str
    support: int
    share: float  # of all examples: the precision of whoever gives this class to all
    average_precision: float
    recall: tuple[float, ...]
    precision: tuple[float, ...]


@dataclass(frozen=True)
class PrecisionInfo:
    """The curves of the most frequent classes."""

    curves: tuple[Recalled, ...]
    name: str
    cell: str
    left_out: int  # rarer classes


@dataclass(frozen=True)
class Certain:
    """Answers that are about as sure, and how many of them are right."""

    low: float
    high: float
    count: int
    sure: float
    right: float
    ends: tuple[float, float]  # of what the share of right ones may be, 95 times of 100


@dataclass(frozen=True)
class CalibrationInfo:
    """How often answers are right that are so sure."""

    bins: tuple[Certain, ...]
    error: float
    name: str
    cell: str


def precision_info(record: Record) -> PrecisionInfo | None:
    """Precision by recall; None where no class can be told from others."""
    data = record.figures.get("certainty")
    if not data or not data["curves"] or record.model is None:
        return None
    curves = tuple(
        Recalled(
            each["label"],
            each["support"],
            each["support"] / data["examples"],
            each["average_precision"],
            tuple(each["recall"]),
            tuple(each["precision"]),
        )
        for each in data["curves"]
    )
    left_out = max(0, len(record.data["classes"]) - len(curves))
    return PrecisionInfo(curves, record.model["title"], record.model["cell"], left_out)


def calibration_info(record: Record) -> CalibrationInfo | None:
    """How right the sure answers are; None where the record does not tell."""
    data = record.figures.get("certainty")
    if not data or not data["bins"] or record.model is None:
        return None
    bins = tuple(Certain(**each, ends=_ends(each["right"], each["count"])) for each in data["bins"])
    model = record.model
    return CalibrationInfo(bins, data["calibration_error"], model["title"], model["cell"])


def _ends(share: float, count: int) -> tuple[float, float]:
    """Where a share lies that was seen in so many (Wilson 1927).

    >>> [round(end, 3) for end in _ends(0.5, 4)]
    [0.15, 0.85]
    """
    square = NORMAL**2 / count
    middle = (share + square / 2) / (1 + square)
    half = NORMAL * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def precision_at(curve: Recalled, recall: float) -> float | None:
    """The precision of the first answers, in order of sureness, that reach so much of a class."""
    reached = (p for r, p in zip(curve.recall, curve.precision, strict=True) if r >= recall)
    return next(reached, None)
