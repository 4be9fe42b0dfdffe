"""The correlated Bayesian t-test: three probabilities from a handful of folds.

Benavoli, Corani, Demšar and Zaffalon (2017), with the correction of Nadeau and Bengio (2003): folds
share training rows, so the variance of their mean is not s²/F but s²·(1/F + ρ/(1−ρ)), ρ being the
test share. The posterior of the difference is a Student-t with F − 1 degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

__all__ = ["Posterior", "posterior", "scale", "settling_size", "student"]


@dataclass(frozen=True)
class Posterior:
    """What is believed of the difference GRU − LSTM, and of each side of the margin."""

    lstm_better: float
    equivalent: float
    gru_better: float
    mean: float
    low: float  # 95 % interval
    high: float
    scale: float
    degrees_of_freedom: int
    better: str = "lower"

    def settled(self, decided: float) -> str | None:
        """What has at least the probability `decided`: "lstm", "gru", "equivalent" or nothing.

        A cell must have the interval of that probability (of 95 %, mostly) on its side of nought as
        well. Where folds differ by far more than the margin, the first condition alone would name a
        cell in up to 8 % of comparisons of a cell with itself; with the second it is 5 % at most.
        """
        if self.equivalent >= decided:
            return "equivalent"
        tail = (1 - decided) / 2
        if self.quantile(tail) <= 0 <= self.quantile(1 - tail):
            return None
        named = {"lstm": self.lstm_better, "gru": self.gru_better}
        return next((cell for cell, share in named.items() if share >= decided), None)

    def quantile(self, share: float) -> float:
        """The difference that has `share` of the posterior below it."""
        if self.scale == 0:
            return self.mean
        if not math.isfinite(self.scale):
            return math.copysign(math.inf, share - 0.5)
        return self.mean + self.scale * float(stdtrit(self.degrees_of_freedom, share))

    def below(self, difference: float) -> float:
        """Probability that the difference lies below `difference`."""
        if self.scale == 0:
            return float(self.mean < difference)
        if not math.isfinite(self.scale):
            return 0.5
        return float(stdtr(self.degrees_of_freedom, (difference - self.mean) / self.scale))

    def smallest_margin(self, decided: float) -> float:
        """The margin from which on the cells would be called equivalent."""
        low, high = 0.0, max(abs(self.quantile(0.001)), abs(self.quantile(0.999)))
        for _ in range(60):
            middle = (low + high) / 2
            shape = student(self.mean, self.scale, self.degrees_of_freedom, middle)
            low, high = (low, middle) if shape.equivalent >= decided else (middle, high)
        return high

    def above(self, difference: float) -> float:
        """Probability that the difference lies above `difference`."""
        if self.scale == 0:
            return float(self.mean > difference)
        if not math.isfinite(self.scale):
            return 0.5
        return float(stdtr(self.degrees_of_freedom, (self.mean - difference) / self.scale))


def posterior(
    differences: Sequence[float] | NDArray[np.float64],
    test_share: float,
    margin: float,
    better: str = "lower",
) -> Posterior:
    """The posterior of the difference GRU − LSTM from one number a fold.

    Numbers that are not finite are left out. With equal numbers all of the mass is at their mean.
    With fewer than two nothing is known: the scale is infinite and each cell gets one half.

    >>> belief = posterior([0.5, 0.6, 0.4, 0.5], test_share=0.1, margin=0.1)
    >>> belief.lstm_better > 0.99, round(belief.mean, 3), belief.degrees_of_freedom
    (True, 0.5, 3)
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return student(math.nan, math.inf, 0, margin, better)
    mean = float(values.mean())
    if values.size == 1:
        return student(mean, math.inf, 0, margin, better)
    with np.errstate(over="ignore"):  # absurd scores end as an infinite scale: nothing is known
        deviation = float(values.std(ddof=1))
    if np.ptp(values) == 0:  # rounding alone may leave a deviation of equal numbers above zero
        mean, deviation = float(values[0]), 0.0
    return student(mean, scale(deviation, values.size, test_share), values.size - 1, margin, better)


def scale(deviation: float, folds: int, test_share: float) -> float:
    """s·√(1/F + ρ/(1−ρ)): more folds shrink the first term only, for they share training rows."""
    if not 0 <= test_share < 1:
        raise ValueError(f"the test share is {test_share}: it lies between 0 and 1")
    return deviation * math.sqrt(1 / folds + test_share / (1 - test_share))


def student(
    mean: float, scale: float, degrees_of_freedom: int, margin: float, better: str = "lower"
) -> Posterior:
    """The posterior with these moments."""
    if not margin >= 0:
        raise ValueError(f"the margin is {margin}: it is a number from 0 upwards")
    shape = Posterior(0.0, 0.0, 0.0, mean, 0.0, 0.0, scale, degrees_of_freedom, better)
    low, high = shape.quantile(0.025), shape.quantile(0.975)
    left, right = shape.below(-margin), shape.above(margin)
    equivalent = max(0.0, 1.0 - left - right)
    lstm, gru = (right, left) if better == "lower" else (left, right)
    return Posterior(lstm, equivalent, gru, mean, low, high, scale, degrees_of_freedom, better)


def settling_size(
    differences: Sequence[Sequence[float]],
    test_share: float,
    margin: float,
    decided: float,
    *,
    most_folds: int,
    most_seeds: int,
) -> tuple[int, int] | None:
    """Folds and seeds that would settle it if mean and spread stay as they are; None if none would.

    `differences` holds the seeds' differences of each fold. More folds shrink the first term of the
    scale, more seeds the seeds' part of the deviation; the smallest product that gives one outcome
    the probability `decided` is taken. A table has no more than `most_folds`. An extrapolation,
    never evidence.

    >>> settling_size([[0.9], [1.6], [0.2], [1.4]], 0.05, 0.1, 0.95, most_folds=8, most_seeds=30)
    (5, 1)
    """
    means = np.array([np.mean(fold) for fold in differences])
    folds, seeds = len(means), max(len(fold) for fold in differences)
    within = [np.var(fold, ddof=1) for fold in differences if len(fold) > 1]
    total = float(means.var(ddof=1))
    noise = min(float(np.mean(within)) / seeds, 0.9 * total) if within else 0.0
    choices = sorted(
        (more_folds * more_seeds, more_folds, more_seeds)
        for more_folds in range(folds, most_folds + 1)
        for more_seeds in (range(seeds, most_seeds + 1) if within else (seeds,))
        if folds * seeds < more_folds * more_seeds
    )
    for _, more_folds, more_seeds in choices:
        deviation = math.sqrt(total - noise + noise * seeds / more_seeds)
        belief = student(
            float(means.mean()), scale(deviation, more_folds, test_share), more_folds - 1, margin
        )
        if belief.settled(decided):
            return more_folds, more_seeds
    return None
