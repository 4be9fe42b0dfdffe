"""Which examples a training draws from."""

from __future__ import annotations

import numpy as np
import pytest
from tables import forecast, language, nowcast, sequences, texts

from autorecur.data.dataset import Dataset
from autorecur.judge.learning import SHARES
from autorecur.nets.resident import FEWEST_WHOLE, part_of, trainable


def test_a_nowcast_trains_on_the_first_rows_of_its_series_too() -> None:
    parts = np.split(np.arange(200), [150, 175])
    data = nowcast(np.zeros((200, 1)), ["a", "b"] * 100, *parts)
    fold = data.split.holdout
    assert np.array_equal(trainable(data, fold, lookback=64), fold.train)


def test_a_forecast_trains_on_whole_windows_while_there_are_enough() -> None:
    data = forecast(np.arange(400.0), season=7, horizon=3)
    fold = data.split.holdout
    whole = trainable(data, fold, lookback=64)
    assert whole.min() == 64 < fold.train.max()
    assert fold.train.min() < 64
    assert np.array_equal(trainable(data, fold, fold.train.max() - FEWEST_WHOLE + 2), fold.train)


WINDOW, HORIZON = 64, 24


def made(kind: str) -> Dataset:
    parts = np.split(np.arange(800), [600, 700])
    if kind == "forecast":
        return forecast(np.arange(2000.0), season=24, horizon=HORIZON)
    if kind == "panel":  # two series of unequal length
        return forecast(np.arange(3000.0), 24, HORIZON, offsets=(0, 1000, 3000))
    if kind == "nowcast":
        return nowcast(np.zeros((800, 1)), ["a", "b"] * 400, *parts)
    if kind == "language":
        return language("abcd" * 2000, until=6000, steps=HORIZON)
    if kind == "engines":  # whole series are in one part
        return nowcast(np.zeros((800, 1)), ["a", "b"] * 400, *parts, offsets=range(0, 801, 20))
    if kind == "sequences":
        series = [np.zeros((5, 1), np.float32)] * 800
        return sequences(series, ["a", "b"] * 400, *parts)
    return texts(["so good", "too bad"] * 400, ["a", "b"] * 400, *parts)


@pytest.mark.parametrize(
    "kind", ["forecast", "panel", "nowcast", "language", "engines", "sequences", "texts"]
)
def test_a_smaller_part_of_the_data_lies_within_a_larger_one(kind: str) -> None:
    data = made(kind)
    fold = data.split.holdout
    whole = trainable(data, fold, WINDOW)
    larger = part_of(data, fold, whole, 1.0)
    assert np.array_equal(larger, whole)
    for share in reversed(SHARES):
        part = part_of(data, fold, whole, share)
        assert len(part) == pytest.approx(share * len(whole), abs=1)
        assert set(part) < set(larger) and (np.diff(part) > 0).all()
        larger = part


@pytest.mark.parametrize(("kind", "window"), [("forecast", WINDOW), ("panel", WINDOW)])
def test_an_eighth_of_the_windows_reaches_hardly_more_than_an_eighth_of_the_rows(
    kind: str, window: int
) -> None:
    data = made(kind)
    fold = data.split.holdout
    whole = trainable(data, fold, window)
    part = part_of(data, fold, whole, 1 / 8)
    seen = np.zeros(data.rows, dtype=bool)
    for example in part:
        seen[example - window : example + HORIZON] = True
    series = len(data.offsets) - 1
    trained = int((fold.fit_until - data.offsets[:-1]).sum())
    assert seen.sum() <= trained / 8 + series * (window + HORIZON)
    assert seen[fold.fit_until - 1].all()  # the latest of each series


def test_a_part_of_the_first_rows_of_a_table_is_the_latest_of_them() -> None:
    data = made("nowcast")
    fold = data.split.holdout
    assert np.array_equal(part_of(data, fold, fold.train, 1 / 4), np.arange(450, 600))
    data = made("language")
    fold = data.split.holdout
    part = part_of(data, fold, fold.train, 1 / 2)
    assert np.array_equal(part, fold.train[-len(part) :])


def test_series_that_are_in_one_part_each_are_drawn_whole() -> None:
    """The last rows of every engine would be those that fail soon, and no others."""
    data = made("engines")
    fold = data.split.holdout
    assert len(fold.train) == 600
    part = part_of(data, fold, fold.train, 1 / 4)
    found, rows = np.unique(data.series_of(part), return_counts=True)
    assert (np.sort(rows)[1:] == 20).all() and len(found) == 8  # 150 rows: seven and a half
    assert not np.array_equal(found, np.arange(30)[-8:])


@pytest.mark.parametrize("kind", ["sequences", "texts"])
def test_documents_and_sequences_are_drawn(kind: str) -> None:
    data = made(kind)
    fold = data.split.holdout
    part = part_of(data, fold, fold.train, 1 / 8)
    assert part.min() < 100 and part.max() > 500
