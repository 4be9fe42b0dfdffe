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
from autorecur.data.timeline import Ints, Rows, Timeline, between
from autorecur.errors import DataError

__all__ = ["MOST", "chronological", "rows_needed"]

FOLDS = (4, 8)  # fewest and most duel folds
SHARES = {"holdout": 0.15, "duel": 0.22, "validation": 0.10}
# Examples scored, and those trained on: more than the steps of a full training can draw.
MOST = {"selection": 1024, "duel": 512, "validation": 1024, "holdout": 8192, "train": 400_000}
FEWEST_TRAIN = 24
FEWEST_BLOCK = 6  # rows of a duel fold below which fewer folds are better than smaller ones

_NAMES = {TRAIN: "training", VALIDATION: "validation", HOLDOUT: "test"}


@dataclass(frozen=True)
class _Sizes:
    """Rows of each part, of a series that is long enough; None where the table says which."""

    train: int
    validation: int
    block: int
    folds: int
    holdout: int | None


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
    table = Rows(offsets, max(1, horizon), 1 if horizon else 0, None if whole else scored, count)
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
    table: Rows,
    sizes: _Sizes,
    trains: Ints,
    valids: Ints,
    short: NDArray[np.bool_],
    carve: bool,
    horizon: int,
) -> Split:
    """The folds, from where each series' training rows, validation rows and holdout end."""
    line = Timeline.of(table, trains, short)
    start, blocks = sizes.folds * sizes.block, range(sizes.folds, 0, -1)

    def train(distance: int) -> Examples:
        examples = line.before(distance)
        return thinned(examples, MOST["train"]) if len(examples) > MOST["train"] else examples

    def fold(name: str, high: int, low: int) -> Fold:
        cut = high + sizes.validation
        return Fold(
            name,
            train(cut),
            thinned(line.part(cut, high), MOST["validation"]),
            thinned(line.part(high, low), MOST["duel"]),
            line.ends(cut),
            line.test_share(cut, high, low),
        )

    if carve:
        cut = start + sizes.validation
        chosen, nearest = line.part(cut, start), line.part(sizes.validation, 0)
        last = train(sizes.validation), nearest, line.ends(sizes.validation)
    else:
        # The table's own rows to choose by come last; what the duel tests is not trained on before.
        cut, chosen = start, between(table, trains, valids)
        last = train(0), chosen, line.ends(0)
    tests = thinned(between(table, valids, table.offsets[1:]), MOST["holdout"])
    return Split(
        selection=Fold(
            "selection",
            train(cut),
            thinned(chosen, MOST["selection"]),
            line.examples[:0],
            line.ends(cut),
        ),
        duel=tuple(
            fold(f"duel {number}", block * sizes.block, (block - 1) * sizes.block)
            for number, block in enumerate(blocks, 1)
        ),
        holdout=Fold("holdout", last[0], thinned(last[1], MOST["validation"]), tests, last[2]),
        sentence=_sentence(table, sizes, trains, valids, short, carve, horizon),
        bounds=_bounds(table, sizes, trains, valids, short, carve),
    )


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


def _participating(sizes: _Sizes, table: Rows) -> int:
    """The rows that a series needs to have a part in everything."""
    parts = sizes.folds * sizes.block + sizes.validation + (sizes.holdout or 0)
    return parts + table.first + table.span


def _parts(
    table: Rows, sizes: _Sizes, trains: Ints, valids: Ints, short: NDArray[np.bool_], carve: bool
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
    table: Rows, sizes: _Sizes, trains: Ints, valids: Ints, short: NDArray[np.bool_], carve: bool
) -> tuple[tuple[str, int, int], ...]:
    """Parts as ranges of rows; of a panel, as numbers of rows laid end to end."""
    bounds, before = [], 0
    for name, ends in _parts(table, sizes, trains, valids, short, carve):
        after = int((ends - table.offsets[:-1]).sum())
        bounds.append((name, before, after))
        before = after
    return tuple(bounds)


def _sentence(
    table: Rows,
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
