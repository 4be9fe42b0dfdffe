"""Baselines of a series that nothing is fitted for."""

from __future__ import annotations

import numpy as np

from autorecur.data.dataset import Dataset, Examples
from autorecur.nets.baselines.windows import Array, Index, before, chunks

__all__ = ["adjusted_naive", "drift", "naive", "seasonal_naive", "seasons_before"]

SEASONS = 8  # that a seasonal profile is the mean of


def naive(dataset: Dataset, examples: Examples) -> Array:
    """The last value, repeated."""
    last = dataset.values[before(dataset, examples, np.array([1]))[:, 0], : dataset.targets]
    return np.repeat(last[:, None, :], dataset.horizon, axis=1)


def seasonal_naive(dataset: Dataset, examples: Examples) -> Array:
    """The last season, repeated."""
    season = dataset.schema.season
    ahead = np.arange(dataset.horizon)
    rows = examples[:, None] - (season * (ahead // season + 1) - ahead)
    # A series younger than one season has only its last value to repeat.
    young = rows < dataset.first_rows(examples)[:, None]
    rows = np.where(young, before(dataset, examples, np.array([1])), rows)
    return dataset.values[rows, : dataset.targets]


def drift(dataset: Dataset, examples: Examples) -> Array:
    """The line from the series' first value through its last."""
    starts = dataset.first_rows(examples)
    first = dataset.values[starts, : dataset.targets]
    last = dataset.values[np.maximum(examples - 1, starts), : dataset.targets]
    slope = (last - first) / np.maximum(examples - 1 - starts, 1)[:, None].astype(np.float32)
    ahead = np.arange(1, dataset.horizon + 1, dtype=np.float32)
    line: Array = last[:, None, :] + ahead[None, :, None] * slope[:, None, :]
    return line


def seasons_before(dataset: Dataset, examples: Examples, steps: int) -> Index:
    """The `steps` rows before each example, the oldest first, [examples, steps].

    A young series' first season is repeated backwards, so that each column keeps its phase.
    """
    season = max(1, dataset.schema.season)
    rows: Index = examples[:, None] - np.arange(steps, 0, -1)
    starts = dataset.first_rows(examples)[:, None]
    rows = np.where(rows < starts, starts + (rows - starts) % season, rows)
    last = np.maximum(examples - 1, starts[:, 0])
    return np.minimum(rows, last[:, None])


def adjusted_naive(dataset: Dataset, examples: Examples) -> Array:
    """The last value without its season, repeated, with the season of each step put back."""
    season, targets = dataset.schema.season, dataset.targets
    phases = np.arange(dataset.horizon) % season
    out = np.empty((len(examples), dataset.horizon, targets), dtype=np.float32)
    for part in chunks(examples, 2 * SEASONS * season * targets):
        rows = seasons_before(dataset, examples[part], SEASONS * season)
        window = dataset.values[rows, :targets].reshape(-1, SEASONS, season, targets)
        profile = (window - window.mean(axis=2, keepdims=True)).mean(axis=1)
        last = window[:, -1, -1] - profile[:, -1]
        out[part] = last[:, None] + profile[:, phases]
    return out
