"""What the figures draw, as pure data of a record; `figures.draw` makes an SVG of each.

Those of the search stand in `plots`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.plots.curves import CurvesInfo
from autorecur.report.plots.price import PriceInfo
from autorecur.report.plots.spent import SpentInfo
from autorecur.report.plots.tried import TriedInfo
from autorecur.report.plots.variations import VariationsInfo

__all__ = [
    "FOLDS",
    "ClassesInfo",
    "ForecastInfo",
    "Info",
    "MemoryInfo",
    "Points",
    "PosteriorInfo",
    "ScatterInfo",
    "StepsInfo",
    "classes_info",
    "density",
    "forecast_info",
    "held",
    "kept",
    "memory_info",
    "posterior_info",
    "scatter_info",
    "steps_info",
]

FOLDS = 20  # of a duel, with a row of their own under the density
POINTS = 400  # of a line; beyond, each bucket keeps its lowest and its highest
CLASSES = 12  # of a confusion matrix; beyond, the rarest are joined
USUAL = 0.9  # the share of the band that is drawn, or the largest below it

Points = tuple[float | None, ...]


@dataclass(frozen=True)
class PosteriorInfo:
    """The belief about GRU − LSTM: a Student t, the margin around zero, and the pairs behind it."""

    mean: float
    scale: float | None
    degrees: float | None
    margin: float
    unit: str
    base: float | None  # what 100 % means on the second axis
    better: str
    probability: tuple[float, float, float] | None  # LSTM better, equivalent, GRU better
    folds: tuple[
        tuple[str, tuple[float, ...]], ...
    ]  # a fold and the difference of each of its seeds


@dataclass(frozen=True)
class ForecastInfo:
    """Actual and forecast over the holdout, and its worst window."""

    times: tuple[str, ...]
    actual: Points
    lines: tuple[
        tuple[str, str, Points], ...
    ]  # (name, kind: lstm | gru | baseline, values); the model first
    unit: str
    worst: tuple[int, int]  # first step and one past the last one, of the enlarged part
    window: tuple[int, int]  # the worst window itself
    worst_error: float
    band: Points = ()  # half of its width at every step, where there is one
    band_share: float = 0.0  # of the actual values that it should hold


@dataclass(frozen=True)
class StepsInfo:
    """Mean absolute error by step of the horizon."""

    lines: tuple[tuple[str, str, Points], ...]
    unit: str


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


@dataclass(frozen=True)
class ScatterInfo:
    """Foretold beside actual values, of examples where both are known."""

    actual: tuple[float, ...]
    foretold: tuple[float, ...]
    cell: str
    unit: str


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
    | TriedInfo
    | CurvesInfo
    | ForecastInfo
    | StepsInfo
    | ClassesInfo
    | ScatterInfo
    | MemoryInfo
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
        better=record.metric["better"],
        probability=tuple(probability[name] for name in names) if probability else None,
        folds=tuple((fold, tuple(values)) for fold, values in folds.items()),
    )


def forecast_info(record: Record) -> ForecastInfo | None:
    """Holdout forecasts; the window with the largest mean absolute error is the one enlarged."""
    lines = _forecast_lines(record)
    if lines is None:
        return None
    data = record.figures["forecast"]
    actual, model = data["actual"], lines[0][2]
    step = max(1, record.data["horizon"])
    errors = [
        (error, at)
        for at in range(0, len(actual), step)
        if (error := _mean_error(actual[at : at + step], model[at : at + step])) is not None
    ]
    if not errors:
        return None
    worst_error, at = max(errors, key=lambda pair: (pair[0], -pair[1]))
    around = step * max(1, round(12 / step))  # what led up to it, and what followed
    share, widths = next(iter(_bands(record, len(actual))), (0.0, ()))
    return ForecastInfo(
        times=tuple(data["times"]),
        actual=tuple(actual),
        lines=lines,
        unit=data["unit"],
        worst=(max(0, at - around), min(len(actual), at + step + around)),
        window=(at, min(len(actual), at + step)),
        worst_error=worst_error,
        band=widths,
        band_share=share,
    )


def _bands(record: Record, steps: int) -> tuple[tuple[float, Points], ...]:
    """Share and half widths of each band of the first target, the usual band first."""
    bands = record.model.get("bands") or () if record.model else ()
    ordered = sorted(bands, key=lambda band: (band["share"] > USUAL, -band["share"]))
    return tuple(
        (
            band["share"],
            tuple(band["half_widths"][at % len(band["half_widths"])][0] for at in range(steps)),
        )
        for band in ordered
        if band["half_widths"]
    )


def held(record: Record) -> tuple[tuple[float, float, float], ...]:
    """For each band its share, the share of actual values that it held, and its mean width."""
    lines = _forecast_lines(record)
    if lines is None:
        return ()
    actual, found = record.figures["forecast"]["actual"], []
    for share, widths in _bands(record, len(actual)):
        inside = [
            (abs(a - f) <= half, 2 * half)
            for a, f, half in zip(actual, lines[0][2], widths, strict=False)
            if a is not None and f is not None and half is not None
        ]
        if inside:
            parts = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            found.append((share, *parts))
    return tuple(sorted(found))


def steps_info(record: Record) -> StepsInfo | None:
    """Error by step of the horizon; None for a horizon of fewer than three steps."""
    lines, step = _forecast_lines(record), record.data["horizon"]
    if lines is None or step < 3:
        return None
    actual = record.figures["forecast"]["actual"]
    means = tuple(
        (name, kind, tuple(_mean_error(actual[at::step], values[at::step]) for at in range(step)))
        for name, kind, values in lines
    )
    return StepsInfo(means, record.figures["forecast"]["unit"])


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
    )


def _forecast_lines(record: Record) -> tuple[tuple[str, str, Points], ...] | None:
    data = record.figures.get("forecast")
    if not data or not data["actual"] or record.model is None:
        return None
    cell = record.model["cell"]
    lines = [(record.model["title"], cell, tuple(data["model"]))]
    if data["other"]:
        lines.append(
            (data["other_name"] or "the other", "gru" if cell == "lstm" else "lstm", data["other"])
        )
    if data["baseline"]:
        lines.append((data["baseline_name"] or "baseline", "baseline", data["baseline"]))
    return tuple(lines)


def _mean_error(actual: Sequence[float | None], forecast: Sequence[float | None]) -> float | None:
    errors = [
        abs(a - f)
        for a, f in zip(actual, forecast, strict=False)
        if a is not None and f is not None
    ]
    return sum(errors) / len(errors) if errors else None


def kept(values: Sequence[float | None], points: int = POINTS) -> tuple[int, ...]:
    """The places that a line of at most `points` keeps: each bucket's lowest and highest.

    >>> kept((1.0, 5.0, 2.0, 3.0, 0.0, 4.0), points=4)
    (0, 1, 4, 5)
    """
    if len(values) <= points:
        return tuple(range(len(values)))
    buckets = points // 2
    places = set()
    for bucket in range(buckets):
        first, last = bucket * len(values) // buckets, (bucket + 1) * len(values) // buckets
        numbers = [(v, at) for at, v in enumerate(values[first:last], first) if v is not None]
        places |= {min(numbers)[1], max(numbers)[1]} if numbers else {first}
    return tuple(sorted(places))


def density(x: float, mean: float, scale: float, degrees: float) -> float:
    """Student's t.

    >>> round(density(0.0, 0.0, 1.0, 5.0), 4)
    0.3796
    """
    z = (x - mean) / scale
    constant = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    constant -= 0.5 * math.log(degrees * math.pi) + math.log(scale)
    return math.exp(constant - (degrees + 1) / 2 * math.log1p(z * z / degrees))
