"""The baselines of each kind of task, fitted: they decide whether a recurrent network is worth it.

Fitted on a fold's training examples only; its validation examples choose penalties, the number of
trees and what is looked at. All of it runs on one thread: OpenMP's threads wait for each other by
spinning, and beside busy workers a fit of one second took fifty.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.metrics import Metric
from autorecur.nets.baselines import documents, naive
from autorecur.nets.baselines.boosting import boosting_on_lags
from autorecur.nets.baselines.labels import Labelled, boosting, labelled, linear, prior
from autorecur.nets.baselines.language import Grams, orders
from autorecur.nets.baselines.ridge import ridge_on_lags
from autorecur.nets.baselines.rows import rows_inputs
from autorecur.nets.baselines.smoothing import smoothing
from autorecur.nets.baselines.summaries import summaries_inputs
from autorecur.nets.baselines.windows import Array, Forecaster

__all__ = ["FittedBaseline", "fit", "fits"]

Plans = dict[str, Callable[[], Forecaster]]
MOST = {"upto": 12_000, "whole": 12_000}  # labelled examples to fit on


@dataclass(frozen=True)
class FittedBaseline:
    """A baseline that was fitted on one fold; `seconds` is what fitting took."""

    name: str
    seconds: float
    forecaster: Forecaster = field(repr=False)

    def forecast(self, examples: Examples) -> Array:
        """What the kind's metric compares with the truth: see `metrics`."""
        with _one_thread():
            return self.forecaster(examples)


def fit(
    dataset: Dataset, fold: Fold, metric: Metric, clock: Callable[[], float] = time.perf_counter
) -> tuple[FittedBaseline, ...]:
    """Every baseline that suits the kind of task, fitted on `fold.train`."""
    return tuple(fitted() for _, fitted in fits(dataset, fold, metric, clock))


def fits(
    dataset: Dataset, fold: Fold, metric: Metric, clock: Callable[[], float] = time.perf_counter
) -> Iterator[tuple[str, Callable[[], FittedBaseline]]]:
    """As `fit`, by name: each is fitted when it is called, and may fail for itself alone."""
    for name, plan in _PLANS[dataset.kind.window](dataset, fold, metric).items():
        yield name, partial(_fitted, name, plan, clock)


def _fitted(
    name: str, plan: Callable[[], Forecaster], clock: Callable[[], float]
) -> FittedBaseline:
    with _one_thread():
        start = clock()
        forecaster = plan()
        return FittedBaseline(name, clock() - start, forecaster)


def _one_thread() -> AbstractContextManager[Any]:
    import sklearn.ensemble  # noqa: F401  # brings its OpenMP: only what is loaded can be limited
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # of scikit-learn

    limit: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limit


def _forecasts(dataset: Dataset, fold: Fold, metric: Metric) -> Plans:
    def given(method: Callable[[Dataset, Examples], Array]) -> Callable[[], Forecaster]:
        return lambda: partial(method, dataset)

    seasonal: Plans = {
        "seasonal naive": given(naive.seasonal_naive),
        "seasonally adjusted naive": given(naive.adjusted_naive),
    }
    return {
        "naive": given(naive.naive),
        **(seasonal if dataset.schema.season > 1 else {}),
        "drift": given(naive.drift),
        "exponential smoothing": lambda: smoothing(dataset, fold, metric),
        "ridge on lags": lambda: ridge_on_lags(dataset, fold, metric),
        "boosting on lags": lambda: boosting_on_lags(dataset, fold, metric),
    }


def _prior_name(task: Labelled) -> str:
    if task.classes:
        return "majority"
    return "median" if task.metric.loss == "mean_absolute_error" else "mean"


def _rows(dataset: Dataset, fold: Fold, metric: Metric) -> Plans:
    task = labelled(dataset, fold, metric, MOST["upto"])
    inputs = rows_inputs(dataset, fold)
    line = "logistic regression" if task.classes else "ridge"
    return {
        _prior_name(task): lambda: prior(task),
        f"{line} on this row": lambda: linear(task, inputs),
        "boosting on this row": lambda: boosting(task, inputs),
    }


def _wholes(dataset: Dataset, fold: Fold, metric: Metric) -> Plans:
    task = labelled(dataset, fold, metric, MOST["whole"])
    usual: Plans = {_prior_name(task): lambda: prior(task)}
    if dataset.kind.text:
        if dataset.schema.tokens == "character":
            return usual | {
                "TF-IDF characters + linear": lambda: linear(task, documents.gram_inputs(task))
            }
        return usual | {
            "TF-IDF words + linear": lambda: linear(task, documents.word_inputs(task)),
            "TF-IDF characters + linear": lambda: linear(task, documents.character_inputs(task)),
        }
    inputs = summaries_inputs(dataset)
    line = "logistic regression" if task.classes else "ridge"
    return usual | {
        f"{line} on summaries": lambda: linear(task, inputs),
        "boosting on summaries": lambda: boosting(task, inputs),
    }


def _tokens(dataset: Dataset, fold: Fold, metric: Metric) -> Plans:
    grams = Grams(dataset, fold)
    return {
        "unigram" if order == 1 else f"{order}-gram": partial(grams.forecaster, order)
        for order in orders(dataset)
    }


_PLANS: dict[str, Callable[[Dataset, Fold, Metric], Plans]] = {
    "before": _forecasts,
    "upto": _rows,
    "whole": _wholes,
    "stream": _tokens,
}
