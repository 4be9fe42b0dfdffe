"""Figures of the budget: what the search trained for, and which training ran when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autorecur.report import words
from autorecur.report.figures.style import BASELINE, COLOUR, FAINT, INK, MUTED, PAPER, figure
from autorecur.report.plots.fidelity import MARKS
from autorecur.report.plots.spent import SpentInfo
from autorecur.report.plots.timeline import TimelineInfo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_spent", "draw_timeline"]

ROOM = 0.09  # of the whole time, that a stage's name takes
HATCH = {"lstm": None, "gru": "////"}


def draw_spent(info: SpentInfo) -> Figure:
    """Seconds of training, a bar a cell and fidelity."""
    drawn = figure(7.6, 0.7 + 0.29 * len(info.parts))
    axes = drawn.subplots()
    longest = max(part.seconds for part in info.parts)
    names = []
    for row, part in enumerate(info.parts):
        place = row + 0.35 * (row // 2)
        axes.barh(
            [place],
            [part.seconds],
            height=0.78,
            color=COLOUR[part.cell],
            edgecolor=PAPER,
            linewidth=0,
            hatch=HATCH[part.cell],
        )
        trainings = words.plural(part.trainings, "training")
        axes.text(
            part.seconds + 0.012 * longest,
            place,
            f"{words.duration(part.seconds)}, {trainings}",
            va="center",
            fontsize=9,
            color=INK,
        )
        names.append((place, f"{part.cell.upper()}, {part.fidelity} {MARKS[part.fidelity]}"))
    axes.set_yticks([place for place, _ in names], [name for _, name in names])
    axes.invert_yaxis()
    _set_times(axes, 1.3 * longest, "time of training, of all workers together")
    return drawn


def draw_timeline(info: TimelineInfo) -> Figure:
    """A row a worker, a bar a training."""
    drawn = figure(7.6, 1.2 + 0.3 * info.lanes)
    axes = drawn.subplots()
    ends = [each.end for each in info.ran] + [begin for _, begin in info.stages]
    whole = max(info.limit or 0.0, *ends)
    for cell in sorted({each.cell for each in info.ran}):
        bars = [each for each in info.ran if each.cell == cell]
        axes.barh(
            [each.lane for each in bars],
            [each.seconds for each in bars],
            left=[each.begin for each in bars],
            height=0.72,
            color=COLOUR.get(cell, BASELINE),  # a plain network is a yardstick, as baselines are
            edgecolor=PAPER,
            linewidth=0.5,
            hatch=HATCH.get(cell),
        )
    lost = [each for each in info.ran if each.came_to_nothing]
    axes.plot(
        [each.end for each in lost],
        [each.lane for each in lost],
        linestyle="none",
        marker="x",
        markersize=7,
        color=INK,
    )
    _name_stages(axes, info, whole)
    if info.limit is not None:
        axes.axvline(info.limit, color=INK, linewidth=1.2)
    axes.set_yticks(range(info.lanes), [f"worker {lane + 1}" for lane in range(info.lanes)])
    axes.set_ylim(info.lanes - 0.45, -0.55)
    _set_times(axes, 1.01 * whole, "time since the call")
    return drawn


def _name_stages(axes: Axes, info: TimelineInfo, whole: float) -> None:
    """Above the first row, where each began; a name that has no room is left out."""
    free = -1.0
    for stage, begin in info.stages:
        axes.axvline(begin, color=FAINT, linewidth=1.0, zorder=0)
        if begin >= free:
            axes.text(
                begin,
                1.02,
                words.cut(stage, 20),
                fontsize=9,
                color=MUTED,
                ha="left",
                va="bottom",
                transform=axes.get_xaxis_transform(),
            )
            free = begin + ROOM * whole


def _set_times(axes: Axes, until: float, label: str) -> None:
    """Rows beside an axis of time, from nought, with ticks at round times."""
    from matplotlib.ticker import MaxNLocator

    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, until)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(lambda x, at: words.duration(x) if x else "0")
    axes.set_xlabel(label)
