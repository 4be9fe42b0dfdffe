"""What a baseline reads of a row of a series: itself, and means over the rows that lead to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.nets.baselines.labels import Inputs
from autorecur.nets.baselines.windows import Array, thin

__all__ = ["rows_inputs"]

WINDOWS = (4, 12, 36)  # trailing rows that a mean is taken over, the row itself included
MOST_AVERAGED = 200  # channels
MOST_CATEGORIES = 20  # of a column that is spread out into one column a category


def rows_inputs(dataset: Dataset, fold: Fold) -> Inputs:
    """The inputs of rows; how old its series is counts where whole series are foretold."""
    train = thin(fold.train, 100_000)
    behind = train - dataset.first_rows(train)
    windows = [size for size in WINDOWS if size <= max(1, 2 * int(np.median(behind)))]
    others = np.concatenate([fold.validation, fold.test])
    apart = np.intersect1d(dataset.series_of(fold.train), dataset.series_of(others)).size == 0
    aged = len(dataset.offsets) > 2 and apart

    def inputs(examples: Examples) -> Array:
        starts = dataset.first_rows(examples)
        blocks: list[NDArray[Any]] = [dataset.values[examples], dataset.known[examples]]
        blocks += [_means(dataset, examples, size) for size in windows]
        blocks += [
            _spread_out(dataset.codes[examples, place], size)
            for place, size in enumerate(dataset.code_sizes)
        ]
        if dataset.static.size:
            blocks.append(dataset.static[dataset.series_of(examples)])
        if aged:
            blocks.append((examples - starts)[:, None])
        return np.hstack(blocks).astype(np.float32)

    return inputs


def _means(dataset: Dataset, examples: Examples, size: int) -> Array:
    """Means over the last `size` rows of the series, or as many as there are."""
    channels = min(dataset.values.shape[1], MOST_AVERAGED)
    first = np.maximum(examples - size + 1, dataset.first_rows(examples))
    out = np.zeros((len(examples), channels), np.float64)
    for back in range(size):
        rows = examples - back
        there = (rows >= first)[:, None]
        out += np.where(there, dataset.values[np.maximum(rows, 0), :channels], 0.0)
    means: Array = (out / (examples - first + 1)[:, None]).astype(np.float32)
    return means


def _spread_out(codes: NDArray[Any], size: int) -> Array:
    """One column a category, or the codes themselves where there are many."""
    columns = codes[:, None] if size > MOST_CATEGORIES else codes[:, None] == np.arange(size)
    return columns.astype(np.float32)
