"""What a baseline reads of a whole series: a summary of each channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples
from autorecur.nets.baselines.labels import Inputs
from autorecur.nets.baselines.windows import Array

__all__ = ["summaries_inputs"]

PLACES = 16  # at which a series is read off, evenly from its first row to its last
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
MOST_COLUMNS = 4_000  # beyond which the places are left out
MOST_CATEGORIES = 50


def summaries_inputs(dataset: Dataset) -> Inputs:
    """Of each channel: level, spread, ends, slope, quantiles, shape; and the length."""

    def inputs(examples: Examples) -> Array:
        starts, ends = dataset.offsets[examples], dataset.offsets[examples + 1]
        lengths = ends - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        rows = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        blocks: list[NDArray[Any]] = [np.log1p(lengths)[:, None]]
        blocks += [
            _moments(dataset.values[rows, channel].astype(np.float64), offsets)
            for channel in range(dataset.values.shape[1])
        ]
        if PLACES * dataset.values.shape[1] <= MOST_COLUMNS:
            blocks.append(_places(dataset, starts, lengths))
        for place, size in enumerate(dataset.code_sizes):
            if size <= MOST_CATEGORIES:
                shares = dataset.codes[rows, place][:, None] == np.arange(size)
                blocks.append(
                    np.add.reduceat(shares.astype(float), offsets[:-1]) / lengths[:, None]
                )
        if dataset.static.size:
            blocks.append(dataset.static[examples])
        return np.hstack(blocks).astype(np.float32)

    return lambda examples: inputs(examples) if len(examples) else inputs(np.array([0]))[:0]


def _moments(values: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean, deviation, ends, extremes, slope, roughness and quantiles of each stretch of values."""
    first, lengths = offsets[:-1], np.diff(offsets)
    series = np.repeat(np.arange(len(lengths)), lengths)

    def mean(each: NDArray[np.float64]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = np.add.reduceat(each, first) / lengths
        return sums

    centre = mean(values)
    off = values - centre[series]
    deviation = np.sqrt(mean(off**2))
    steps = np.arange(len(values)) - first[series] - ((lengths - 1) / 2)[series]
    slope = mean(steps * off) / np.maximum(mean(steps**2), 1e-9)
    moves = np.abs(np.diff(values, prepend=values[0]))
    moves[first] = 0.0  # from one series to the next
    ordered = values[np.lexsort((values, series))]
    quantiles = [
        ordered[first + np.round(share * (lengths - 1)).astype(np.int64)]
        for share in (0.0, *QUANTILES, 1.0)
    ]
    ends = [values[first], values[offsets[1:] - 1]]
    return np.column_stack([centre, deviation, slope, mean(moves), *ends, *quantiles])


def _places(dataset: Dataset, starts: Examples, lengths: Examples) -> Array:
    """All channels at evenly chosen places of each series, between rows by a straight line."""
    at = starts[:, None] + np.linspace(0, 1, PLACES) * (lengths - 1)[:, None]
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, (starts + lengths - 1)[:, None])
    share = (at - low)[:, :, None]
    found = (1 - share) * dataset.values[low] + share * dataset.values[high]
    flat: Array = found.reshape(len(starts), -1)
    return flat
