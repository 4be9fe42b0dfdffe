"""Scores with their natural sign: `Metric` carries which way is better, and its unit; numpy only.

Arrays are [examples, horizon, targets] in original units; NaN in the truth marks a value that was
filled in and is not scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autorecur.errors import SettingError

__all__ = ["METRICS", "Metric", "detail", "metric"]

Array = NDArray[np.floating]


def mae(truth: Array, forecast: Array) -> float:
    """Mean absolute error.

    >>> mae(np.array([1.0, np.nan]), np.array([2.0, 9.0]))
    1.0
    """
    return float(np.nanmean(np.abs(truth - forecast), dtype=np.float64))


def mse(truth: Array, forecast: Array) -> float:
    """Mean squared error, in squared units.

    >>> mse(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    2.5
    """
    return float(np.nanmean(np.square(truth - forecast), dtype=np.float64))


def rmse(truth: Array, forecast: Array) -> float:
    """Root of the mean squared error.

    >>> rmse(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    2.0
    """
    return float(np.sqrt(mse(truth, forecast)))


def smape(truth: Array, forecast: Array) -> float:
    """Symmetric mean absolute percentage error, 0 to 200, as in M4; 0/0 counts as 0.

    >>> smape(np.array([0.0, 2.0]), np.array([0.0, 6.0]))
    50.0
    """
    size = np.abs(truth) + np.abs(forecast)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(size > 0, 200.0 * np.abs(truth - forecast) / size, 0.0)
    return float(np.nanmean(np.where(np.isnan(truth), np.nan, ratio)))


@dataclass(frozen=True)
class Metric:
    """A score's name, direction and unit, and how to compute it."""

    name: str
    better: str  # "lower" | "higher"
    unit: str  # "target" means the target's own unit
    loss: str  # the Keras loss that trains for it
    score: Callable[[Array, Array], float]

    def unit_of(self, target: str) -> str:
        """The score's unit, where the target's own is `target`.

        >>> METRICS["mse"].unit_of("kW")
        'kW²'
        """
        return self.unit.replace("target", target)

    def gain(self, score: float, reference: float) -> float:
        """How much better `score` is than `reference`, in the metric's unit; positive is better.

        >>> METRICS["mae"].gain(2.0, 3.0)
        1.0
        """
        return reference - score if self.better == "lower" else score - reference


METRICS: dict[str, Metric] = {
    "mae": Metric("mae", "lower", "target", "mean_absolute_error", mae),
    "rmse": Metric("rmse", "lower", "target", "mean_squared_error", rmse),
    "mse": Metric("mse", "lower", "target²", "mean_squared_error", mse),
    "smape": Metric("smape", "lower", "%", "mean_absolute_error", smape),
}


def metric(name: str) -> Metric:
    """The metric called `name`; "auto" is the mean absolute error.

    >>> metric("auto").name
    'mae'
    """
    if name == "auto":
        return METRICS["mae"]
    if name not in METRICS:
        raise SettingError(f"unknown metric {name!r}: use one of {', '.join(sorted(METRICS))}")
    return METRICS[name]


def detail(
    truth: Array, forecast: Array, deviation: float, season_error: float | None
) -> dict[str, float | None]:
    """Every score of one set of forecasts.

    `deviation` is the standard deviation of the training rows, `season_error` their in-sample mean
    absolute seasonal-naive error (the scale of MASE; Hyndman and Koehler 2006).
    """
    absolute, squared = mae(truth, forecast), mse(truth, forecast)
    return {
        "mae": absolute,
        "mse": squared,
        "rmse": float(np.sqrt(squared)),
        "smape": smape(truth, forecast),
        "mase": absolute / season_error if season_error else None,
        "mae_standardised": absolute / deviation if deviation > 0 else None,
        "mse_standardised": squared / deviation**2 if deviation > 0 else None,
    }
