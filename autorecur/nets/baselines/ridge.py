"""Ridge on lags: linear in the window, every step ahead at once.

Values are taken relative to the window's last one, which matters more than the method.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.metrics import Metric
from autorecur.nets.baselines.windows import (
    Array,
    Forecaster,
    Index,
    View,
    chunks,
    fitting,
    scored,
    thin,
    unit_of,
    view_of,
)

__all__ = ["ridge_on_lags"]

MOST_KNOWN = 256  # columns of known features in one ridge
MOST_LEVELS = 256  # covariates whose last value it may see
PENALTIES = tuple(10.0**power for power in range(-3, 3))
ENOUGH = 0.2  # of the examples, if their truths were all observed, do without the others

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class _Line:
    """One target's ridge: standardised inputs times weights, plus level."""

    centre: Rows
    spread: Rows
    weights: Rows
    level: Rows

    def __call__(self, inputs: Array) -> Rows:
        return ((inputs - self.centre) / self.spread) @ self.weights + self.level


@dataclass(frozen=True)
class _Inputs:
    """What a ridge reads of each example, and how its outcomes become the target's own unit."""

    values: Array
    last: Array  # [examples]
    spread: Rows  # [examples]

    def restore(self, told: Rows) -> Rows:
        return told * self.spread[:, None] + self.last[:, None]


def ridge_on_lags(dataset: Dataset, fold: Fold, metric: Metric) -> Forecaster:
    """A ridge for each target."""
    view = view_of(dataset, fold)
    train, validation = fitting(view, fold)
    unit = unit_of(dataset, fold, metric)
    lines = [
        _solve(view, train, validation, target, metric, unit) for target in range(dataset.targets)
    ]

    def forecast(examples: Examples) -> Array:
        out = np.empty((len(examples), dataset.horizon, dataset.targets), dtype=np.float32)
        for part in chunks(examples, 2 * lines[0].centre.size + dataset.horizon):
            for target, line in enumerate(lines):
                inputs = _inputs(view, examples[part], target)
                out[part, :, target] = inputs.restore(line(inputs.values))
        return out

    return forecast


def _inputs(view: View, examples: Examples, target: int) -> _Inputs:
    """Lags relative to the last value, all channels' last values, known features of the steps."""
    window, past = view.window(examples, target), view.last(examples)
    last, spread = past[:, target], view.spread(window, examples, target)
    known = view.dataset.known[examples[:, None] + _known_steps(view)][:, :, view.known]
    levels = past[:, :MOST_LEVELS].copy()
    if view.flattest is not None:
        # Where series differ in scale a level means nothing, but its distance from the usual does.
        levels[:, target] = (last - window.mean(axis=1)) / spread
    blocks = [
        (window[:, 1:] - last[:, None]) / spread.astype(np.float32)[:, None],
        levels,
        known.reshape(len(examples), -1),
    ]
    return _Inputs(np.hstack(blocks), last, spread)


def _known_steps(view: View) -> Index:
    """All steps ahead, or evenly chosen ones where all would be too many columns."""
    most = max(1, MOST_KNOWN // max(len(view.known), 1))
    return thin(np.arange(view.dataset.horizon), most)


def _choices(view: View) -> list[NDArray[np.intp]]:
    """Columns that a ridge may see: short or long lags, levels or not, known or not.

    Levels are what a series that returns to its mean needs, and what misleads on one that shifts.
    """
    dataset = view.dataset
    lags, channels = view.lookback - 1, min(dataset.values.shape[1], MOST_LEVELS)
    ahead = len(_known_steps(view)) * len(view.known)
    short = min(max(2 * dataset.schema.season, 2), lags)
    choices = {
        (
            *range(seen),
            *(range(lags, lags + channels) if levels else ()),
            *(range(lags + channels, lags + channels + ahead) if known else ()),
        )
        for seen, levels, known in product((short, lags), (False, True), (False, True))
    }
    return [np.array(columns, dtype=np.intp) for columns in sorted(choices) if columns]


def _taught(view: View, train: Examples, target: int) -> tuple[Examples, Rows]:
    """Examples whose truths were observed, and how much each counts.

    Where hardly any example is whole, all serve, by the share of their truths that was observed.
    """
    seen = view.dataset.observed[train[:, None] + np.arange(view.dataset.horizon), target]
    whole = seen.all(axis=1)
    if whole.mean() >= ENOUGH:
        return train[whole], np.ones(int(whole.sum()))
    share = seen.mean(axis=1, dtype=np.float64)
    return (train, share) if share.any() else (train, np.ones(len(train)))


def _solve(
    view: View,
    train: Examples,
    validation: Examples,
    target: int,
    metric: Metric,
    unit: Rows,
) -> _Line:
    """The best line on validation; one decomposition serves every penalty."""
    dataset = view.dataset
    train, counts = _taught(view, train, target)
    read = _inputs(view, train, target)
    raw = read.values.astype(np.float64)
    centre, spread = raw.mean(axis=0), raw.std(axis=0)
    spread[spread <= 1e-6 * (1 + np.abs(centre))] = 1.0  # constant in training: leave it as it is
    inputs = (raw - centre) / spread
    truths = view.outcomes(train[:, None], np.arange(dataset.horizon), target)
    outcomes = (truths - read.last[:, None]) / read.spread[:, None]
    counts = counts * np.square(read.spread / unit[dataset.series_of(train), target])
    counts = np.minimum(counts / counts.mean(), 10.0)[:, None]  # no example drowns the others
    level = (outcomes * counts).sum(axis=0, dtype=np.float64) / counts.sum()
    gram, aims = (inputs * counts).T @ inputs, (inputs * counts).T @ (outcomes - level)

    seen = _inputs(view, validation, target)
    held = (seen.values - centre) / spread
    truth = dataset.actuals(validation)[..., target]
    units = unit[dataset.series_of(validation), target][:, None]

    def judged(told: NDArray[Any]) -> float:
        return scored(metric, truth, seen.restore(told + level), units)

    best, kept = judged(np.zeros_like(truth)), np.zeros_like(aims)
    for columns in _choices(view):
        strengths, directions = np.linalg.eigh(gram[np.ix_(columns, columns)])
        turned, shown = directions.T @ aims[columns], held[:, columns] @ directions
        for penalty in PENALTIES:
            solved = turned / (np.maximum(strengths, 0.0) + penalty * len(train))[:, None]
            found = judged(shown @ solved)
            if metric.gain(found, best) > 0:
                best, kept = found, np.zeros_like(aims)
                kept[columns] = directions @ solved
    return _Line(centre, spread, kept, level)
