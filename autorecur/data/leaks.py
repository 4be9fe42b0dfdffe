"""What gives the answer away: a later value among the inputs, repeats across parts, told labels.

A covariate that merely foretells well is what a user hopes for, so ties that accuse are exact. One
that foretells next to all that the target's own past leaves open is worth a look all the same: a
later value that was rounded, or had a little noise added, looks like that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.audit import COPY, REPEATS, gives_away
from autorecur.data.dataset import Finding
from autorecur.data.read import shown

__all__ = ["ahead", "alike", "labels_ahead", "number_told", "repeated", "together", "word_told"]

MOST_LEADS = 200  # steps ahead that are looked at
LABEL_LEADS = 8  # of a label of the row itself
SAMPLE_ROWS = 1_000  # where a tie is looked for, before all rows are asked
FEWEST_ROWS = 30
SAMPLE_TEXTS = 2_000
DIFFERENT = 0.5  # share of the series from which repeats are exceptions
TOLD = 0.99  # share of texts that state their number, from which it is no coincidence
NEAR = 0.99  # squared correlation with a later value from which a covariate is looked at …
LEFT_OPEN = 0.25  # … if it leaves open no more than this share of what the target's past does
NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def ahead(
    values: Floats,
    observed: NDArray[np.bool_],
    channels: Sequence[str],
    offsets: Ints,
    horizon: int,
) -> list[Finding]:
    """Covariates that hold what a target is only later to be; up to two horizons ahead.

    A target that repeats itself at that distance is no secret, and no finding. What holds it nearly
    is a tip: at the distance at which it does so best.

    >>> y = np.random.default_rng(1).normal(size=90).astype(np.float32)
    >>> table, there = np.stack([y, np.roll(y, -3)], axis=1), np.ones((90, 1), bool)
    >>> ahead(table, there, ("y", "x"), np.array([0, 90]), 3)[0].sentence
    "The column 'x' holds the target 'y' of 3 steps later: their correlation is 1."
    """
    targets, found, told = observed.shape[1], list[Finding](), set[int]()
    near: dict[int, tuple[float, int, int]] = {}  # by covariate: how strong, how far ahead, of whom
    sample = _sample(len(values), SAMPLE_ROWS)
    every = _sample(len(values), 100 * SAMPLE_ROWS)
    for place in range(targets):
        for lead in range(1, min(2 * horizon, MOST_LEADS) + 1):
            if len(told) == len(channels) - targets:
                return found
            inputs = np.r_[place, targets : len(channels)]
            strength = _strength(values, observed, offsets, place, inputs, sample, lead)
            for at in (1 + np.flatnonzero(np.square(strength[1:]) > NEAR)).tolist():
                other = int(inputs[at])
                near[other] = max(near.get(other, (0.0, 0, 0)), (float(strength[at]), lead, place))
            tied = strength > COPY
            if not tied.any():
                continue
            inputs = np.r_[place, inputs[tied]]
            tied = _strength(values, observed, offsets, place, inputs, every, lead) > COPY
            if tied[0]:
                continue
            for other in inputs[1:][tied[1:]].tolist():
                if other not in told:
                    told.add(other)
                    found.append(_holds_later(channels[other], channels[place], lead))
    for other, (_, lead, place) in near.items():
        asked = values, observed, offsets, place
        if other not in told and (explained := _beyond_its_past(*asked, other, every, lead)):
            found.append(_nearly_holds(channels[other], channels[place], lead, *explained))
    return found


def _beyond_its_past(
    values: Floats,
    observed: NDArray[np.bool_],
    offsets: Ints,
    place: int,
    other: int,
    rows: Ints,
    lead: int,
) -> tuple[float, float] | None:
    """What a covariate explains of a target's later value, and what its own past does at best.

    None where the past leaves too little open for the covariate to stand out.
    """
    given = np.array([other])
    explained = float(_strength(values, observed, offsets, place, given, rows, lead)[0] ** 2)
    past, own = np.array([place]), 0.0
    for back in range(MOST_LEADS):
        ends = offsets[np.searchsorted(offsets, rows, side="right") - 1]
        earlier = rows[rows - back >= ends] - back
        strength = _strength(values, observed, offsets, place, past, earlier, lead + back)
        own = max(own, float(strength[0] ** 2))
        repeats = own > COPY**2
        if repeats or explained <= NEAR or 1 - explained > LEFT_OPEN * (1 - own):
            return None
    return explained, own


def _sample(rows: int, most: int) -> Ints:
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def _later(rows: Ints, offsets: Ints, lead: int) -> Ints:
    """Those of `rows` that have a row `lead` steps later in their series."""
    ends = offsets[np.searchsorted(offsets, rows, side="right")]
    return rows[rows + lead < ends]


def _strength(
    values: Floats,
    observed: NDArray[np.bool_],
    offsets: Ints,
    place: int,
    inputs: Ints,
    rows: Ints,
    lead: int,
) -> NDArray[np.float64]:
    """How `inputs` correlate with a target's later value, whatever the sign."""
    rows = _later(rows, offsets, lead)
    rows = rows[observed[rows + lead, place]]
    if len(rows) < FEWEST_ROWS:
        return np.zeros(len(inputs))
    target = values[rows + lead, place].astype(np.float64)
    given = values[rows][:, inputs].astype(np.float64)
    target -= target.mean()
    given -= given.mean(axis=0)
    spread = np.sqrt((target @ target) * np.square(given).sum(axis=0))
    strength: NDArray[np.float64] = np.abs(target @ given) / np.where(spread > 0, spread, np.inf)
    return strength


