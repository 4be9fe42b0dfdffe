"""The split: no shared target rows, whatever the sizes."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autorecur.data.dataset import Fold, Split
from autorecur.data.groups import grouped
from autorecur.data.split import chronological, rows_needed
from autorecur.data.strata import HOLDOUT, TRAIN, VALIDATION
from autorecur.errors import DataError


def folds(split: Split) -> tuple[Fold, ...]:
    return (split.selection, *split.duel, split.holdout)


sizes = st.tuples(st.integers(1, 60), st.sampled_from([1, 4, 7, 12, 24, 52, 168]))


@given(sizes, st.integers(0, 5000))
def test_no_target_row_is_shared(size: tuple[int, int], more: int) -> None:
    horizon, season = size
    rows = rows_needed(horizon, season) + more
    split = chronological(rows, horizon, season)
    for fold in folds(split):
        assert fold.train[0] >= 1
        assert fold.train[-1] + horizon <= fold.fit_until[0] <= fold.validation[0]
        assert len(fold.validation) >= 1
        if len(fold.test):
            assert fold.validation[-1] + horizon <= fold.test[0]
            assert fold.test[-1] + horizon <= rows
        for part in (fold.train, fold.validation, fold.test):
            assert (np.diff(part) > 0).all()
    tests = [fold.test for fold in (*split.duel, split.holdout)]
    assert split.selection.validation[-1] + horizon <= tests[0][0]
    for before, after in itertools.pairwise(tests):
        assert before[-1] + horizon <= after[0]


@given(sizes, st.integers(0, 5000))
def test_parts_tile_the_rows_and_are_large_enough(size: tuple[int, int], more: int) -> None:
    horizon, season = size
    rows = rows_needed(horizon, season) + more
    split = chronological(rows, horizon, season)
    assert 4 <= len(split.duel) <= 8
    assert split.bounds[0][1] == 0
    assert split.bounds[-1][2] == rows
    for (_, _, end), (_, start, _) in itertools.pairwise(split.bounds):
        assert end == start
    assert all(last - first >= horizon for _, first, last in split.bounds)
    lookback = min(season if season > 1 else horizon, max(horizon, 24))
    whole = split.selection.train[split.selection.train >= lookback]
    assert len(whole) >= max(24, 2 * horizon)


@given(sizes)
def test_one_row_fewer_is_refused_with_the_number(size: tuple[int, int]) -> None:
    horizon, season = size
    needed = rows_needed(horizon, season)
    with pytest.raises(DataError, match=f"{needed - 1} rows .* at least {needed} are needed"):
        chronological(needed - 1, horizon, season)


def test_the_horizon_that_a_refusal_proposes_works_and_is_the_longest() -> None:
    with pytest.raises(DataError) as caught:
        chronological(200, 60, 7)
    found = re.search(r"at most (\d+)", str(caught.value))
    assert found
    longest = int(found[1])
    assert chronological(200, longest, 7).duel
    with pytest.raises(DataError):
        chronological(200, longest + 1, 7)


def test_airline_passengers_has_four_folds_of_a_year() -> None:
    split = chronological(144, 12, 12)
    assert [(first, last) for name, first, last in split.bounds if "duel" in name] == [
        (74, 86),
        (86, 98),
        (98, 110),
        (110, 122),
    ]
    assert len(split.holdout.test) == 11


def test_the_test_share_is_of_rows_and_not_of_windows() -> None:
    # A year is one window of twelve months, beside 60 … 96 rows that were trained on.
    found = [fold.test_share for fold in chronological(144, 12, 12).duel]
    assert found == pytest.approx([12 / 72, 12 / 84, 12 / 96, 12 / 108])
    # Scoring fewer of many windows says no less of what the folds have in common.
    split = chronological(1_000_000, 24, 24)
    rows = {name: (first, last) for name, first, last in split.bounds}
    for fold in split.duel:
        first, last = rows[fold.name]
        tested = last - first
        assert fold.test_share == pytest.approx(tested / (tested + first - 100_000), rel=0.01)
    # Of a panel, of all series together; a short one only trains.
    panel = chronological(np.array([0, 1000, 2000, 2040]), 48, 24)
    assert panel.duel[0].test_share == pytest.approx(96 / (96 + 1060))


def test_many_rows_keep_their_shares_and_thin_what_is_scored() -> None:
    split = chronological(1_000_000, 24, 24)
    share = {name: (last - first) / 1_000_000 for name, first, last in split.bounds}
    assert len(split.duel) == 8
    assert share["holdout"] == pytest.approx(0.15)
    assert share["selection validation"] == pytest.approx(0.10)
    assert sum(share[f"duel {number}"] for number in range(1, 9)) == pytest.approx(0.22)
    assert len(split.selection.validation) == 1024
    assert {len(fold.test) for fold in split.duel} == {512}
    assert len(split.holdout.test) == 8192


def test_thinning_scores_every_hour_of_the_day() -> None:
    # 480,000 holdout rows over 512 or 8192 picks is near a whole number of days.
    split = chronological(3_276_800, 24, 24)
    for fold in split.duel:
        hours = np.bincount(fold.test % 24, minlength=24)
        assert hours.min() > 5
        assert hours.max() < 60


def test_train_examples_of_all_folds_share_one_array() -> None:
    split = chronological(10_000, 24, 24)
    assert all(np.shares_memory(split.selection.train, fold.train) for fold in folds(split))
    with pytest.raises(ValueError, match="read-only"):
        split.selection.train[0] = 3


def test_the_same_call_gives_the_same_split() -> None:
    one, two = chronological(50_000, 24, 24), chronological(50_000, 24, 24)
    assert all(np.array_equal(a.test, b.test) for a, b in zip(folds(one), folds(two), strict=True))


lengths = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@given(lengths, st.sampled_from([0, 1, 5, 12]), st.randoms(), st.booleans())
def test_a_panel_shares_no_row_within_a_series(
    sizes: list[int], horizon: int, random: Any, holed: bool
) -> None:
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    scored = np.ones(offsets[-1], dtype=bool)
    if holed:
        start = random.randrange(len(scored))
        scored[start : start + 150] = False
    try:
        split = chronological(offsets, horizon, scored=scored)
    except DataError as error:
        assert re.search("too few|no row has a known target", str(error))
        return
    span = max(1, horizon)
    series = np.searchsorted(offsets, np.arange(offsets[-1]), side="right") - 1
    for fold in folds(split):
        for part in (fold.train, fold.validation, fold.test):
            assert (series[part] == series[part + span - 1]).all()
            assert (part - offsets[series[part]] >= (1 if horizon else 0)).all()
            assert np.array([scored[o : o + span].any() for o in part], dtype=bool).all()
        for before, after in ((fold.train, fold.validation), (fold.validation, fold.test)):
            for number in range(len(sizes)):
                one, two = before[series[before] == number], after[series[after] == number]
                assert not len(one) or not len(two) or one.max() + span <= two.min()
        last = np.full(len(sizes), -1)
        np.maximum.at(last, series[fold.train], fold.train + span)
        assert (last <= np.maximum(fold.fit_until, offsets[:-1])).all()
    tests = [fold.test for fold in (*split.duel, split.holdout)]
    rows = np.concatenate([(test[:, None] + np.arange(span)).ravel() for test in tests])
    per_fold = sum(len(np.unique(test[:, None] + np.arange(span))) for test in tests)
    assert len(np.unique(rows)) == per_fold


def test_a_gap_counts_for_nothing_in_the_sizes() -> None:
    scored = np.ones(1400, dtype=bool)
    scored[600:1000] = False
    holed, plain = chronological(1400, 5, scored=scored), chronological(1000, 5)
    for one, other in zip(folds(holed), folds(plain), strict=True):
        rows = np.flatnonzero(scored)
        assert np.array_equal(np.intersect1d(one.test, rows), rows[other.test])
        assert not np.isin(one.train, np.arange(600, 996)).any()


def test_series_of_unequal_length_are_counted_from_their_ends() -> None:
    offsets = np.array([0, 300, 700, 720], dtype=np.int64)
    split = chronological(offsets, 10)
    holdout = split.bounds[-1]
    each = (holdout[2] - holdout[1]) // 2
    assert split.holdout.test.min() == 300 - each
    assert not np.isin(split.holdout.test, np.arange(300, 700 - each)).any()
    # The third series is too short for all parts: all of it trains, in every fold.
    for fold in folds(split):
        assert np.isin(np.arange(701, 711), fold.train).all()
        assert fold.fit_until[2] == 720
        assert not np.isin(np.concatenate([fold.validation, fold.test]), np.arange(700, 720)).any()
    assert "1 series are too short" in split.sentence


@pytest.mark.parametrize("validation", [False, True])
def test_a_given_division_is_kept(validation: bool) -> None:
    offsets = np.array([0, 400, 900], dtype=np.int64)
    given = np.zeros(900, dtype=np.int64)
    for end in (400, 900):
        given[end - 30 : end] = HOLDOUT
        if validation:
            given[end - 60 : end - 30] = VALIDATION
    split = chronological(offsets, 10, given=given)
    assert set(given[split.holdout.test]) == {HOLDOUT}
    assert (given[split.holdout.test + 9] == HOLDOUT).all()
    assert len(split.holdout.test) == 2 * 21
    for fold in split.duel:
        assert (given[fold.test + 9] == TRAIN).all()
    chosen = {VALIDATION if validation else TRAIN}
    assert set(given[split.selection.validation]) == set(given[split.holdout.validation]) == chosen
    assert (given[split.holdout.train + 9] == TRAIN).all()
    assert len(split.selection.train) and not split.drawn
    for first, end in itertools.pairwise(offsets):  # the search ends before the duel
        own, tested = (
            part[(part >= first) & (part < end)]
            for part in (split.selection.train, np.concatenate([fold.test for fold in split.duel]))
        )
        assert own.max() + 9 < tested.min()


def test_test_rows_before_training_rows_are_refused() -> None:
    given = np.zeros(400, dtype=np.int64)
    given[:50] = HOLDOUT
    with pytest.raises(DataError, match="goes back from test to training"):
        chronological(400, 5, given=given)


def test_groups_keep_series_whole() -> None:
    offsets = np.arange(0, 31 * 40, 40, dtype=np.int64)
    labels = np.random.default_rng(1).random(1200).astype(np.float32)
    labels[5] = np.nan
    split = grouped(offsets, labels)
    assert split.drawn
    for fold in folds(split):
        parts = [set(part // 40) for part in (fold.train, fold.validation, fold.test)]
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
        trained = np.isin(np.arange(30), list(parts[0]))
        assert np.array_equal(fold.fit_until, np.where(trained, offsets[1:], offsets[:-1]))
        assert 5 not in np.concatenate([fold.train, fold.validation, fold.test])
    assert len(set(split.holdout.test // 40)) == 6
