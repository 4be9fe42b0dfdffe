"""Figures of the trainings: learning curves, and what accuracy costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autorecur.report import words
from autorecur.report.figures.style import (
    BASELINE,
    COLOUR,
    DASH,
    INK,
    MARK,
    MUTED,
    PAPER,
    count_whole,
    figure,
    tick,
)
from autorecur.report.plots.curves import CurvesInfo, Spaced
from autorecur.report.plots.price import Priced, PriceInfo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_curves", "draw_price"]

NAMED = 5  # baselines beside their lines
NAME = 22  # characters of one, and of a network's title
LABEL = 30  # characters of an axis' name, which may hold the user's unit
APART = 0.085  # of the height of a panel, between two names
ROOM = 0.9  # of the span of the networks, in which a worse baseline is still drawn


def draw_curves(info: CurvesInfo) -> Figure:
    """Validation scores, one panel a rung."""
    drawn = figure(7.6, 2.7)
    panels = drawn.subplots(1, len(info.panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(panels, info.panels, strict=True):
        for curve in sorted(panel.curves, key=lambda curve: curve.promoted):
            xs, ys = _parted(curve.points)
            axes.plot(
                xs,
                ys,
                color=COLOUR[curve.cell],
                linestyle=DASH[curve.cell],
                linewidth=1.7 if curve.promoted else 0.9,
                alpha=1.0 if curve.promoted else 0.6,
            )
            axes.plot(
                xs[-1:],
                ys[-1:],
                linestyle="none",
                color=COLOUR[curve.cell],
                marker=MARK[curve.cell] if curve.promoted else "x",
                markersize=5,
            )
        if panel.median:
            xs, ys = _parted(panel.median)
            axes.plot(xs, ys, color=MUTED, linestyle=(0, (1, 1)), linewidth=3.2)
            note = f"dotted: median of {panel.hidden} more"
            place = {"ha": "right", "va": "top", "transform": axes.transAxes}
            axes.text(0.99, 0.98, note, fontsize=8.5, color=MUTED, **place)
        axes.set_title(f"rung {panel.rung}", loc="left", fontsize=10, color=MUTED)
        axes.set_xlim(left=0.5)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        count_whole(axes)
    panels[0].set_ylabel(info.label)
    panels[0].yaxis.set_major_formatter(tick)
    _limit_to_most(panels[0], info)
    drawn.supxlabel("evaluations", fontsize=9.5, color=MUTED)
    return drawn


def _parted(points: Spaced) -> tuple[list[int], list[float]]:
    return [at for at, _ in points], [math.nan if y is None else y for _, y in points]


def _limit_to_most(axes: Axes, info: CurvesInfo) -> None:
    """One training that diverged must not flatten all the others."""
    lines = [curve.points for panel in info.panels for curve in panel.curves]
    lines += [panel.median for panel in info.panels]
    points = sorted(p for line in lines for _, p in line if p is not None)
    low, high = points[0], points[min(len(points) - 1, int(0.97 * len(points)))]
    if high > low:
        axes.set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))


def draw_price(info: PriceInfo) -> Figure:
    """Score by seconds: the full trainings of the search, and the finalists beside baselines."""
    drawn = figure(7.6, 3.1)
    both = bool(info.tried and info.finalists)
    panels = drawn.subplots(
        1, 2 if both else 1, squeeze=False, width_ratios=(1.35, 1) if both else None
    )[0]
    if info.tried:
        _draw_search(panels[0], info)
    if info.finalists:
        _draw_finalists(panels[-1], info)
    for axes in panels:
        axes.set_xscale("log")
        axes.grid()
        axes.set_axisbelow(True)
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(tick)
    for axes, points in ((panels[0], info.tried), (panels[-1], info.finalists)):
        if points:
            _limit_seconds(axes, [point.seconds for point in points])
    panels[0].set_ylabel(f"{words.cut(info.label, LABEL)}, {info.better} is better")
    drawn.supxlabel("seconds of training, from the start", fontsize=9.5, color=MUTED)
    return drawn


def _draw_search(axes: Axes, info: PriceInfo) -> None:
    axes.set_title("fully trained in the search", loc="left", fontsize=10, color=MUTED)
    front = info.front
    xs = [point.seconds for point in front] + [2 * max(each.seconds for each in info.tried)]
    ys = [point.score for point in front] + [front[-1].score]
    axes.plot(xs, ys, drawstyle="steps-post", color=INK, linewidth=1.1, zorder=2)
    _draw_points(axes, info.tried, info.better)
    _limit_scores(axes, [point.score for point in info.tried], info.better)


def _draw_points(axes: Axes, points: Sequence[Priced], better: str) -> None:
    """A mark a network, with its spread; the chosen one in a ring, and named on its better side."""
    side = -1 if better == "lower" else 1
    for point in points:
        axes.errorbar(
            [point.seconds],
            [point.score],
            yerr=None if point.spread is None else [point.spread],
            color=COLOUR[point.cell],
            marker=MARK[point.cell],
            markersize=6,
            markeredgecolor=PAPER,
            markeredgewidth=0.6,
            linewidth=1.3,
            capsize=3,
            zorder=4,
        )
        if point.chosen:
            axes.plot(
                [point.seconds],
                [point.score],
                marker="o",
                markersize=13,
                markerfacecolor="none",
                markeredgecolor=INK,
                markeredgewidth=1.4,
                zorder=5,
            )
            axes.annotate(
                words.cut(point.title, NAME),
                (point.seconds, point.score),
                xytext=(0, 11 * side),
                textcoords="offset points",
                ha="center",
                va="top" if side < 0 else "bottom",
                weight="bold",
                fontsize=9.5,
                color=COLOUR[point.cell],
            )


def _draw_finalists(axes: Axes, info: PriceInfo) -> None:
    where = "in the duel" if info.where == "duel" else "on the holdout"
    axes.set_title(f"finalists {where}", loc="left", fontsize=10, color=MUTED)
    ends = [p.score + way * (p.spread or 0.0) for p in info.finalists for way in (-1, 1)]
    shown = [score for _, score in info.baselines[:1]]
    low, high = min((*ends, *shown)), max((*ends, *shown))
    reach = ROOM * (high - low or abs(high))
    near = [
        (name, score) for name, score in info.baselines if low - reach <= score <= high + reach
    ][:NAMED]
    for _, score in near:
        axes.axhline(score, color=BASELINE, linestyle=":", linewidth=1.4, zorder=1)
    _draw_points(axes, info.finalists, info.better)
    _limit_scores(axes, [*ends, *(score for _, score in near)], info.better)
    _name_baselines(axes, near)


def _name_baselines(axes: Axes, baselines: Sequence[tuple[str, float]]) -> None:
    """Right of their lines, no name over another."""
    low, high = axes.get_ylim()
    ordered = sorted(baselines, key=lambda pair: pair[1])
    places = [(score - low) / (high - low) for _, score in ordered]
    for at in range(1, len(places)):
        places[at] = max(places[at], places[at - 1] + APART)
    over = max(0.0, places[-1] - 0.98) if places else 0.0
    for (name, score), place in zip(ordered, places, strict=True):
        axes.text(
            1.02,
            place - over,
            f"{words.cut(name, NAME)} {words.number(score)}",
            transform=axes.transAxes,
            va="center",
            fontsize=8.5,
            color=MUTED,
        )


def _limit_scores(axes: Axes, values: Sequence[float], better: str) -> None:
    """With more room on the better side, where the name of the chosen one stands."""
    low, high = min(values), max(values)
    room = 0.14 * (high - low) or 0.05 * abs(high) or 1.0
    below, above = (1.8, 1.0) if better == "lower" else (1.0, 1.8)
    axes.set_ylim(low - below * room, high + above * room)


def _limit_seconds(axes: Axes, seconds: Sequence[float]) -> None:
    """Ticks at round times, as people say them."""
    low, high = min(seconds), max(seconds)
    low, high = low / 1.5, high * 1.5
    axes.set_xlim(low, high)
    steps = [(1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for step in steps:
        places = [each * 10.0**power for power in powers for each in step]
        places = [place for place in places if low <= place <= high]
        if len(places) <= 6:
            break
    axes.set_xticks(places, [f"{tick(place)} s" for place in places])
