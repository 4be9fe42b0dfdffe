"""Duels made by hand, for the tests of the judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autorecur.judge.comparison import Comparison, Finalist, PairedScore
from autorecur.judge.verdict import Margin
from autorecur.metrics import METRICS, Metric

ACCURACY = Metric("accuracy", "higher", "", "categorical_crossentropy", METRICS["mae"].score)
LSTM = Finalist("lstm", "LSTM 2 × 64", 50_000, 200_000, 1_200_000, 1.04, 52.0, 2, 64, score=41.0)
GRU = Finalist("gru", "GRU 1 × 32", 37_500, 150_000, 900_000, 0.8, 41.0, 1, 32, score=40.0)
FINALISTS = {"lstm": LSTM, "gru": GRU}
MARGIN = Margin.default(50.0, 0.01, "MW")


def duel(
    lstm: Sequence[Sequence[float | None]],
    gru: Sequence[Sequence[float | None]],
    baseline: float = 50.0,
    metric: Metric = METRICS["mae"],
    seconds: tuple[float, float] = (5.0, 5.0),
    test_share: float = 0.1,
) -> Comparison:
    """A duel from each cell's scores, one row a fold, one column a seed."""
    folds = tuple(f"fold {number + 1}" for number in range(len(lstm)))
    pairs = tuple(
        PairedScore(fold, seed, one, other, *seconds)
        for fold, ones, others in zip(folds, lstm, gru, strict=True)
        for seed, (one, other) in enumerate(zip(ones, others, strict=True))
    )
    worse = baseline + 9 if metric.better == "lower" else baseline - 0.09
    return Comparison(
        pairs,
        folds,
        {"naive": (worse,) * len(folds), "seasonal naive": (baseline,) * len(folds)},
        test_share,
        metric,
    )


def apart(
    difference: float, noise: float, folds: int = 8, seeds: int = 2, seed: int = 1
) -> Comparison:
    """LSTM at about 40 MW, GRU `difference` from it, both with `noise`."""
    rng = np.random.default_rng(seed)
    level = 40.0 + rng.normal(0, 5, (folds, 1))
    level -= level.mean() - 40.0
    lstm = level + rng.normal(0, noise, (folds, seeds))
    gru = level + difference + rng.normal(0, noise, (folds, seeds))
    return duel(lstm.tolist(), gru.tolist())
