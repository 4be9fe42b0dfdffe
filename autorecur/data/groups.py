"""Rows divided by whole series: of engines or patients, none is in two parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Examples, Fold, Split
from autorecur.data.split import MOST
from autorecur.data.strata import Labels, stratified
from autorecur.data.thin import thinned

__all__ = ["grouped"]


def grouped(
    offsets: NDArray[np.int64],
    labels: NDArray[np.float32],
    given: NDArray[np.int64] | None = None,
    groups: NDArray[np.int64] | None = None,
) -> Split:
    """Divide a panel of labelled rows by whole series, so that no series is in two parts.

    `labels` is one number a row, NaN where it is missing; `given` the part of each series;
    `groups` numbers those that must stay together.
    """
    counts = np.diff(offsets)
    there = ~np.isnan(labels)
    sums = np.add.reduceat(np.where(there, labels, 0.0), offsets[:-1])
    means = sums / np.maximum(np.add.reduceat(there, offsets[:-1], dtype=np.int64), 1)
    by_series = stratified(
        Labels(means.astype(np.float32), ()), offsets, noun="series", groups=groups, given=given
    )

    def rows(series: Examples, most: int | None = None) -> Examples:
        member = np.zeros(len(counts), dtype=np.bool_)
        member[series] = True
        found = np.flatnonzero(np.repeat(member, counts) & there)
        return found if most is None else thinned(found, most)

    def fold(one: Fold, validation: int, test: int) -> Fold:
        return Fold(
            one.name,
            rows(one.train),
            rows(one.validation, validation),
            rows(one.test, test),
            one.fit_until,
            one.test_share,
        )

    parts = [(one.name, one.test) for one in by_series.duel]
    parts += [
        ("selection validation", by_series.selection.validation),
        ("holdout", by_series.holdout.test),
    ]
    bounds, before = [], 0
    for name, series in parts:
        after = before + int(counts[series].sum())
        bounds.append((name, before, after))
        before = after
    return Split(
        selection=fold(by_series.selection, MOST["selection"], 0),
        duel=tuple(fold(one, MOST["validation"], MOST["duel"]) for one in by_series.duel),
        holdout=fold(by_series.holdout, MOST["validation"], MOST["holdout"]),
        sentence=f"{int(offsets[-1]):,} rows; {by_series.sentence} A series is in one part only.",
        bounds=tuple(bounds),
        drawn=True,
    )
