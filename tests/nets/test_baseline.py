from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autorecur.data.dataset import Column, Dataset, Fold, Schema, Split
from autorecur.metrics import METRICS
from autorecur.nets import baseline

MAE = METRICS["mae"]
NAMES = ["naive", "seasonal naive", "drift", "ridge on lags", "boosting on lags"]


def dataset(
    values: np.ndarray,
    season: int,
    horizon: int,
    targets: int = 1,
    offsets: tuple[int, ...] = (),
    test: int = 60,
    known: np.ndarray | None = None,
) -> Dataset:
    """Rows in time: the last `test` are the test part, as many before them validation."""
    values = np.asarray(values, dtype=np.float32).reshape(len(values), -1)
    rows = len(values)
    first = min(2 * season, rows // 4)
    last = horizon - 1
    fold = Fold(
        "test",
        np.arange(first, rows - 2 * test - last),
        np.arange(rows - 2 * test, rows - test - last),
        np.arange(rows - test, rows - last),
        rows - 2 * test,
    )
    columns = tuple(
        Column(f"c{place}", "target" if place < targets else "past", "numeric", "")
        for place in range(values.shape[1])
    )
    phase = 2 * np.pi * np.arange(rows + horizon)[:, None] / max(season, 2)
    return Dataset(
        name="made by hand",
        schema=Schema("forecast", columns, horizon, None, season, ()),
        values=values,
        observed=np.ones((rows, targets), dtype=bool),
        known=np.hstack([np.sin(phase), np.cos(phase)]).astype(np.float32)
        if known is None
        else known,
        offsets=np.array(offsets or (0, rows)),
        times=pd.RangeIndex(rows),
        split=Split(fold, (), fold, "", ()),
        fingerprint="",
    )


def scores(made: Dataset, fold: Fold | None = None) -> dict[str, float]:
    """The mean absolute error of every baseline on the test part."""
    fold = fold or made.split.holdout
    fitted = baseline.fit(made, fold, MAE)
    return {each.name: baseline.score(each, made, fold.test, MAE) for each in fitted}


def wave(rows: int, season: int) -> np.ndarray:
    """A season with an edge in it, so that it is no single sine."""
    phase = np.arange(rows) % season
    return 10 + 3 * np.sin(2 * np.pi * phase / season) + 2.0 * (phase < season // 4)


def test_a_pure_season_is_repeated_exactly() -> None:
    found = scores(dataset(wave(600, 12), season=12, horizon=20))
    assert list(found) == NAMES
    assert found["seasonal naive"] == 0
    assert found["naive"] > 1
    assert found["ridge on lags"] < 0.05
    assert found["boosting on lags"] < 0.2


def test_a_line_is_gone_on_with() -> None:
    found = scores(dataset(np.arange(400.0), season=1, horizon=7))
    assert "seasonal naive" not in found
    assert found["drift"] == pytest.approx(0, abs=1e-3)
    assert found["naive"] == pytest.approx(4)
    assert found["ridge on lags"] < 0.05
    assert found["boosting on lags"] < 0.2  # trees see the line only because values are relative


def test_a_constant_is_kept() -> None:
    found = scores(dataset(np.full(300, 7.0), season=1, horizon=3))
    assert found == {name: 0.0 for name in NAMES if name != "seasonal naive"}


def test_trend_and_season_beyond_what_training_saw() -> None:
    rng = np.random.default_rng(0)
    values = wave(800, 12) + 0.5 * np.arange(800) + rng.normal(0, 0.1, 800)
    found = scores(dataset(values, season=12, horizon=12))
    assert found["ridge on lags"] < 0.2
    assert found["boosting on lags"] < 0.5 < found["seasonal naive"]


def test_covariates_are_used_where_they_tell() -> None:
    rng = np.random.default_rng(0)
    cause = rng.normal(0, 1, 1500)
    values = np.column_stack([np.concatenate([[0.0], cause[:-1]]), cause])  # the cause leads by one
    made = dataset(values, season=1, horizon=1)
    alone = replace(
        made,
        values=made.values[:, :1],
        schema=replace(made.schema, columns=made.schema.columns[:1]),
    )
    with_cause, without = scores(made), scores(alone)
    assert with_cause["ridge on lags"] < 0.02 < 0.5 < without["ridge on lags"]
    assert with_cause["boosting on lags"] < 0.3 < 0.5 < without["boosting on lags"]


def test_known_features_of_the_target_steps_are_used() -> None:
    rng = np.random.default_rng(0)
    event = (rng.random(1505) < 0.3).astype(np.float32)
    values = 5.0 * event[:1500] + rng.normal(0, 0.1, 1500)
    found = scores(dataset(values, season=1, horizon=5, known=event[:, None]))
    assert found["ridge on lags"] < 0.2
    assert found["boosting on lags"] < 0.3


def test_a_known_feature_without_cycles_in_training_is_not_learnt_from() -> None:
    made = dataset(wave(600, 12), season=12, horizon=4)
    slow = np.linspace(0, 1, 604, dtype=np.float32)[:, None]
    drawn = replace(made, known=np.hstack([made.known, slow]))
    for ours, theirs in zip(
        baseline.fit(made, made.split.holdout, MAE),
        baseline.fit(drawn, made.split.holdout, MAE),
        strict=True,
    ):
        test = made.split.holdout.test
        np.testing.assert_array_equal(ours.forecast(test), theirs.forecast(test))


@pytest.fixture(scope="module")
def noisy() -> Dataset:
    rng = np.random.default_rng(3)
    base = wave(900, 24)
    return dataset(
        np.column_stack([base + rng.normal(0, 1, 900), 100 * base, rng.normal(0, 1, 900)]),
        season=24,
        horizon=30,
        targets=2,
    )


@pytest.fixture(scope="module")
def fitted(noisy: Dataset) -> tuple[baseline.FittedBaseline, ...]:
    return baseline.fit(noisy, noisy.split.holdout, MAE)


Fitted = tuple[baseline.FittedBaseline, ...]


def test_shape_and_two_targets(noisy: Dataset, fitted: Fitted) -> None:
    examples = noisy.split.holdout.test[[0, 5, 17]]
    assert [each.name for each in fitted] == NAMES
    for each in fitted:
        forecast = each.forecast(examples)
        assert forecast.shape == (3, 30, 2)
        assert forecast.dtype == np.float32
        assert 500 < forecast[..., 1].mean() < 2000
        assert each.forecast(examples[:0]).shape == (0, 30, 2)
        assert each.seconds >= 0


def test_nothing_from_the_origin_on_is_seen(noisy: Dataset, fitted: Fitted) -> None:
    """A fitted baseline forecasts the same whatever comes at and after the origin."""
    origin = int(noisy.split.holdout.test[3])
    changed = noisy.values.copy()
    changed[origin:] = np.random.default_rng(1).normal(0, 1e4, changed[origin:].shape)
    other = replace(noisy, values=changed)
    for ours, theirs in zip(
        fitted,
        baseline.fit(other, noisy.split.holdout, MAE),
        strict=True,
    ):
        examples = np.array([origin])
        np.testing.assert_array_equal(ours.forecast(examples), theirs.forecast(examples))


def test_no_window_reaches_into_another_series() -> None:
    short, rest = np.full(200, 5.0), wave(700, 12)
    made = dataset(np.concatenate([short, rest]), season=12, horizon=6, offsets=(0, 200, 900))
    other = replace(
        made,
        values=made.values + np.r_[np.full(200, 1e6), np.zeros(700)][:, None].astype(np.float32),
    )
    young = np.arange(201, 230)
    for name in ("naive", "seasonal naive", "drift"):
        ours, theirs = (
            next(
                each
                for each in baseline.fit(each_set, made.split.holdout, MAE)
                if each.name == name
            )
            for each_set in (made, other)
        )
        np.testing.assert_array_equal(ours.forecast(young), theirs.forecast(young))


def test_windows_of_a_young_series_stop_at_its_beginning(fitted: Fitted) -> None:
    for each in fitted:
        assert np.isfinite(each.forecast(np.array([1, 2, 25]))).all()


def test_the_same_again(noisy: Dataset, fitted: Fitted) -> None:
    fold = noisy.split.holdout
    for one, other in zip(fitted, baseline.fit(noisy, fold, MAE), strict=True):
        np.testing.assert_array_equal(one.forecast(fold.test), other.forecast(fold.test))


def test_chunks_change_nothing(
    noisy: Dataset, fitted: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = noisy.split.holdout
    whole = [each.forecast(fold.test) for each in fitted]
    monkeypatch.setattr(baseline, "CHUNK_VALUES", 5_000)
    for each, expected in zip(fitted, whole, strict=True):
        np.testing.assert_allclose(each.forecast(fold.test), expected, rtol=1e-5)


def test_without_validation_part_of_training_serves(noisy: Dataset) -> None:
    fold = replace(noisy.split.holdout, validation=np.empty(0, dtype=np.int64))
    found = scores(noisy, fold)
    assert found["ridge on lags"] < found["naive"]


def test_values_that_were_filled_in_teach_nothing() -> None:
    rng = np.random.default_rng(0)
    clean = wave(900, 12) + rng.normal(0, 0.1, 900)
    made = dataset(clean, season=12, horizon=6)
    holes = rng.random(900) < 0.2
    holes[700:] = False
    observed = ~holes[:, None]
    found = scores(replace(made, observed=observed))
    assert found["boosting on lags"] < 0.5
    everything = replace(made, observed=np.zeros((900, 1), dtype=bool))
    fitted = baseline.fit(everything, made.split.holdout, MAE)
    assert all(np.isfinite(each.forecast(made.split.holdout.test)).all() for each in fitted)


@pytest.mark.parametrize("rows", [16, 24, 40])
def test_few_rows(rows: int) -> None:
    made = dataset(wave(rows, 4), season=4, horizon=2, test=4)
    assert all(np.isfinite(value) for value in scores(made).values())


def test_seconds_are_what_the_clock_says() -> None:
    ticks = iter(range(100))
    made = dataset(wave(100, 4), season=4, horizon=2, test=10)
    fitted = baseline.fit(made, made.split.holdout, MAE, clock=lambda: float(next(ticks)))
    assert [each.seconds for each in fitted] == [1.0] * 5


def test_large_errors_count_more_under_a_squared_metric() -> None:
    rng = np.random.default_rng(0)
    values = rng.exponential(1.0, 3000)  # skewed: its mean is 1, its median 0.69
    made = dataset(values, season=1, horizon=1, test=200)
    test = made.split.holdout.test
    means = {}
    for name in ("mae", "rmse"):
        fitted = baseline.fit(made, made.split.holdout, METRICS[name])
        boosted = next(each for each in fitted if each.name == "boosting on lags")
        means[name] = float(boosted.forecast(test).mean())
    assert means["mae"] < 0.85 < means["rmse"]


def test_etth1_is_forecast_as_well_as_the_field_does(
    shared_table: Callable[[str], Path],
) -> None:
    """Rows of the Informer protocol, all windows, standardised by the training rows."""
    table = pd.read_csv(shared_table("etth1.csv.gz"))
    values = table[["OT"]].to_numpy(dtype=np.float32)
    rows, horizon = len(values), 24
    fold = Fold(
        "informer",
        np.arange(192, 8640 - 23),
        np.arange(8640, 11520 - 23),
        np.arange(11520, 14400 - 23),
        8640,
    )
    made = replace(dataset(values, season=24, horizon=horizon), split=Split(fold, (), fold, "", ()))
    deviation = float(values[:8640].std())
    truth = made.actuals(fold.test)
    found = {}
    for each in baseline.fit(made, fold, MAE):
        forecast = each.forecast(fold.test)
        found[each.name] = (
            MAE.score(truth, forecast) / deviation,
            METRICS["mse"].score(truth, forecast) / deviation**2,
        )
    assert rows == 17_420
    assert found["seasonal naive"] == (
        pytest.approx(0.166, abs=5e-4),
        pytest.approx(0.046, abs=5e-4),
    )
    for name in ("ridge on lags", "boosting on lags"):
        assert found[name][0] <= 0.131, found
        assert found[name][1] <= 0.031, found
