"""Which rows train, choose, compare and measure; no leak by construction.

Time order: selection train | selection validation | duel blocks | holdout. A part [a, b) owns the
examples whose target rows [o, o + horizon) lie inside it, so two parts share no target row and
their origins are a horizon apart. A window may reach back into an earlier part, as it may in use:
the past is known by then. Of a panel every series is divided so, counted back from its end; rows
without a truth count for nothing, so that a long gap is not a part of its own.

Train examples are slices of one read-only array, earliest first, so that eight folds of five
million rows cost one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Examples, Fold, Split
from autorecur.data.strata import HOLDOUT, TRAIN, VALIDATION
from autorecur.data.thin import thinned
from autorecur.errors import DataError

__all__ = ["MOST", "chronological", "rows_needed"]

FOLDS = (4, 8)  # fewest and most duel folds
SHARES = {"holdout": 0.15, "duel": 0.22, "validation": 0.10}
# Examples scored, and those trained on: more than the steps of a full training can draw.
MOST = {"selection": 1024, "duel": 512, "validation": 1024, "holdout": 8192, "train": 400_000}
FEWEST_TRAIN = 24
FEWEST_BLOCK = 6  # rows of a duel fold below which fewer folds are better than smaller ones

_NAMES = {TRAIN: "training", VALIDATION: "validation", HOLDOUT: "test"}

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Sizes:
    """Rows of each part, of a series that is long enough; None where the table says which."""

    train: int
    validation: int
    block: int
    folds: int
    holdout: int | None


@dataclass(frozen=True, eq=False)
class _Rows:
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


def rows_needed(horizon: int, season: int = 1, series: int = 1) -> int:
    """The fewest rows of a series that `chronological` can divide.

    >>> rows_needed(12, 12)
    119
    """
    return (FOLDS[0] + 2) * horizon + _train_needed(horizon, season, series)


def chronological(
    rows: int | Ints,
    horizon: int,
    season: int = 1,
    *,
    scored: NDArray[np.bool_] | None = None,
    given: NDArray[np.int64] | None = None,
) -> Split:
    """Divide rows in time order; `rows` is their number, or the offsets of several series.

    A horizon of 0 says that each row has its own label. `scored` tells which rows have a truth at
    all, `given` which part each row belongs to, where the table says so: what trains must come
    first in each series, and the holdout last.

    >>> split = chronological(144, 12, 12)
    >>> [int(fold.test[0]) for fold in split.duel]
    [74, 86, 98, 110]
    """
    offsets = np.array([0, rows], dtype=np.int64) if isinstance(rows, int) else rows
    whole = scored is None or bool(scored.all())
    count = None if whole or scored is None else np.concatenate([[0], np.cumsum(scored)])
    table = _Rows(offsets, max(1, horizon), 1 if horizon else 0, None if whole else scored, count)
    starts, ends = offsets[:-1], offsets[1:]
    trains, valids = (ends, ends) if given is None else _given_ends(offsets, given)
    lengths = table.between(starts, trains)
    carve = bool((trains == valids).all())
    sizes = _sizes_for(lengths, horizon, season, given is None, carve)
    short = (lengths > 0) & (lengths < _participating(sizes, table))
    if sizes.holdout is not None:
        trains = valids = np.where(short, ends, table.back(ends, sizes.holdout))
    return _divided(table, sizes, trains, valids, short, carve, horizon)


def _divided(
    table: _Rows,
    sizes: _Sizes,
    trains: Ints,
    valids: Ints,
    short: NDArray[np.bool_],
    carve: bool,
    horizon: int,
) -> Split:
    """The folds, from where each series' training rows, validation rows and holdout end."""
    base, behind, ahead = _examples(table, trains, short)
    falling = -ahead

    def before(distance: int) -> Examples:
        """What ends `distance` scored rows before the end, and earlier."""
        return base[: int(np.searchsorted(falling, -distance, side="right"))]

    def train(distance: int) -> Examples:
        examples = before(distance)
        return thinned(examples, MOST["train"]) if len(examples) > MOST["train"] else examples

    def part(high: int, low: int, most: int) -> Examples:
        """What lies between two distances from the end."""
        ending = before(low)
        return thinned(ending[behind[: len(ending)] <= high], most)

    def fit_until(distance: int) -> Ints:
        return np.where(short, trains, table.back(trains, distance))

    given = _between(table, trains, valids)
    tests = _between(table, valids, table.offsets[1:])
    start, blocks = sizes.folds * sizes.block, range(sizes.folds, 0, -1)

    def fold(name: str, high: int, low: int) -> Fold:
        cut = high + sizes.validation
        return Fold(
            name,
            train(cut),
            part(cut, high, MOST["validation"]),
            part(high, low, MOST["duel"]),
            fit_until(cut),
        )

    if carve:
        cut = start + sizes.validation
        nearest = part(sizes.validation, 0, MOST["validation"])
        selection = Fold(
            "selection", train(cut), part(cut, start, MOST["selection"]), base[:0], fit_until(cut)
        )
        last = train(sizes.validation), nearest, fit_until(sizes.validation)
    else:
        chosen = thinned(given, MOST["selection"])
        selection = Fold("selection", train(0), chosen, base[:0], fit_until(0))
        last = train(0), thinned(given, MOST["validation"]), fit_until(0)
    return Split(
        selection=selection,
        duel=tuple(
            fold(f"duel {number}", block * sizes.block, (block - 1) * sizes.block)
            for number, block in enumerate(blocks, 1)
        ),
        holdout=Fold("holdout", last[0], last[1], thinned(tests, MOST["holdout"]), last[2]),
        sentence=_sentence(table, sizes, trains, valids, short, carve, horizon),
        bounds=_bounds(table, sizes, trains, valids, short, carve),
    )


