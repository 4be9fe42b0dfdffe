"""Baselines that take seconds: they decide whether a recurrent network is worth it.

Values are taken relative to the window's last one, which matters more than the method (a boosted
model on raw lags is twice as far off on a shifting series). Fitted on a fold's training examples
only; its validation examples choose what the ridge sees, its penalty and the number of trees.
Windows are gathered in bounded chunks. All of it runs on one thread: OpenMP's threads wait for each
other by spinning, and beside busy workers a fit of one second took fifty.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.metrics import Metric

__all__ = ["FittedBaseline", "fit", "score"]

Array = NDArray[np.float32]
Index = NDArray[np.int64]
Forecaster = Callable[[Examples], Array]

MOST_EXAMPLES = 8_000  # to fit on, thinned evenly
MOST_ROWS = 30_000  # of (example, step) for the boosted trees
MOST_LAGS = 336  # two weeks of hours
MOST_KNOWN = 256  # columns of known features in one ridge
CHUNK_VALUES = 4_000_000  # numbers gathered at once
SEASONS = 8  # behind each example: a week of days, and a day
PENALTIES = tuple(10.0**power for power in range(-3, 3))
TREES = 150
CYCLES = 3  # that a known feature must have gone through before it can be learnt from


@dataclass(frozen=True)
class FittedBaseline:
    """A baseline that was fitted on one fold; `seconds` is what fitting took."""

    name: str
    seconds: float
    forecaster: Forecaster = field(repr=False)

    def forecast(self, examples: Examples) -> Array:
        """Forecasts in original units, [examples, horizon, targets]."""
        with _one_thread():
            return self.forecaster(examples)


def fit(
    dataset: Dataset, fold: Fold, metric: Metric, clock: Callable[[], float] = time.perf_counter
) -> tuple[FittedBaseline, ...]:
    """Every baseline that suits the series, fitted on `fold.train`."""
    plans: list[tuple[str, Callable[[], Forecaster]]] = [
        ("naive", lambda: lambda examples: _naive(dataset, examples)),
        ("drift", lambda: lambda examples: _drift(dataset, examples)),
        ("ridge on lags", lambda: _ridge(dataset, fold, metric)),
        ("boosting on lags", lambda: _boosting(dataset, fold, metric)),
    ]
    if dataset.schema.season > 1:
        plans.insert(
            1, ("seasonal naive", lambda: lambda examples: _seasonal_naive(dataset, examples))
        )
    fitted = []
    with _one_thread():
        for name, plan in plans:
            start = clock()
            forecaster = plan()
            fitted.append(FittedBaseline(name, clock() - start, forecaster))
    return tuple(fitted)


def score(fitted: FittedBaseline, dataset: Dataset, examples: Examples, metric: Metric) -> float:
    """The metric of a baseline's forecasts of `examples`."""
    return metric.score(dataset.actuals(examples), fitted.forecast(examples))


def _one_thread() -> AbstractContextManager[Any]:
    import sklearn.ensemble  # noqa: F401  # brings its OpenMP: only what is loaded can be limited
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # of scikit-learn

    limit: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limit


# --- windows -------------------------------------------------------------------------------------


def _starts(dataset: Dataset, examples: Examples) -> Index:
    """The first row of each example's series."""
    series = np.searchsorted(dataset.offsets, examples, side="right") - 1
    return dataset.offsets[series].astype(np.int64)


def _before(dataset: Dataset, examples: Examples, steps: Index) -> Index:
    """Rows `steps` before each example, [examples, steps]; none before the series begins."""
    rows: Index = examples[:, None] - steps[None, :]
    return rows.clip(min=_starts(dataset, examples)[:, None])


def _thin(examples: Examples, most: int) -> Examples:
    """At most `most` of the examples, evenly."""
    if len(examples) <= most:
        return examples
    places = np.linspace(0, len(examples) - 1, most).round().astype(np.int64)
    return examples[places]


