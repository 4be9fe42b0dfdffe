"""What suits a Dataset before anything was measured: a default, a space, a full training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np

from autorecur.data.dataset import Dataset
from autorecur.errors import SettingError
from autorecur.nets.candidate import Candidate, Space

__all__ = ["first_candidate", "full_steps", "space_for"]

EPOCHS = {"before": 40, "upto": 30, "whole": 40, "stream": 30}  # a full training, by window …
FEWEST_STEPS, MOST_STEPS = 400, 3000  # … and within these
LONGEST_LOOKBACK = 400
FAMILIAR = 0.9  # of the later half's values, between the least and the most of the earlier half
SMALL = 512  # training examples; fewer want smaller batches


def space_for(dataset: Dataset, overrides: Mapping[str, Any] | Space | None = None) -> Space:
    """The space for `dataset`; `overrides` replaces fields of it, or is a whole Space."""
    if isinstance(overrides, Space):
        return overrides
    chosen = dict(overrides or {})
    known = {field.name for field in fields(Space)}
    if unknown := sorted(set(chosen) - known):
        raise SettingError(f"the space has no {unknown[0]!r}: it has {', '.join(sorted(known))}")
    usual = replace(_SPACES[dataset.kind.window](dataset), batch=_batches(dataset))
    return replace(usual, **{name: _choices(name, value) for name, value in chosen.items()})


def _batches(dataset: Dataset) -> tuple[int, ...]:
    if dataset.kind.window == "stream":
        return (8, 16, 32)  # a stretch is a hundred tokens to learn from: many steps tell more
    return (16, 32) if len(dataset.split.selection.train) < SMALL else (32, 64)


def _before(dataset: Dataset) -> Space:
    """Forecasts: windows relative to themselves, a few seasons or horizons long."""
    lookbacks = _lookbacks(dataset)
    relative = ["last", "standard", "difference"]
    if len(dataset.offsets) > 2:
        relative = ["standard"]  # a panel's channels keep their units: only this one scales them
    if 1 < dataset.schema.season <= lookbacks[-1]:
        relative.append("season")
    if len(dataset.offsets) == 2 and _familiar(dataset):
        relative.append("none")
    return Space(lookback=lookbacks, normalisation=tuple(relative), linear=(True, True, False))


def _familiar(dataset: Dataset) -> bool:
    """Whether what is to be forecast stays where it has been.

    A network that is given absolute levels knows nothing of others. Where a series grows, it may
    still be right on the next rows, be chosen for that, and be far off on those after them.
    """
    fold = dataset.split.selection
    rows = dataset.values[: fold.validation.max(initial=0) + 1, : dataset.targets]
    early, late = np.array_split(rows, 2)
    inside = (late >= early.min(axis=0)) & (late <= early.max(axis=0))
    return bool(inside.mean(axis=0).min() >= FAMILIAR)


def _upto(dataset: Dataset) -> Space:
    """Labels of the present row: some rows of history."""
    most = dataset.longest_lookback
    lookbacks = tuple(rows for rows in (8, 16, 32, 64) if rows <= most) or (max(1, most),)
    return Space(lookback=lookbacks, normalisation=("none",))


def _whole(dataset: Dataset) -> Space:
    """Whole series and texts: both directions, every pooling; padded to what nearly all need."""
    share = 99 if dataset.kind.text else 100
    longest = min(np.percentile(dataset.lengths, share), LONGEST_LOOKBACK)
    return Space(
        lookback=(max(2, int(longest)),),
        normalisation=("none",),
        dropout=(0.1, 0.2, 0.3, 0.5) if dataset.kind.text else (0.0, 0.1, 0.2, 0.3),
        pooling=("max", "mean", "attention", "last"),
        bidirectional=(True, False),
        embedding=_embedding(dataset),
    )


def _embedding(dataset: Dataset) -> tuple[int, ...]:
    if dataset.vectors.size:
        return (int(dataset.vectors.shape[1]),)
    return (64, 32, 128) if dataset.kind.text else (0,)


def _stream(dataset: Dataset) -> Space:
    """Language: stretches of one length, wider layers."""
    return Space(
        lookback=(dataset.horizon,),
        normalisation=("none",),
        width=(64, 128, 256),
        embedding=(32, 16, 64),
        learning_rate=(4e-3, 2e-2),
    )


_SPACES = {"before": _before, "upto": _upto, "whole": _whole, "stream": _stream}


def _choices(name: str, value: Any) -> tuple[Any, ...]:
    choices = tuple(value) if isinstance(value, (list, tuple, set, range)) else (value,)
    if not choices:
        raise SettingError(f"the space's {name} is empty: give at least one choice")
    # The one field that is a range: a single value, or several, become its two ends.
    return (min(choices), max(choices)) if name == "learning_rate" else choices


def _lookbacks(dataset: Dataset) -> tuple[int, ...]:
    """Multiples of season and horizon that leave at least half of the training examples."""
    season, horizon = dataset.schema.season, dataset.horizon
    train = dataset.split.selection.train
    history = int(np.median(train - dataset.first_rows(train)))
    most = min(LONGEST_LOOKBACK, history, dataset.longest_lookback)
    base = max(season, min(horizon, LONGEST_LOOKBACK // 2), 2)
    wanted = {base, 2 * base, 2 * max(horizon, 2), 4 * base}
    fitting = sorted(lookback for lookback in wanted if 2 <= lookback <= most)
    return tuple(fitting[:3]) or (max(2, min(base, most)),)


def first_candidate(dataset: Dataset, space: Space) -> Candidate:
    """The sound default: one layer, windows relative to themselves, two seasons long.

    Trained to the end before any search: an untuned network that was trained fully beat every
    search that was not (see `rungs.py`). It stays inside the space.
    """
    usual, panel = _USUAL[dataset.kind.window], len(dataset.offsets) > 2
    seasons = 8 if panel else 2
    steps = seasons * max(dataset.schema.season, 2) if usual.seasonal else LONGEST_LOOKBACK
    low, high = space.learning_rate
    return Candidate(
        cell=space.pair[0],
        depth=min(space.depth),
        width=_nearest(space.width, usual.width),
        lookback=_nearest(space.lookback, steps),
        learning_rate=min(max(usual.learning_rate, low), high),
        dropout=sorted(space.dropout)[len(space.dropout) // 2 if dataset.kind.by_series else 0],
        batch=_nearest(space.batch, usual.batch),
        normalisation=_first_normalisation(space, panel),
        pooling=space.pooling[0],
        bidirectional=space.bidirectional[0],
        residual=False,
        linear=space.linear[0],
        embedding=space.embedding[0],
        weight_decay=min(space.weight_decay),
    )


class _Usual(NamedTuple):
    """What a network without tuning is given, by window; the nearest in the space is taken."""

    width: int
    learning_rate: float
    batch: int
    seasonal: bool = False  # whether its lookback is counted in seasons; else as long as can be


_USUAL = {
    "before": _Usual(32, 2e-3, 64, seasonal=True),
    "upto": _Usual(32, 3e-3, 64),
    "whole": _Usual(64, 3e-3, 32),
    "stream": _Usual(64, 1e-2, 16),
}


def _nearest(choices: tuple[int, ...], wanted: int) -> int:
    return min(choices, key=lambda choice: abs(choice - wanted))


def _first_normalisation(space: Space, panel: bool) -> str:
    """Series of one kind share their season more than their level; one alone is best scaled."""
    wanted = ("season", "standard") if panel else ("standard",)
    return next((name for name in wanted if name in space.normalisation), space.normalisation[0])


def full_steps(dataset: Dataset, candidate: Candidate) -> int:
    """Training steps that count as a full training."""
    per_epoch = max(1, len(dataset.split.selection.train) // candidate.batch)
    steps = EPOCHS[dataset.kind.window] * per_epoch
    return int(min(max(steps, FEWEST_STEPS), MOST_STEPS)) // 10 * 10
