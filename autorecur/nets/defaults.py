"""What suits a Dataset before anything was measured: a default, a space, a full training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from autorecur.data.dataset import Dataset
from autorecur.errors import SettingError
from autorecur.nets.candidate import Candidate, Space

__all__ = ["first_candidate", "full_steps", "space_for"]

EPOCHS = 40  # a full training, unless it stops early …
FEWEST_STEPS, MOST_STEPS = 400, 3000  # … and within these
LONGEST_LOOKBACK = 400
SMALL = 512  # training examples; fewer want smaller batches


def space_for(dataset: Dataset, overrides: Mapping[str, Any] | Space | None = None) -> Space:
    """The space for `dataset`; `overrides` replaces fields of it, or is a whole Space."""
    if isinstance(overrides, Space):
        return overrides
    chosen = dict(overrides or {})
    known = {field.name for field in fields(Space)}
    if unknown := sorted(set(chosen) - known):
        raise SettingError(f"the space has no {unknown[0]!r}: it has {', '.join(sorted(known))}")
    lookbacks = _lookbacks(dataset)
    normalisations = ["none", "last", "standard", "difference"]
    if 1 < dataset.schema.season <= lookbacks[-1]:
        normalisations.append("season")
    batch = (16, 32) if len(dataset.split.selection.train) < SMALL else (32, 64)
    space = Space(
        lookback=lookbacks,
        normalisation=(*(n for n in normalisations if n != "none"), "none"),
        batch=batch,
    )
    return replace(space, **{name: _choices(name, value) for name, value in chosen.items()})


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
    most = int(min(LONGEST_LOOKBACK, train[len(train) // 2], dataset.longest_lookback))
    base = max(season, min(horizon, LONGEST_LOOKBACK // 2), 2)
    wanted = {base, 2 * base, 2 * max(horizon, 2), 4 * base}
    fitting = sorted(lookback for lookback in wanted if 2 <= lookback <= most)
    return tuple(fitting[:3]) or (max(2, min(base, most)),)


def first_candidate(dataset: Dataset, space: Space) -> Candidate:
    """The sound default: one layer, windows relative to themselves, two seasons long.

    Trained to the end before any search: an untuned network that was trained fully beat every
    search that was not (see `rungs.py`). It stays inside the space.
    """
    lookback = min(space.lookback, key=lambda steps: abs(steps - 2 * max(dataset.schema.season, 2)))
    low, high = space.learning_rate
    return Candidate(
        cell=space.cells[0],
        depth=min(space.depth),
        width=min(space.width, key=lambda width: abs(width - 32)),
        lookback=lookback,
        learning_rate=min(max(3e-3, low), high),
        dropout=min(space.dropout),
        batch=max(space.batch),
        normalisation="standard" if "standard" in space.normalisation else space.normalisation[0],
    )


def full_steps(dataset: Dataset, candidate: Candidate) -> int:
    """Training steps that count as a full training."""
    per_epoch = max(1, len(dataset.split.selection.train) // candidate.batch)
    return int(min(max(EPOCHS * per_epoch, FEWEST_STEPS), MOST_STEPS)) // 10 * 10