def _holds_later(name: str, target: str, lead: int, tie: str = "their correlation is 1") -> Finding:
    steps = "1 step" if lead == 1 else f"{lead} steps"
    return Finding(
        "AR107",
        "issue",
        f"The column {shown(name)} holds the target {shown(target)} of {steps} later: {tie}.",
        f"Leave it out with --drop {shown(name)}: it is not known in time.",
    )


def _nearly_holds(name: str, target: str, lead: int, explained: float, own: float) -> Finding:
    steps = "1 step" if lead == 1 else f"{lead} steps"
    return Finding(
        "AR107",
        "tip",
        f"The column {shown(name)} nearly holds the target {shown(target)} of {steps} later: it "
        f"explains {100 * explained:.2f} % of it, and the target's own past {100 * own:.2f} % at "
        "best.",
        f"If it is not known in time, as a later value that was rounded is not, leave it out with "
        f"--drop {shown(name)}.",
    )


def labels_ahead(
    name: str,
    feature: Floats,
    labels: Floats,
    offsets: Ints,
    target: str,
    classes: Sequence[str] = (),
) -> list[Finding]:
    """Whether a column decides the label of a later row, which decides nothing of it itself."""
    sample = _sample(len(labels), SAMPLE_ROWS)
    for lead in range(1, LABEL_LEADS + 1):
        rows = _later(sample, offsets, lead)
        if len(rows) < FEWEST_ROWS:
            continue
        for kept in (rows, _later(np.arange(len(labels)), offsets, lead)):
            later = labels[kept + lead]
            if gives_away(name, labels[kept], later, target, classes):
                break
            if not gives_away(name, feature[kept], later, target, classes):
                break
        else:
            return [_holds_later(name, target, lead, "it decides it without an error")]
    return []


def alike(values: NDArray[np.generic], offsets: Ints) -> Ints:
    """[series]: the same number for series that hold the same rows in the same order.

    >>> alike(np.array([1, 2, 1, 2, 2, 1]), np.array([0, 2, 4, 6])).tolist()
    [0, 0, 1]
    """
    whole = np.ascontiguousarray(values)
    keys = [
        whole[start:end].tobytes()
        for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    ]
    return pd.factorize(np.array([*keys, None], dtype=object)[:-1])[0].astype(np.int64)