def _chunks(examples: Examples, width: int) -> Iterator[Examples]:
    size = max(1, CHUNK_VALUES // max(width, 1))
    for first in range(0, len(examples), size):
        yield examples[first : first + size]


@dataclass(frozen=True)
class _View:
    """What a fitted baseline sees of the series."""

    dataset: Dataset
    lookback: int
    known: Index  # columns of `Dataset.known` that have repeated often enough

    def window(self, examples: Examples, target: int) -> Array:
        """The rows before each example, the nearest one first: [examples, lookback]."""
        rows = _before(self.dataset, examples, np.arange(1, self.lookback + 1))
        found: Array = self.dataset.values[rows, target]
        return found

    def last(self, examples: Examples) -> Array:
        """The row before each example, [examples, channels]."""
        found: Array = self.dataset.values[_before(self.dataset, examples, np.array([1]))[:, 0]]
        return found


def _view(dataset: Dataset, fold: Fold) -> _View:
    """Several seasons or two horizons, but no more than most training examples have behind them."""
    season, horizon = dataset.schema.season, dataset.horizon
    wanted = max(SEASONS * season if season > 1 else 0, 2 * horizon, 8)
    behind = fold.train - _starts(dataset, fold.train)
    room = max(int(np.quantile(behind, 0.2)), int(np.max(behind)) // 3)
    lookback = int(np.clip(wanted, 1, max(1, min(MOST_LAGS, room))))
    return _View(dataset, lookback, _repeating(dataset, fold))


def _repeating(dataset: Dataset, fold: Fold) -> Index:
    """Known features with several cycles in training: one year says nothing about the next."""
    series = int(np.searchsorted(dataset.offsets, fold.train[0], side="right"))
    end = min(int(dataset.offsets[series]), int(fold.train[-1]) + dataset.horizon)
    known = dataset.known[int(fold.train[0]) : end]
    above = known > known.mean(axis=0)
    crossings = (above[1:] != above[:-1]).sum(axis=0)
    return np.flatnonzero(crossings >= 2 * CYCLES)


def _fitting(view: _View, fold: Fold) -> tuple[Examples, Examples]:
    """Training and validation examples, thinned; training's last tenth serves for the latter."""
    whole = fold.train[fold.train - _starts(view.dataset, fold.train) >= view.lookback]
    train = whole if len(whole) else fold.train
    validation = fold.validation
    if not len(validation):
        cut = max(1, len(train) - max(1, len(train) // 10))
        train, validation = train[:cut], train[cut:] if len(train) > 1 else train
    return _thin(train, MOST_EXAMPLES), _thin(validation, MOST_EXAMPLES // 4)


# --- without a fit -------------------------------------------------------------------------------


def _naive(dataset: Dataset, examples: Examples) -> Array:
    last = dataset.values[_before(dataset, examples, np.array([1]))[:, 0], : dataset.targets]
    return np.repeat(last[:, None, :], dataset.horizon, axis=1)


def _seasonal_naive(dataset: Dataset, examples: Examples) -> Array:
    season = dataset.schema.season
    ahead = np.arange(dataset.horizon)
    steps = season * (ahead // season + 1) - ahead
    rows = examples[:, None] - steps
    # A series younger than one season has only its last value to repeat.
    rows = np.where(rows < _starts(dataset, examples)[:, None], examples[:, None] - 1, rows)
    return dataset.values[np.maximum(rows, 0), : dataset.targets]


def _drift(dataset: Dataset, examples: Examples) -> Array:
    starts = _starts(dataset, examples)
    first = dataset.values[starts, : dataset.targets]
    last = dataset.values[np.maximum(examples - 1, starts), : dataset.targets]
    slope = (last - first) / np.maximum(examples - 1 - starts, 1)[:, None].astype(np.float32)
    ahead = np.arange(1, dataset.horizon + 1, dtype=np.float32)
    line: Array = last[:, None, :] + ahead[None, :, None] * slope[:, None, :]
    return line


# --- ridge ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """One target's ridge: standardised inputs times weights, plus level."""

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    weights: NDArray[np.float64]
    level: NDArray[np.float64]

    def __call__(self, inputs: Array) -> NDArray[np.float64]:
        return ((inputs - self.centre) / self.spread) @ self.weights + self.level


def _ridge_inputs(view: _View, examples: Examples, target: int) -> Array:
    """Lags relative to the last value, all channels' last values, known features of the steps."""
    window = view.window(examples, target)
    known = view.dataset.known[examples[:, None] + _known_steps(view)][:, :, view.known]
    blocks = [
        window[:, 1:] - window[:, :1],
        view.last(examples),
        known.reshape(len(examples), -1),
    ]
    return np.hstack(blocks)


def _known_steps(view: _View) -> Index:
    """All steps ahead, or evenly chosen ones where all would be too many columns."""
    horizon = view.dataset.horizon
    most = max(1, MOST_KNOWN // max(len(view.known), 1))
    return _thin(np.arange(horizon), most)


def _ridge_choices(view: _View) -> list[NDArray[np.intp]]:
    """Columns that a ridge may see: short or long lags, levels or not, known or not.

    Levels are what a series that returns to its mean needs, and what misleads on one that shifts.
    """
    dataset = view.dataset
    lags, channels = view.lookback - 1, dataset.values.shape[1]
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


def _ridge(dataset: Dataset, fold: Fold, metric: Metric) -> Forecaster:
    view = _view(dataset, fold)
    train, validation = _fitting(view, fold)
    lines = [_solve(view, train, validation, target, metric) for target in range(dataset.targets)]

    def forecast(examples: Examples) -> Array:
        out = np.empty((len(examples), dataset.horizon, dataset.targets), dtype=np.float32)
        done = 0
        for chunk in _chunks(examples, 2 * lines[0].centre.size + dataset.horizon):
            last = view.last(chunk)
            for target, line in enumerate(lines):
                found = line(_ridge_inputs(view, chunk, target)) + last[:, target, None]
                out[done : done + len(chunk), :, target] = found
            done += len(chunk)
        return out

    return forecast


def _solve(
    view: _View, train: Examples, validation: Examples, target: int, metric: Metric
) -> _Line:
    """The best line on validation; one decomposition serves every penalty."""
    raw = _ridge_inputs(view, train, target).astype(np.float64)
    centre, spread = raw.mean(axis=0), raw.std(axis=0)
    spread[spread <= 1e-6 * (1 + np.abs(centre))] = 1.0  # constant in training: leave it as it is
    inputs = (raw - centre) / spread
    rows = train[:, None] + np.arange(view.dataset.horizon)
    outcomes = view.dataset.values[rows, target] - view.last(train)[:, target, None]
    level = outcomes.mean(axis=0, dtype=np.float64)
    gram, aims = inputs.T @ inputs, inputs.T @ (outcomes - level)

    held = (_ridge_inputs(view, validation, target) - centre) / spread
    base = view.last(validation)[:, target, None] + level
    truth = view.dataset.actuals(validation)[..., target]
    nothing = np.zeros_like(aims)
    best, kept = _scored(metric, truth, np.broadcast_to(base, truth.shape)), nothing
    for columns in _ridge_choices(view):
        strengths, directions = np.linalg.eigh(gram[np.ix_(columns, columns)])
        turned, seen = directions.T @ aims[columns], held[:, columns] @ directions
        for penalty in PENALTIES:
            solved = turned / (np.maximum(strengths, 0.0) + penalty * len(train))[:, None]
            found = _scored(metric, truth, seen @ solved + base)
            if metric.gain(found, best) > 0:
                best, kept = found, nothing.copy()
                kept[columns] = directions @ solved
    return _Line(centre, spread, kept, level)


def _scored(metric: Metric, truth: Array, forecast: NDArray[np.floating[Any]]) -> float:
    """The metric, or the worst score there is where validation holds no observed value."""
    if np.isnan(truth).all():
        return float("inf") if metric.better == "lower" else float("-inf")
    return metric.score(truth, forecast)


# --- boosting ------------------------------------------------------------------------------------


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
    return np.clip(rows, _starts(dataset, examples)[:, None], examples[:, None] - 1)


def _boosting_inputs(
    view: _View, examples: Examples, ahead: Index, target: int
) -> tuple[Array, Array]:
    """One row per (example, step), relative to the window's last value; and those last values."""
    dataset, season = view.dataset, max(view.dataset.schema.season, 1)
    window, past = view.window(examples, target), view.last(examples)
    last = past[:, target]
    seasonal = dataset.values[_seasonal_rows(dataset, examples, ahead), target]
    inputs = np.column_stack(
        [
            window[:, _lags(season, view.lookback) - 1] - last[:, None],
            seasonal - last[:, None],
            seasonal[:, :3].mean(axis=1) - last,
            window[:, :season].mean(axis=1) - last,
            window[:, :season].std(axis=1),
            window.mean(axis=1) - last,
            window.std(axis=1),
            ahead,
            dataset.known[examples + ahead][:, view.known],
            np.delete(past, target, axis=1),
        ]
    )
    return inputs.astype(np.float32), last


def _boosting(dataset: Dataset, fold: Fold, metric: Metric) -> Forecaster:
    view = _view(dataset, fold)
    train, validation = _fitting(view, fold)
    models = [_trees(view, train, validation, target, metric) for target in range(dataset.targets)]

    def forecast(examples: Examples) -> Array:
        horizon = dataset.horizon
        out = np.empty((len(examples), horizon, dataset.targets), dtype=np.float32)
        done = 0
        for chunk in _chunks(examples, horizon * (view.lookback + 40)):
            rows = np.repeat(chunk, horizon)
            ahead = np.tile(np.arange(horizon), len(chunk))
            for target, model in enumerate(models):
                inputs, last = _boosting_inputs(view, rows, ahead, target)
                found = model.predict(inputs) + last
                out[done : done + len(chunk), :, target] = found.reshape(len(chunk), horizon)
            done += len(chunk)
        return out

    return forecast


def _trees(view: _View, train: Examples, validation: Examples, target: int, metric: Metric) -> Any:
    """A boosted model with as many trees as validation asks for."""
    from sklearn.ensemble import HistGradientBoostingRegressor  # heavy: a second of imports

    absolute = metric.loss == "mean_absolute_error"
    inputs, outcomes = _sampled(view, train, target, MOST_ROWS)

    def grown(trees: int) -> Any:
        return HistGradientBoostingRegressor(
            loss="absolute_error" if absolute else "squared_error",
            max_iter=trees,
            learning_rate=0.05,
            max_leaf_nodes=15,
            min_samples_leaf=int(np.clip(len(inputs) // 100, 5, 100)),
            early_stopping=False,
            random_state=0,
        ).fit(inputs, outcomes)

    held, truth = _sampled(view, validation, target, MOST_ROWS // 3)
    model = grown(TREES)
    losses = [
        float(np.mean(np.abs(truth - found) if absolute else np.square(truth - found)))
        for found in model.staged_predict(held)
    ]
    best = int(np.argmin(losses)) + 1
    # The same first trees: growing them again is simpler than cutting a fitted model.
    return model if best == TREES else grown(best)


def _sampled(view: _View, examples: Examples, target: int, most: int) -> tuple[Array, Array]:
    """Inputs and outcomes of at most `most` pairs of example and step, the same ones each time."""
    dataset = view.dataset
    total = len(examples) * dataset.horizon
    places = np.arange(total)
    if total > most:
        places = np.sort(np.random.default_rng(0).choice(total, most, replace=False))
    rows, ahead = examples[places // dataset.horizon], places % dataset.horizon
    seen = dataset.observed[rows + ahead, target]
    if seen.any():  # filled-in values teach nothing
        rows, ahead = rows[seen], ahead[seen]
    inputs, last = _boosting_inputs(view, rows, ahead, target)
    return inputs, dataset.values[rows + ahead, target] - last
