"""Which examples a training draws from."""

from __future__ import annotations

import numpy as np
from tables import forecast, nowcast

from autorecur.nets.resident import FEWEST_WHOLE, trainable


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
