"""What the figures draw, as pure data of a record; `figures.draw` makes an SVG of each.

Those of the search, of forecasts, of residuals, of sureness and of targets stand in `plots`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.plots.binned import TargetsInfo
from autorecur.report.plots.curves import CurvesInfo
from autorecur.report.plots.foretold import ForecastInfo, StepsInfo
from autorecur.report.plots.leftover import ResidualsInfo
from autorecur.report.plots.lines import Points
from autorecur.report.plots.price import PriceInfo
from autorecur.report.plots.spent import SpentInfo
from autorecur.report.plots.sure import CalibrationInfo, PrecisionInfo
from autorecur.report.plots.timeline import TimelineInfo
from autorecur.report.plots.tried import TriedInfo
from autorecur.report.plots.variations import VariationsInfo

__all__ = [
    "BESIDE",
    "FOLDS",
    "ClassesInfo",
    "Info",
    "MemoryInfo",
    "PosteriorInfo",
    "ScatterInfo",
    "classes_info",
    "density",
    "memory_info",
    "posterior_info",
    "scatter_info",
]

FOLDS = 20  # of a duel, with a row of their own under the density
CLASSES = 12  # of a confusion matrix; beyond, the rarest are joined
BESIDE = 4  # classes up to which a baseline's confusion matrix has room beside the network's


@dataclass(frozen=True)
class PosteriorInfo:
    """The belief about GRU − LSTM: a Student t, the margin around zero, and the pairs behind it."""

    mean: float
    scale: float | None
    degrees: float | None
    margin: float
    unit: str
    base: float | None  # what 100 % means on the second line of the axis …
    base_of: str  # … and whose error that is
    better: str
    probability: tuple[float, float, float] | None  # LSTM better, equivalent, GRU better
    folds: tuple[
        tuple[str, tuple[float, ...]], ...
    ]  # a fold and the difference of each of its seeds


@dataclass(frozen=True)
class ClassesInfo:
    """What was taken for what: a row a true class, a column a foretold one."""

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    name: str
    cell: str
    baseline: tuple[tuple[int, ...], ...] | None
    baseline_name: str
    joined: int  # how many of the rarest classes the last one stands for

    @property
    def both(self) -> bool:
        """Whether the baseline's matrix is there, and has room beside the network's."""
        return self.baseline is not None and len(self.labels) <= BESIDE


@dataclass(frozen=True)
class ScatterInfo:
    """Foretold beside actual values, of examples where both are known."""

    actual: tuple[float, ...]
    foretold: tuple[float, ...]
    cell: str
    unit: str
    of: int | None = None  # how many there are; an older record does not tell …
    median_error: float | None = None  # … nor the errors of all of them
    worst_error: float | None = None


@dataclass(frozen=True)
class MemoryInfo:
    """Share of a network's sensitivity by distance, the nearest first; and where most ends."""

    lines: tuple[tuple[str, str, Points, int], ...]  # name, cell, shares, rows that hold most
    most: float
    unit: str  # what lies at a distance: rows or tokens


Info = (
    PosteriorInfo
    | VariationsInfo
    | PriceInfo
    | SpentInfo
    | TimelineInfo
    | TriedInfo
    | CurvesInfo
    | ForecastInfo
    | StepsInfo
    | ResidualsInfo
    | ClassesInfo
    | PrecisionInfo
    | CalibrationInfo
    | ScatterInfo
    | MemoryInfo
    | TargetsInfo
)


def memory_info(record: Record) -> MemoryInfo | None:
    """How far back the finalists look; None where neither was asked."""
    asked = record.figures.get("memory") or {}
    titles = {row["cell"]: row["title"] for row in record.finalists}
    lines = tuple(
        (titles[cell], cell, tuple(asked[cell]["shares"]), asked[cell]["reach"])
        for cell in ("lstm", "gru")
        if cell in asked and cell in titles
    )
    unit = "tokens" if record.data["tokens"] else "rows"
    most = next((found["most"] for found in asked.values()), 0.0)
    return MemoryInfo(lines, most, unit) if lines else None


