"""Gradient boosting on lags: one row per (example, step), relative to the window's last value.

A boosted model on raw lags is twice as far off on a shifting series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.metrics import Metric
from autorecur.nets.baselines.trees import Taught, Trees, grown
from autorecur.nets.baselines.windows import (
    Array,
    Forecaster,
    Index,
    View,
    before,
    chunks,
    fitting,
    unit_of,
    view_of,
)

__all__ = ["boosting_on_lags"]

MOST_ROWS = 30_000  # of (example, step), all targets together
MOST_CHANNELS = 100  # whose last values the trees may see


@dataclass(frozen=True)
class _Inputs:
    """What the trees read of each (example, step), and how their outcomes become a forecast."""

    values: Array
    last: Array  # [rows]
    spread: NDArray[np.float64]  # [rows]


def boosting_on_lags(dataset: Dataset, fold: Fold, metric: Metric) -> Forecaster:
    """A boosted model for each target."""
    view = view_of(dataset, fold)
    train, validation = fitting(view, fold)
    unit, horizon = unit_of(dataset, fold, metric), dataset.horizon
    models = [
        _model(view, train, validation, target, metric, unit) for target in range(dataset.targets)
    ]

    def forecast(examples: Examples) -> Array:
        out = np.empty((len(examples), horizon, dataset.targets), dtype=np.float32)
        for part in chunks(examples, horizon * (view.lookback + 40)):
            rows = np.repeat(examples[part], horizon)
            ahead = np.tile(np.arange(horizon), len(examples[part]))
            for target, model in enumerate(models):
                read = _inputs(view, rows, ahead, target)
                told = model.numbers(read.values) * read.spread + read.last
                out[part, :, target] = told.reshape(-1, horizon)
        return out

    return forecast


def _lags(season: int, lookback: int) -> Index:
    """The recent steps, some further ones, and those around the seasons; 1 is the last value."""
    wanted = [*range(2, 8), 9, 13, 19, 25, season, season + 1, season + 2, 2 * season + 1]
    return np.array(sorted({lag for lag in wanted if 1 < lag <= lookback}), dtype=np.int64)


def _seasonal_rows(dataset: Dataset, examples: Examples, ahead: Index) -> Index:
    """Rows one to three seasons before the target step, and the first one's neighbours."""
    season = max(dataset.schema.season, 1)
    behind = season * (ahead // season + 1)
    rows = np.stack(
        [
            examples + ahead - behind - season * extra + shift
            for extra, shift in ((0, 0), (1, 0), (2, 0), (0, -1), (0, 1))
        ],
        axis=1,
    )
    starts = dataset.first_rows(examples)
    return np.clip(rows, starts[:, None], np.maximum(examples - 1, starts)[:, None])


def _inputs(view: View, examples: Examples, ahead: Index, target: int) -> _Inputs:
    dataset, season = view.dataset, max(view.dataset.schema.season, 1)
    window, past = view.window(examples, target), view.last(examples)
    last, spread = past[:, target], view.spread(window, examples, target)
    seasonal = dataset.values[_seasonal_rows(dataset, examples, ahead), target]
    blocks = [
        window[:, _lags(season, view.lookback) - 1] - last[:, None],
        seasonal - last[:, None],
        seasonal[:, :3].mean(axis=1) - last,
        window[:, :season].mean(axis=1) - last,
        window[:, :season].std(axis=1),
        window.mean(axis=1) - last,
        window.std(axis=1),
    ]
    relative = np.column_stack(blocks) / spread[:, None]
    series = dataset.series_of(examples)
    newest = before(dataset, examples, np.array([1]))[:, 0]
    beside = [
        ahead,
        dataset.known[examples + ahead][:, view.known],
        np.delete(past, target, axis=1)[:, :MOST_CHANNELS],
        *([dataset.codes[newest]] if dataset.codes.size else []),
        *([dataset.static[series]] if dataset.static.size else []),
    ]
    return _Inputs(np.column_stack([relative, *beside]).astype(np.float32), last, spread)


def _model(
    view: View,
    train: Examples,
    validation: Examples,
    target: int,
    metric: Metric,
    unit: NDArray[np.float64],
) -> Trees:
    """A boosted model with as many trees as validation asks for."""
    squared = metric.loss == "mean_squared_error"
    most = max(5_000, MOST_ROWS // view.dataset.targets)

    def sampled(examples: Examples, most: int) -> Taught:
        rows, ahead = _pairs(view, examples, target, most)
        read = _inputs(view, rows, ahead, target)
        outcomes = (view.outcomes(rows, ahead, target) - read.last) / read.spread
        if view.flattest is None:
            return read.values, outcomes
        counts = read.spread / unit[view.dataset.series_of(rows), target]
        drawn = _drawn(np.square(counts) if squared else counts)
        return read.values[drawn], outcomes[drawn]

    return grown(sampled(train, most), sampled(validation, most // 3), squared)


def _drawn(counts: NDArray[np.float64]) -> Index:
    """Places, each as often as it counts: medians with weights take five times as long."""
    counts = np.minimum(counts / counts.mean(), 10.0)  # no example drowns the others
    ends = np.cumsum(counts)
    wanted = (np.arange(len(counts)) + 0.5) * ends[-1] / len(counts)
    drawn: Index = np.searchsorted(ends, wanted).astype(np.int64)
    return drawn


def _pairs(view: View, examples: Examples, target: int, most: int) -> tuple[Examples, Index]:
    """At most `most` pairs of example and step, the same ones each time."""
    dataset = view.dataset
    total = len(examples) * dataset.horizon
    places = np.arange(total)
    if total > most:
        places = np.sort(np.random.default_rng(0).choice(total, most, replace=False))
    rows, ahead = examples[places // dataset.horizon], places % dataset.horizon
    seen = dataset.observed[rows + ahead, target]
    if seen.any():  # filled-in values teach nothing
        rows, ahead = rows[seen], ahead[seen]
    return rows, ahead
