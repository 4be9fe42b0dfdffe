"""What a user should know about a table before believing a score on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.dataset import Column, Finding
from autorecur.data.read import shown

__all__ = [
    "constants",
    "drift",
    "ends_early",
    "filled",
    "findings",
    "gives_away",
    "ignored",
    "level_of",
    "pauses",
    "rare_classes",
    "unlabelled",
]

SAMPLE_ROWS = 100_000
COPY = 0.999999  # correlation from which a covariate is the target in other units
MANY_FILLED = 0.05
MOST_FILLED = 0.30
RARE = 5  # members of a class in training, below which little can be learnt of it
REPEATS = 5  # rows for each value of a column that is no measurement
DRIFTING_SERIES = 0.10  # share of a panel's series
PAUSE = 10  # usual steps from which a step is a pause
EARLY_SERIES = 0.5  # share of a panel's series that end where the others do

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def findings(
    values: Floats, observed: NDArray[np.bool_], channels: Sequence[str], absent: int = 0
) -> tuple[Finding, ...]:
    """Constant or filled targets, and covariates that repeat a target; the targets come first.

    `absent` time steps had no row at all, which is said elsewhere.

    >>> findings(np.ones((9, 1), np.float32), np.ones((9, 1), bool), ("y",))[0].code
    'AR108'
    """
    found: list[Finding] = []
    for place in range(observed.shape[1]):
        found += _constant(values[:, place], channels[place])
        found += filled(observed[:, place], channels[place], absent)
        found += _copies(values, observed, channels, place)
    return tuple(found)


def _constant(target: Floats, name: str) -> list[Finding]:
    if not len(target) or target.min() != target.max():
        return []
    return [
        Finding(
            "AR108",
            "issue",
            f"The target {shown(name)} has one value only, {target[0]:g}.",
            "There is nothing to learn: check the column, or choose another target.",
        )
    ]


def level_of(share: float) -> str:
    """How much a share of filled-in values matters.

    >>> level_of(0.4)
    'issue'
    """
    return "issue" if share > MOST_FILLED else "tip" if share > MANY_FILLED else "note"


def filled(observed: NDArray[np.bool_], name: str, absent: int) -> list[Finding]:
    """How many values of a target were missing and are not scored."""
    missing = int((~observed).sum())
    if missing <= absent:
        return []
    share = missing / len(observed)
    level = level_of(share)
    return [
        Finding(
            "AR108",
            level,
            f"{missing:,} of {len(observed):,} values of {shown(name)} ({_share(share)}) were "
            "missing and took the last known one; they are not scored.",
            "" if level == "note" else "Fill the gaps from the source, or use a coarser step.",
        )
    ]


def unlabelled(labels: Floats, name: str) -> list[Finding]:
    """How many rows have no label."""
    missing = int(np.isnan(labels).sum())
    if not missing:
        return []
    share = missing / len(labels)
    level = level_of(share)
    return [
        Finding(
            "AR108",
            level,
            f"{missing:,} of {len(labels):,} rows ({_share(share)}) have no label in "
            f"{shown(name)}: they are looked at, and neither trained on nor scored.",
            "" if level == "note" else "Label more rows, or leave those without a label out.",
        )
    ]


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "under 0.1%"


def _copies(
    values: Floats, observed: NDArray[np.bool_], channels: Sequence[str], place: int
) -> list[Finding]:
    stride = max(1, len(values) // SAMPLE_ROWS)
    rows = slice(None, None, stride)
    real = observed[rows, place]
    target = _standardised(values[rows, place][real])
    if target is None:
        return []
    found = []
    for other in range(observed.shape[1], len(channels)):
        covariate = _standardised(values[rows, other][real])
        if covariate is not None and abs(float(np.mean(target * covariate))) > COPY:
            found.append(_repeats(channels[other], channels[place]))
    return found


def _repeats(name: str, target: str) -> Finding:
    return Finding(
        "AR107",
        "issue",
        f"The column {shown(name)} repeats the target {shown(target)}: their correlation in the "
        "same row is 1.",
        f"Leave it out with --drop {shown(name)}: it tells nothing that is known in time.",
    )


def _standardised(values: Floats) -> NDArray[np.float64] | None:
    exact = values.astype(np.float64)
    spread = float(exact.std()) if len(exact) > 2 else 0.0
    return (exact - exact.mean()) / spread if spread > 0 else None


def gives_away(
    name: str, feature: Floats, labels: Floats, target: str, classes: Sequence[str] = ()
) -> list[Finding]:
    """Whether one column decides the label: its copy, its code, or a threshold without an error.

    `feature` and `labels` hold one number an example (categories as their codes).

    >>> told = np.repeat(np.arange(4, dtype=np.float32), 10)
    >>> gives_away("id", told, told % 2, "y", ("a", "b"))[0].code
    'AR107'
    """
    stride = max(1, len(labels) // SAMPLE_ROWS)
    feature, labels = feature[::stride], labels[::stride]
    there = ~(np.isnan(labels) | np.isnan(feature))
    feature, labels = feature[there], labels[there]
    if len(labels) < 2 * REPEATS or labels.min() == labels.max():
        return []
    if not classes:
        target_part, covariate = _standardised(labels), _standardised(feature)
        if target_part is None or covariate is None:
            return []
        same = abs(float(np.mean(target_part * covariate))) > COPY
        return [_repeats(name, target)] if same else []
    order = np.lexsort((labels, feature))
    feature, labels = feature[order], labels[order]
    steps = np.diff(labels) != 0
    distinct = 1 + int((np.diff(feature) != 0).sum())
    if (steps & (np.diff(feature) == 0)).any():
        return []  # one value with two labels
    coded = len(labels) >= REPEATS * distinct
    parted = int(steps.sum()) == len(np.unique(labels)) - 1
    if not coded and not parted:
        return []
    how = "each of its values has one label only" if coded else "a threshold parts the classes"
    return [
        Finding(
            "AR107",
            "issue",
            f"The column {shown(name)} gives the target {shown(target)} away: {how}.",
            f"Leave it out with --drop {shown(name)}, unless it is truly known before the label.",
        )
    ]


def rare_classes(labels: Floats, classes: Sequence[str], train: Ints, name: str) -> list[Finding]:
    """Classes that training sees hardly or not at all; `train` are the examples trained on."""
    if not classes:
        return []
    seen = labels[train]
    counts = np.bincount(seen[~np.isnan(seen)].astype(np.int64), minlength=len(classes))
    rare = [place for place in np.argsort(counts, kind="stable") if counts[place] < RARE]
    if not rare:
        return []
    listing = ", ".join(f"{shown(classes[place], 30)} ({counts[place]})" for place in rare[:6])
    noun = "class has" if len(rare) == 1 else "classes have"
    return [
        Finding(
            "AR109",
            "tip",
            f"{len(rare):,} {noun} fewer than {RARE} training members in {shown(name)}: "
            f"{listing}{' …' if rare[6:] else ''}.",
            "Add members, or merge classes: these are hardly learnt.",
        )
    ]


def constants(columns: Sequence[Column]) -> list[Finding]:
    """Columns that were left out because they never change."""
    names = [c.name for c in columns if c.role == "dropped" and c.reason.startswith("constant (")]
    if not names:
        return []
    listing = ", ".join(shown(name, 30) for name in names[:8]) + (" …" if names[8:] else "")
    noun = "column never changes and was" if len(names) == 1 else "columns never change and were"
    return [Finding("AR108", "note", f"{len(names):,} {noun} left out: {listing}.")]


def ignored(names: Sequence[str], columns: Sequence[Column]) -> list[Finding]:
    """Columns that a table has beyond those that training saw.

    >>> ignored(["y", "z"], [Column("y", "target", "numeric", "")])[0].sentence
    "Columns not seen in training are ignored: 'z'."
    """
    seen = {column.name for column in columns}
    extra = [name for name in names if name not in seen]
    if not extra:
        return []
    listing = ", ".join(shown(name, 30) for name in extra[:6]) + (" …" if extra[6:] else "")
    return [Finding("AR119", "note", f"Columns not seen in training are ignored: {listing}.")]


def drift(
    values: Floats, train: Sequence[slice], holdout: Sequence[slice], names: Sequence[str]
) -> list[Finding]:
    """Targets whose mean in the holdout lies outside all that training saw; slices by series."""
    found, judged = [], [(a, b) for a, b in zip(train, holdout, strict=True) if _both(a, b)]
    for place, name in enumerate(names):
        outside = [pair for pair in judged if _outside(values[:, place], *pair)]
        if not outside or len(outside) < DRIFTING_SERIES * len(judged):
            continue
        if len(judged) == 1:
            rows, later = values[outside[0][0], place], values[outside[0][1], place]
            sentence = (
                f"{shown(name)} drifts: its mean in the holdout, {np.nanmean(later):g}, lies "
                f"outside the training rows' range of {np.nanmin(rows):g} to {np.nanmax(rows):g}."
            )
        else:
            sentence = (
                f"{shown(name)} drifts: in {len(outside):,} of {len(judged):,} series its mean in "
                "the holdout lies outside the range of the training rows."
            )
        remedy = "Forecast its changes or its logarithm, or train on more recent rows."
        found.append(Finding("AR116", "tip", sentence, remedy))
    return found


def _both(train: slice, holdout: slice) -> bool:
    return bool(train.stop > train.start and holdout.stop > holdout.start)


def _outside(target: Floats, train: slice, holdout: slice) -> bool:
    rows, later = target[train], target[holdout]
    if np.isnan(rows).all() or np.isnan(later).all():
        return False
    mean = float(np.nanmean(later, dtype=np.float64))
    low, high = float(np.nanmin(rows)), float(np.nanmax(rows))
    return mean < low or mean > high


def pauses(times: pd.Index, offsets: Ints) -> list[Finding]:
    """Long steps between rows that are taken as they are."""
    if not isinstance(times, pd.DatetimeIndex) or len(times) < 2:
        return []
    gaps = np.diff(times.as_unit("us").asi8)
    gaps[offsets[1:-1] - 1] = 0
    usual = float(np.median(gaps))
    long = int((gaps > PAUSE * usual).sum())
    if usual <= 0 or not long:
        return []
    longest, step = (pd.Timedelta(int(gap), unit="us") for gap in (gaps.max(), usual))
    noun = "pause" if long == 1 else "pauses"
    sentence = (
        f"{long:,} {noun} between rows, the longest of {longest}, where {step} is usual: each row "
        "counts as one step after the row before it."
    )
    return [Finding("AR108", "note", sentence)]


def ends_early(times: pd.Index, offsets: Ints, names: Sequence[str], steps: int) -> list[Finding]:
    """Series of a panel that end more than `steps` steps before most others do."""
    if len(offsets) <= 2 or not isinstance(times, pd.DatetimeIndex):
        return []
    last = times[offsets[1:] - 1].asi8
    usual = int(np.median(last))
    if float((last == usual).mean()) < EARLY_SERIES:
        return []  # they end at any time: that is what they are
    gaps = np.diff(times.asi8)
    step = int(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1
    early = np.flatnonzero(last < usual - steps * step)
    if not len(early):
        return []
    listing = ", ".join(
        f"{shown(names[place], 30)} ({times[offsets[place + 1] - 1]})" for place in early[:4]
    )
    noun = "series ends" if len(early) == 1 else "series end"
    return [
        Finding(
            "AR117",
            "tip",
            f"{len(early):,} of {len(names):,} {noun} before the others do, at "
            f"{pd.Timestamp(usual, unit=times.unit)}: {listing}{' …' if len(early) > 4 else ''}.",
            "Add the missing rows, or leave these series out: their holdout is older.",
        )
    ]
