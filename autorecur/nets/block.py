"""The rows that windows are gathered from, resident on the device, standardised; and the gathering.

A window is a few integers: `gather` turns a batch of examples into a network's inputs and truths by
index, inside the compiled step. Memory does not grow with the lookback.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Fold
from autorecur.nets.shape import Scaler, Shape

__all__ = ["UNKNOWN", "Block", "block_of", "inputs_of", "seen_tokens", "truth_of"]

Array = Any  # a JAX array
UNKNOWN = 1  # the code of a token that training did not see


class Block(NamedTuple):
    """Arrays on the device. A NamedTuple, because JAX can hand one to a compiled function."""

    past: Array  # [rows, channels + known], standardised
    codes: Array  # [rows, categories]
    known: Array  # [rows, known], standardised
    static: Array  # [series, static]
    truth: Array  # [rows or series, targets], standardised; classes as numbers
    weight: Array  # [rows or series, targets]: 0 where the truth is missing
    starts: Array  # [rows]: the first row of the row's series; of whole series, by series
    ends: Array  # [series]: one past the last row of each series
    series: Array  # [rows]: the row's series


def block_of(dataset: Dataset, fold: Fold, scaler: Scaler, shape: Shape, scaled: bool) -> Block:
    """The block of `dataset` as `fold` may see it.

    `scaled`: whether errors count in units of their series' own seasonal-naive error.
    """
    import jax.numpy as jnp

    past = scaler.scale(np.concatenate([dataset.values, dataset.known[: dataset.rows]], axis=1))
    channels = dataset.values.shape[1]
    truth, weight = _truths(dataset, fold, scaler, shape, scaled)
    counts = dataset.lengths
    whole = shape.window == "whole"
    return Block(
        past=jnp.asarray(past),
        codes=jnp.asarray(_seen_codes(dataset, fold)),
        known=jnp.asarray(past[:, channels:]),
        static=jnp.asarray(scaler.scale_static(dataset.static)),
        truth=jnp.asarray(truth, jnp.float32),
        weight=jnp.asarray(weight, jnp.float32),
        starts=jnp.asarray(dataset.offsets[:-1] if whole else dataset.starts, jnp.int32),
        ends=jnp.asarray(dataset.offsets[1:], jnp.int32),
        series=jnp.asarray(np.repeat(np.arange(len(counts)), counts), jnp.int32),
    )


def inputs_of(block: Block, examples: Array, shape: Shape, lookback: int) -> list[Array]:
    """The inputs of a core for `examples`, in the order of `build.input_names`."""
    import jax.numpy as jnp

    steps = jnp.arange(lookback)
    if shape.window == "whole":
        rows = block.starts[examples][:, None] + steps
        ends = block.ends[examples][:, None]
        mask = (rows < ends).astype(jnp.float32)
        rows = jnp.minimum(rows, ends - 1)
    elif shape.window == "stream":
        rows = examples[:, None] + steps
    else:
        last = examples if shape.window == "upto" else examples - 1
        # Before a series' first row there is none: its first row is repeated.
        rows = jnp.maximum(last[:, None] - lookback + 1 + steps, block.starts[examples][:, None])
    inputs = []
    if shape.channels + shape.known:
        past = block.past[rows]
        inputs.append(past * mask[:, :, None] if shape.window == "whole" else past)
    if shape.codes:
        codes = block.codes[rows]
        whole = shape.window == "whole"
        inputs.append(jnp.where(mask[:, :, None] > 0, codes, 0) if whole else codes)
    if shape.window == "whole":
        inputs.append(mask)
    if shape.window == "before" and shape.known:
        inputs.append(block.known[examples[:, None] + jnp.arange(shape.horizon)])
    if shape.static:
        series = examples if shape.window == "whole" else block.series[examples]
        inputs.append(block.static[series])
    return inputs


def truth_of(block: Block, examples: Array, shape: Shape, lookback: int) -> tuple[Array, Array]:
    """What a core should have given for `examples`, and how much each of it counts."""
    import jax.numpy as jnp

    if shape.window == "stream":
        rows = examples[:, None] + jnp.arange(1, lookback + 1)
        truth = block.codes[rows][:, :, 0]
        return truth, jnp.ones(truth.shape, jnp.float32)
    rows = examples[:, None] + jnp.arange(shape.horizon)
    truth, weight = block.truth[rows], block.weight[rows]
    if shape.output == "classes":
        return truth[:, :, 0].astype(jnp.int32), weight[:, :, 0]
    return truth, weight


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
    codes = np.asarray(dataset.codes)
    if not dataset.kind.text:
        return codes
    return np.where(seen_tokens(dataset, fold)[codes], codes, UNKNOWN).astype(np.int32)


def _truths(
    dataset: Dataset, fold: Fold, scaler: Scaler, shape: Shape, scaled: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Truths and weights, by row or, where labels are a series', by series."""
    if shape.window == "stream":
        nothing = np.zeros((1, 1), np.float32)
        return nothing, nothing
    if dataset.kind.labelled:
        labels = dataset.labels
        there = ~np.isnan(labels)
        truth = np.where(there, labels, 0.0)
        weight = there.astype(np.float32)
        if shape.output == "classes":
            return truth.astype(np.float32), weight * _class_weights(labels, fold.train, shape)
        return scaler.scale_targets(truth.astype(np.float32)), weight
    truth = scaler.scale_targets(dataset.values[:, : dataset.targets]).astype(np.float32)
    counted: NDArray[Any] = dataset.observed.astype(np.float32)
    if scaled:
        scales = dataset.scales(fold) / scaler.target_deviation
        counted = counted / np.repeat(scales, dataset.lengths, axis=0)
    return truth, counted.astype(np.float32)


def _class_weights(
    labels: NDArray[np.float32], train: NDArray[np.int64], shape: Shape
) -> NDArray[np.float32]:
    """Rare classes count for more, by the root of their rarity: all of it would drown the rest."""
    codes = labels[:, 0]
    counts = np.bincount(codes[train][~np.isnan(codes[train])].astype(int), minlength=shape.classes)
    weights = np.sqrt(counts.sum() / (shape.classes * np.maximum(counts, 1)))
    weights = weights / max(1e-9, (weights * counts).sum() / max(1, counts.sum()))
    each: NDArray[np.float32] = weights[np.where(np.isnan(codes), 0, codes).astype(int)]
    return each.astype(np.float32)[:, None]
