"""What was foretold of the holdout, beside what was: data behind figures.

A figure shows few of many examples; each says how many of how many, and what it says in numbers is
of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset
from autorecur.leftover import MOST_POINTS, Leftover, drawn

__all__ = ["forecast", "one_step", "scatter", "scattered"]

Array = NDArray[np.floating[Any]]


def one_step(dataset: Dataset, forecasts: Array) -> Leftover:
    """The residuals of the first step and the first target, in the order of the holdout's rows."""
    fold = dataset.split.holdout
    test, series = fold.test, dataset.series_of(fold.test)
    told = forecasts[:, 0, 0].astype(np.float64)
    apart = dataset.actuals(test)[:, 0, 0] - told
    if dataset.kind.window != "before":
        return Leftover(apart, told)
    another = np.diff(series) != 0
    in_steps = len(test) > 1 and bool(((np.diff(test) == 1) | another).all())
    begins = tuple((np.flatnonzero(another) + 1).tolist())
    if len(dataset.offsets) == 2:
        return Leftover(apart, told, begins, in_steps)
    scales = dataset.scales(fold)[series, 0].astype(np.float64)
    return Leftover(apart / scales, told / scales, begins, in_steps, scaled=True)


def forecast(
    dataset: Dataset, shown: Mapping[str, Array | None], other: str | None, baseline: str | None
) -> dict[str, Any]:
    """Consecutive holdout windows of the last series, each forecast from its own origin.

    `shown` holds the answers to the whole holdout of the "model", of the "other" finalist and of
    the "baseline", which have these names.
    """
    horizon = dataset.horizon
    chosen, whole = _windows(dataset)
    examples = dataset.split.holdout.test[chosen]
    series = int(dataset.series_of(examples)[0])
    rows = (examples[:, None] + np.arange(horizon)).ravel()
    names = dataset.schema.names("target")
    return {
        "times": [str(stamp) for stamp in dataset.times[rows]],
        "actual": dataset.actuals(examples)[:, :, 0].ravel().tolist(),
        **{
            name: None if told is None else told[chosen][:, :, 0].ravel().tolist()
            for name, told in shown.items()
        },
        "other_name": other,
        "baseline_name": baseline,
        "unit": names[0],
        "drawn": {
            "windows": len(chosen),
            "of_windows": whole,
            "series": dataset.series[series] if len(dataset.offsets) > 2 else None,
            "of_series": len(dataset.offsets) - 1,
            "target": names[0],
            "of_targets": len(names),
        },
        "steps": _by_step(dataset, shown),
    }


def _windows(dataset: Dataset) -> tuple[NDArray[np.intp], int]:
    """The windows of the last series that follow each other, and fit; and how many there are."""
    test, horizon = dataset.split.holdout.test, dataset.horizon
    series = dataset.series_of(test)
    found, reached = [], -1
    for place in np.flatnonzero(series == series[-1]):
        if test[place] >= reached:
            found.append(place)
            reached = int(test[place]) + horizon
    return np.array(found[-max(1, MOST_POINTS // horizon) :]), len(found)


def _by_step(dataset: Dataset, shown: Mapping[str, Array | None]) -> dict[str, Any]:
    """The mean absolute error of the first target at each step, over all windows.

    Of a panel in seasonal naive errors of each series: else the largest ones would decide it.
    """
    fold = dataset.split.holdout
    test, scaled = fold.test, len(dataset.offsets) > 2
    truth = dataset.actuals(test)[:, :, 0].copy()
    scales = dataset.scales(fold)[dataset.series_of(test), :1] if scaled else 1.0
    means: dict[str, Any] = {"examples": len(test), "scaled": scaled}
    for name, told in shown.items():
        if told is None:
            means[name] = None
            continue
        errors = np.abs(truth - told[:, :, 0]) / scales
        known = np.isfinite(errors)
        sums = np.where(known, errors, 0.0).sum(axis=0, dtype=np.float64)
        counts = known.sum(axis=0)
        means[name] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).tolist()
    return means


def scatter(dataset: Dataset, given: Array) -> dict[str, Any] | None:
    """Foretold beside actual labels of the holdout."""
    truth = dataset.actuals(dataset.split.holdout.test)[:, 0, 0]
    return scattered(truth.astype(np.float64), given[:, 0, 0].astype(np.float64))


def scattered(actual: Array, foretold: Array) -> dict[str, Any] | None:
    """The record's `figures.scatter`: some points, and the errors of all."""
    known = np.isfinite(actual) & np.isfinite(foretold)
    actual, foretold = actual[known], foretold[known]
    if not len(actual):
        return None
    errors = np.abs(actual - foretold)
    picked = drawn(errors)
    return {
        "actual": actual[picked].tolist(),
        "foretold": foretold[picked].tolist(),
        "of": len(actual),
        "median_error": float(np.median(errors)),
        "worst_error": float(errors.max()),
    }
