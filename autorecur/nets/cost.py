"""What a network costs: weights, multiply-adds, bytes, latency.

Weights and multiply-adds are counted by formula, without Keras, so that candidates can be priced
before anything is built; a test holds the formulas against the built models.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autorecur.nets.build import HEAD_WIDTH, Shape
from autorecur.nets.candidate import Candidate

__all__ = ["BYTES_PER_WEIGHT", "Cost", "Latency", "measure_latency", "multiply_adds", "parameters"]

BYTES_PER_WEIGHT = 4
TRAINING_FACTOR = 3  # a step costs one forward and about two forward passes' worth of gradients


@dataclass(frozen=True)
class Latency:
    """Milliseconds for one forecast, alone in its batch."""

    p50: float
    p95: float


@dataclass(frozen=True)
class Cost:
    """The price of one network."""

    parameters: int
    bytes: int
    multiply_adds: int  # of one forecast
    latency: Latency | None = None

    @classmethod
    def of(cls, candidate: Candidate, shape: Shape, latency: Latency | None = None) -> Cost:
        weights = parameters(candidate, shape)
        return cls(weights, weights * BYTES_PER_WEIGHT, multiply_adds(candidate, shape), latency)


def parameters(candidate: Candidate, shape: Shape) -> int:
    """Trainable weights: 4u(d+u+1) for an LSTM layer, 3u(d+u+2) for a GRU layer, and the head.

    >>> parameters(Candidate("lstm", width=8), Shape(1, 1, 0, 2, 1))
    338
    """
    width, inputs, weights = candidate.width, shape.channels + shape.known, 0
    for _ in range(candidate.depth):
        if candidate.cell == "lstm":
            weights += 4 * width * (inputs + width + 1)
        else:
            weights += 3 * width * (inputs + width + 2)
        inputs = width
    return weights + sum((rows + 1) * columns for rows, columns, _ in _head(candidate, shape))


def multiply_adds(candidate: Candidate, shape: Shape) -> int:
    """Multiply-adds of one forecast: the matrix products of every step, and the head's.

    >>> multiply_adds(Candidate("gru", width=8, lookback=10), Shape(1, 1, 0, 2, 1))
    2176
    """
    gates = 4 if candidate.cell == "lstm" else 3
    width, inputs, step = candidate.width, shape.channels + shape.known, 0
    for _ in range(candidate.depth):
        step += gates * width * (inputs + width)
        inputs = width
    head = sum(rows * columns * times for rows, columns, times in _head(candidate, shape))
    return step * candidate.lookback + head


def _head(candidate: Candidate, shape: Shape) -> list[tuple[int, int, int]]:
    """The head's dense layers: inputs, outputs, and how often each is applied."""
    if not shape.known:
        return [(candidate.width, shape.horizon * shape.targets, 1)]
    return [
        (candidate.width, shape.horizon * HEAD_WIDTH, 1),
        (HEAD_WIDTH + shape.known, 2 * HEAD_WIDTH, shape.horizon),
        (3 * HEAD_WIDTH, shape.targets, shape.horizon),
    ]


def measure_latency(forecast: Callable[[], Any], times: int = 60) -> Latency:
    """Median and 95th percentile of `forecast()`, after a few calls that are not measured."""
    for _ in range(5):
        forecast()
    milliseconds = []
    for _ in range(times):
        begin = time.perf_counter()
        forecast()
        milliseconds.append(1e3 * (time.perf_counter() - begin))
    return Latency(float(np.percentile(milliseconds, 50)), float(np.percentile(milliseconds, 95)))
