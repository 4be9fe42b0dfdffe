"""Scores of a Dataset's examples: the one place where a metric meets its truth."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.metrics import Metric, all_scores, detail, sign

__all__ = ["by_series", "detail_of", "losses", "score", "watched"]

Array = NDArray[np.floating[Any]]


def score(
    metric: Metric, dataset: Dataset, fold: Fold, examples: Examples, forecast: Array
) -> float:
    """The score of `forecast` of `examples`; a scaled metric's scale is of training rows."""
    return metric.score(*_compared(metric, dataset, fold, examples, forecast))


def losses(
    metric: Metric, dataset: Dataset, fold: Fold, examples: Examples, forecast: Array
) -> Array:
    """What each example loses, [examples]; lower is better, NaN where its truth is not known."""
    truth, told = _compared(metric, dataset, fold, examples, forecast)
    each = np.full(len(told), np.nan)
    for place in range(len(told)):
        one = slice(place, place + 1)
        if metric.output == "tokens" or not np.isnan(truth[one]).all():
            each[place] = sign(metric.better) * metric.score(truth[one], told[one])
    return each


def by_series(
    metric: Metric, dataset: Dataset, fold: Fold, examples: Examples, forecast: Array
) -> Array:
    """The error on each series' examples, [series]; lower is better, NaN where there are none."""
    order = np.argsort(dataset.series_of(examples), kind="stable")
    truth, told = _compared(metric, dataset, fold, examples[order], forecast[order])
    bounds = np.searchsorted(
        dataset.series_of(examples[order]), np.arange(len(dataset.offsets)), side="left"
    )
    each = np.full(len(dataset.offsets) - 1, np.nan)
    for series, (first, end) in enumerate(pairwise(bounds.tolist())):
        if end > first and not np.isnan(truth[first:end]).all():
            score = metric.score(truth[first:end], told[first:end])
            each[series] = sign(metric.better) * score
    return each


def watched(
    metric: Metric, dataset: Dataset, fold: Fold, examples: Examples, forecast: Array
) -> float:
    """What a training is stopped by; lower is better."""
    return metric.watched(*_compared(metric, dataset, fold, examples, forecast))


def _compared(
    metric: Metric, dataset: Dataset, fold: Fold, examples: Examples, forecast: Array
) -> tuple[Array, Array]:
    if metric.output == "tokens":
        return np.empty(0), forecast
    truth: Array = dataset.actuals(examples)
    if metric.scaled:
        scales = dataset.scales(fold)[dataset.series_of(examples)][:, None, :]
        return truth / scales, forecast / scales
    return truth, forecast


def detail_of(
    metric: Metric, dataset: Dataset, fold: Fold, examples: Examples, forecast: Array
) -> dict[str, float | None]:
    """Every score of `forecast`."""
    if metric.output != "numbers":
        truth, told = _compared(metric, dataset, fold, examples, forecast)
        return dict(all_scores(truth, told, metric.output))
    truth = dataset.actuals(examples)
    if dataset.kind.labelled:
        labels = dataset.labels[fold.train, 0]
        scores = detail(truth, forecast, float(np.nanstd(labels)), None)
    else:
        rows = dataset.fit_values(fold)[:, 0].astype(np.float64)
        scores = detail(truth, forecast, float(rows.std()), None)
        scales = dataset.scales(fold)[dataset.series_of(examples)][:, None, :]
        scores["mase"] = float(np.nanmean(np.abs(truth - forecast) / scales))
    return scores | {metric.name: score(metric, dataset, fold, examples, forecast)}