def _examples(table: _Rows, trains: Ints, short: NDArray[np.bool_]) -> tuple[Examples, Ints, Ints]:
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


def _between(table: _Rows, firsts: Ints, lasts: Ints) -> Examples:
    """The examples whose target rows lie between two rows of each series."""
    begins = np.maximum(firsts, table.offsets[:-1] + table.first)
    counts = np.maximum(lasts - table.span + 1 - begins, 0)
    skip = np.cumsum(counts) - counts
    found: Ints = np.arange(counts.sum(), dtype=np.int64) + np.repeat(begins - skip, counts)
    if table.count is not None:
        found = found[table.between(found, found + table.span) > 0]
    return found


def _given_ends(offsets: Ints, given: NDArray[np.int64]) -> tuple[Ints, Ints]:
    """One past the last training and validation row of each series, as the table says."""
    order = given.astype(np.int64)  # TRAIN < VALIDATION < HOLDOUT is the order in time as well
    backwards = np.diff(order) < 0
    backwards[offsets[1:-1] - 1] = False
    if backwards.any():
        row = int(np.argmax(backwards)) + 1
        raise DataError(
            f"the split column goes back from {_NAMES[order[row - 1]]} to {_NAMES[order[row]]} "
            "within a series: in time order training rows come first and test rows last"
        )
    counts = [
        np.add.reduceat(order == part, offsets[:-1], dtype=np.int64) for part in (TRAIN, VALIDATION)
    ]
    trains = np.add(offsets[:-1], counts[0], dtype=np.int64)
    return trains, np.add(trains, counts[1], dtype=np.int64)


