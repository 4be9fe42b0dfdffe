"""What all figures share: placeholder colours, marks, and how matplotlib is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autorecur.report import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BAND",
    "BASELINE",
    "COLOUR",
    "DASH",
    "FAINT",
    "GRU",
    "INK",
    "LSTM",
    "MARK",
    "MUTED",
    "SCALE",
    "STYLE",
    "THEME",
    "count_whole",
    "difference_axis",
    "figure",
    "tick",
]

# Colours that matplotlib draws with, and the CSS variable each one stands for on the page.
INK, MUTED, FAINT, BAND, LSTM, GRU, BASELINE, PAPER, SCALE = (
    "#0a0b01",
    "#0a0b02",
    "#0a0b03",
    "#0a0b04",
    "#0a0b05",
    "#0a0b06",
    "#0a0b07",
    "#0a0b08",
    "#0a0b09",
)
THEME = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    FAINT: "var(--line)",
    BAND: "var(--band)",
    LSTM: "var(--lstm)",
    GRU: "var(--gru)",
    BASELINE: "var(--baseline)",
    PAPER: "var(--paper)",
    SCALE: "var(--scale)",
}
COLOUR = {"lstm": LSTM, "gru": GRU}
DASH: dict[str, Any] = {"lstm": "-", "gru": (0, (5, 2))}
MARK = {"lstm": "o", "gru": "^"}


STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "autorecur",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "lines.linewidth": 1.6,
}


def figure(width: float, height: float) -> Figure:
    """An empty figure, in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def tick(value: float, position: float = 0) -> str:
    """The label of a tick, with a real minus sign."""
    return f"{value:g}".replace("-", "−") if abs(value) > 1e-12 else "0"


def difference_axis(axes: Axes, unit: str, base: float | None, base_of: str) -> None:
    """The axis of GRU − LSTM; below each tick its per cent of `base`, where there is one."""
    label = f"GRU − LSTM [{words.cut(unit, 40)}]"
    if base is None:
        axes.xaxis.set_major_formatter(tick)
    else:
        label += f", and in per cent of the {words.cut(base_of, 40)}"
        axes.xaxis.set_major_formatter(lambda x, at: f"{tick(x)}\n{words.percent(x / base)}")
    axes.set_xlabel(label)


def count_whole(axes: Axes) -> None:
    """Ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
