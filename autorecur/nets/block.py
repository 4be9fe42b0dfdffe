"""The rows that windows are gathered from, resident on the device; and the gathering.

A window is a few integers: a batch of examples becomes a network's inputs and truths by index, and
is standardised, inside the compiled step. Memory grows neither with the lookback nor, on a CPU,
with the number of workers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Fold
from autorecur.nets.shape import Scaler, Shape

__all__ = ["UNKNOWN", "Block", "block_of", "inputs_of", "seen_tokens", "truth_of"]

Array = Any  # of JAX, or of NumPy
UNKNOWN = 1  # the code of a token that training did not see


class Block(NamedTuple):
    """Arrays in original units: the files of the run, mapped by every worker.

    A NamedTuple, because JAX can hand one to a compiled function. What differs from fold to fold is
    small, and applied to a batch when it is gathered.
    """

    values: Array  # [rows, channels]
    known: Array  # [rows, known]
    codes: Array  # [rows, categories]
    seen: Array  # of a text: what each code is to this fold; empty elsewhere
    static: Array  # [series, static], standardised
    labels: Array  # [rows or series, 1]; NaN where missing
    observed: Array  # [rows, targets], 0 where a target was filled in
    offsets: Array  # [series + 1]: the first row of each series
    mean: Array  # [channels + known] …
    deviation: Array
    target_mean: Array  # [targets] …
    target_deviation: Array
    counts: Array  # how much an error counts: [series, targets] of a forecast, [classes] of classes


def block_of(
    dataset: Dataset,
    fold: Fold,
    scaler: Scaler,
    shape: Shape,
    *,
    scaled: bool,
    resident: bool = True,
) -> Block:
    """The block of `dataset` as `fold` may see it.

    `scaled`: whether errors count in units of their series' own seasonal-naive error. `resident`:
    whether JAX gets it on its device; else it stays in NumPy, and so does what is gathered from it.
    """
    place = _on_device if resident else _in_numpy
    known = dataset.known[: dataset.rows]
    return Block(
        values=place(dataset.values),
        known=place(known),
        codes=place(dataset.codes),
        seen=place(_seen_codes(dataset, fold)),
        static=place(scaler.scale_static(dataset.static)),
        labels=place(dataset.labels),
        observed=place(dataset.observed.view(np.uint8)),
        offsets=place(dataset.offsets.astype(np.int32)),
        mean=place(scaler.mean),
        deviation=place(scaler.deviation),
        target_mean=place(scaler.target_mean),
        target_deviation=place(scaler.target_deviation),
        counts=place(_counts(dataset, fold, scaler, shape, scaled)),
    )


def _in_numpy(array: NDArray[Any]) -> Array:
    return np.asarray(array)


def _on_device(array: NDArray[Any]) -> Array:
    """`array` on the device; where that is the CPU, the same memory and no copy of it."""
    import jax
    import jax.numpy as jnp

    array = np.ascontiguousarray(array)
    if not array.size or not array.flags.writeable:  # DLPack has no word for read-only memory
        return jnp.asarray(array)
    return jax.device_put(jnp.from_dlpack(array), jax.devices()[0])


def _library(block: Block) -> Any:
    """NumPy or JAX's form of it, whichever holds `block`: the gathering is the same in both."""
    if isinstance(block.offsets, np.ndarray):
        return np
    import jax.numpy

    return jax.numpy


def inputs_of(block: Block, examples: Array, shape: Shape, lookback: int) -> list[Array]:
    """The inputs of a core for `examples`, in the order of `build.input_names`."""
    xp = _library(block)
    steps = xp.arange(lookback)
    whole, mask = shape.window == "whole", None
    series = examples if whole else _series_of(block, examples)
    starts = block.offsets[series][:, None]
    if whole:
        rows, ends = starts + steps, block.offsets[examples + 1][:, None]
        mask = (rows < ends).astype(xp.float32)
        rows = xp.minimum(rows, ends - 1)
    elif shape.window == "stream":
        rows = examples[:, None] + steps
    else:
        last = examples if shape.window == "upto" else examples - 1
        # Before a series' first row there is none: its first row is repeated.
        rows = xp.maximum(last[:, None] - lookback + 1 + steps, starts)
    inputs = []
    if shape.channels + shape.known:
        past = xp.concatenate([block.values[rows], block.known[rows]], axis=-1)
        past = (past - block.mean) / block.deviation
        inputs.append(past if mask is None else past * mask[:, :, None])
    if shape.codes:
        codes = _codes(block, rows)
        inputs.append(codes if mask is None else xp.where(mask[:, :, None] > 0, codes, 0))
    if mask is not None:
        inputs.append(mask)
    if shape.window == "before" and shape.known:
        future = block.known[examples[:, None] + xp.arange(shape.horizon)]
        known = slice(shape.channels, None)
        inputs.append((future - block.mean[known]) / block.deviation[known])
    if shape.static:
        inputs.append(block.static[series])
    return inputs