def together(groups: Ints) -> Ints | None:
    """`groups`, where they can be kept in one part: not where repeating is what the series do.

    >>> together(np.array([0, 1, 2, 0])) is None, together(np.array([0, 1, 0, 1, 0])) is None
    (False, True)
    """
    return groups if len(np.unique(groups)) >= DIFFERENT * len(groups) else None


def repeated(
    groups: Ints,
    held: NDArray[np.bool_],
    noun: str,
    given: bool,
    nearly: bool = False,
) -> tuple[Finding, ...]:
    """Examples that are alike; what is wrong with them is that they stand on both sides of a split.

    `groups` numbers what is alike, `held` marks the holdout, `given` says that a column of the
    table does; `noun` is in the plural.
    """
    same = len(groups) - len(np.unique(groups))
    if not same:
        return ()
    across = int(np.isin(groups[held], groups[~held]).sum())
    if not across:
        ending = ", or nearly; those" if nearly else "; those"
        verb = "repeats" if same == 1 else "repeat"
        sentence = f"{same:,} of {len(groups):,} {noun} {verb} another one{ending} are in one part."
        return (Finding("AR108", "note", sentence),)
    share = across / int(held.sum())
    why = "the split column divides them" if given else "most repeat, so they cannot be kept apart"
    sentence = (
        f"{across:,} of {int(held.sum()):,} held-out {noun} ({share:.1%}) also stand among the "
        f"others{', or nearly so' if nearly else ''}: {why}."
    )
    if given:
        remedy = "Leave the repeats out of the test rows, or let autorecur divide the rows."
    else:
        remedy = "Leave the repeats out: what was learnt by heart scores as well as what was not."
    return (Finding("AR107", "issue" if share > 0.05 else "tip", sentence, remedy),)


def word_told(
    codes: NDArray[np.int32],
    offsets: Ints,
    labels: Floats,
    classes: Sequence[str],
    vocabulary: Sequence[str],
    text: str,
    target: str,
) -> list[Finding]:
    """Whether the texts state their class: one token in each of its texts, and in no other's.

    For all classes but one, which then is what is left.
    """
    counts = np.bincount(labels.astype(np.int64), minlength=len(classes))
    owner = np.repeat(np.arange(len(labels)), np.diff(offsets))
    size = len(vocabulary) + 2
    pairs = np.unique(owner * size + codes[:, 0])
    token, label = pairs % size, labels[pairs // size].astype(np.int64)
    whole = np.bincount(token, minlength=size)
    told = []
    for place in np.flatnonzero(counts >= REPEATS).tolist():
        own = np.bincount(token[label == place], minlength=size)
        stated = np.flatnonzero((own == counts[place]) & (whole == counts[place]))
        stated = stated[stated > 1]  # neither padding nor what is unknown
        if len(stated):
            told.append((place, vocabulary[int(stated[0]) - 2]))
    if not classes or len(told) < len(classes) - 1:
        return []
    place, word = told[0]
    return [
        Finding(
            "AR107",
            "issue",
            f"The texts of {shown(text)} give the target {shown(target)} away: {shown(word, 30)} "
            f"stands in every one of the class {shown(classes[place], 30)} and in no other.",
            "Take it out of the texts, unless it is truly there before the label is.",
        )
    ]


def number_told(
    documents: Sequence[str], labels: NDArray[np.floating], text: str, target: str
) -> list[Finding]:
    """Whether the texts state the number that they are to be given.

    >>> number_told([f"worth {n}.5" for n in range(40)], np.arange(40) + 0.5, "t", "y")[0].code
    'AR107'
    """
    chosen = _sample(len(documents), SAMPLE_TEXTS)
    hits = sum(
        any(np.isclose(float(number), labels[row], rtol=1e-6) for number in found)
        for row in chosen.tolist()
        for found in [NUMBER.findall(documents[row][:1000])]
    )
    if len(chosen) < FEWEST_ROWS or hits < TOLD * len(chosen):
        return []
    sentence = f"The texts of {shown(text)} give the target {shown(target)} away: they state it."
    remedy = "Take the number out of the texts, unless it is truly there before the label is."
    return [Finding("AR107", "issue", sentence, remedy)]
