"""Which rows train, choose, compare and measure; no leak by construction.

Time order: selection train | selection validation | duel blocks | holdout. A part [a, b) owns the
examples whose target rows [o, o + horizon) lie inside it, so two parts share no target row and
their origins are a horizon apart. A window may reach back into an earlier part, as it may in use:
the past is known by then.

Train examples are slices of one read-only array, so that eight folds of five million rows cost one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autorecur.data.dataset import Examples, Fold, Split
from autorecur.errors import DataError

__all__ = ["chronological", "rows_needed"]

FOLDS = (4, 8)  # fewest and most duel folds
SHARES = {"holdout": 0.15, "duel": 0.22, "validation": 0.10}
MOST = {"selection": 1024, "duel": 512, "validation": 1024, "holdout": 8192}  # examples scored
FEWEST_TRAIN = 24
FEWEST_BLOCK = 6  # rows of a duel fold below which fewer folds are better than smaller ones


@dataclass(frozen=True)
class _Sizes:
    """Rows of each part."""

    train: int
    validation: int
    block: int
    folds: int
    holdout: int


def rows_needed(horizon: int, season: int = 1) -> int:
    """The fewest rows that `chronological` can divide.

    >>> rows_needed(12, 12)
    119
    """
    return (FOLDS[0] + 2) * horizon + _train_needed(horizon, season)


def chronological(rows: int, horizon: int, season: int = 1) -> Split:
    """Divide the rows of one series in time order.

    >>> split = chronological(144, 12, 12)
    >>> [int(fold.test[0]) for fold in split.duel]
    [74, 86, 98, 110]
    """
    sizes = _sizes(rows, horizon, season)
    base = np.arange(1, rows - horizon + 1, dtype=np.int64)
    base.flags.writeable = False

    def examples(first: int, last: int) -> Examples:
        """The examples whose target rows lie in [first, last)."""
        return base[max(first - 1, 0) : max(last - horizon, 0)]

    def fold(name: str, start: int, end: int, most: int) -> Fold:
        fit_rows = start - sizes.validation
        return Fold(
            name=name,
            train=examples(1, fit_rows),
            validation=_thin(examples(fit_rows, start), MOST["validation"]),
            test=_thin(examples(start, end), most),
            fit_rows=fit_rows,
        )

    duel_start = sizes.train + sizes.validation
    holdout_start = rows - sizes.holdout
    selection = Fold(
        name="selection",
        train=examples(1, sizes.train),
        validation=_thin(examples(sizes.train, duel_start), MOST["selection"]),
        test=base[:0],
        fit_rows=sizes.train,
    )
    starts = [duel_start + number * sizes.block for number in range(sizes.folds)]
    bounds = [
        ("selection train", 0, sizes.train),
        ("selection validation", sizes.train, duel_start),
    ]
    bounds += [
        (f"duel {number}", start, start + sizes.block) for number, start in enumerate(starts, 1)
    ]
    bounds.append(("holdout", holdout_start, rows))
    return Split(
        selection=selection,
        duel=tuple(
            fold(f"duel {number}", start, start + sizes.block, MOST["duel"])
            for number, start in enumerate(starts, 1)
        ),
        holdout=fold("holdout", holdout_start, rows, MOST["holdout"]),
        sentence=_sentence(rows, horizon, sizes),
        bounds=tuple(bounds),
    )


def _train_needed(horizon: int, season: int) -> int:
    """Rows that hold a modest window and enough examples after it."""
    lookback = min(season if season > 1 else horizon, max(horizon, 24))
    return lookback + horizon - 1 + max(FEWEST_TRAIN, 2 * horizon)


def _sizes(rows: int, horizon: int, season: int) -> _Sizes:
    """The largest shares that leave enough to train on; never less than a horizon each."""
    smallest = max(horizon, FEWEST_BLOCK)
    most = int(np.clip(int((SHARES["duel"] + 0.02) * rows / smallest), *FOLDS))
    options = [(scale, most) for scale in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)]
    options += [(0.0, folds) for folds in range(most - 1, FOLDS[0] - 1, -1)]
    for scale, folds in options:
        block = max(horizon, int(scale * SHARES["duel"] * rows / folds))
        validation = max(horizon, int(scale * SHARES["validation"] * rows))
        holdout = max(horizon, round(scale * SHARES["holdout"] * rows))
        train = rows - folds * block - validation - holdout
        if train >= _train_needed(horizon, season):
            return _Sizes(train, validation, block, folds, holdout)
    longest = max((h for h in range(1, rows // 8 + 1) if rows_needed(h, season) <= rows), default=0)
    repair = f", or choose a horizon of at most {longest}" if longest else ""
    raise DataError(
        f"{rows} rows are too few for horizon {horizon}: at least "
        f"{rows_needed(horizon, season)} are needed; give more rows{repair}"
    )


def _thin(examples: Examples, most: int) -> Examples:
    """At most `most` of them, one from each of as many equal stretches.

    The place within a stretch is drawn, from a fixed seed: a constant stride that is a multiple of
    the season would score one hour of the day only. The first example stays.
    """
    if len(examples) <= most:
        return examples
    edges = np.linspace(0, len(examples), most + 1)
    offset = np.random.default_rng(most).random(most)
    offset[0] = 0.0
    places = (edges[:-1] + offset * np.diff(edges)).astype(np.int64)
    return examples[np.minimum(places, len(examples) - 1)]


def _sentence(rows: int, horizon: int, sizes: _Sizes) -> str:
    gap = "1 step" if horizon == 1 else f"{horizon} steps"
    return (
        f"{rows:,} rows in time order: {sizes.train:,} to train and {sizes.validation:,} to choose "
        f"candidates by, {sizes.folds} duel folds of {sizes.block:,}, and the last "
        f"{sizes.holdout:,} held out; forecast origins of different parts are at least {gap} "
        "apart, so no target row is shared."
    )
