"""Effective memory: by how much each earlier row moves what a network answers, by its distance.

One backward pass: the gradient of an answer by every row of its window, in standardised units; of
tokens and categories, by their vectors. Its absolute value, summed over the columns of a row and
averaged over windows, falls off with the distance as the network forgets. It is local: it says what
a small change would do, around the windows that there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Examples
from autorecur.nets.block import Block, inputs_of
from autorecur.nets.build import input_names
from autorecur.nets.shape import Shape

if TYPE_CHECKING:
    import keras

__all__ = ["MEMORY_SECONDS", "MOST", "effective_memory", "reach"]

MEMORY_SECONDS = 4.0  # that it may take, most of them to compile the backward pass
MOST_WINDOWS = 256
MOST = 0.9  # of the sensitivity


def effective_memory(
    core: keras.Model, block: Block, examples: Examples, shape: Shape, lookback: int, seed: int
) -> NDArray[np.float32]:
    """The share of the sensitivity at each distance, the nearest first: [lookback], of sum 1.

    `core` has the weights to be asked about. Needs Keras on JAX. Of many answers of a window (steps
    of the horizon, classes) one is drawn: on average over windows all of them are asked.
    """
    import jax

    rng = np.random.default_rng((seed, 17))
    few = np.sort(rng.permutation(examples)[:MOST_WINDOWS]).astype(np.int32)
    given = dict(zip(input_names(shape), inputs_of(block, few, shape, lookback), strict=True))
    mask = given.get("mask")
    above, read = _above_the_vectors(core, given)
    weights = [variable.value for variable in above.trainable_variables]
    fixed = [variable.value for variable in above.non_trainable_variables]
    _, steps, values = core.output_shape
    chosen = rng.integers(0, values, len(few))
    # Of a stream the last answer is asked, whose past is the whole window.
    step = np.full(len(few), lookback - 1 if steps is None else steps - 1)
    if shape.window == "before":
        step = rng.integers(0, steps, len(few))

    def answered(rows: list[Any]) -> Any:
        output = above.stateless_call(weights, fixed, rows, training=False)[0]
        return output[np.arange(len(few)), step, chosen].sum()

    slopes = jax.jit(jax.grad(answered))(read)
    moved = np.zeros((len(few), lookback))
    for tensor, slope in zip(above.inputs, slopes, strict=True):
        if tensor.name not in ("mask", "future", "static"):
            moved += np.abs(np.asarray(slope)).reshape(len(few), lookback, -1).sum(axis=2)
    by_distance = _by_distance(moved, None if mask is None else np.asarray(mask))
    total = by_distance.sum()
    share = by_distance / total if np.isfinite(total) and total > 0 else np.zeros(lookback)
    return share.astype(np.float32)


def reach(memory: NDArray[np.floating[Any]]) -> int | None:
    """Within how many rows most of the sensitivity lies; None where there is none at all.

    >>> reach(np.array([0.5, 0.3, 0.15, 0.05])), reach(np.zeros(4))
    (3, None)
    """
    if not memory.sum() > 0:
        return None
    return int(np.searchsorted(np.cumsum(memory), MOST * memory.sum() - 1e-9) + 1)


def _above_the_vectors(core: keras.Model, given: dict[str, Any]) -> tuple[keras.Model, list[Any]]:
    """The network from the vectors of its codes on, and what it reads: numbers all of it."""
    import keras

    if "codes" not in given:
        return core, [given[tensor.name] for tensor in core.inputs]
    tables = [each for each in core.layers if isinstance(each, keras.layers.Embedding)]
    below = keras.Model(core.inputs, [table.output for table in tables])
    vectors = below.stateless_call(
        [variable.value for variable in below.trainable_variables],
        [variable.value for variable in below.non_trainable_variables],
        [given[tensor.name] for tensor in core.inputs],
        training=False,
    )[0]
    others = [tensor for tensor in core.inputs if tensor.name != "codes"]
    above = keras.Model([*(table.output for table in tables), *others], core.output)
    vectors = vectors if isinstance(vectors, list) else [vectors]  # as Keras gives one output
    return above, [*vectors, *(given[tensor.name] for tensor in others)]


def _by_distance(moved: NDArray[Any], mask: NDArray[Any] | None) -> NDArray[Any]:
    """Mean over windows, the last row first; a shorter series is padded on the right."""
    windows, rows = moved.shape
    lengths = np.full(windows, rows) if mask is None else mask.sum(axis=1).astype(int)
    distance = lengths[:, None] - 1 - np.arange(rows)
    there = distance >= 0
    found = np.bincount(distance[there], weights=moved[there], minlength=rows)
    mean: NDArray[Any] = found / windows
    return mean
