"""The split: no shared target rows, whatever the sizes."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autorecur.data.dataset import Fold, Split
from autorecur.data.split import chronological, rows_needed
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
        assert fold.train[-1] + horizon <= fold.fit_rows <= fold.validation[0]
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