def _train_needed(horizon: int, season: int, series: int = 1) -> int:
    """Rows that hold a modest window and enough examples after it, of all series together."""
    lookback = min(season if season > 1 else horizon, max(horizon, 24))
    examples = max(FEWEST_TRAIN, 2 * horizon)
    return lookback + horizon - 1 + max(-(-examples // series), 2)


def _sizes_for(lengths: Ints, horizon: int, season: int, holdout: bool, carve: bool) -> _Sizes:
    """Sizes by the length that most series have; the shorter ones then only train."""
    filled = np.sort(lengths[lengths > 0])
    series, span = len(filled), max(1, horizon)
    if not series:
        where = "has a known target" if holdout else "trains, by the split column"
        raise DataError(f"no row {where}: give rows to train on")
    tried = sorted({int(filled[int(share * (series - 1))]) for share in (0.1, 0.25, 0.5, 0.75, 1)})
    for length in tried:
        taking = int((filled >= length).sum())
        found = _sizes(length, span, season, holdout, carve, taking)
        if found is not None:
            return found
    rows = tried[-1]

    def need(steps: int) -> int:
        return rows_needed(steps, season, series) - (0 if holdout else steps)

    needed = need(span)
    of = " of the longest series" if series > 1 else ""
    if not horizon:
        raise DataError(
            f"{rows} rows with a label{of} are too few: at least {needed} are needed; give more"
        )
    longest = max((h for h in range(1, rows // 7 + 1) if need(h) <= rows), default=0)
    repair = f", or choose a horizon of at most {longest}" if longest else ""
    raise DataError(
        f"{rows} rows{of} are too few for horizon {horizon}: at least {needed} are needed; give "
        f"more rows{repair}"
    )


def _sizes(
    rows: int, horizon: int, season: int, holdout: bool, carve: bool, series: int
) -> _Sizes | None:
    """The largest shares that leave enough to train on; never less than a horizon each."""
    smallest = max(horizon, FEWEST_BLOCK)
    most = int(np.clip(int((SHARES["duel"] + 0.02) * rows / smallest), *FOLDS))
    options = [(scale, most) for scale in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)]
    options += [(0.0, folds) for folds in range(most - 1, FOLDS[0] - 1, -1)]
    for scale, folds in options:
        block = max(horizon, int(scale * SHARES["duel"] * rows / folds))
        validation = max(horizon, int(scale * SHARES["validation"] * rows))
        kept = max(horizon, round(scale * SHARES["holdout"] * rows)) if holdout else 0
        train = rows - folds * block - validation - kept
        if train >= _train_needed(horizon, season, series):
            return _Sizes(train, validation, block, folds, kept if holdout else None)
    return None


def _participating(sizes: _Sizes, table: _Rows) -> int:
    """The rows that a series needs to have a part in everything."""
    parts = sizes.folds * sizes.block + sizes.validation + (sizes.holdout or 0)
    return parts + table.first + table.span


def _parts(
    table: _Rows, sizes: _Sizes, trains: Ints, valids: Ints, short: NDArray[np.bool_], carve: bool
) -> list[tuple[str, Ints]]:
    """The parts in time order, each with the row of every series at which it ends."""

    def ending(distance: int) -> Ints:
        return np.where(short, trains, table.back(trains, distance))

    start = sizes.folds * sizes.block
    parts = [("selection train", ending(start + (sizes.validation if carve else 0)))]
    if carve:
        parts.append(("selection validation", ending(start)))
    parts += [
        (f"duel {number}", ending((sizes.folds - number) * sizes.block))
        for number in range(1, sizes.folds + 1)
    ]
    if not carve:
        parts.append(("selection validation", valids))
    return [*parts, ("holdout", table.offsets[1:])]


def _bounds(
    table: _Rows, sizes: _Sizes, trains: Ints, valids: Ints, short: NDArray[np.bool_], carve: bool
) -> tuple[tuple[str, int, int], ...]:
    """Parts as ranges of rows; of a panel, as numbers of rows laid end to end."""
    bounds, before = [], 0
    for name, ends in _parts(table, sizes, trains, valids, short, carve):
        after = int((ends - table.offsets[:-1]).sum())
        bounds.append((name, before, after))
        before = after
    return tuple(bounds)


def _sentence(
    table: _Rows,
    sizes: _Sizes,
    trains: Ints,
    valids: Ints,
    short: NDArray[np.bool_],
    carve: bool,
    horizon: int,
) -> str:
    ends = table.offsets[1:]
    series, rows = len(ends), int(table.between(table.offsets[:-1], ends).sum())
    held = table.between(valids, ends)
    what = "rows" if table.count is None else "rows with a known target"
    folds = f"{sizes.folds} duel folds of {sizes.block:,}"
    if series == 1:
        head, last = f"{rows:,} {what} in time order", f"the last {held.sum():,} held out"
    else:
        head = f"{rows:,} {what} of {series:,} series, each in time order and counted from its end"
        last = f"the last {held.max():,} of each held out ({held.sum():,} in all)"
        if held.min() != held.max():
            last = f"{held.sum():,} at their ends held out"
    if carve:
        train = f"{sizes.train:,} to train and " if series == 1 else ""
        middle = f"{train}{sizes.validation:,} to choose candidates by, {folds}"
    else:
        chosen = int(table.between(trains, valids).sum())
        trained = int(table.between(table.offsets[:-1], trains).sum())
        middle = (
            f"{trained:,} to train, at whose end are {folds}, {chosen:,} to choose candidates by"
        )
    by = "" if sizes.holdout is not None else ", as the split column says"
    gap = "1 step" if horizon <= 1 else f"{horizon} steps"
    apart = (
        f"forecast origins of different parts are at least {gap} apart, so no target row is shared."
        if horizon
        else "each row is told from itself and the rows before it."
    )
    note = f" {short.sum():,} series are too short for all parts and only train."
    return f"{head}: {middle}, and {last}{by}; {apart}{note if short.any() else ''}"
