"""Realistic records of numbers that are no plain forecast, of several targets, and of one seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from report import sample
from report.sample_built import Scores, built, data_of, of_numbers

from autorecur.record import Record

__all__ = ["MAKERS"]

NOTHING = {"forecast": None, "classes": None, "scatter": None, "worst": None}


def _scattered(seed: int, level: float, spread: float, error: float) -> dict[str, Any]:
    """The figure of labels that are numbers."""
    rng = random.Random(seed)
    actual = [rng.gauss(level, spread) for _ in range(180)]
    foretold = [level + 0.9 * (value - level) + rng.gauss(0, error) for value in actual]
    return {**NOTHING, "scatter": {"actual": actual, "foretold": foretold}}


def _strides(name: str) -> Record:
    baselines = {"ridge on summaries": 6.9, "boosting on summaries": 7.2, "median": 14.2}
    return built(
        Scores("mae", "lower", name, 5.24, 5.2, baselines, 0.35, of_numbers),
        data_of(
            "sequence-regression",
            name,
            [
                ("walk", "series", "text", []),
                (name, "target", "numeric", []),
                ("hip", "past", "numeric", []),
                ("knee", "past", "numeric", []),
            ],
            rows=61_200,
            examples=612,
            split="612 sequences: 392 in 6 duel folds, 98 to choose by, 122 held out.",
        ),
        _scattered(21, 61.0, 14.0, 6.4),
        pooling="mean",
    )


def _boilers(name: str) -> Record:
    baselines = {"boosting on lags": 3.31, "ridge on the row": 3.9, "median": 9.4}
    return built(
        Scores("mae", "lower", name, 2.9, 2.71, baselines, 0.13, of_numbers),
        data_of(
            "nowcast",
            name,
            [
                ("time", "time", "time", []),
                (name, "target", "numeric", []),
                ("inlet", "past", "numeric", []),
                ("outlet", "past", "numeric", []),
            ],
            rows=35_040,
            examples=35_040,
            series=1,
            season=96,
            split="35,040 rows in time order.",
        ),
        _scattered(22, 40.0, 11.0, 3.3),
    )


def _heat_and_power(name: str) -> Record:
    """The unit is the first target's name, which is how a run records it."""
    record = built(
        Scores("mae", "lower", name, 12.61, 12.6, {"ridge on lags": 14.4}, 0.08, of_numbers),
        data_of(
            "forecast",
            name,
            [
                ("hour", "time", "time", []),
                (name, "target", "numeric", []),
                ("power", "target", "numeric", []),
                ("wind", "past", "numeric", []),
            ],
            rows=17_520,
            examples=17_520,
            series=1,
            horizon=24,
            season=24,
            split="17,520 rows in time order: the last 15 % are held out.",
        ),
        {**NOTHING, "forecast": sample._forecast(random.Random(23), name)},
    )
    assert record.model is not None  # a band for each step and target
    widths = [[20.0 + step, 2.0 + 0.1 * step] for step in range(24)]
    return replace(record, model={**record.model, "bands": [{"share": 0.9, "half_widths": widths}]})


def _one_seed(name: str) -> Record:
    """A short budget: every fold of the duel has one seed, so that nothing is known of its luck."""
    baselines = {"ridge on lags": 0.405, "exponential smoothing": 0.459, "seasonal naive": 0.52}
    return built(
        Scores("mae", "lower", name, 0.397, 0.41, baselines, 0.012, of_numbers, seeds=1),
        data_of(
            "forecast",
            name,
            [("week", "time", "time", []), (name, "target", "numeric", [])],
            rows=2_284,
            examples=2_284,
            series=1,
            horizon=24,
            season=52,
            split="2,284 rows in time order: the last 15 % are held out.",
        ),
        {**NOTHING, "forecast": sample._forecast(random.Random(24), name)},
    )


MAKERS: dict[str, Callable[[str], Record]] = {
    "sequence-regression": _strides,
    "numeric nowcast": _boilers,
    "several targets": _heat_and_power,
    "one seed": _one_seed,
}
