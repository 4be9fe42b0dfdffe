"""What the figures of forecasts draw, as pure data of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.plots.leftover import SCALED
from autorecur.report.plots.lines import Points

__all__ = ["ONE", "ForecastInfo", "Lines", "StepsInfo", "forecast_info", "held", "steps_info"]

USUAL = 0.9  # the share of the wide band that is drawn, or the largest below it
INNER = 0.5  # and of the one inside it, where there is one
ONE = "the one window"

Lines = tuple[tuple[str, str, Points], ...]  # (name, kind: lstm | gru | baseline, values)


@dataclass(frozen=True)
class ForecastInfo:
    """Actual and forecast over some windows of the holdout, and the worst one of them."""

    times: tuple[str, ...]
    actual: Points
    lines: Lines  # the model first
    unit: str
    drawn: str  # which windows these are
    worst: tuple[int, int]  # first step and one past the last one, of the enlarged part
    window: tuple[int, int]  # the worst window itself
    worst_error: float
    bands: tuple[tuple[float, Points], ...] = ()  # share of actual values, half widths; wide first


@dataclass(frozen=True)
class StepsInfo:
    """Mean absolute error by step of the horizon."""

    lines: Lines
    unit: str
    examples: int | None  # windows that it is the mean of; None: of those that are drawn
    scaled: bool | None = None  # by the size of each series; None where there is one


def forecast_info(record: Record) -> ForecastInfo | None:
    """Holdout forecasts; the window with the largest mean absolute error is the one enlarged."""
    lines = _lines(record)
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
    bands = _bands(record, len(actual))
    wide = next((band for band in bands if band[0] <= USUAL), bands[-1] if bands else None)
    inner = [band for band in bands if band[0] == INNER and band is not wide]
    return ForecastInfo(
        times=tuple(data["times"]),
        actual=tuple(actual),
        lines=lines,
        unit=data["unit"],
        drawn=_drawn(data.get("drawn"), len(actual) // step),
        worst=(max(0, at - around), min(len(actual), at + step + around)),
        window=(at, min(len(actual), at + step)),
        worst_error=worst_error,
        bands=(wide, *inner) if wide else (),
    )


def _drawn(told: Mapping[str, Any] | None, windows: int) -> str:
    """Which windows are drawn: how many of how many, of which series and which target.

    They adjoin: of all windows, which overlap, there are far more.
    """
    if told is None:  # an older record does not say how many there were
        return f"{words.plural(windows, 'window')} of the holdout"
    some, whole = told["windows"], told["of_windows"]
    last = f"the last {some} of" if some < whole else "the"
    text = ONE if whole == 1 else f"{last} {whole:,} adjoining windows"
    if told["series"] is not None:
        text += f" of “{words.cut(told['series'], 40)}”, one of {told['of_series']:,} series"
    if told["of_targets"] > 1:
        text += f" (“{words.cut(told['target'], 40)}”, one of {told['of_targets']} targets)"
    return text


def _bands(record: Record, steps: int) -> tuple[tuple[float, Points], ...]:
    """Share and half widths at every step of each band of the first target, the widest first."""
    bands = record.model.get("bands") or () if record.model else ()
    ordered = sorted(bands, key=lambda band: -band["share"])
    return tuple(
        (
            band["share"],
            tuple(band["half_widths"][at % len(band["half_widths"])][0] for at in range(steps)),
        )
        for band in ordered
        if band["half_widths"]
    )


def held(record: Record) -> tuple[tuple[float, float, float, int | None], ...]:
    """Of each band its share, the share of true values that it held, its mean width, of how many.

    An older record does not tell what was held: then the values that are drawn are counted.
    """
    bands = record.model.get("bands") or () if record.model else ()
    found: list[tuple[float, float, float, int | None]] = []
    for band in bands:
        halves = [half for row in band["half_widths"] for half in row[:1] if half is not None]
        if band.get("held") is not None and halves:
            width = 2 * sum(halves) / len(halves)
            found.append((band["share"], band["held"], width, band.get("of")))
    return tuple(sorted(found)) if found else _held_as_drawn(record)


def _held_as_drawn(record: Record) -> tuple[tuple[float, float, float, int | None], ...]:
    lines = _lines(record)
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
            kept, width = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            found.append((share, kept, width, None))
    return tuple(sorted(found))


def steps_info(record: Record) -> StepsInfo | None:
    """Error by step of the horizon; None for a horizon of fewer than three steps."""
    lines, step = _lines(record), record.data["horizon"]
    if lines is None or step < 3:
        return None
    data = record.figures["forecast"]
    told = data.get("steps")
    if told is not None:
        kinds = {"model": lines[0], **dict(zip(_others(data), lines[1:], strict=True))}
        means = tuple(
            (name, kind, tuple(told[key]))
            for key, (name, kind, _) in kinds.items()
            if told[key] is not None
        )
        scaled = bool(told.get("scaled")) if record.data["series"] > 1 else None
        return StepsInfo(means, SCALED if scaled else data["unit"], told["examples"], scaled)
    actual = data["actual"]
    means = tuple(
        (name, kind, tuple(_mean_error(actual[at::step], values[at::step]) for at in range(step)))
        for name, kind, values in lines
    )
    return StepsInfo(means, data["unit"], None)


def _others(data: Mapping[str, Any]) -> list[str]:
    return [name for name in ("other", "baseline") if data[name]]


def _lines(record: Record) -> Lines | None:
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
