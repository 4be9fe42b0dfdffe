"""Figures of the comparison, and of how far back the networks look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autorecur.report import words
from autorecur.report.figures.style import (
    BAND,
    COLOUR,
    DASH,
    INK,
    MARK,
    MUTED,
    count_whole,
    difference_axis,
    figure,
)
from autorecur.report.plotted import FOLDS, MemoryInfo, PosteriorInfo, density

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_memory", "draw_posterior"]


def draw_posterior(info: PosteriorInfo) -> Figure:
    """The belief about the difference, and the pairs below it."""
    rows = min(len(info.folds), FOLDS)
    drawn = figure(7.6, 2.6 + 0.17 * rows)
    drawn.get_layout_engine().set(hspace=0, h_pad=0.02)  # type: ignore[union-attr, call-arg]
    top, rug = drawn.subplots(2, 1, sharex=True, height_ratios=(2.2, 0.25 + 0.17 * rows))
    low, high = _reach(info)
    low_cell, high_cell = ("gru", "lstm") if info.better == "lower" else ("lstm", "gru")
    for axes in (top, rug):
        axes.axvspan(-info.margin, info.margin, color=BAND, linewidth=0, zorder=0)
        axes.axvline(0, ymax=0.84 if axes is top else 1, color=MUTED, linewidth=0.8, zorder=1)
    if info.scale and info.degrees:
        xs = [low + (high - low) * at / 240 for at in range(241)]
        ys = [density(x, info.mean, info.scale, info.degrees) for x in xs]
        for cell, side in (
            (low_cell, [x <= -info.margin for x in xs]),
            (high_cell, [x >= info.margin for x in xs]),
        ):
            top.fill_between(xs, ys, where=side, color=COLOUR[cell], alpha=0.3, linewidth=0)
        top.plot(xs, ys, color=INK, linewidth=1.5)
    top.set_xlim(low, high)
    top.set_ylim(0, top.get_ylim()[1] * 1.3)
    _name_areas(top, info, low_cell, high_cell)
    top.set_yticks([])
    top.spines[["left", "bottom"]].set_visible(False)
    top.tick_params(axis="x", length=0, labelbottom=False)
    _draw_rug(rug, info, rows, low_cell, high_cell)
    return drawn


def _reach(info: PosteriorInfo) -> tuple[float, float]:
    pairs = [value for _, values in info.folds for value in values]
    tail = 3.4 * (info.scale or 0.0)
    low = min([info.mean - tail, -2.2 * info.margin, *pairs])
    high = max([info.mean + tail, 2.2 * info.margin, *pairs])
    room = 0.04 * (high - low) or 1.0
    return low - room, high + room


def _name_areas(axes: Axes, info: PosteriorInfo, low_cell: str, high_cell: str) -> None:
    if info.probability is None:
        return
    lstm, equal, gru = (words.sure(part) for part in info.probability)
    part = {"lstm": lstm, "gru": gru}
    for x, align, cell in ((0.0, "left", low_cell), (1.0, "right", high_cell)):
        text = f"{cell.upper()} better {part[cell]}"
        axes.text(
            x,
            1.03,
            text,
            transform=axes.transAxes,
            ha=align,
            va="bottom",
            color=COLOUR[cell],
            weight="bold",
        )
    # One line lower than its neighbours, which a narrow band would let it run into.
    axes.text(
        0,
        0.98,
        f"equal {equal}",
        transform=axes.get_xaxis_transform(),
        ha="center",
        va="top",
        color=MUTED,
    )


def _draw_rug(axes: Axes, info: PosteriorInfo, rows: int, low_cell: str, high_cell: str) -> None:
    for row, (_, values) in enumerate(info.folds[:rows]):
        mean = sum(values) / len(values)
        cell = low_cell if mean < 0 else high_cell
        axes.plot(
            values, [row] * len(values), linestyle="none", marker="|", markersize=7, color=MUTED
        )
        axes.plot(
            [mean], [row], linestyle="none", marker=MARK[cell], markersize=5, color=COLOUR[cell]
        )
    axes.set_ylim(rows - 0.4, -0.8)
    axes.set_yticks(range(rows), [words.cut(fold, 18) for fold, _ in info.folds[:rows]], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    difference_axis(axes, info.unit, info.base, info.base_of)


def draw_memory(info: MemoryInfo) -> Figure:
    """Sensitivity by distance, on a scale of powers; a mark where most of it is reached."""
    drawn = figure(7.6, 2.5)
    axes = drawn.subplots()
    for name, cell, shares, reach in info.lines:
        ys = [share or math.nan for share in shares]  # none has no place on such a scale
        xs = range(1, len(ys) + 1)
        label = f"{words.cut(name, 40)}: {words.share(info.most)} within {reach}"
        axes.plot(xs, ys, color=COLOUR[cell], linestyle=DASH[cell], label=label)
        axes.plot([reach], [ys[reach - 1]], linestyle="none", marker=MARK[cell], color=COLOUR[cell])
    axes.set_yscale("log")
    axes.set_xlim(1, max(2, max(len(shares) for _, _, shares, _ in info.lines)))
    axes.yaxis.set_major_formatter(lambda y, at: f"{100 * y:g} %")
    axes.minorticks_off()
    axes.grid(axis="y")
    count_whole(axes)
    axes.set_xlabel(f"{info.unit} back")
    axes.set_ylabel("share of the\nsensitivity")
    drawn.legend(loc="outside upper left", ncols=len(info.lines), borderaxespad=0.1)
    return drawn
