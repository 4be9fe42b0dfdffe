"""What the figures draw, as pure data of a record; `figures.draw` makes an SVG of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autorecur.record import Record
from autorecur.report import words

__all__ = [
    "CurvesInfo",
    "ForecastInfo",
    "Info",
    "Points",
    "PosteriorInfo",
    "StepsInfo",
    "curves_info",
    "decimate",
    "density",
    "forecast_info",
    "kept",
    "posterior_info",
    "steps_info",
]

POINTS = 400  # of a line; beyond, each bucket keeps its lowest and its highest
LINES = 40  # of learning curves; beyond, the rest are left out, and counted

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
class Curve:
    """One training's validation scores."""

    cell: str
    points: Points
    promoted: bool


@dataclass(frozen=True)
class CurvesInfo:
    """Learning curves, one panel a rung."""

    panels: tuple[tuple[int, tuple[Curve, ...]], ...]
    hidden: int  # how many more there were
    label: str


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


@dataclass(frozen=True)
class StepsInfo:
    """Mean absolute error by step of the horizon."""

    lines: tuple[tuple[str, str, Points], ...]
    unit: str


Info = PosteriorInfo | CurvesInfo | ForecastInfo | StepsInfo


def posterior_info(record: Record) -> PosteriorInfo | None:
    """The difference as the judge left it; None where there is none."""
    verdict = record.verdict
    difference, probability = verdict["difference"], verdict["probability"]
    if difference is None:
        return None
    folds: dict[str, list[float]] = {}
    for pair in record.duel:
        if pair["difference"] is not None:
            folds.setdefault(pair["fold"], []).append(pair["difference"])
    margin = verdict["margin"]
    names = ("lstm_better", "equivalent", "gru_better")
    value, fraction = margin["value"], margin["fraction"]
    return PosteriorInfo(
        mean=difference["mean"],
        scale=difference["scale"],
        degrees=difference["degrees_of_freedom"],
        margin=value or 0.0,
        unit=difference["unit"],
        base=value / fraction if value and fraction else None,
        better=record.metric["better"],
        probability=tuple(probability[name] for name in names) if probability else None,
        folds=tuple((fold, tuple(values)) for fold, values in folds.items()),
    )


def curves_info(record: Record) -> CurvesInfo | None:
    """The learning curves, best trainings first; None where none has two points or more."""
    trials = [trial for trial in record.trials if sum(p is not None for p in trial["curve"]) > 1]
    if not trials:
        return None
    highest: dict[tuple[Any, ...], int] = {}
    for trial in trials:
        key = _key(trial)
        highest[key] = max(highest.get(key, 0), trial["rung"])
    flip = 1 if record.metric["better"] == "lower" else -1
    trials.sort(key=lambda trial: (-trial["rung"], _rank(trial["score"], flip)))
    panels: dict[int, list[Curve]] = {}
    for trial in trials[:LINES]:
        promoted = bool(trial["top"]) or highest[_key(trial)] > trial["rung"]
        curve = Curve(trial["cell"], decimate(trial["curve"]), promoted)
        panels.setdefault(trial["rung"], []).append(curve)
    return CurvesInfo(
        panels=tuple((rung, tuple(panels[rung])) for rung in sorted(panels)),
        hidden=max(0, len(trials) - LINES),
        label=f"validation {words.metric_name(record.metric['name'])}",
    )


def _key(trial: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted(trial["candidate"].items()))


def _rank(score: float | None, flip: int) -> float:
    return math.inf if score is None else flip * score


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
    return ForecastInfo(
        times=tuple(data["times"]),
        actual=tuple(actual),
        lines=lines,
        unit=data["unit"],
        worst=(max(0, at - around), min(len(actual), at + step + around)),
        window=(at, min(len(actual), at + step)),
        worst_error=worst_error,
    )


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


def decimate(values: Sequence[float | None], points: int = 60) -> Points:
    """A curve of at most `points` values, evenly chosen, ends included."""
    if len(values) <= points:
        return tuple(values)
    return tuple(values[round(at * (len(values) - 1) / (points - 1))] for at in range(points))


def density(x: float, mean: float, scale: float, degrees: float) -> float:
    """Student's t.

    >>> round(density(0.0, 0.0, 1.0, 5.0), 4)
    0.3796
    """
    z = (x - mean) / scale
    constant = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    constant -= 0.5 * math.log(degrees * math.pi) + math.log(scale)
    return math.exp(constant - (degrees + 1) / 2 * math.log1p(z * z / degrees))
