"""Learning curves, one panel a rung: the best of the highest rungs, and the median of the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import words
from autorecur.report.named import score_label
from autorecur.report.plots.fidelity import key

__all__ = ["LINES", "Curve", "CurvesInfo", "Panel", "Spaced", "curves_info", "drawn", "spaced"]

LABEL = 40  # characters of an axis' name, which may hold the user's unit
LINES = 40  # of learning curves; of what is beyond, the median of each rung

Spaced = tuple[tuple[int, float | None], ...]  # number of an evaluation, and the score at it


@dataclass(frozen=True)
class Curve:
    """One training's validation scores."""

    cell: str
    points: Spaced
    promoted: bool


@dataclass(frozen=True)
class Panel:
    """The curves of a rung, the best first; and the median of those that are not drawn."""

    rung: int
    curves: tuple[Curve, ...]
    median: Spaced
    hidden: int  # how many the median is of


@dataclass(frozen=True)
class CurvesInfo:
    """Learning curves, one panel a rung."""

    panels: tuple[Panel, ...]
    label: str

    @property
    def hidden(self) -> int:
        """How many trainings have no line of their own."""
        return sum(panel.hidden for panel in self.panels)


def curves_info(record: Record) -> CurvesInfo | None:
    """The learning curves, best trainings first; None where none has two points or more."""
    shown, rest = drawn(record)
    if not shown:
        return None
    highest: dict[tuple[Any, ...], int] = {}
    for trial in (*shown, *rest):
        candidate = key(trial["candidate"])
        highest[candidate] = max(highest.get(candidate, 0), trial["rung"])
    share = record.metric["name"] in words.SHARES
    panels = []
    for rung in sorted({trial["rung"] for trial in (*shown, *rest)}):
        curves = tuple(
            Curve(
                trial["cell"],
                spaced(_scaled(trial, share)),
                bool(trial["top"]) or highest[key(trial["candidate"])] > rung,
            )
            for trial in shown
            if trial["rung"] == rung
        )
        hidden = [_scaled(trial, share) for trial in rest if trial["rung"] == rung]
        panels.append(Panel(rung, curves, spaced(_median(hidden)), len(hidden)))
    return CurvesInfo(tuple(panels), words.cut(f"validation {score_label(record)}", LABEL))


def drawn(record: Record) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The trials that get a line, the highest rung and the best first; and those that get none.

    A curve of one point is no curve: such a trial is in neither.
    """
    trials = [trial for trial in record.trials if sum(p is not None for p in trial["curve"]) > 1]
    flip = sign(record.metric["better"])
    trials.sort(key=lambda trial: (-trial["rung"], _rank(trial["score"], flip)))
    return trials[:LINES], trials[LINES:]


def _rank(score: float | None, flip: float) -> float:
    return math.inf if score is None else flip * score


def _scaled(trial: Mapping[str, Any], share: bool) -> list[float | None]:
    return [None if p is None else (100 * p if share else p) for p in trial["curve"]]


def _median(curves: Sequence[Sequence[float | None]]) -> list[float | None]:
    """The median at each evaluation, as long as half of the curves go on.

    >>> _median([[3.0, 2.0, 1.0], [5.0, 4.0], [4.0, None]])
    [4.0, 3.0]
    """
    found: list[float | None] = []
    for at in range(max(map(len, curves), default=0)):
        values = [v for curve in curves if at < len(curve) and (v := curve[at]) is not None]
        if 2 * len(values) < len(curves):
            break
        found.append(median(values))
    return found


def spaced(values: Sequence[float | None], points: int = 60) -> Spaced:
    """A curve of at most `points` values, evenly chosen, both ends included.

    >>> spaced((5.0, 4.0, 3.0, 2.0, 1.0), points=3)
    ((1, 5.0), (3, 3.0), (5, 1.0))
    """
    last = len(values) - 1
    places = range(len(values))
    if len(values) > points:
        return tuple(
            (place + 1, values[place])
            for place in (round(at * last / (points - 1)) for at in range(points))
        )
    return tuple((place + 1, values[place]) for place in places)
