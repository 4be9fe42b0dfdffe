"""What was tried, by depth and width: of each size the best score of the highest fidelity there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import words
from autorecur.report.plots.fidelity import FIDELITIES, FULL, begun, fidelity

__all__ = ["Tried", "TriedInfo", "score_text", "size_name", "tried_info"]

MOST = 10  # rows or columns; beyond, neighbouring sizes share one


@dataclass(frozen=True)
class Tried:
    """One cell of the map: a size, and the best of the trainings that went furthest there."""

    cell: str
    row: int
    column: int
    fidelity: str
    score: float | None  # None where none of those trainings has one
    parameters: int | None  # of that training
    trainings: int  # of any fidelity
    shade: float | None = None  # 0 for the worst, 1 for the best of those fully trained
    best: bool = False  # of its cell's full trainings


@dataclass(frozen=True)
class TriedInfo:
    """Two maps of one grid, and every size that was tried."""

    depths: tuple[str, ...]
    widths: tuple[str, ...]
    sizes: tuple[Tried, ...]
    metric: str  # by which scores are written


def tried_info(record: Record) -> TriedInfo | None:
    """The maps; None where fewer than two sizes were tried, which make no map.

    The grid is of what was tried, for a record does not hold the space.
    """
    trials = [trial for trial in record.trials if begun(trial)]
    depths, widths = (
        _grouped(sorted({trial["candidate"][name] for trial in trials}))
        for name in ("depth", "width")
    )
    if len(depths) * len(widths) < 2:
        return None
    flip = sign(record.metric["better"])
    places: dict[tuple[str, int, int], list[Mapping[str, Any]]] = {}
    for trial in trials:
        row, column = (
            next(at for at, group in enumerate(groups) if trial["candidate"][name] in group)
            for name, groups in (("depth", depths), ("width", widths))
        )
        places.setdefault((trial["cell"], row, column), []).append(trial)
    sizes = [_size(*place, trials, flip) for place, trials in sorted(places.items())]
    return TriedInfo(
        depths=tuple(map(_named, depths)),
        widths=tuple(map(_named, widths)),
        sizes=_shaded(sizes, flip),
        metric=record.metric["name"],
    )


def _grouped(values: Sequence[int], most: int = MOST) -> tuple[tuple[int, ...], ...]:
    """Each value alone, or neighbours together where there are too many.

    >>> _grouped([8, 16, 32], most=2)
    ((8,), (16, 32))
    """
    if len(values) <= most:
        return tuple((value,) for value in values)
    bounds = [at * len(values) // most for at in range(most + 1)]
    return tuple(tuple(values[bounds[at] : bounds[at + 1]]) for at in range(most))


def _named(group: Sequence[int]) -> str:
    return str(group[0]) if len(group) == 1 else f"{group[0]}–{group[-1]}"


def _size(
    cell: str, row: int, column: int, trials: Sequence[Mapping[str, Any]], flip: float
) -> Tried:
    """The best of those trained furthest; one without a score counts only where none has one."""
    scored = [trial for trial in trials if trial["score"] is not None]
    level = max(map(FIDELITIES.index, map(fidelity, scored or trials)))
    there = [trial for trial in scored if FIDELITIES.index(fidelity(trial)) == level]
    best = min(there, key=lambda trial: flip * trial["score"], default=None)
    return Tried(
        cell=cell,
        row=row,
        column=column,
        fidelity=FIDELITIES[level],
        score=best["score"] if best else None,
        parameters=(best or trials[0]).get("parameters"),
        trainings=len(trials),
    )


def _shaded(sizes: Sequence[Tried], flip: float) -> tuple[Tried, ...]:
    """With the shade of those fully trained, on one scale for both cells."""
    scores = {
        place: flip * size.score
        for place, size in enumerate(sizes)
        if size.fidelity == FULL and size.score is not None
    }
    if not scores:
        return tuple(sizes)
    low, high = min(scores.values()), max(scores.values())
    firsts: dict[str, int] = {}
    for place in sorted(scores, key=lambda place: (scores[place], place)):
        firsts.setdefault(sizes[place].cell, place)
    return tuple(
        replace(
            size,
            shade=(high - scores[place]) / (high - low) if high > low else 1.0,
            best=place in firsts.values(),
        )
        if place in scores
        else size
        for place, size in enumerate(sizes)
    )


def size_name(info: TriedInfo, size: Tried) -> str:
    """
    >>> size_name(TriedInfo(("1", "2"), ("8",), (), "mae"), Tried("gru", 1, 0, FULL, 3.0, 99, 1))
    'GRU 2 × 8'
    """
    return f"{size.cell.upper()} {info.depths[size.row]} × {info.widths[size.column]}"


def score_text(info: TriedInfo, size: Tried) -> str:
    """Its score, as every table writes it."""
    return words.score(size.score, info.metric)
