"""Figures of how sure a network is of its classes, and rightly so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autorecur.report import words
from autorecur.report.figures.style import (
    BASELINE,
    COLOUR,
    FAINT,
    MARK,
    MUTED,
    figure,
)
from autorecur.report.plots.sure import CalibrationInfo, PrecisionInfo, Recalled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_calibration", "draw_precision"]

ACROSS = 3  # classes in a row
NAME = 24  # characters of a class's name
WHOLE = (-0.02, 1.04)  # an axis of shares, with room for a mark at its ends
TICKS = (0.0, 0.5, 1.0)


def draw_precision(info: PrecisionInfo) -> Figure:
    """A panel a class: precision by recall, and what giving the class to all would have."""
    count = len(info.curves)
    across = min(ACROSS, count)
    down = -(-count // across)
    drawn = figure(7.6, 0.3 + 2.1 * down)
    panels = drawn.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, curve in zip(panels, info.curves, strict=False):
        _draw_curve(axes, curve, info.cell)
    for axes in panels[count:]:
        axes.remove()
    for axes in panels[max(0, count - across) : count]:
        axes.tick_params(labelbottom=True)
    drawn.supxlabel("recall [%]", fontsize=9.5, color=MUTED)
    drawn.supylabel("precision [%]", fontsize=9.5, color=MUTED)
    return drawn


def _draw_curve(axes: Axes, curve: Recalled, cell: str) -> None:
    axes.axhline(curve.share, color=BASELINE, linestyle=":", linewidth=1.4)
    axes.plot(curve.recall, curve.precision, color=COLOUR[cell], drawstyle="steps-pre")
    title = f"{words.cut(curve.label, NAME)}: {words.score(curve.average_precision, 'accuracy')} %"
    axes.set_title(title, loc="left", fontsize=10, color=MUTED)
    _shares(axes)


def draw_calibration(info: CalibrationInfo) -> Figure:
    """Right answers by how sure they are, the line where both agree, and counts below."""
    drawn = figure(7.6, 4.4)
    above, below = drawn.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
    above.plot((0, 1), (0, 1), color=MUTED, linewidth=1.0)
    sure, right = [each.sure for each in info.bins], [each.right for each in info.bins]
    low, high = ([each.ends[end] for each in info.bins] for end in (0, 1))
    above.vlines(sure, low, high, color=COLOUR[info.cell], linewidth=1.2, alpha=0.7)
    above.plot(sure, right, color=COLOUR[info.cell], marker=MARK[info.cell], linewidth=1.2)
    _shares(above)
    above.set_xticks([at / 10 for at in range(11)])  # a tick each bin
    above.set_xlim(min(each.low for each in info.bins) - 0.01, 1.01)
    above.set_ylabel("share that is right [%]")
    for each in info.bins:
        below.bar(
            (each.low + each.high) / 2,
            each.count,
            width=0.9 * (each.high - each.low),
            color=MUTED,
            alpha=0.6,
        )
    below.yaxis.set_major_formatter(lambda count, at: f"{count:,.0f}")
    below.locator_params(axis="y", nbins=3, integer=True)
    below.grid(axis="y", color=FAINT)
    below.set_axisbelow(True)
    below.set_ylabel("how many")
    below.set_xlabel("how sure the answer is [%]")
    return drawn


def _shares(axes: Axes) -> None:
    axes.set_xlim(*WHOLE)
    axes.set_ylim(*WHOLE)
    axes.set_xticks(TICKS)
    axes.set_yticks(TICKS)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda share, at: f"{100 * share:.0f}")
    axes.grid()
    axes.set_axisbelow(True)
