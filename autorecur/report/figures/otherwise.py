"""The figure of the variations: a row each, the difference and the verdict that it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autorecur.report import words
from autorecur.report.figures.style import (
    BAND,
    COLOUR,
    INK,
    MARK,
    MUTED,
    PAPER,
    difference_axis,
    figure,
)
from autorecur.report.plots.variations import Variation, VariationsInfo, said

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_variations"]

ROW = 0.215  # inches
# The mark of a verdict; those that name a cell have the mark of that cell.
SHAPE: dict[str, dict[str, Any]] = {
    "EQUIVALENT": {"marker": "s", "color": MUTED},
    "UNDECIDED": {"marker": "o", "color": INK, "markerfacecolor": "none"},
    "BASELINE_WINS": {"marker": "v", "color": MUTED, "markerfacecolor": "none"},
    "INCOMPLETE": {"marker": "x", "color": MUTED},
}


def draw_variations(info: VariationsInfo) -> Figure:
    """The differences over one another, the margin as a band; right, the verdict in words."""
    drawn = figure(7.6, 0.75 + ROW * len(info.rows))
    axes = drawn.subplots()
    axes.axvspan(-info.margin, info.margin, color=BAND, linewidth=0, zorder=0)
    axes.axvline(0, color=MUTED, linewidth=0.8, zorder=1)
    for place, row in enumerate(info.rows):
        _draw_row(axes, info, place, row)
    axes.set_xlim(*_reach(info))
    axes.set_ylim(len(info.rows) - 0.4, -0.6)
    axes.set_yticks(range(len(info.rows)), [words.cut(row.name, 30) for row in info.rows])
    axes.tick_params(axis="y", length=0, labelsize=8.5)
    axes.spines["left"].set_visible(False)
    difference_axis(axes, info.unit, info.base, info.base_of)
    return drawn


def _reach(info: VariationsInfo) -> tuple[float, float]:
    found = [row.mean for row in info.rows if row.mean is not None]
    found += [end for row in info.rows for end in row.ends or ()]
    widest = 1.2 * max(row.margin for row in info.rows)
    low, high = min((*found, -widest)), max((*found, widest))
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _draw_row(axes: Axes, info: VariationsInfo, place: int, row: Variation) -> None:
    axes.text(
        1.02,
        place,
        said(row.outcome, row.cell),
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=8.5,
        weight="bold" if row.same is False else "normal",
        color=INK,
    )
    if row.mean is None:
        axes.text(
            0.5,
            place,
            "not on this scale",
            transform=axes.get_yaxis_transform(),
            ha="center",
            va="center",
            fontsize=8,
            color=MUTED,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
        )
        return
    if row.ends:
        axes.plot(row.ends, [place, place], color=MUTED, linewidth=1.2, zorder=2)
    if row.margin != info.margin:
        ends = [-row.margin, row.margin]
        axes.plot(ends, [place, place], linestyle="none", marker="|", markersize=8, color=MUTED)
    axes.plot([row.mean], [place], linestyle="none", markersize=6, zorder=3, **_shape(row))


def _shape(row: Variation) -> dict[str, Any]:
    cell = row.cell or row.outcome.lower()
    if cell not in COLOUR:
        return SHAPE[row.outcome]
    half = {"fillstyle": "left", "markerfacecoloralt": "none"} if row.outcome == "LEANING" else {}
    return {"marker": MARK[cell], "color": COLOUR[cell], **half}
