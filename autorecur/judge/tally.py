"""Tally: what the trainings of a duel have come to, and what is read from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data import scoring
from autorecur.data.dataset import Dataset
from autorecur.judge.comparison import Comparison, PairedScore
from autorecur.judge.learning import SHARES, LearningCurve, learning_curve
from autorecur.judge.panel import FEWEST_SERIES, PanelView, panel_view
from autorecur.judge.regimes import EQUAL_SECONDS
from autorecur.metrics import Metric, second_opinion
from autorecur.nets.candidate import CELLS
from autorecur.nets.order import Fit, Status

__all__ = ["Round", "Tally"]

# Of the other cell's seconds of training, and of its steps where the end of the duel has cut only
# one of them: less, and that end has decided the pair.
FAIR_SHARE = 0.8


@dataclass(frozen=True)
class Round:
    """One fold with one seed, for both cells."""

    fold: str
    seed: int
    share: float = 1.0  # of the training examples; less is no evidence for a verdict
    regime: str = ""  # one of `judge.regimes`, for one cell alone; no evidence either

    @property
    def aside(self) -> bool:
        """Whether it is no evidence for the verdict."""
        return self.share < 1.0 or bool(self.regime)


class Tally:
    """Fits are added as they come; each answer is of those that there are."""

    def __init__(self, dataset: Dataset, metric: Metric) -> None:
        self._dataset, self._metric, self._other = dataset, metric, second_opinion(metric)
        self._folds = {fold.name: fold for fold in dataset.split.duel}
        self._fits: dict[tuple[Round, str], Fit] = {}
        self._other_scores: dict[tuple[Round, str], float | None] = {}
        self._errors: dict[tuple[Round, str], NDArray[Any]] = {}  # by series of a panel

    @property
    def fits(self) -> Sequence[Fit]:
        """Those that know where their seconds went; of a worker that was ended nobody does."""
        return [fit for fit in self._fits.values() if fit.ledger]

    @property
    def folds(self) -> frozenset[str]:
        """Those that something was trained on: what baselines are needed of."""
        return frozenset(place.fold for place, _ in self._fits)

    def add(self, place: Round, cell: str, fit: Fit) -> dict[str, float | None]:
        """Take a fit in; returns its score on the fold's test block, and that by another metric.

        The first takes the place of its score on the validation block, by which the training
        itself has chosen its weights.
        """
        score, other = fit.noted.get("score"), fit.noted.get("other_score")
        if fit.forecasts is not None:
            fold = self._folds[place.fold]
            asked = self._metric, self._dataset, fold, fold.test, fit.forecasts
            score = _finite(scoring.score(*asked))
            if self._other is not None:
                other = _finite(scoring.score(self._other, *asked[1:]))
            panel = self._dataset.kind.window == "before" and place == Round(place.fold, place.seed)
            if panel and len(self._dataset.series) >= FEWEST_SERIES:
                self._errors[place, cell] = scoring.by_series(*asked)
        self._fits[place, cell] = replace(fit, score=score, forecasts=None)
        self._other_scores[place, cell] = other
        return {"score": score, "other_score": other}

    @property
    def test_share(self) -> float:
        """Of what a fold rests on, the share that is scored: the mean over the folds."""
        shares = [fold.test_share for fold in self._folds.values()]
        return float(np.mean(shares)) if shares else 0.0

    def working_seconds(self, place: Round, cell: str) -> float:
        """Of steps and validations, in one training; without end where it is not known."""
        fit = self._fits.get((place, cell))
        return fit.working_seconds if fit and fit.ledger else math.inf

    def comparison(
        self, baselines: Mapping[str, Mapping[str, float]], regime: str = ""
    ) -> Comparison:
        """The pairs on all the data; `baselines` holds each baseline's score by fold.

        In a `regime` one cell was trained again, and meets what the duel made of the other.
        """
        names = tuple(self._folds)
        rounds = self._rounds(1.0, regime)
        return Comparison(
            pairs=tuple(map(self._pair, rounds)),
            folds=names,
            baselines={
                name: tuple(scores.get(fold) for fold in names)
                for name, scores in baselines.items()
            },
            test_share=self.test_share,
            metric=self._metric,
        )

    def otherwise(self, baselines: Mapping[str, Mapping[str, float]]) -> Comparison | None:
        """The pairs and the baselines by another metric, if there is one."""
        if self._other is None:
            return None
        told = self.comparison(baselines)
        pairs = []
        for place in self._rounds(1.0):
            fair = self._is_fair(place)
            lstm, gru = (self._other_scores.get((place, c)) if fair else None for c in CELLS)
            pairs.append(replace(self._pair(place), lstm=lstm, gru=gru))
        return replace(told, pairs=tuple(pairs), metric=self._other)

    def learning(self) -> LearningCurve | None:
        """Both cells' scores by the share of the data that they were trained on."""
        shares = (*SHARES, 1.0)
        scores = {share: self._by_fold(share) for share in shares}
        return learning_curve(scores, self._metric, self.test_share)

    def panel(self, margin: float) -> PanelView | None:
        """Which series of a panel want which cell; `margin` is relative to a series' error."""
        rounds = [
            each
            for each in self._rounds(1.0)
            if all((each, cell) in self._errors for cell in CELLS) and self._is_fair(each)
        ]
        if not rounds:
            return None
        folds = sorted({each.fold for each in rounds})
        lstm, gru = (
            np.stack([self._mean_errors([r for r in rounds if r.fold == f], cell) for f in folds])
            for cell in CELLS
        )
        return panel_view(self._dataset.series, lstm, gru, self.test_share, margin)

    def _mean_errors(self, rounds: Sequence[Round], cell: str) -> NDArray[Any]:
        """Of each series, over the seeds of a fold."""
        mean: NDArray[Any] = np.mean([self._errors[each, cell] for each in rounds], axis=0)
        return mean

    def _rounds(self, share: float, regime: str = "") -> list[Round]:
        """Those with a fit, seed by seed, and the latest folds first, as they were begun."""
        order = list(self._folds)
        found = {place for place, _ in self._fits if (place.share, place.regime) == (share, regime)}
        return sorted(found, key=lambda each: (each.seed, -order.index(each.fold)))

    def _by_fold(self, share: float) -> dict[str, dict[str, float]]:
        """The score of each cell on each fold, averaged over the seeds of whole pairs."""
        pairs = [self._pair(place) for place in self._rounds(share)]
        whole = [pair for pair in pairs if pair.difference is not None]
        return {
            fold: {
                cell: float(np.mean([getattr(pair, cell) for pair in whole if pair.fold == fold]))
                for cell in CELLS
            }
            for fold in sorted({pair.fold for pair in whole})
        }

    def _fit(self, place: Round, cell: str) -> Fit | None:
        again = self._fits.get((place, cell))
        return again or self._fits.get((replace(place, regime=""), cell))

    def _is_fair(self, place: Round) -> bool:
        """Whether neither cell was cut short by the end of the duel where the other was not.

        What both may take is the same, so a training that its own limit ended had no less. One
        that the end has cut must have come as far as the other was trained, or needed to be: the
        seconds of a slower cell say too little of that.
        """
        fits = [self._fit(place, cell) for cell in CELLS]
        known = [fit for fit in fits if fit and fit.ledger]
        if len(known) < len(CELLS):
            return True
        most = max(fit.working_seconds for fit in known)
        cut = [fit for fit in known if fit.status is Status.DEADLINE]
        if any(fit.working_seconds < FAIR_SHARE * most for fit in cut):
            return False
        late = [fit.late for fit in known]
        if all(late) or not any(late) or place.regime == EQUAL_SECONDS:
            return True
        first, whole = sorted(known, key=lambda fit: not fit.late)
        return first.steps >= min(whole.best_step, FAIR_SHARE * whole.steps)

    def owes_nothing(self, place: Round) -> bool:
        """Whether one cell was cut by the end of the duel, so that the other is no match for it."""
        return any(fit.late for fit in (self._fit(place, cell) for cell in CELLS) if fit)

    def _pair(self, place: Round) -> PairedScore:
        fits = {cell: self._fit(place, cell) for cell in CELLS}
        lstm, gru, fair = fits["lstm"], fits["gru"], self._is_fair(place)
        return PairedScore(
            fold=place.fold,
            seed=place.seed,
            lstm=lstm.score if lstm and fair else None,
            gru=gru.score if gru and fair else None,
            lstm_seconds=lstm.seconds if lstm else 0.0,
            gru_seconds=gru.seconds if gru else 0.0,
            failed=tuple(cell for cell, fit in fits.items() if fit and _failed(fit)),
        )


def _failed(fit: Fit) -> bool:
    """Whether it has no score though nothing cut it: it diverged, died, or forecast no numbers."""
    return fit.score is None and not (fit.late or fit.status is Status.DEADLINE)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
