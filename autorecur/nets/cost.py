"""What a network costs: weights, multiply-adds, bytes, latency.

Weights and multiply-adds are counted by formula, without Keras, so that candidates can be priced
before anything is built; a test holds the formulas against the built models.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autorecur.nets.build import ATTENTION_WIDTH, HEAD_WIDTH, vector_widths
from autorecur.nets.candidate import Candidate
from autorecur.nets.shape import Shape

__all__ = [
    "BYTES_PER_WEIGHT",
    "TRAINING_FACTOR",
    "Cost",
    "Latency",
    "kept_bytes",
    "measure_latency",
    "multiply_adds",
    "parameters",
]

BYTES_PER_WEIGHT = 4
TRAINING_FACTOR = 3  # a step costs one forward and about two forward passes' worth of gradients
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


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
    """Trainable weights: 4u(d+u+1) for an LSTM layer, 3u(d+u+2) for a GRU layer, and the rest.

    >>> parameters(Candidate("lstm", width=8), Shape(1, 1, 0, 2, 1))
    338
    """
    biases = {"lstm": 1, "gru": 2, "rnn": 1}[candidate.cell]
    recurrent = sum(
        GATES[candidate.cell] * candidate.width * (inputs + candidate.width + biases) * directions
        for inputs, directions in _layers(candidate, shape)
    )
    vectors = sum(size * width for size, width in _embeddings(candidate, shape))
    dense = sum((rows + bias) * columns for rows, columns, bias, _ in _dense(candidate, shape))
    return recurrent + vectors + dense


def multiply_adds(candidate: Candidate, shape: Shape) -> int:
    """Multiply-adds of one forecast: matrix products of each step of the window and of the head.

    >>> multiply_adds(Candidate("gru", width=8, lookback=10), Shape(1, 1, 0, 2, 1))
    2176
    """
    step = sum(
        GATES[candidate.cell] * candidate.width * (inputs + candidate.width) * directions
        for inputs, directions in _layers(candidate, shape)
    )
    dense = sum(rows * columns * times for rows, columns, _, times in _dense(candidate, shape))
    return step * candidate.lookback + dense


def kept_bytes(candidate: Candidate, shape: Shape, steps: int) -> int:
    """What a training step keeps of an example's `steps` for its gradients, in bytes.

    Of each unit at each step: the gates, the state, and two slopes more (see `recurrence.py`).

    >>> kept_bytes(Candidate("lstm", depth=2, width=128), Shape(1, 1, 0, 2, 1), 100)
    716800
    """
    numbers = GATES[candidate.cell] + 3
    directions = sum(directions for _, directions in _layers(candidate, shape))
    return steps * directions * candidate.width * numbers * BYTES_PER_WEIGHT


def _embeddings(candidate: Candidate, shape: Shape) -> list[tuple[int, int]]:
    """Each table of vectors: how many, and how wide."""
    return list(zip(shape.codes, vector_widths(candidate, shape), strict=True))


def _layers(candidate: Candidate, shape: Shape) -> Iterator[tuple[int, int]]:
    """Of each recurrent layer: the width of its input, and in how many directions it runs."""
    inputs = shape.channels + shape.known if shape.channels + shape.known else 0
    inputs += sum(width for _, width in _embeddings(candidate, shape))
    directions = 2 if candidate.bidirectional else 1
    for _ in range(candidate.depth):
        yield inputs, directions
        inputs = candidate.width * directions


def _dense(candidate: Candidate, shape: Shape) -> list[tuple[int, int, int, int]]:
    """The dense layers: inputs, outputs, 1 where it has a bias, and how often each is applied."""
    state = candidate.width * (2 if candidate.bidirectional else 1)
    layers = []
    if shape.window == "stream":
        return [(state, shape.classes, 1, candidate.lookback)]
    if candidate.pooling == "attention":
        layers.append((state, ATTENTION_WIDTH, 1, candidate.lookback))
        layers.append((ATTENTION_WIDTH, 1, 0, candidate.lookback))
    state += shape.static
    if shape.window != "before":
        return [*layers, (state, shape.outputs, 1, 1)]
    if candidate.linear:
        layers.append((candidate.lookback, shape.horizon, 0, shape.targets))
    if not shape.known:
        return [*layers, (state, shape.horizon * shape.targets, 1, 1)]
    return [
        *layers,
        (state, shape.horizon * HEAD_WIDTH, 1, 1),
        (HEAD_WIDTH + shape.known, 2 * HEAD_WIDTH, 1, shape.horizon),
        (3 * HEAD_WIDTH, shape.targets, 1, shape.horizon),
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
