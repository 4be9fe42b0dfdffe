"""What a finished run is asked beside its verdict; the verdict does not follow from the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from autorecur.data import scoring
from autorecur.judge.crosschecks import CrossCheck, crosschecks
from autorecur.judge.folklore import Claim, folklore
from autorecur.judge.outcome import Outcome
from autorecur.metrics import sign
from autorecur.nets.candidate import CELLS
from autorecur.nets.shape import Shape
from autorecur.story import Story, finalist_of

__all__ = ["crosschecked", "folklore_of"]


def crosschecked(story: Story) -> tuple[CrossCheck, ...]:
    """The same question put to the folds one by one, and to the holdout's examples."""
    if story.verdict.outcome is Outcome.INCOMPLETE:
        return ()
    dataset, fold, metric = story.dataset, story.dataset.split.holdout, story.metric
    answers = {
        cell: fit.forecasts
        for cell, fit in story.refits.items()
        if cell in CELLS and fit.forecasts is not None
    }
    apart = overlap = None
    if len(answers) == len(CELLS):
        lost = {
            cell: scoring.losses(metric, dataset, fold, fold.test, told)
            for cell, told in answers.items()
        }
        apart = lost["gru"] - lost["lstm"]
        apart = apart[np.isfinite(apart)]
    if dataset.kind.window in ("before", "upto") and len(dataset.offsets) == 2:
        stride = int(np.median(np.diff(np.sort(fold.test)))) if len(fold.test) > 1 else 1
        overlap = -(-max(dataset.horizon, 1) // max(stride, 1)) - 1
    return crosschecks(
        story.verdict.outcome,
        story.verdict.winner,
        sign(metric.better) * story.comparison.differences,
        apart,
        overlap,
        story.seed,
    )


def folklore_of(story: Story, holdout: Mapping[str, float | None]) -> tuple[Claim, ...]:
    """The claims of every page on the two cells, by what this run has measured.

    `holdout`: the score of each refitted network, by cell.
    """
    finalists = {}
    for cell, trial in story.finalists.items():
        fit = story.refits.get(cell)
        # As refitted, for there the latency is measured.
        priced = replace(trial, cost=fit.cost) if fit and fit.cost else trial
        finalists[cell] = finalist_of(priced)
    return folklore(
        story.trials,
        finalists,
        Shape.of(story.dataset),
        story.metric,
        holdout,
        story.verdict.margin.value,
        story.learning,
    )
