"""Figures of labels: what was taken for what, and foretold beside actual numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autorecur.report import words
from autorecur.report.figures.style import COLOUR, INK, MARK, MUTED, figure, tick
from autorecur.report.plotted import BESIDE, ClassesInfo, ScatterInfo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_classes", "draw_scatter"]

DENSEST = 0.6  # of a cell's colour, so that its numbers stand out in both themes
FAINTEST = 0.08  # of one that holds anything
NAME = 16  # characters of a class's name at an axis


def draw_classes(info: ClassesInfo) -> Figure:
    """The confusion matrix; the baseline's beside it where there is room."""
    size = len(info.labels)
    height = 0.46 if size > BESIDE else 0.62
    drawn = figure(7.6, 1.0 + height * size)
    panels = drawn.subplots(1, 2 if info.both else 1, squeeze=False)[0]
    _matrix(panels[0], info.matrix, info.labels, COLOUR[info.cell])
    panels[0].set_ylabel("true class")
    panels[0].set_title(words.cut(info.name, 40), loc="left", fontsize=10, color=MUTED)
    if info.both and info.baseline is not None:
        _matrix(panels[1], info.baseline, info.labels, MUTED)
        panels[1].set_title(words.cut(info.baseline_name, 40), loc="left", fontsize=10, color=MUTED)
        panels[1].set_yticklabels([])
    return drawn


def _matrix(
    axes: Axes, matrix: Sequence[Sequence[int]], labels: Sequence[str], colour: str
) -> None:
    from matplotlib.patches import Rectangle

    size = len(matrix)
    big, small = (10.5, 8.5) if size <= 6 else (9.0, 7.0)
    for row, counts in enumerate(matrix):
        of = sum(counts)
        for column, count in enumerate(counts):
            share = count / of if of else 0.0
            if not count:
                continue
            cell = Rectangle(
                (column, row), 1, 1, facecolor=colour, alpha=FAINTEST + (DENSEST - FAINTEST) * share
            )
            axes.add_patch(cell)
            if count:
                middle: dict[str, Any] = {"ha": "center", "color": INK}
                weight = "bold" if row == column else "normal"
                axes.text(
                    column + 0.5,
                    row + 0.48,
                    f"{count:,}",
                    va="bottom",
                    size=big,
                    weight=weight,
                    **middle,
                )
                axes.text(
                    column + 0.5, row + 0.56, words.share(share), va="top", size=small, **middle
                )
    names = [words.cut(name, NAME) for name in labels]
    slanted = sum(map(len, names)) > (70 if size > BESIDE else 36)
    places = [at + 0.5 for at in range(size)]
    axes.set_xticks(
        places, names, rotation=30 if slanted else 0, ha="right" if slanted else "center"
    )
    axes.set_yticks(places, names)
    axes.set_xlim(0, size)
    axes.set_ylim(size, 0)
    axes.set_xticks(range(size + 1), minor=True)
    axes.set_yticks(range(size + 1), minor=True)
    axes.grid(which="minor")
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("taken for")


def draw_scatter(info: ScatterInfo) -> Figure:
    """Foretold over actual values, and the line where both are equal."""
    drawn = figure(7.6, 4.2)
    axes = drawn.subplots()
    low = min(*info.actual, *info.foretold) if len(info.actual) > 1 else info.actual[0]
    high = max(*info.actual, *info.foretold) if len(info.actual) > 1 else info.actual[0]
    room = 0.04 * (high - low) or 1.0
    ends = (low - room, high + room)
    axes.plot(ends, ends, color=MUTED, linewidth=1.0)
    axes.plot(
        info.actual,
        info.foretold,
        linestyle="none",
        marker=MARK[info.cell],
        markersize=4.5,
        markeredgewidth=0,
        alpha=0.55,
        color=COLOUR[info.cell],
    )
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.grid()
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(tick)
    axes.yaxis.set_major_formatter(tick)
    unit = words.cut(info.unit, 24)
    axes.set_xlabel(f"actual [{unit}]")
    axes.set_ylabel(f"foretold [{unit}]")
    return drawn
