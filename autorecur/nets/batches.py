"""Which examples a training step sees: by seed, epoch and place alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["batches", "in_pieces"]

FORECAST_BATCH = 256

Examples = NDArray[np.int64]


def batches(
    train: Examples,
    batch: int,
    seed: int,
    first_step: int,
    steps: int,
    short: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """The examples of `steps` steps from `first_step` on, [steps, batch].

    Epoch after epoch in an order that follows from the seed alone, so that both cells of a pair,
    and a training resumed from a checkpoint, see the same examples in the same order. Where `short`
    marks the examples that need little padding, they share batches, which then need little too.

    >>> batches(np.arange(4), batch=2, seed=1, first_step=0, steps=2).size
    4
    """
    if short is None or len(train) < 2 * batch:
        return _running(train, batch, seed, first_step, steps)
    drawn = np.empty((steps, batch), np.int32)
    per_epoch = len(train) // batch
    for place in range(steps):
        epoch, within = divmod(first_step + place, per_epoch)
        drawn[place] = train[_by_length(short.tobytes(), batch, seed, epoch)[within]]
    return drawn


def in_pieces(examples: Examples) -> Iterator[tuple[Examples, int]]:
    """`examples` in batches of one size, the last one filled up; with how many of each count.

    >>> [(len(piece), count) for piece, count in in_pieces(np.arange(300))]
    [(256, 256), (256, 44)]
    """
    size = min(FORECAST_BATCH, 1 << (len(examples) - 1).bit_length())
    for begin in range(0, len(examples), size):
        piece = examples[begin : begin + size]
        yield np.resize(piece, size), len(piece)


def _running(
    train: Examples, batch: int, seed: int, first_step: int, steps: int
) -> NDArray[np.int32]:
    """Batches that run on from one epoch into the next."""
    places = np.arange(first_step * batch, (first_step + steps) * batch)
    epochs, within = np.divmod(places, len(train))
    drawn = np.empty(len(places), np.int32)
    for epoch in range(int(epochs[0]), int(epochs[-1]) + 1):
        order = _permutation(len(train), seed, epoch)
        mine = epochs == epoch
        drawn[mine] = train[order[within[mine]]]
    return drawn.reshape(steps, batch)


@lru_cache(maxsize=8)
def _permutation(size: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, epoch)).permutation(size)


@lru_cache(maxsize=8)
def _by_length(marks: bytes, batch: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The batches of one epoch, [batches, batch]: all but one of short or of long examples alone.

    The few examples that do not fill a batch sit the epoch out; the next epoch draws others.
    """
    short = np.frombuffer(marks, np.bool_)
    order = _permutation(len(short), seed, epoch)[: len(short) // batch * batch]
    order = order[np.argsort(~short[order], kind="stable")].reshape(-1, batch)
    return order[np.random.default_rng((seed, epoch, 1)).permutation(len(order))]
