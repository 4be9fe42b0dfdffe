"""What a finished run is asked beside its verdict; the verdict does not follow from the answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from autorecur.data import scoring
from autorecur.judge.comparison import Comparison
from autorecur.judge.crosschecks import CrossCheck, crosschecks, likelier
from autorecur.judge.folklore import Claim, folklore
from autorecur.judge.outcome import Outcome
from autorecur.metrics import sign
from autorecur.nets.candidate import CELLS, REFERENCE_CELL
from autorecur.nets.memory import reach
from autorecur.nets.shape import Shape
from autorecur.story import Story, finalist_of

__all__ = ["beats_plain", "crosschecked", "folklore_of"]


def crosschecked(story: Story) -> tuple[CrossCheck, ...]:
    """The same question put to the folds one by one, and to the holdout's examples."""
    if story.verdict.outcome is Outcome.INCOMPLETE:
        return ()
    return crosschecks(
        story.verdict.outcome,
        story.verdict.winner,
        sign(story.metric.better) * story.comparison.differences,
        _apart(story, "gru", "lstm"),
        _overlap(story),
        story.seed,
    )


def beats_plain(story: Story) -> dict[str, float]:
    """How sure it is that a cell is better than a plain recurrent network; empty without one."""
    apart = {cell: _apart(story, cell, REFERENCE_CELL) for cell in CELLS}
    chances = {
        cell: likelier(differences, _overlap(story), story.seed)
        for cell, differences in apart.items()
        if differences is not None
    }
    return {cell: chance for cell, chance in chances.items() if chance is not None}


def folklore_of(story: Story, holdout: Mapping[str, float | None]) -> tuple[Claim, ...]:
    """The claims of every page on the two cells, by what this run has measured.

    `holdout`: the score of each refitted network, by cell.
    """
    looked = {cell: story.refits[cell].memory for cell in CELLS if cell in story.refits}
    reaches = {cell: reach(memory) for cell, memory in looked.items() if memory is not None}
    return folklore(
        story.trials,
        {
            cell: finalist_of(trial, story.refits.get(cell))
            for cell, trial in story.finalists.items()
        },
        Shape.of(story.dataset),
        story.metric,
        holdout,
        story.learning,
        beats_plain(story) if story.beats_plain is None else story.beats_plain,
        {cell: steps for cell, steps in reaches.items() if steps is not None},
        _spreads(story.comparison),
    )


def _spreads(comparison: Comparison) -> dict[str, float]:
    """What a cell's scores differ by between seeds; else between folds; else nothing is known."""
    found = {cell: comparison.spread(cell) for cell in CELLS}
    if None in found.values() and len(comparison.scored) > 1:
        found = {cell: float(comparison.means(cell).std(ddof=1)) for cell in CELLS}
    return {cell: spread for cell, spread in found.items() if spread is not None}


def _apart(story: Story, cell: str, other: str) -> NDArray[np.float64] | None:
    """What the refitted `cell` loses more than the `other`, on the holdout.

    A number an example; of many series a number a series, for examples of one depend on each other.
    """
    fits = [story.refits[each] for each in (cell, other) if each in story.refits]
    if len(fits) < 2:
        return None
    lost = scoring.by_series if _many_series(story) else scoring.losses
    fold = story.dataset.split.holdout
    asked = story.metric, story.dataset, fold, fold.test
    one, two = (None if f.forecasts is None else lost(*asked, f.forecasts) for f in fits)
    if one is None or two is None:
        return None
    # What is not known of an example stays in its place: its neighbours are no nearer for that.
    apart = (one - two).astype(np.float64)
    return np.where(np.isfinite(apart), apart, np.nan)


def _many_series(story: Story) -> bool:
    kind = story.dataset.kind
    return kind.window in ("before", "upto") and len(story.dataset.offsets) > 2


def _overlap(story: Story) -> int | None:
    """How many of the holdout's examples after it an example depends on; None without an order.

    Forecasts share steps with the next ones. Rows that are labelled share what moves slowly, for
    about the cube root of their number, as is usual where nothing better is known.
    """
    dataset, tests = story.dataset, story.dataset.split.holdout.test
    if dataset.kind.window not in ("before", "upto") or _many_series(story):
        return None
    if dataset.kind.window == "upto":
        return round(float(np.cbrt(len(tests))))
    stride = int(np.median(np.diff(np.sort(tests)))) if len(tests) > 1 else 1
    return -(-max(dataset.horizon, 1) // max(stride, 1)) - 1
