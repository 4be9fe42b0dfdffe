"""How sure a network is of its classes, and rightly so: data behind figures.

Precision and recall are scikit-learn's. A class is set against all others, and the answer is what
the network gave the most to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["certainty"]

MOST_CLASSES = 6  # the most frequent ones
MOST_POINTS = 100  # of a curve
BINS = 10  # of how sure an answer is
DIGITS = 5

Array = NDArray[np.floating[Any]]
Codes = NDArray[np.int64]


def certainty(labels: Sequence[str], truth: Codes, shares: Array) -> dict[str, Any] | None:
    """The record's `figures.certainty`, of `shares` [examples, classes]; None of no example."""
    told = np.isfinite(shares).all(axis=1)
    if not told.all():
        truth, shares = truth[told], shares[told]
    if not len(truth):
        return None
    counts = np.bincount(truth, minlength=len(labels))
    order = np.argsort(-counts, kind="stable")
    # Where a class is never true, or nothing else is, there is nothing to tell apart.
    both = [code for code in order.tolist() if 0 < counts[code] < len(truth)]
    return {
        "examples": len(truth),
        "curves": [
            {"label": labels[code], **_curve(truth == code, shares[:, code])}
            for code in both[:MOST_CLASSES]
        ],
        **_calibration(truth, shares),
    }


def _curve(true: NDArray[np.bool_], shares: Array) -> dict[str, Any]:
    """Precision at each recall, from the surest answers on; ends included."""
    from sklearn.metrics import average_precision_score, precision_recall_curve  # heavy, and late

    precision, recall, _ = precision_recall_curve(true, shares, drop_intermediate=True)
    precision, recall = precision[::-1], recall[::-1]
    wanted = np.linspace(0.0, 1.0, MOST_POINTS)
    places = np.arange(len(recall))
    if len(recall) > MOST_POINTS:
        places = np.unique(np.searchsorted(recall, wanted).clip(0, len(recall) - 1))
    return {
        "support": int(true.sum()),
        "average_precision": float(average_precision_score(true, shares)),
        "recall": recall[places].round(DIGITS).tolist(),
        "precision": precision[places].round(DIGITS).tolist(),
    }


def _calibration(truth: Codes, shares: Array) -> dict[str, Any]:
    """How often answers are right that are so sure, and by how much that is off in the mean.

    The expected calibration error of Naeini and others 2015, of the class that was answered.
    """
    answer = shares.argmax(axis=1)
    sure = np.clip(shares[np.arange(len(answer)), answer].astype(np.float64), 0.0, 1.0)
    right = (answer == truth).astype(np.float64)
    places = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    counts, sums, hits = (
        np.bincount(places, weights=weights, minlength=BINS) for weights in (None, sure, right)
    )
    bins = [
        {
            "low": at / BINS,
            "high": (at + 1) / BINS,
            "count": int(counts[at]),
            "sure": float(sums[at] / counts[at]),
            "right": float(hits[at] / counts[at]),
        }
        for at in np.flatnonzero(counts).tolist()
    ]
    return {"bins": bins, "calibration_error": float(np.abs(hits - sums).sum() / len(truth))}
