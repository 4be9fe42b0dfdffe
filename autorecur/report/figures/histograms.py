"""Figures of counts: what is left in the residuals, and the values of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autorecur.report import words
from autorecur.report.figures.style import BAND, COLOUR, INK, MARK, MUTED, count_whole, figure, tick
from autorecur.report.plots.binned import Bins, TargetPart, TargetsInfo
from autorecur.report.plots.leftover import Lags, ResidualsInfo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_residuals", "draw_targets"]

NAME = 24  # characters of a class's name, or of a unit, at an axis
BAR = 0.24  # inches a class
ROOM = 1.25  # of the axis, so that a count stands right of the longest bar
BESIDE = 2  # targets whose histograms stand side by side


def draw_residuals(info: ResidualsInfo) -> Figure:
    """The residuals' histogram, how they go together with earlier ones, and where they are large.

    What does not follow in steps goes together with nothing.
    """
    drawn = figure(7.6, 4.9 if info.lags else 2.6)
    if info.lags:
        places = drawn.subplot_mosaic([["counts", "lags"], ["points", "points"]])
        _draw_lags(places["lags"], info.lags, info.cell)
    else:
        places = drawn.subplot_mosaic([["counts", "points"]])
    unit = words.cut(info.unit, NAME)
    counts, points = places["counts"], places["points"]
    _draw_bins(counts, info.bins, COLOUR[info.cell])
    counts.axvline(0, color=INK, linewidth=1.0)
    counts.set_xlabel(f"residual [{unit}]")
    points.axhline(0, color=INK, linewidth=1.0)
    points.plot(
        [foretold for foretold, _ in info.points],
        [residual for _, residual in info.points],
        linestyle="none",
        marker=MARK[info.cell],
        markersize=4.0,
        markeredgewidth=0,
        alpha=0.55,
        color=COLOUR[info.cell],
    )
    points.set_xlabel(f"foretold [{unit}]")
    points.set_ylabel("residual")
    points.grid()
    points.set_axisbelow(True)
    for axis in (points.xaxis, points.yaxis):
        axis.set_major_formatter(tick)
    return drawn


def _draw_lags(axes: Axes, lags: Lags, cell: str) -> None:
    """A stroke a lag; the band is what chance alone stays within."""
    steps = range(1, len(lags.correlations) + 1)
    axes.axhspan(-lags.bound, lags.bound, color=BAND, linewidth=0, zorder=0)
    axes.axhline(0, color=INK, linewidth=1.0)
    axes.vlines(steps, 0, lags.correlations, color=COLOUR[cell], linewidth=1.6)
    axes.plot(steps, lags.correlations, linestyle="none", marker=MARK[cell], color=COLOUR[cell])
    highest = max(2 * lags.bound, *(1.15 * abs(each) for each in lags.correlations))
    axes.set_ylim(-min(1.0, highest), min(1.0, highest))
    axes.set_xlim(0.5, len(steps) + 0.5)
    count_whole(axes)
    axes.yaxis.set_major_formatter(tick)
    axes.set_xlabel("steps before")
    axes.set_ylabel("correlation")


def _draw_bins(axes: Axes, bins: Bins, colour: str) -> None:
    axes.stairs(bins.counts, bins.edges, fill=True, color=colour, alpha=0.35, linewidth=0)
    axes.stairs(bins.counts, bins.edges, color=colour, linewidth=1.2)
    axes.set_ylim(bottom=0)
    axes.set_xlim(bins.edges[0], bins.edges[-1])
    axes.xaxis.set_major_formatter(tick)
    axes.yaxis.set_major_formatter(lambda count, at: f"{count:,.0f}")
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", nbins=5, integer=True)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set_ylabel("how many")


def draw_targets(info: TargetsInfo) -> Figure:
    """The values of each target: bins of numbers, or a bar a class."""
    listed = max(len(part.classes) for part in info.parts)
    across = min(BESIDE, len(info.parts))
    down = -(-len(info.parts) // across)
    drawn = figure(7.6, (0.5 + BAR * listed if listed else 2.1) * down)
    panels = drawn.subplots(down, across, squeeze=False).ravel()
    for axes, part in zip(panels, info.parts, strict=False):
        if part.bins is None:
            _draw_counts(axes, part)
        else:
            _draw_bins(axes, part.bins, MUTED)
            axes.set_xlabel(words.cut(part.name, NAME))
    for axes in panels[len(info.parts) :]:
        axes.remove()
    return drawn


def _draw_counts(axes: Axes, part: TargetPart) -> None:
    names = [words.cut(label, NAME) for label, _ in part.classes]
    counts = [count for _, count in part.classes]
    places = range(len(counts))
    axes.barh(places, counts, height=0.7, color=MUTED, alpha=0.6)
    for place, count in zip(places, counts, strict=True):
        share = words.share(count / part.counted) if part.counted else words.MISSING
        axes.annotate(
            f"{count:,} ({share})",
            (count, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            size=9,
            color=INK,
        )
    axes.set_yticks(places, names)
    axes.set_ylim(len(counts) - 0.4, -0.6)
    axes.set_xlim(0, ROOM * max(1, *counts))
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)
