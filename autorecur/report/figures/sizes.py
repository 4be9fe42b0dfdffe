"""The figure of what was tried: two maps, depth by width, on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autorecur.report import words
from autorecur.report.figures.style import BAND, FAINT, INK, MUTED, PAPER, SCALE, figure
from autorecur.report.plots.fidelity import FIDELITIES
from autorecur.report.plots.tried import Tried, TriedInfo, score_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_tried"]

BESIDE = 6  # widths up to which both maps stand side by side
DENSEST, FAINTEST = 0.62, 0.1  # of the colour of a size that was fully trained
FILL: dict[str, Any] = {"full": "full", "middle rung": "left", "first rung": "none"}


def draw_tried(info: TriedInfo) -> Figure:
    """LSTM and GRU: a size a square, its best score, how far it was trained, its weights."""
    rows, beside = len(info.depths), len(info.widths) <= BESIDE
    height = 0.52 * rows + 0.62
    drawn = figure(7.6, 0.5 + (height if beside else 2 * height))
    panels = drawn.subplots(1, 2) if beside else drawn.subplots(2, 1)
    across = (7.0 / 2 if beside else 7.0) / len(info.widths)
    for axes, cell in zip(panels, ("lstm", "gru"), strict=True):
        _draw_grid(axes, info, cell)
        for size in info.sizes:
            if size.cell == cell:
                _draw_size(axes, info, size, narrow=across < 0.62)
        axes.set_title(cell.upper(), loc="left", fontsize=10, color=MUTED)
        if beside or cell == "gru":
            axes.set_xlabel("width")
        if not beside or cell == "lstm":
            axes.set_ylabel("depth")
    _explain(drawn)
    return drawn


def _draw_grid(axes: Axes, info: TriedInfo, cell: str) -> None:
    """Every square of the grid, hatched where nothing of that size was trained."""
    from matplotlib.patches import Rectangle

    tried = {(size.row, size.column) for size in info.sizes if size.cell == cell}
    for row in range(len(info.depths)):
        for column in range(len(info.widths)):
            if (row, column) not in tried:
                square = Rectangle(
                    (column, row), 1, 1, fill=False, hatch="////", edgecolor=FAINT, linewidth=0
                )
                axes.add_patch(square)
    axes.set_xlim(0, len(info.widths))
    axes.set_ylim(len(info.depths), 0)
    axes.set_xticks([at + 0.5 for at in range(len(info.widths))], info.widths)
    axes.set_yticks([at + 0.5 for at in range(len(info.depths))], info.depths)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _draw_size(axes: Axes, info: TriedInfo, size: Tried, narrow: bool) -> None:
    from matplotlib.patches import Rectangle

    shaded = size.shade is not None
    shade = FAINTEST + (DENSEST - FAINTEST) * (size.shade or 0.0)
    axes.add_patch(
        Rectangle(
            (size.column + 0.02, size.row + 0.02),
            0.96,
            0.96,
            facecolor=SCALE if shaded else BAND,
            alpha=shade if shaded else 1.0,
            linewidth=0,
        )
    )
    if size.best:
        corner = (size.column + 0.05, size.row + 0.05)
        axes.add_patch(Rectangle(corner, 0.9, 0.9, fill=False, edgecolor=INK, linewidth=2.0))
    middle, centre = size.row + 0.4, size.column + 0.5
    if not narrow:
        _mark(axes, size.column + 0.18, middle, size.fidelity)
        centre += 0.09
    axes.text(
        centre,
        middle,
        score_text(info, size),
        ha="center",
        va="center",
        fontsize=7.5 if narrow else 9.5,
        weight="bold" if size.best else "normal",
        color=INK,
    )
    if narrow:
        _mark(axes, size.column + 0.5, size.row + 0.76, size.fidelity)
    elif size.parameters is not None:
        axes.text(
            size.column + 0.5,
            size.row + 0.76,
            words.count(size.parameters),
            ha="center",
            va="center",
            fontsize=7.5,
            color=INK,
        )


def _mark(axes: Axes, x: float, y: float, fidelity: str) -> None:
    axes.plot([x], [y], **_circle(fidelity))


def _circle(fidelity: str) -> dict[str, Any]:
    return {
        "linestyle": "none",
        "marker": "o",
        "markersize": 5.5,
        "fillstyle": FILL[fidelity],
        "markerfacecolor": INK,
        "markerfacecoloralt": "none",
        "markeredgecolor": INK,
        "markeredgewidth": 0.9,
    }


def _explain(drawn: Figure) -> None:
    """The marks, below both maps."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks: list[Any] = [Line2D([], [], **_circle(level)) for level in reversed(FIDELITIES)]
    names = list(reversed(FIDELITIES))
    marks.append(Patch(facecolor="none", edgecolor=MUTED, hatch="////", linewidth=0))
    marks.append(Patch(facecolor=PAPER, edgecolor=INK, linewidth=1.6))
    drawn.legend(
        marks,
        [*names, "not tried", "best of its cell, fully trained"],
        loc="outside lower left",
        ncols=5,
        borderaxespad=0.1,
        columnspacing=1.4,
        handletextpad=0.5,
    )
