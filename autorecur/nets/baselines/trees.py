"""Boosted trees, as many as validation asks for: scikit-learn's, loaded late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Trees", "grown", "grown_classes"]

ROUNDS = 150
RATE = 0.05
FEWEST_ROUNDS, MOST_TREES = 20, 240  # of several classes, where each round grows a tree a class
SEVERAL_RATE = 0.15
MANY = 2_000_000  # numbers in the inputs, beyond which there are fewer rounds
MANY_COLUMNS = 60  # beyond which a column is told apart less finely

Rows = NDArray[Any]
Taught = tuple[Rows, Rows]  # inputs and outcomes


@dataclass(frozen=True)
class Trees:
    """Boosted trees of which the first `rounds` are listened to."""

    model: Any
    rounds: int

    def numbers(self, inputs: Rows) -> Rows:
        return self._last(self.model.staged_predict(inputs))

    def shares(self, inputs: Rows) -> Rows:
        """Probabilities of the classes that training held, `model.classes_`."""
        return self._last(self.model.staged_predict_proba(inputs))

    def _last(self, stages: Iterator[Rows]) -> Rows:
        return next(islice(stages, self.rounds - 1, None))


def grown(taught: Taught, held: Taught, squared: bool) -> Trees:
    """Trees for numbers, for the squared or the absolute error."""
    from sklearn.ensemble import HistGradientBoostingRegressor  # heavy: a second of imports

    inputs, outcomes = taught
    if not squared:
        # Where many outcomes are the median itself, no split would gain anything.
        noise = np.random.default_rng(0).normal(0, 1e-3, len(outcomes))
        outcomes = outcomes + outcomes.std() * noise
    model = HistGradientBoostingRegressor(
        loss="squared_error" if squared else "absolute_error",
        max_iter=_rounds(ROUNDS, inputs),
        learning_rate=RATE,
        **_settings(inputs),
    ).fit(inputs, outcomes)
    seen, truth = held
    losses = [
        float(np.mean(np.square(told - truth) if squared else np.abs(told - truth)))
        for told in model.staged_predict(seen)
    ]
    return Trees(model, int(np.argmin(losses)) + 1)


def grown_classes(taught: Taught, counts: Rows, held: Taught, classes: int) -> Trees:
    """Trees for classes, from examples that count so much; as many as the log loss asks for.

    Weights that are all alike are not named: scikit-learn finds the bins of weighted columns in
    Python, which takes many times as long as the trees.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    inputs, outcomes = taught
    several = classes > 2
    rounds = max(FEWEST_ROUNDS, MOST_TREES // classes) if several else ROUNDS
    model = HistGradientBoostingClassifier(
        max_iter=_rounds(rounds, inputs),
        learning_rate=SEVERAL_RATE if several else RATE,
        **_settings(inputs),
    ).fit(inputs, outcomes, sample_weight=counts if np.ptp(counts) else None)
    seen, truth = held
    known = np.isin(truth, model.classes_)
    if not known.any():
        return Trees(model, model.n_iter_)
    places = np.searchsorted(model.classes_, truth[known])
    losses = [
        float(-np.log(np.maximum(told[known, places], 1e-12)).mean())
        for told in model.staged_predict_proba(seen)
    ]
    return Trees(model, int(np.argmin(losses)) + 1)


def _rounds(most: int, inputs: Rows) -> int:
    """Fewer of them on large inputs, for the time that they take."""
    return max(min(FEWEST_ROUNDS, most), min(most, most * MANY // max(1, inputs.size)))


def _settings(inputs: Rows) -> dict[str, Any]:
    rows, columns = inputs.shape
    return {
        "max_leaf_nodes": 15,
        "max_bins": 255 if columns <= MANY_COLUMNS else 63,
        "min_samples_leaf": int(np.clip(rows // 100, 5, 100)),
        "early_stopping": False,
        "random_state": 0,
    }
