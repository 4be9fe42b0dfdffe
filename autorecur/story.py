"""Story: everything that a run leaves behind, before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset
from autorecur.judge.check import Check
from autorecur.judge.comparison import Comparison, Finalist
from autorecur.judge.crosschecks import CrossCheck
from autorecur.judge.learning import LearningCurve
from autorecur.judge.panel import PanelView
from autorecur.judge.references import References
from autorecur.judge.verdict import Verdict
from autorecur.metrics import Metric, sign
from autorecur.nets.order import Fit
from autorecur.search.dispatch import Dispatcher
from autorecur.search.limits import Limits
from autorecur.search.trial import Trial

__all__ = ["Story", "finalist_of"]

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Story:
    """The pieces of a finished run, each as the stage that made it left it."""

    started: str
    run_id: str
    command: str
    lacks: tuple[str, ...]  # what the command cannot say
    seed: int
    limits: Limits
    ended_by: str
    dataset: Dataset
    metric: Metric
    trials: tuple[Trial, ...]
    finalists: Mapping[str, Trial]
    comparison: Comparison
    verdict: Verdict
    references: References
    refits: Mapping[str, Fit]
    checks: tuple[Check, ...]
    dispatcher: Dispatcher
    model: Trial | None  # whose network is in the run folder
    model_file: Path
    panel: PanelView | None = None
    learning: LearningCurve | None = None
    crosschecks: tuple[CrossCheck, ...] | None = None  # asked once: they go over the whole holdout
    beats_plain: Mapping[str, float] | None = None  # by cell; asked once as well
    details: dict[str, dict[str, float | None]] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)  # made once, for each writing of a record

    @property
    def model_cell(self) -> str | None:
        """The cell of the saved network."""
        return self.model.candidate.cell if self.model else None

    @property
    def answers(self) -> Array | None:
        """What the saved network answered on the holdout."""
        fit = self.refits.get(self.model_cell or "")
        return None if fit is None else fit.forecasts

    @property
    def other(self) -> str | None:
        """The other finalist's cell, where it was refitted too."""
        cells = [cell for cell in self.finalists if cell != self.model_cell and cell in self.refits]
        return next((c for c in cells if self.refits[c].forecasts is not None), None)

    @property
    def best_baseline(self) -> str | None:
        """The best baseline of the duel, or of the holdout where there was none."""
        best = self.comparison.best_baseline()
        if best is not None:
            return best[0]
        scores = {n: s["holdout"] for n, s in self.references.scores.items() if "holdout" in s}
        order = sign(self.metric.better)
        return min(scores, key=lambda name: order * scores[name]) if scores else None


def finalist_of(trial: Trial, refit: Fit | None = None) -> Finalist:
    """A finalist as the judge sees it: its size, and what it cost in the search.

    Where there is a refit its latency is known, for every refitted network forecasts once more.
    """
    candidate, cost = trial.candidate, (refit and refit.cost) or trial.cost
    return Finalist(
        cell=candidate.cell,
        title=candidate.title,
        parameters=cost.parameters if cost else 0,
        bytes=cost.bytes if cost else 0,
        multiply_adds=cost.multiply_adds if cost else 0,
        latency_ms=cost.latency.p50 if cost and cost.latency else None,
        train_seconds=trial.seconds,
        depth=candidate.depth,
        width=candidate.width,
        score=trial.score,
    )
