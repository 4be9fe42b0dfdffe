"""Exponential smoothing (Holt and Winters), for all origins at once.

The states are run over the last seasons before each origin alone, from a start that is estimated
there: forgetting is exponential, so what came earlier hardly counts, and no pass over all rows is
needed. A grid of smoothing parameters is tried on training examples; each series of a panel chooses
its own, in the light of what suits the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.metrics import Metric
from autorecur.nets.baselines.naive import seasons_before
from autorecur.nets.baselines.windows import Array, Forecaster, chunks, thin, unit_of

__all__ = ["smoothing"]

LEVELS = (0.05, 0.2, 0.5, 0.8, 0.98)
TRENDS = ((0.0, 0.0), (0.02, 1.0), (0.03, 0.98), (0.15, 0.9))  # smoothing, damping
PHASES = (0.0, 0.3, 0.9)  # the last repeats the season as it was, near enough
SEASONS, FEWEST_STEPS, MOST_STEPS = 8, 32, 700
STATES_AT_ONCE = 2_000_000
MOST_STATES = 16_000_000  # of (parameters, example, step) while the parameters are chosen
MOST_ORIGINS = 1_500

Rows = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Grid:
    """Smoothing parameters, one entry each."""

    level: Rows
    trend: Rows
    damping: Rows
    phase: Rows
    log: NDArray[np.bool_]

    def __getitem__(self, places: NDArray[np.int64]) -> _Grid:
        return _Grid(
            self.level[places],
            self.trend[places],
            self.damping[places],
            self.phase[places],
            self.log[places],
        )

    def __len__(self) -> int:
        return len(self.level)


def _grid(season: int, positive: bool) -> _Grid:
    phases = PHASES if season > 1 else (0.0,)
    rows = [
        (level, *trend, phase, log)
        for level, trend, phase, log in product(
            LEVELS, TRENDS, phases, (False, True) if positive else (False,)
        )
    ]
    level, trend, damping, phase, log = map(np.array, zip(*rows, strict=True))
    return _Grid(level, trend, damping, phase, log.astype(bool))


def smoothing(dataset: Dataset, fold: Fold, metric: Metric) -> Forecaster:
    """Exponential smoothing with the parameters that forecast the training examples best."""
    season = max(1, dataset.schema.season)
    steps = max(int(np.clip(SEASONS * season, FEWEST_STEPS, MOST_STEPS)) // season, 2) * season
    chosen = [_choose(dataset, fold, metric, steps, target) for target in range(dataset.targets)]

    def forecast(examples: Examples) -> Array:
        out = np.empty((len(examples), dataset.horizon, dataset.targets), dtype=np.float32)
        series = dataset.series_of(examples)
        for part in chunks(examples, 3 * steps + dataset.horizon):
            rows = seasons_before(dataset, examples[part], steps)
            for target, grid in enumerate(chosen):
                window = dataset.values[rows, target].astype(np.float64)
                picked = grid[series[part]]
                out[part, :, target] = _ahead(window, picked, season, dataset.horizon)
        return out

    return forecast


def _choose(dataset: Dataset, fold: Fold, metric: Metric, steps: int, target: int) -> _Grid:
    """[series]: the best parameters of each."""
    season, series = max(1, dataset.schema.season), len(dataset.offsets) - 1
    values = dataset.fit_values(fold)[:, target]
    grid = _grid(season, bool(values.min() > 0) if len(values) else False)
    train = fold.train[fold.train - dataset.first_rows(fold.train) >= min(2 * season, steps)]
    most = int(np.clip(MOST_STATES // (len(grid) * steps), 64, MOST_ORIGINS))
    examples = thin(train if len(train) else fold.train, most)
    rows = seasons_before(dataset, examples, steps)
    windows = dataset.values[rows, target].astype(np.float64)
    many, ahead = dataset.horizon, np.arange(dataset.horizon)
    unit = unit_of(dataset, fold, metric)[dataset.series_of(examples), target]
    truth = dataset.values[examples[:, None] + ahead, target]
    there = dataset.observed[examples[:, None] + ahead, target]

    each = max(1, STATES_AT_ONCE // (len(examples) * steps))
    told = [
        _ahead(np.tile(windows, (len(few), 1)), grid[np.repeat(few, len(examples))], season, many)
        for few in np.array_split(np.arange(len(grid)), -(-len(grid) // each))
    ]
    error = np.abs(np.concatenate(told).reshape(len(grid), len(examples), -1) - truth)
    if metric.loss == "mean_squared_error":
        error, unit = error**2, unit**2
    counts = np.maximum(there.sum(axis=1), 1)
    losses = (error * there).sum(axis=2) / counts / unit  # [grid, examples]
    own = dataset.series_of(examples)
    sums = np.stack([np.bincount(own, loss, series) for loss in losses])
    # A few origins of one series say little: what suits all series counts as much as two of them.
    usual = losses.mean(axis=1, keepdims=True)
    counted = np.maximum(np.bincount(own, minlength=series), 1)
    typical = np.maximum(np.bincount(own, losses.mean(axis=0), series) / counted, 1e-12)
    best = np.argmin(sums + 2 * typical * usual / max(1e-12, usual.mean()), axis=0)
    return grid[best.astype(np.int64)]


def _ahead(window: Rows, grid: _Grid, season: int, horizon: int) -> Rows:
    """Forecasts [n, horizon] from windows [n, steps] of whole seasons, by parameters [n]."""
    log = (grid.log & (window.min(axis=1) > 0))[:, None]  # a value may be the first below zero
    window = np.where(log, np.log(np.where(log, window, 1.0)), window)
    level, trend, profile = _start(window, season)
    trend = np.where(grid.trend > 0, trend, 0.0)
    for step in range(window.shape[1]):
        phase = profile[:, step % season]
        ahead = level + grid.damping * trend
        error = window[:, step] - ahead - phase
        level = ahead + grid.level * error
        trend = grid.damping * trend + grid.level * grid.trend * error
        profile[:, step % season] = phase + grid.phase * (1 - grid.level) * error
    reach = np.cumsum(grid.damping[:, None] ** np.arange(1, horizon + 1), axis=1)
    told = level[:, None] + reach * trend[:, None] + profile[:, np.arange(horizon) % season]
    # No trend in logarithms may carry a forecast out of the window's own world.
    high = window.max(axis=1, keepdims=True) + np.log(3)
    return np.where(log, np.exp(np.minimum(told, np.where(log, high, 0.0))), told)


def _start(window: Rows, season: int) -> tuple[Rows, Rows, Rows]:
    """Level, trend and seasonal profile before the first row, from the window itself."""
    count = len(window)
    if season == 1:
        return window[:, 0].copy(), np.zeros(count), np.zeros((count, 1))
    seasons = window.reshape(count, -1, season)
    means = seasons.mean(axis=2)
    trend = (means[:, -1] - means[:, 0]) / (season * max(1, means.shape[1] - 1))
    slope = trend[:, None] * (np.arange(season) - (season - 1) / 2)
    profile = (seasons - means[:, :, None]).mean(axis=1) - slope
    return means[:, 0] - trend * (season + 1) / 2, trend, profile
