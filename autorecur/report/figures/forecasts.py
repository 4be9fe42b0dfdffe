"""Figures of forecasts: over the holdout, and by step of the horizon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autorecur.report import words
from autorecur.report.figures.style import (
    BAND,
    BASELINE,
    COLOUR,
    DASH,
    GRU,
    INK,
    LSTM,
    MUTED,
    count_whole,
    figure,
    tick,
)
from autorecur.report.plots.foretold import ForecastInfo, Lines, StepsInfo
from autorecur.report.plots.lines import POINTS, Points, kept

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_forecast", "draw_steps"]

SHADES = (0.15, 0.26)  # of the wide band, and of the one inside it


def draw_forecast(info: ForecastInfo) -> Figure:
    """The windows that are drawn, and the worst of them below."""
    drawn = figure(7.6, 5.0)
    whole, part = drawn.subplots(2, 1)
    whole.set_title(words.cut(info.drawn, 90), loc="left", fontsize=10, color=MUTED)
    part.set_title("the worst window of these, enlarged", loc="left", fontsize=10, color=MUTED)
    # A long holdout is a thicket: there the model alone stands beside what happened.
    for axes, (first, last), lines in (
        (whole, (0, len(info.actual)), info.lines[:1]),
        (part, info.worst, info.lines),
    ):
        _draw_lines(axes, info.actual, lines, first, last)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        axes.yaxis.set_major_formatter(tick)
        axes.set_ylabel(words.cut(info.unit, 24))
        _time_ticks(axes, info.times, first, last)
        axes.axvspan(
            info.window[0],
            max(info.window[0] + 1, info.window[1] - 1),
            color=BAND,
            linewidth=0,
            zorder=0,
        )
    for (share, widths), shade in zip(info.bands, SHADES, strict=False):
        _draw_band(part, info, share, widths, shade)
    drawn.legend(
        *part.get_legend_handles_labels(),
        loc="outside upper left",
        ncols=_legend_columns(info.lines, len(info.bands)),
        borderaxespad=0.1,
    )
    return drawn


def _draw_band(axes: Axes, info: ForecastInfo, share: float, widths: Points, shade: float) -> None:
    """Around the model's forecasts, in the enlarged part."""
    _, kind, values = info.lines[0]
    places = [
        (at, value, half)
        for at, (value, half) in enumerate(zip(values, widths, strict=False))
        if value is not None and half is not None and info.worst[0] <= at < info.worst[1]
    ]
    if places:
        xs, middle, half = (list(column) for column in zip(*places, strict=True))
        low = [value - width for value, width in zip(middle, half, strict=True)]
        high = [value + width for value, width in zip(middle, half, strict=True)]
        label = f"band of {words.share(share)}"
        axes.fill_between(xs, low, high, color=COLOUR[kind], alpha=shade, linewidth=0, label=label)


def _legend_columns(lines: Lines, bands: int = 0) -> int:
    """As many as have room beside each other, in rows of the same length."""
    if sum(min(40, len(name)) for name, _, _ in lines) >= 60:
        return 2
    entries = 1 + len(lines) + bands
    return entries if entries < 6 else 3


def _draw_lines(
    axes: Axes,
    actual: Points,
    lines: Lines,
    first: int,
    last: int,
) -> None:
    style: dict[str, dict[str, Any]] = {
        "actual": {"color": INK, "linewidth": 1.9},
        "baseline": {"color": BASELINE, "linestyle": ":", "linewidth": 1.4},
        "lstm": {"color": LSTM, "linestyle": DASH["lstm"], "linewidth": 1.4},
        "gru": {"color": GRU, "linestyle": DASH["gru"], "linewidth": 1.4},
    }
    for order, (name, kind, values) in enumerate([("actual", "actual", actual), *lines]):
        xs = [first + place for place in kept(values[first:last], POINTS)]
        ys = [math.nan if values[x] is None else values[x] for x in xs]
        axes.plot(xs, ys, label=words.cut(name, 40), zorder=10 - order, **style[kind])  # type: ignore[arg-type]
    axes.set_xlim(first, max(first + 1, last - 1))


def _time_ticks(axes: Axes, times: Sequence[str], first: int, last: int) -> None:
    steps = min(5, last - first)
    places = sorted(
        {first + round(at * (last - 1 - first) / max(1, steps - 1)) for at in range(steps)}
    )
    labels = [words.moment(times[place]) if place < len(times) else str(place) for place in places]
    if len(places) > 1 and len({label[:10] for label in labels}) == len(labels):
        labels = [label[:10] for label in labels]
    labels = [label.replace(" ", "\n", 1) for label in labels]
    axes.set_xticks(places, labels)
    texts = axes.get_xticklabels()
    texts[0].set_horizontalalignment("left")
    texts[-1].set_horizontalalignment("right")


def draw_steps(info: StepsInfo) -> Figure:
    """Error by step of the horizon."""
    drawn = figure(7.6, 2.3)
    axes = drawn.subplots()
    style: dict[str, Any] = {
        "lstm": (LSTM, DASH["lstm"]),
        "gru": (GRU, DASH["gru"]),
        "baseline": (BASELINE, ":"),
    }
    for name, kind, values in info.lines:
        colour, dash = style[kind]
        ys = [math.nan if value is None else value for value in values]
        axes.plot(
            range(1, len(ys) + 1), ys, color=colour, linestyle=dash, label=words.cut(name, 40)
        )
    axes.set_ylim(bottom=0)
    axes.set_xlim(1, max(2, max(len(values) for _, _, values in info.lines)))
    count_whole(axes)
    axes.yaxis.set_major_formatter(tick)
    axes.grid(axis="y")
    axes.set_xlabel("steps ahead")
    axes.set_ylabel(f"mean absolute error\n[{words.cut(info.unit, 24)}]")
    drawn.legend(loc="outside upper left", ncols=_legend_columns(info.lines), borderaxespad=0.1)
    return drawn
