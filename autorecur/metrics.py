"""Scores with their natural sign: `Metric` carries which way is better, and its unit; numpy only.

Arrays of numbers are [examples, horizon, targets] in original units; NaN in the truth marks a value
that was filled in and is not scored. Classes: the truth [examples, 1, 1] holds a class's number,
the forecast [examples, 1, classes] the probabilities. Tokens: the forecast [examples, steps, 1]
holds minus the natural logarithm of the probability that each true token was given; the truth is
not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autorecur.errors import SettingError

__all__ = ["METRICS", "Metric", "all_scores", "detail", "metric", "second_opinion", "sign"]

Array = NDArray[np.floating]


def sign(better: str) -> float:
    """What a score is multiplied by to be ordered: then less is better, whichever way it counts.

    >>> sorted([0.9, 0.7], key=lambda score: sign("higher") * score)
    [0.9, 0.7]
    """
    return 1.0 if better == "lower" else -1.0


def mae(truth: Array, forecast: Array) -> float:
    """Mean absolute error.

    >>> mae(np.array([1.0, np.nan]), np.array([2.0, 9.0]))
    1.0
    """
    return float(np.nanmean(np.abs(truth - forecast), dtype=np.float64))


def mse(truth: Array, forecast: Array) -> float:
    """Mean squared error, in squared units.

    Forecasts so far off that their squares have no number are infinitely wrong.

    >>> mse(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    2.5
    >>> mse(np.zeros(1, np.float32), np.full(1, 1e30, np.float32))
    inf
    """
    with np.errstate(over="ignore"):
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


def _classes(truth: Array, forecast: Array) -> tuple[NDArray[np.int64], Array]:
    """Class numbers [n] and probabilities [n, classes], where the class is known."""
    codes, shares = truth.reshape(-1), forecast.reshape(-1, forecast.shape[-1])
    there = ~np.isnan(codes)
    return codes[there].astype(np.int64), shares[there]


def accuracy(truth: Array, forecast: Array) -> float:
    """Share of examples whose most probable class is the true one.

    >>> accuracy(np.array([0.0, 1.0]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    0.5
    """
    codes, shares = _classes(truth, forecast)
    return float((shares.argmax(axis=1) == codes).mean())


def log_loss(truth: Array, forecast: Array) -> float:
    """Mean of minus the natural logarithm of the true class's probability.

    >>> round(log_loss(np.array([0.0]), np.array([[0.5, 0.5]])), 4)
    0.6931
    """
    codes, shares = _classes(truth, forecast)
    return float(-np.log(np.maximum(shares[np.arange(len(codes)), codes], 1e-12)).mean())


def macro_f1(truth: Array, forecast: Array) -> float:
    """F1 of each class that is true or foretold at least once, averaged.

    >>> macro_f1(np.array([0.0, 1.0]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    """
    codes, shares = _classes(truth, forecast)
    told, scores = shares.argmax(axis=1), []
    for code in np.union1d(codes, told):
        both = int(((codes == code) & (told == code)).sum())
        scores.append(2 * both / (int((codes == code).sum()) + int((told == code).sum())))
    return float(np.mean(scores))


def bits(truth: Array, forecast: Array) -> float:
    """Mean bits that a token costs.

    >>> bits(np.empty(0), np.full((1, 2, 1), np.log(2.0)))
    1.0
    """
    return float(np.mean(forecast, dtype=np.float64) / np.log(2.0))


def perplexity(truth: Array, forecast: Array) -> float:
    """Between how many equally likely tokens the choice seems to be.

    >>> round(perplexity(np.empty(0), np.full((1, 2, 1), np.log(3.0))), 6)
    3.0
    """
    return float(np.exp(np.mean(forecast, dtype=np.float64)))


@dataclass(frozen=True)
class Metric:
    """A score's name, direction and unit, and how to compute it."""

    name: str
    better: str  # "lower" | "higher"
    unit: str  # "target" means the target's own unit
    loss: str  # the Keras loss that trains for it
    score: Callable[[Array, Array], float]
    output: str = "numbers"  # what it scores: "numbers", "classes" or "tokens"
    scaled: bool = False  # errors count in units of their series' own seasonal-naive error
    watch: Callable[[Array, Array], float] | None = None  # lower is better; what stops a training

    @property
    def ceiling(self) -> bool:
        """Whether it is a share that ends at one, so that a margin is given in points of it."""
        return self.better == "higher"

    @property
    def title(self) -> str:
        """As the literature writes it.

        >>> [METRICS[name].title for name in ("mae", "smape", "macro_f1", "bits")]
        ['MAE', 'sMAPE', 'macro F1', 'bits']
        """
        return _TITLES.get(self.name, self.name.upper())

    def watched(self, truth: Array, forecast: Array) -> float:
        """What a training is stopped and its weights are chosen by; lower is better.

        The score itself, or for a share of right answers, which moves in steps, the log loss.
        """
        return (self.watch or self.score)(truth, forecast)

    def unit_of(self, target: str) -> str:
        """The score's unit, where the target's own is `target`; none where that has none.

        >>> METRICS["mse"].unit_of("kW"), METRICS["mse"].unit_of(""), METRICS["mase"].unit_of("")
        ('kW²', '', '×')
        """
        return self.unit.replace("target", target) if target or "target" not in self.unit else ""

    def gain(self, score: float, reference: float) -> float:
        """How much better `score` is than `reference`, in the metric's unit; positive is better.

        >>> METRICS["mae"].gain(2.0, 3.0)
        1.0
        """
        return reference - score if self.better == "lower" else score - reference


_TITLES = {
    "smape": "sMAPE",
    "macro_f1": "macro F1",
    "log_loss": "log loss",
    **{name: name for name in ("accuracy", "bits", "perplexity")},
}
_ABSOLUTE, _SQUARED = "mean_absolute_error", "mean_squared_error"
_ENTROPY = "sparse_categorical_crossentropy"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("mae", "lower", "target", _ABSOLUTE, mae),
        Metric("rmse", "lower", "target", _SQUARED, rmse),
        Metric("mse", "lower", "target²", _SQUARED, mse),
        Metric("smape", "lower", "%", _ABSOLUTE, smape),
        Metric("mase", "lower", "×", _ABSOLUTE, mae, scaled=True),
        Metric("accuracy", "higher", "", _ENTROPY, accuracy, "classes", watch=log_loss),
        Metric("macro_f1", "higher", "", _ENTROPY, macro_f1, "classes", watch=log_loss),
        Metric("log_loss", "lower", "nats", _ENTROPY, log_loss, "classes"),
        Metric("bits", "lower", "bits", _ENTROPY, bits, "tokens"),
        Metric("perplexity", "lower", "", _ENTROPY, perplexity, "tokens"),
    )
}
DEFAULTS = {"numbers": "mae", "classes": "accuracy", "tokens": "bits"}


def metric(name: str, output: str = "numbers", panel: bool = False) -> Metric:
    """The metric called `name`, for what is foretold; "auto" is the usual one.

    A panel's series may differ in scale by powers of ten, so their errors are scaled one by one.

    >>> metric("auto").name, metric("auto", panel=True).name, metric("auto", "classes").name
    ('mae', 'mase', 'accuracy')
    """
    if name == "auto":
        return METRICS["mase" if panel and output == "numbers" else DEFAULTS[output]]
    fitting = sorted(known for known, one in METRICS.items() if one.output == output)
    if name not in fitting:
        raise SettingError(f"unknown metric {name!r} for {output}: use {', '.join(fitting)}")
    return METRICS[name]


# What else a comparison is judged by. Perplexity orders as bits do: no opinion of its own.
_SECOND = {
    "mae": "rmse",
    "rmse": "mae",
    "mse": "mae",
    "smape": "mae",
    "mase": "smape",
    "accuracy": "log_loss",
    "macro_f1": "accuracy",
    "log_loss": "accuracy",
}


def second_opinion(metric: Metric) -> Metric | None:
    """Another metric of the same forecasts; None where every other one says the same.

    >>> second_opinion(METRICS["mae"]).name, second_opinion(METRICS["bits"])
    ('rmse', None)
    """
    return METRICS.get(_SECOND.get(metric.name, ""))


def detail(
    truth: Array, forecast: Array, deviation: float, season_error: float | None
) -> dict[str, float | None]:
    """Every score of one set of numbers.

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


def all_scores(truth: Array, forecast: Array, output: str) -> dict[str, float]:
    """Every score of one set of answers that are not numbers."""
    return {
        name: one.score(truth, forecast) for name, one in METRICS.items() if one.output == output
    }
