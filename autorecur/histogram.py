"""How many values lie where: the counts behind a histogram, in place of the values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["histogram", "quartiles"]

MOST_BINS, FEWEST_BINS = 30, 5
TAIL = 0.005  # of the values may lie beyond the outermost bins, on either side …
STRETCH = 1.5  # … where they would make the bins so many times as wide
WHOLE = 40  # whole numbers of so small a range have a bin each, …
EXACT = 2.0**40  # … where halves between them still are numbers

Numbers = NDArray[np.floating[Any]]


def histogram(values: Numbers) -> dict[str, Any] | None:
    """Counts in bins of equal width; what lies beyond them is counted apart. None of no value.

    >>> histogram(np.array([1.0, 1.0, 3.0]))
    {'edges': [0.5, 1.5, 2.5, 3.5], 'counts': [2, 0, 1], 'below': 0, 'above': 0}
    """
    known = values[np.isfinite(values)].astype(np.float64)
    if not len(known):
        return None
    edges = _edges(known)
    counts, _ = np.histogram(known, edges)
    return {
        "edges": edges.tolist(),
        "counts": counts.tolist(),
        "below": int((known < edges[0]).sum()),
        "above": int((known > edges[-1]).sum()),
    }


def quartiles(values: Numbers) -> list[float] | None:
    """The lowest, the three that part quarters, and the highest; None of no value.

    >>> quartiles(np.array([4.0, 1.0, 2.0, 3.0, 5.0, np.nan]))
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    known = values[np.isfinite(values)].astype(np.float64)
    if not len(known):
        return None
    told: list[float] = np.quantile(known, (0.0, 0.25, 0.5, 0.75, 1.0)).tolist()
    return told


def _edges(known: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(known.min()), float(known.max())
    whole = max(abs(low), abs(high)) < EXACT and not np.mod(known, 1.0).any()
    if whole and high - low <= WHOLE:
        return np.arange(low - 0.5, high + 1.0)
    inner = np.quantile(known, (TAIL, 1.0 - TAIL))
    if inner[0] < inner[1] and high - low > STRETCH * (inner[1] - inner[0]):
        low, high = inner.tolist()
    if high <= low:
        low, high = low - max(abs(low), 1.0) / 2, low + max(abs(low), 1.0) / 2
    bins = int(np.clip(np.sqrt(len(known)), FEWEST_BINS, MOST_BINS))
    return np.linspace(low, high, bins + 1)