def posterior_info(record: Record) -> PosteriorInfo | None:
    """The difference as the judge left it; None where there is none."""
    verdict = record.verdict
    difference, probability = verdict["difference"], verdict["probability"]
    if difference is None:
        return None
    share = record.metric["name"] in words.SHARES
    times = 100.0 if share else 1.0
    folds: dict[str, list[float]] = {}
    for pair in record.duel:
        if pair["difference"] is not None:
            folds.setdefault(pair["fold"], []).append(times * pair["difference"])
    margin = verdict["margin"]
    names = ("lstm_better", "equivalent", "gru_better")
    value, fraction = margin["value"], margin["fraction"]
    return PosteriorInfo(
        mean=times * difference["mean"],
        scale=None if difference["scale"] is None else times * difference["scale"],
        degrees=difference["degrees_of_freedom"],
        margin=times * (value or 0.0),
        unit="points" if share else difference["unit"],
        base=value / fraction if value and fraction and not share else None,
        base_of=margin["of"],
        better=record.metric["better"],
        probability=tuple(probability[name] for name in names) if probability else None,
        folds=tuple((fold, tuple(values)) for fold, values in folds.items()),
    )


def classes_info(record: Record) -> ClassesInfo | None:
    """The confusion matrix, its rarest classes joined where there are many."""
    data = record.figures.get("classes")
    if not data or not data["labels"] or record.model is None:
        return None
    labels, kept_codes = data["labels"], list(range(len(data["labels"])))
    joined: list[int] = []
    if len(labels) > CLASSES:
        by_support = sorted(kept_codes, key=lambda code: (-sum(data["matrix"][code]), code))
        joined = by_support[CLASSES - 1 :]
        kept_codes = sorted(by_support[: CLASSES - 1])
    groups = [[code] for code in kept_codes] + ([joined] if joined else [])
    names = [labels[code] for code in kept_codes]
    other = data["baseline_matrix"]
    best = record.verdict["winner"] if record.verdict["outcome"] == "BASELINE_WINS" else None
    return ClassesInfo(
        labels=(*names, f"{len(joined)} others") if joined else tuple(names),
        matrix=_grouped(data["matrix"], groups),
        name=record.model["title"],
        cell=record.model["cell"],
        baseline=_grouped(other, groups) if other else None,
        baseline_name=data.get("baseline_name") or best or "the best baseline",
        joined=len(joined),
    )


def _grouped(
    matrix: Sequence[Sequence[int]], groups: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], ...]:
    """The matrix with the rows and the columns of each group added up.

    >>> _grouped([[5, 1, 0], [0, 7, 2], [1, 1, 1]], [[0], [1, 2]])
    ((5, 1), (1, 11))
    """
    return tuple(
        tuple(sum(matrix[row][column] for row in rows for column in others) for others in groups)
        for rows in groups
    )


def scatter_info(record: Record) -> ScatterInfo | None:
    """Foretold against actual values; None where none are known of both."""
    data = record.figures.get("scatter")
    if not data or record.model is None:
        return None
    pairs = [
        (actual, foretold)
        for actual, foretold in zip(data["actual"], data["foretold"], strict=False)
        if actual is not None and foretold is not None
    ]
    if not pairs:
        return None
    return ScatterInfo(
        actual=tuple(actual for actual, _ in pairs),
        foretold=tuple(foretold for _, foretold in pairs),
        cell=record.model["cell"],
        unit=words.joined(record.data["target"]),
        of=data.get("of"),
        median_error=data.get("median_error"),
        worst_error=data.get("worst_error"),
    )


def density(x: float, mean: float, scale: float, degrees: float) -> float:
    """Student's t.

    >>> round(density(0.0, 0.0, 1.0, 5.0), 4)
    0.3796
    """
    z = (x - mean) / scale
    constant = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    constant -= 0.5 * math.log(degrees * math.pi) + math.log(scale)
    return math.exp(constant - (degrees + 1) / 2 * math.log1p(z * z / degrees))
