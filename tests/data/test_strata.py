"""Parts are drawn without a leak: disjoint, stratified, and identical documents in one of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from autorecur.data import strata
from autorecur.data.dataset import Fold, Split
from autorecur.data.read import read
from autorecur.data.strata import HOLDOUT, TRAIN, VALIDATION, Labels
from autorecur.data.stretches import stretches
from autorecur.errors import DataError


def classes(*counts: int) -> Labels:
    """Labels of as many members a class, shuffled."""
    values = np.repeat(np.arange(len(counts)), counts).astype(np.float32)
    np.random.default_rng(1).shuffle(values)
    return Labels(values, tuple("abcdefghijklmnopqrstuvwxyz"[: len(counts)]))


def divide(labels: Labels, **given: NDArray[np.int64]) -> Split:
    offsets = np.arange(0, 3 * len(labels.values) + 1, 3)
    return strata.stratified(labels, offsets, noun="series", **given)


def folds_of(split: Split) -> list[Fold]:
    return [split.selection, *split.duel, split.holdout]


@pytest.mark.parametrize(
    "labels",
    [
        classes(400, 100),
        classes(30, 30, 30),
        classes(2, 3, 200),
        classes(*[7] * 26),
        Labels(np.random.default_rng(0).lognormal(size=137).astype(np.float32), ()),
        Labels(np.zeros(50, np.float32), ()),
    ],
    ids=["unbalanced", "three", "rare", "many", "numbers", "ties"],
)
def test_parts_are_disjoint_and_whole(labels: Labels) -> None:
    split, count = divide(labels), len(labels.values)
    train, validation = split.selection.train, split.selection.validation
    parts = [train, validation, split.holdout.test]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(count))
    tests = np.concatenate([fold.test for fold in split.duel])
    assert np.array_equal(np.sort(tests), train)
    for fold in split.duel:
        assert np.array_equal(np.union1d(fold.train, fold.test), train)
        assert np.array_equal(fold.validation, validation)
        assert not np.intersect1d(fold.train, fold.test).size
        assert fold.test_share == len(fold.test) / len(train)
    assert 4 <= len(split.duel) <= 8
    assert not split.selection.test.size
    assert np.array_equal(split.holdout.train, train)
    assert abs(len(split.holdout.test) - 0.2 * count) <= 2
    assert split.bounds[-1][2] == count


def test_scalers_see_the_training_series_only() -> None:
    labels = classes(60, 60)
    offsets = np.arange(0, 3 * 120 + 1, 3)
    for fold in folds_of(divide(labels)):
        seen = np.flatnonzero(fold.fit_until > offsets[:-1])
        assert np.array_equal(seen, fold.train)
        assert np.array_equal(fold.fit_until[seen], offsets[1:][seen])


@pytest.mark.parametrize("counts", [(400, 100), (40, 40, 40), (900, 60, 40)])
def test_each_class_has_its_share(counts: tuple[int, ...]) -> None:
    labels = classes(*counts)
    split = divide(labels)
    for part, share in ((split.holdout.test, 0.2), (split.selection.validation, 0.16)):
        found = np.bincount(labels.values[part].astype(int), minlength=len(counts))
        assert np.abs(found - share * np.array(counts)).max() <= 2
    for fold in split.duel:
        found = np.bincount(labels.values[fold.test].astype(int), minlength=len(counts))
        expected = 0.64 * np.array(counts) / len(split.duel)
        assert np.abs(found - expected).max() <= 2


def test_each_range_of_a_number_has_its_share() -> None:
    values = np.random.default_rng(3).lognormal(2, 2, 1000).astype(np.float32)
    ranks = np.argsort(np.argsort(values)) // 100
    holdout = divide(Labels(values, ())).holdout.test
    assert np.abs(np.bincount(ranks[holdout], minlength=10) - 20).max() <= 2


@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_rare_class_can_always_be_learnt(size: int) -> None:
    for others in range(40, 60):
        labels = classes(size, others)
        train = divide(labels).selection.train
        assert (labels.values[train] == 0).any()


def test_what_is_identical_stays_together() -> None:
    rng = np.random.default_rng(5)
    groups = rng.integers(0, 150, 400)
    groups[rng.permutation(400)[:80]] = 500  # one document repeated very often
    split = divide(classes(200, 200), groups=groups)
    parts = strata.parts_of(classes(200, 200), noun="series", groups=groups)
    for part in (TRAIN, VALIDATION, HOLDOUT):
        assert not np.isin(groups[parts != part], groups[parts == part]).any()
    for fold in split.duel:
        assert not np.isin(groups[fold.test], groups[fold.train]).any()
    assert (parts[groups == 500] == TRAIN).all()


def test_the_division_is_the_same_each_time() -> None:
    one, two = divide(classes(80, 40)), divide(classes(80, 40))
    for first, second in zip(folds_of(one), folds_of(two), strict=True):
        assert np.array_equal(first.train, second.train)
        assert np.array_equal(first.test, second.test)


def test_a_published_split_is_kept_and_completed() -> None:
    given = np.array([TRAIN] * 100 + [HOLDOUT] * 50)
    split = divide(classes(75, 75), given=given)
    assert np.array_equal(split.holdout.test, np.arange(100, 150))
    assert len(split.selection.validation) == 20
    assert split.selection.validation.max() < 100
    given[:30] = VALIDATION
    split = divide(classes(75, 75), given=given)
    assert np.array_equal(split.selection.validation, np.arange(30))
    assert np.array_equal(split.selection.train, np.arange(30, 100))


def test_many_examples_are_thinned_out_for_scoring_only() -> None:
    labels = classes(30_000, 30_000)
    split = divide(labels)
    assert len(split.holdout.test) == 8192
    assert len(split.selection.validation) == len(split.duel[0].test) == 2048
    assert len(split.selection.train) == 38_400
    parts = strata.parts_of(labels, noun="series")
    assert (parts[split.selection.validation] == VALIDATION).all()
    assert (parts[split.holdout.test] == HOLDOUT).all()
    assert np.array_equal(np.flatnonzero(parts == TRAIN), split.selection.train)


def test_too_few_are_refused() -> None:
    with pytest.raises(DataError, match="19 labelled series are too few: at least 20"):
        divide(classes(10, 9))
    with pytest.raises(DataError, match="only 5 different series are left to train on"):
        divide(classes(20, 20), given=np.array([TRAIN] * 5 + [VALIDATION] * 5 + [HOLDOUT] * 30))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (classes(9), "one class only, 'a'"),
        (classes(9, 1), "the class 'b' of 'y' has one member only"),
        (classes(9, 1, 1), r"2 classes of 'y' have one member only \('b', 'c'\)"),
        (Labels(np.ones(9, np.float32), ()), "one value only, 1"),
        (Labels(np.empty(0, np.float32), ()), "no value at all"),
    ],
)
def test_labels_that_teach_nothing_are_refused(labels: Labels, message: str) -> None:
    with pytest.raises(DataError, match=message):
        strata.checked(labels, "y", "series")


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ([10, 9, -1], ("-1", "9", "10")),
        ([1.0, 2.5, None], ("1", "2.5")),
        ([True, False, True], ("False", "True")),
        (["s10", "s9", " s9 "], ("s9", "s10")),
        (["", "b", None], ("b",)),
        ([2**60 + 1, 2**60, 3], ("3", str(2**60), str(2**60 + 1))),
    ],
)
def test_names_of_classes(column: list[object], names: tuple[str, ...]) -> None:
    assert strata.labels_of(read(pd.DataFrame({"y": column})), "y", True).classes == names


def test_labels_by_known_classes() -> None:
    table = read(pd.DataFrame({"y": [2.0, np.nan, 7.0, 1.0]}))
    labels, strange = strata.labels_as(table, "y", ("1", "2"))
    assert np.array_equal(labels.values, np.array([1, np.nan, np.nan, 0]), equal_nan=True)
    assert strange == ("7",)


def test_a_split_column() -> None:
    values = ["train", "Test1", "validation", "dev", None, "TESTING"]
    table = read(pd.DataFrame({"part": values}))
    expected = [TRAIN, HOLDOUT, VALIDATION, VALIDATION, TRAIN, HOLDOUT]
    assert strata.given_parts(table, "part").tolist() == expected
    with pytest.raises(DataError, match="'part' has 'a', 'b': it needs rows that begin with"):
        strata.given_parts(read(pd.DataFrame({"part": ["a", "b"]})), "part")


@pytest.mark.parametrize("tokens", [460, 700, 2_000, 14_629, 100_001, 1_115_394])
def test_no_token_is_asked_for_in_two_parts(tokens: int) -> None:
    split, length = stretches(tokens, 128)
    assert 8 <= length <= 128

    def asked(examples: NDArray[np.int64]) -> set[int]:
        return set((examples[:, None] + np.arange(1, length + 1)).ravel().tolist())

    starts = [split.selection.train, split.selection.validation]
    starts += [*(fold.test for fold in split.duel), split.holdout.test]
    sets = [asked(part) for part in starts]
    assert all(sets)
    assert sum(map(len, sets)) == len(set().union(*sets))
    assert max(set().union(*sets)) < tokens
    for fold in folds_of(split):
        assert (fold.train % length == 0).all()
        assert max(asked(fold.train)) < fold.fit_until[0] <= min(asked(fold.validation))
        if len(fold.test):
            assert max(asked(fold.validation)) < min(asked(fold.test))
    edges = [(first, last) for _, first, last in split.bounds]
    assert [first for first, _ in edges] == [0, *(last for _, last in edges[:-1])]
    assert edges[-1][1] == tokens


def test_a_text_too_short_is_refused() -> None:
    with pytest.raises(DataError, match=r"400 tokens are too few .* at least 458 are needed"):
        stretches(400, 128)
    assert stretches(458, 128)[1] == 8


def test_half_of_what_chose_trains_the_final_networks() -> None:
    """Where it was drawn: identical documents stay together, and no test example is touched."""
    groups = np.arange(2000) // 2
    labels = classes(1000, 1000)
    split = divide(labels, groups=groups)
    selection, holdout = split.selection, split.holdout
    returned = np.setdiff1d(holdout.train, selection.train)
    kept = holdout.validation
    assert set(returned) | set(kept) == set(selection.validation) and not set(returned) & set(kept)
    assert abs(len(returned) - len(kept)) <= 4
    assert not set(groups[returned]) & set(groups[kept])
    assert all(set(fold.train).isdisjoint(selection.validation) for fold in split.duel)
    assert (holdout.fit_until[returned] == 3 * returned + 3).all()
    assert (holdout.fit_until[kept] == 3 * kept).all()
    assert f"(of which {len(returned)} train the final networks too)" in split.sentence


def test_what_was_given_to_choose_by_only_chooses() -> None:
    given = np.array([TRAIN] * 600 + [VALIDATION] * 300 + [HOLDOUT] * 100)
    labels = Labels(np.arange(1000, dtype=np.float32) % 2, ("a", "b"))
    split = divide(labels, given=given)
    np.testing.assert_array_equal(split.holdout.train, split.selection.train)
    np.testing.assert_array_equal(split.holdout.validation, split.selection.validation)
    few = divide(classes(100, 100))
    np.testing.assert_array_equal(few.holdout.train, few.selection.train)
