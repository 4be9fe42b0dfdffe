"""What the baselines of a series see: windows gathered by index, in bounded chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.metrics import Metric

__all__ = [
    "Array",
    "Forecaster",
    "Index",
    "View",
    "before",
    "chunks",
    "fitting",
    "scored",
    "thin",
    "unit_of",
    "view_of",
]

Array = NDArray[np.float32]
Index = NDArray[np.int64]
Forecaster = Callable[[Examples], Array]

MOST_EXAMPLES = 8_000  # to fit on, thinned evenly
MOST_LAGS = 336  # two weeks of hours
CHUNK_VALUES = 4_000_000  # numbers gathered at once
SEASONS = 8  # behind each example: a week of days, and a day
CYCLES = 3  # that a known feature must have gone through before it can be learnt from
FLATTEST = 0.05  # of a series' usual error: a flatter window counts as no flatter


def before(dataset: Dataset, examples: Examples, steps: Index) -> Index:
    """Rows `steps` before each example, [examples, steps]; none before the series begins."""
    rows: Index = examples[:, None] - steps[None, :]
    return rows.clip(min=dataset.first_rows(examples)[:, None])


def thin(examples: Examples, most: int) -> Examples:
    """At most `most` of the examples, evenly.

    >>> thin(np.arange(9), 3).tolist()
    [0, 4, 8]
    """
    if len(examples) <= most:
        return examples
    places = np.linspace(0, len(examples) - 1, most).round().astype(np.int64)
    return examples[places]


def chunks(examples: Examples, width: int) -> Iterator[slice]:
    """Stretches of `examples` whose windows of `width` numbers fit into memory."""
    size = max(1, CHUNK_VALUES // max(width, 1))
    for first in range(0, len(examples), size):
        yield slice(first, min(first + size, len(examples)))


@dataclass(frozen=True)
class View:
    """What a fitted baseline sees of the series.

    In a panel the series differ in scale by powers of ten, so there all is relative to the window's
    own spread as well as to its last value; `flattest` keeps a quiet window from dividing by 0.
    """

    dataset: Dataset
    lookback: int
    known: Index  # columns of `Dataset.known` that have repeated often enough
    flattest: NDArray[np.float64] | None  # [series, targets]; None where there is one series

    def window(self, examples: Examples, target: int) -> Array:
        """The rows before each example, the nearest one first: [examples, lookback]."""
        rows = before(self.dataset, examples, np.arange(1, self.lookback + 1))
        found: Array = self.dataset.values[rows, target]
        return found

    def last(self, examples: Examples) -> Array:
        """The row before each example, [examples, channels]."""
        found: Array = self.dataset.values[before(self.dataset, examples, np.array([1]))[:, 0]]
        return found

    def spread(self, window: Array, examples: Examples, target: int) -> NDArray[np.float64]:
        """What one unit of each window is worth in the target's own, [examples]."""
        if self.flattest is None:
            return np.ones(len(window))
        least = self.flattest[self.dataset.series_of(examples), target]
        spread: NDArray[np.float64] = np.maximum(window.std(axis=1, dtype=np.float64), least)
        return spread

    def outcomes(self, examples: Examples, ahead: Index, target: int) -> Array:
        """The values `ahead` of the examples; the two are broadcast."""
        found: Array = self.dataset.values[examples + ahead, target]
        return found


def view_of(dataset: Dataset, fold: Fold) -> View:
    """Several seasons or two horizons, but no more than most training examples have behind them."""
    season, horizon = dataset.schema.season, dataset.horizon
    wanted = max(SEASONS * season if season > 1 else 0, 2 * horizon, 8)
    train = thin(fold.train, 100_000)
    behind = train - dataset.first_rows(train)
    room = max(int(np.quantile(behind, 0.2)), int(np.max(behind)) // 3)
    lookback = int(np.clip(wanted, 1, max(1, min(MOST_LAGS, room))))
    panel = len(dataset.offsets) > 2
    flattest = FLATTEST * dataset.scales(fold).astype(np.float64) if panel else None
    return View(dataset, lookback, _repeating(dataset, fold), flattest)


def _repeating(dataset: Dataset, fold: Fold) -> Index:
    """Known features with several cycles in training: one year says nothing about the next.

    Of a panel its longest series is looked at.
    """
    longest = int(np.argmax(fold.fit_until - dataset.offsets[:-1]))
    known = dataset.known[dataset.offsets[longest] : fold.fit_until[longest]]
    above = known > known.mean(axis=0)
    crossings = (above[1:] != above[:-1]).sum(axis=0)
    return np.flatnonzero(crossings >= 2 * CYCLES)


def fitting(view: View, fold: Fold) -> tuple[Examples, Examples]:
    """Training and validation examples, thinned; training's last tenth serves for the latter."""
    whole = fold.train[fold.train - view.dataset.first_rows(fold.train) >= view.lookback]
    train = whole if len(whole) else fold.train
    validation = fold.validation
    if not len(validation):
        cut = max(1, len(train) - max(1, len(train) // 10))
        train, validation = train[:cut], train[cut:] if len(train) > 1 else train
    return thin(train, MOST_EXAMPLES), thin(validation, MOST_EXAMPLES // 4)


def unit_of(dataset: Dataset, fold: Fold, metric: Metric) -> NDArray[np.float64]:
    """[series, targets]: by what the metric measures an error of each series."""
    scales: NDArray[np.float64] = dataset.scales(fold).astype(np.float64)
    if metric.name == "smape":
        sizes = [
            np.abs(dataset.values[start:end, : dataset.targets]).mean(axis=0, dtype=np.float64)
            if end > start
            else np.zeros(dataset.targets)
            for start, end in zip(dataset.offsets[:-1], fold.fit_until, strict=True)
        ]
        scales = np.maximum(np.array(sizes), scales)
    return scales if metric.scaled or metric.name == "smape" else np.ones_like(scales)


def scored(metric: Metric, truth: Array, forecast: NDArray[Any], unit: NDArray[Any]) -> float:
    """The metric, or the worst score where no truth is observed; `unit` as in `unit_of`."""
    if np.isnan(truth).all():
        return float("inf") if metric.better == "lower" else float("-inf")
    if metric.scaled:
        return metric.score(truth / unit, forecast / unit)
    return metric.score(truth, forecast)
