"""Rows of series in time order, counted back from their ends: what a split cuts its parts from.

A part [a, b) owns the examples whose target rows lie inside it. Rows without a truth count for
nothing. Train examples are slices of one read-only array, earliest first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Examples

__all__ = ["Ints", "Rows", "Timeline", "between"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """What a division needs to know of the rows."""

    offsets: Ints
    span: int  # rows that the truth of one example lies in
    first: int  # rows of a series before its first example
    scored: NDArray[np.bool_] | None  # rows whose truth is known; None for all
    count: Ints | None  # [rows + 1]: how many scored rows lie before

    def between(self, first: Ints, last: Ints) -> Ints:
        """How many scored rows lie in [first, last)."""
        if self.count is None:
            return last - first
        counted: Ints = self.count[last] - self.count[first]
        return counted

    def back(self, ends: Ints, distance: int) -> Ints:
        """The row that has `distance` scored rows between it and its series' end in `ends`."""
        starts = self.offsets[:-1]
        if self.count is None:
            return np.maximum(ends - distance, starts)
        found = np.searchsorted(self.count, self.count[ends] - distance, side="right") - 1
        return np.clip(found, starts, ends).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Timeline:
    """What lies before the row of each series at which its training rows end.

    Distances are scored rows before that end. A short series lies before everything: it only
    trains.
    """

    table: Rows
    trains: Ints  # [series]
    short: NDArray[np.bool_]  # [series]
    examples: Examples  # earliest first
    behind: Ints  # scored rows from the first target row of each to the end …
    rising: Ints  # … and from after its last, negative

    @classmethod
    def of(cls, table: Rows, trains: Ints, short: NDArray[np.bool_]) -> Timeline:
        examples, behind, ahead = _examples(table, trains, short)
        return cls(table, trains, short, examples, behind, -ahead)

    def before(self, distance: int) -> Examples:
        """What ends `distance` before the end, and earlier."""
        return self.examples[: int(np.searchsorted(self.rising, -distance, side="right"))]

    def part(self, high: int, low: int) -> Examples:
        """What lies between two distances from the end."""
        ending = self.before(low)
        return ending[self.behind[: len(ending)] <= high]

    def ends(self, distance: int) -> Ints:
        """One past the last row of each series, `distance` before the end."""
        return np.where(self.short, self.trains, self.table.back(self.trains, distance))

    def test_share(self, cut: int, high: int, low: int) -> float:
        """Of a fold that trains before `cut` and is tested between two distances."""
        tested = int(self.table.between(self.ends(high), self.ends(low)).sum())
        trained = int(self.table.between(self.table.offsets[:-1], self.ends(cut)).sum())
        return tested / max(1, tested + trained)


def _examples(table: Rows, trains: Ints, short: NDArray[np.bool_]) -> tuple[Examples, Ints, Ints]:
    """The examples before `trains`, earliest first, and the scored rows from each to there.

    Counted from its first target row (`behind`) and from after its last (`ahead`). What a short
    series has lies before everything: it only trains.
    """
    starts = table.offsets[:-1]
    if len(starts) == 1:
        base = np.arange(starts[0] + table.first, trains[0] - table.span + 1, dtype=np.int64)
        ends = trains
    else:
        counts = np.maximum(trains - table.span + 1 - starts - table.first, 0)
        skip = np.cumsum(counts) - counts
        base = np.arange(counts.sum(), dtype=np.int64)
        base += np.repeat(starts + table.first - skip, counts)
        ends = np.repeat(trains, counts)
    if table.count is not None:
        there = table.between(base, base + table.span) > 0
        base = base[there]
        ends = ends if len(starts) == 1 else ends[there]
    ahead = table.between(base + table.span, np.broadcast_to(ends, base.shape))
    if len(starts) > 1:
        far = np.repeat(short, np.diff(table.offsets))[base] if len(base) else ahead > 0
        ahead = np.where(far, np.iinfo(np.int64).max, ahead)
        order = np.argsort(-ahead, kind="stable")
        base, ahead, ends = base[order], ahead[order], ends[order]
        behind = np.where(ahead == np.iinfo(np.int64).max, ahead, table.between(base, ends))
    else:
        behind = table.between(base, np.broadcast_to(ends, base.shape))
    base.flags.writeable = False
    return base, behind, ahead


def between(table: Rows, firsts: Ints, lasts: Ints) -> Examples:
    """The examples whose target rows lie between two rows of each series."""
    begins = np.maximum(firsts, table.offsets[:-1] + table.first)
    counts = np.maximum(lasts - table.span + 1 - begins, 0)
    skip = np.cumsum(counts) - counts
    found: Ints = np.arange(counts.sum(), dtype=np.int64) + np.repeat(begins - skip, counts)
    if table.count is not None:
        found = found[table.between(found, found + table.span) > 0]
    return found