def _series_of(block: Block, examples: Array) -> Array:
    xp = _library(block)
    if len(block.offsets) == 2:
        return xp.zeros_like(examples)
    return xp.searchsorted(block.offsets, examples, side="right") - 1


def _codes(block: Block, rows: Array) -> Array:
    codes = block.codes[rows]
    return block.seen[codes] if block.seen.size else codes


def truth_of(block: Block, examples: Array, shape: Shape, lookback: int) -> tuple[Array, Array]:
    """What a core should have given for `examples`, and how much each of it counts."""
    xp = _library(block)
    if shape.window == "stream":
        rows = examples[:, None] + xp.arange(1, lookback + 1)
        truth = _codes(block, rows)[:, :, 0]
        return truth, xp.ones(truth.shape, xp.float32)
    rows = examples[:, None] + xp.arange(shape.horizon)
    if shape.window == "before":
        truth = block.values[rows][:, :, : shape.targets]
        counts = block.counts[_series_of(block, examples)][:, None, :]
        weight = block.observed[rows].astype(xp.float32) * counts
        return (truth - block.target_mean) / block.target_deviation, weight
    labels = block.labels[rows]
    there = ~xp.isnan(labels)
    truth = xp.where(there, labels, 0.0)
    if shape.output == "classes":
        classes = truth[:, :, 0].astype(xp.int32)
        return classes, there[:, :, 0] * block.counts[classes]
    return (truth - block.target_mean) / block.target_deviation, there.astype(xp.float32)


def seen_tokens(dataset: Dataset, fold: Fold) -> NDArray[np.bool_]:
    """Of each code of a text whether the fold trains on it; padding and unknown count as seen.

    Where vectors were given, every word of the vocabulary has a meaning without being trained on.
    """
    if dataset.vectors.size:
        return np.ones(dataset.code_sizes[0], bool)
    codes = np.asarray(dataset.codes)
    seen = np.zeros(dataset.code_sizes[0], bool)
    counts = dataset.lengths
    if dataset.kind.by_series:
        train = np.zeros(len(counts), bool)
        train[fold.train] = True
        seen[np.unique(codes[np.repeat(train, counts), 0])] = True
    else:
        seen[np.unique(codes[: fold.fit_until[0], 0])] = True
    seen[: UNKNOWN + 1] = True
    return seen


def _seen_codes(dataset: Dataset, fold: Fold) -> NDArray[np.int32]:
    """Tokens that the fold does not train on are unknown to it, whatever the vocabulary holds."""
    if not dataset.kind.text:
        return np.empty(0, np.int32)
    seen = seen_tokens(dataset, fold)
    return np.where(seen, np.arange(len(seen)), UNKNOWN).astype(np.int32)


def _counts(
    dataset: Dataset, fold: Fold, scaler: Scaler, shape: Shape, scaled: bool
) -> NDArray[np.float32]:
    """How much an error counts, by series or by class."""
    if shape.window == "before":
        counts = np.ones((len(dataset.offsets) - 1, dataset.targets), np.float32)
        return counts * scaler.target_deviation / dataset.scales(fold) if scaled else counts
    if shape.output == "classes":
        return _class_weights(dataset.labels[fold.train, 0], shape)
    return np.empty(0, np.float32)


def _class_weights(labels: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """Rare classes count for more, by the root of their rarity: all of it would drown the rest."""
    counts = np.bincount(labels[~np.isnan(labels)].astype(int), minlength=shape.classes)
    weights = np.sqrt(counts.sum() / (shape.classes * np.maximum(counts, 1)))
    usual = (weights * counts).sum() / max(1, counts.sum())
    each: NDArray[np.float32] = (weights / max(1e-9, usual)).astype(np.float32)
    return each
