"""Labels, and the division of labelled series and documents into parts.

A whole series or document is one example, so the parts are drawn and not cut in time: every class
(every range of a number) has its share in each, and identical documents stay together. The holdout
and the validation part are set aside once; the duel is a k-fold over what remains. Where validation
was drawn, and not given, half of it trains the final networks: nothing is chosen by then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.columns import required_numbers
from autorecur.data.dataset import Examples, Fold, Split
from autorecur.data.read import Table, shown
from autorecur.data.thin import thinned
from autorecur.errors import DataError

__all__ = [
    "Labels",
    "checked",
    "class_texts",
    "given_parts",
    "labels_as",
    "labels_of",
    "natural_order",
    "parts_of",
    "stratified",
]

SEED = 20  # the division is a property of the table: another seed of a run divides the same way
HOLDOUT_SHARE = 0.2
VALIDATION_SHARE = 0.2  # of what the holdout leaves
FOLDS = (4, 8)
FOLD_EXAMPLES = 12  # a test part of a duel fold is not smaller where there can be fewer folds
FEWEST = 20  # labelled series
BINS = 10  # ranges of a numeric label
FEWEST_TO_HALVE = 200  # labelled series to choose by; with fewer, none is given back to training
LARGEST_GROUP = 0.05  # identical documents above this share train only
MOST = {"selection": 2048, "duel": 2048, "validation": 2048, "holdout": 8192}  # examples scored
TRAIN, VALIDATION, HOLDOUT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Labels:
    """One label a row, a document or a series."""

    values: NDArray[np.float32]  # [n]: a class's number, or the number; NaN where missing
    classes: tuple[str, ...]  # in natural order; empty for numbers


def natural_order(names: Sequence[str]) -> tuple[str, ...]:
    """Names as a reader sorts them: numbers by their value, numbers inside texts as well.

    >>> natural_order(["10", "9", "-1"]), natural_order(["s10", "s9"])
    (('-1', '9', '10'), ('s9', 's10'))
    """
    if all(re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?", n, re.I) for n in names):
        return tuple(sorted(names, key=lambda name: (float(name), name)))

    def key(name: str) -> tuple[list[tuple[str, int]], str]:
        parts = [*re.split(r"([0-9]+)", name), "0"]
        return [(parts[i], int(parts[i + 1])) for i in range(0, len(parts), 2)], name

    return tuple(sorted(names, key=key))


def class_texts(column: pd.Series) -> pd.Series:
    """The column as names of classes: 1.0 is "1"; what is missing or blank is NaN."""
    kind = column.dtype
    plain = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind)
    if pd.api.types.is_bool_dtype(kind) or not plain:
        texts = column.astype(object).where(column.notna(), None)
        named = texts.map(lambda value: None if value is None else str(value).strip() or None)
        return named.astype(object)
    if pd.api.types.is_integer_dtype(kind):
        return column.astype(object).map(str, na_action="ignore")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    names = {
        value: str(int(value)) if value == np.rint(value) and abs(value) < 2**53 else repr(value)
        for value in np.unique(values[np.isfinite(values)]).tolist()
    }
    return column.astype(object).map(lambda value: names.get(value), na_action="ignore")


def labels_of(table: Table, name: str, classes: bool) -> Labels:
    """The column `name` as labels of the table's rows.

    >>> labels_of(Table("t", pd.DataFrame({"y": ["b", None, "a"]}), "", 3), "y", True).values
    array([ 1., nan,  0.], dtype=float32)
    """
    if not classes:
        return Labels(required_numbers(table, name, "target"), ())
    codes, found = pd.factorize(class_texts(table.frame[name]))
    names = natural_order([str(value) for value in found])
    place = {text: number for number, text in enumerate(names)}
    numbers = np.array([*(place[str(value)] for value in found), np.nan], dtype=np.float32)
    return Labels(numbers[codes], names)


def labels_as(table: Table, name: str, classes: tuple[str, ...]) -> tuple[Labels, tuple[str, ...]]:
    """As `labels_of`, by the classes known from training, and the classes that are not of them."""
    if not classes:
        return Labels(required_numbers(table, name, "target"), ()), ()
    here = labels_of(table, name, True)
    place = {text: number for number, text in enumerate(classes)}
    numbers = np.array([*(place.get(text, np.nan) for text in here.classes), np.nan], np.float32)
    codes = np.where(np.isnan(here.values), len(here.classes), here.values).astype(np.int64)
    return Labels(numbers[codes], classes), tuple(t for t in here.classes if t not in place)


def checked(labels: Labels, name: str, noun: str) -> Labels:
    """Refuse labels of series that nothing can be learnt or measured by; NaN must be gone.

    `noun` says what is labelled, in the plural.
    """
    values = labels.values
    if not len(values):
        raise DataError(f"the target {shown(name)} has no value at all: name another column")
    if not labels.classes:
        if float(values.min()) == float(values.max()):
            raise DataError(
                f"the target {shown(name)} has one value only, {values[0]:g}: there is nothing to "
                "learn; check the column"
            )
        return labels
    counts = np.bincount(values.astype(np.int64), minlength=len(labels.classes))
    if len(labels.classes) == 1:
        raise DataError(
            f"the target {shown(name)} has one class only, {shown(labels.classes[0])}: there is "
            "nothing to tell apart; check the column"
        )
    lone = [labels.classes[place] for place in np.flatnonzero(counts < 2)]
    if lone:
        listing = ", ".join(shown(text, 30) for text in lone[:3]) + (" …" if lone[3:] else "")
        many = f"{len(lone)} classes of" if len(lone) > 1 else "the class"
        has = f"{shown(name)} have" if len(lone) > 1 else f"{listing} of {shown(name)} has"
        which = f" ({listing})" if len(lone) > 1 else ""
        raise DataError(
            f"{many} {has} one member only{which}, and at least two {noun} are needed to train and "
            "to score: add members, merge classes, or leave them out"
        )
    return labels


def given_parts(table: Table, name: str) -> NDArray[np.int64]:
    """The part of each row by the column `name`: test, valid/val/dev, and the rest trains."""
    texts = table.frame[name].astype(object).fillna("").astype(str).str.strip().str.lower()
    parts = np.full(len(texts), TRAIN, dtype=np.int64)
    parts[texts.str.startswith(("valid", "val", "dev")).to_numpy(dtype=bool)] = VALIDATION
    parts[texts.str.startswith("test").to_numpy(dtype=bool)] = HOLDOUT
    if not (parts == TRAIN).any() or (parts == TRAIN).all():
        values = ", ".join(shown(text, 20) for text in table.frame[name].unique()[:5])
        raise DataError(
            f"the split column {shown(name)} has {values}: it needs rows that begin with 'test' or "
            "'valid', and others to train on"
        )
    return parts


def parts_of(
    labels: Labels,
    *,
    noun: str,
    groups: NDArray[np.int64] | None = None,
    given: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """The part of each example, the same each time it is asked for."""
    count = len(labels.values)
    if count < FEWEST:
        raise DataError(
            f"{count} labelled {noun} are too few: at least {FEWEST} are needed to train, to "
            "compare and to measure; give more"
        )
    rng = np.random.default_rng(SEED)
    strata = _strata(labels)
    groups = np.arange(count, dtype=np.int64) if groups is None else groups
    parts = np.full(count, TRAIN, dtype=np.int64) if given is None else given.copy()
    carved = []
    for part, share in ((HOLDOUT, HOLDOUT_SHARE), (VALIDATION, VALIDATION_SHARE)):
        if not (parts == part).any():
            _carve(parts, part, share, strata, groups, rng)
            carved.append(part)
    if labels.classes:
        _keep_every_class(parts, strata, groups, carved)
    return parts


def stratified(
    labels: Labels,
    offsets: NDArray[np.int64],
    *,
    noun: str,
    groups: NDArray[np.int64] | None = None,
    given: NDArray[np.int64] | None = None,
) -> Split:
    """Divide labelled series: a holdout, a validation part, and duel folds over the rest.

    `groups` numbers what must stay together; `given` is each one's published part, if there is one.

    >>> labels = Labels(np.arange(100, dtype=np.float32) % 2, ("a", "b"))
    >>> split = stratified(labels, np.arange(101), noun="series")
    >>> len(split.holdout.test), len(split.selection.validation), len(split.duel)
    (20, 16, 5)
    """
    parts = parts_of(labels, noun=noun, groups=groups, given=given)
    strata = _strata(labels)
    groups = np.arange(len(parts), dtype=np.int64) if groups is None else groups
    train = np.flatnonzero(parts == TRAIN)
    units = len(np.unique(groups[train]))
    if units < 2 * FOLDS[0] or not all((parts == part).any() for part in (VALIDATION, HOLDOUT)):
        repair = "give more" if given is None else "give more, or leave --split out"
        raise DataError(
            f"only {units} different {noun} are left to train on beside those that validate and "
            f"test: at least {2 * FOLDS[0]} are needed; {repair}"
        )
    folds = int(np.clip(units // FOLD_EXAMPLES, *FOLDS))
    number = _folds(train, strata, groups, folds, np.random.default_rng(SEED + 1))
    validation, holdout = np.flatnonzero(parts == VALIDATION), np.flatnonzero(parts == HOLDOUT)
    kept = validation
    drawn = given is None or not (given == VALIDATION).any()
    if drawn and len(validation) >= FEWEST_TO_HALVE:
        half = _folds(validation, strata, groups, 2, np.random.default_rng(SEED + 2))
        kept = validation[half == 1]
    returned = np.setdiff1d(validation, kept)

    def fold(name: str, trains: Examples, tests: Examples, most: int) -> Fold:
        bound = offsets[:-1].copy()
        bound[trains] = offsets[1:][trains]
        chosen = kept if name == "holdout" else validation
        chosen = thinned(chosen, MOST["selection" if name == "selection" else "validation"])
        share = len(tests) / (len(tests) + len(trains))
        return Fold(name, trains, chosen, thinned(tests, most), bound.astype(np.int64), share)

    return Split(
        selection=fold("selection", train, train[:0], 0),
        duel=tuple(
            fold(f"duel {k + 1}", train[number != k], train[number == k], MOST["duel"])
            for k in range(folds)
        ),
        holdout=fold(
            "holdout", np.union1d(train, returned).astype(np.int64), holdout, MOST["holdout"]
        ),
        sentence=_sentence(
            labels, len(train), len(validation), len(returned), len(holdout), folds, noun, given
        ),
        bounds=_bounds(np.bincount(number, minlength=folds), len(validation), len(holdout)),
        drawn=True,
    )


def _strata(labels: Labels) -> NDArray[np.int64]:
    """The class, or the range that a numeric label falls in."""
    if labels.classes:
        return labels.values.astype(np.int64)
    ranks = np.argsort(np.argsort(labels.values, kind="stable"), kind="stable")
    return ranks.astype(np.int64) * BINS // len(ranks)


def _shuffled(
    members: Examples,
    strata: NDArray[np.int64],
    groups: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The groups of `members`, shuffled within their stratum; their sizes; each one's group."""
    _, first, of_member, sizes = np.unique(
        groups[members], return_index=True, return_inverse=True, return_counts=True
    )
    drawn = rng.permutation(len(first))
    order = drawn[np.argsort(strata[members][first][drawn], kind="stable")]
    return order, sizes, of_member.astype(np.int64)


def _carve(
    parts: NDArray[np.int64],
    part: int,
    share: float,
    strata: NDArray[np.int64],
    groups: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Move a share of what trains to `part`: every fifth group, in an order by stratum."""
    members = np.flatnonzero(parts == TRAIN)
    order, sizes, of_member = _shuffled(members, strata, groups, rng)
    # A document that is repeated very often would be most of a part by itself.
    order = order[sizes[order] <= max(1, int(LARGEST_GROUP * len(members)))]
    marks = np.floor(np.arange(len(order) + 1) * share + 0.5)
    parts[members[np.isin(of_member, order[np.diff(marks) > 0])]] = part


def _keep_every_class(
    parts: NDArray[np.int64],
    strata: NDArray[np.int64],
    groups: NDArray[np.int64],
    carved: list[int],
) -> None:
    """A class of which nothing was left to train on gets a group of members back."""
    for code in np.setdiff1d(strata, strata[parts == TRAIN]):
        for part in sorted(carved):
            held = np.flatnonzero((strata == code) & (parts == part))
            if len(held):
                parts[(groups == groups[held[0]]) & (parts == part)] = TRAIN
                break


def _folds(
    train: Examples,
    strata: NDArray[np.int64],
    groups: NDArray[np.int64],
    folds: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """The duel fold that each of `train` is tested in."""
    order, _, of_member = _shuffled(train, strata, groups, rng)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order)) % folds
    return number[of_member]


def _sentence(
    labels: Labels,
    train: int,
    validation: int,
    returned: int,
    holdout: int,
    folds: int,
    noun: str,
    given: NDArray[np.int64] | None,
) -> str:
    by = "with each class" if labels.classes else "with each range of the label"
    how = "as its split column says" if given is not None else f"drawn {by} in its share"
    half = f" (of which {returned:,} train the final networks too)" if returned else ""
    return (
        f"{len(labels.values):,} {noun}, {how}: {train:,} to train and for {folds} duel folds, "
        f"{validation:,} to choose candidates by{half}, and {holdout:,} held out."
    )


def _bounds(
    tests: NDArray[np.int64], validation: int, holdout: int
) -> tuple[tuple[str, int, int], ...]:
    """Parts as counts laid end to end: no part of a drawn division is a range of rows."""
    names = [f"duel {k}" for k in range(1, len(tests) + 1)] + ["selection validation", "holdout"]
    ends = np.cumsum([*tests.tolist(), validation, holdout]).tolist()
    return tuple(zip(names, [0, *ends[:-1]], ends, strict=True))
