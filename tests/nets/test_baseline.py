from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import forecast as dataset

from autorecur.data.dataset import Dataset, Fold, Split
from autorecur.data.scoring import detail_of, score
from autorecur.metrics import METRICS, Metric
from autorecur.nets import baseline
from autorecur.nets.baselines import windows

MAE = METRICS["mae"]
FITTED = ["exponential smoothing", "ridge on lags", "boosting on lags"]
NAMES = ["naive", "seasonal naive", "seasonally adjusted naive", "drift", *FITTED]


def scores(made: Dataset, fold: Fold | None = None, metric: Metric = MAE) -> dict[str, float]:
    """The score of every baseline on the test part."""
    fold = fold or made.split.holdout
    return {
        each.name: score(metric, made, fold, fold.test, each.forecast(fold.test))
        for each in baseline.fit(made, fold, metric)
    }


def wave(rows: int, season: int) -> np.ndarray:
    """A season with an edge in it, so that it is no single sine."""
    phase = np.arange(rows) % season
    return 10 + 3 * np.sin(2 * np.pi * phase / season) + 2.0 * (phase < season // 4)


def test_a_pure_season_is_repeated_exactly() -> None:
    found = scores(dataset(wave(600, 12), season=12, horizon=20))
    assert list(found) == NAMES
    assert found["seasonal naive"] == 0
    assert found["naive"] > 1
    assert found["seasonally adjusted naive"] < 1e-5
    assert found["exponential smoothing"] < 0.01
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
    assert found == {name: 0.0 for name in ["naive", "drift", *FITTED]}


def test_trend_and_season_beyond_what_training_saw() -> None:
    rng = np.random.default_rng(0)
    values = wave(800, 12) + 0.5 * np.arange(800) + rng.normal(0, 0.1, 800)
    found = scores(dataset(values, season=12, horizon=12))
    assert found["ridge on lags"] < 0.2
    assert found["exponential smoothing"] < 0.2
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
    event = (rng.random(1500) < 0.3).astype(np.float32)
    values = 5.0 * event + rng.normal(0, 0.1, 1500)
    found = scores(dataset(values, season=1, horizon=5, known=event[:, None]))
    assert found["ridge on lags"] < 0.2
    assert found["boosting on lags"] < 0.3


def test_a_known_feature_without_cycles_in_training_is_not_learnt_from() -> None:
    made = dataset(wave(600, 12), season=12, horizon=4)
    slow = np.linspace(0, 1, 600, dtype=np.float32)[:, None]
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
    made = dataset(np.concatenate([short, rest]), 12, 6, offsets=(0, 200, 900), test=40)
    other = replace(
        made,
        values=made.values + np.r_[np.full(200, 1e6), np.zeros(700)][:, None].astype(np.float32),
    )
    young = np.arange(201, 230)
    unfitted = len(NAMES) - len(FITTED)
    pairs = [baseline.fit(each, made.split.holdout, MAE)[:unfitted] for each in (made, other)]
    for ours, theirs in zip(*pairs, strict=True):
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
    monkeypatch.setattr(windows, "CHUNK_VALUES", 5_000)
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
    assert [each.seconds for each in fitted] == [1.0] * len(NAMES)


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


@pytest.fixture(scope="module")
def panel() -> Dataset:
    """Eight series of one make, whose sizes span six powers of ten."""
    rng = np.random.default_rng(5)
    sizes = 10.0 ** np.linspace(-2, 4, 8)
    made = [size * (wave(300, 12) + rng.normal(0, 0.3, 300)) for size in sizes]
    bounds = tuple(300 * place for place in range(9))
    return dataset(np.concatenate(made), 12, 12, offsets=bounds, test=48)


def test_the_series_of_a_panel_count_alike_in_any_unit(panel: Dataset) -> None:
    fold, mase = panel.split.holdout, METRICS["mase"]
    series = panel.series_of(fold.test)
    smallest, largest = fold.test[series == 0], fold.test[series == 7]
    fitted = baseline.fit(panel, fold, mase)
    doubled = replace(panel, values=panel.values * np.float32(2.0))
    bar = score(mase, panel, fold, fold.test, fitted[1].forecast(fold.test))
    for each, other in zip(fitted, baseline.fit(doubled, fold, mase), strict=True):
        told = other.forecast(fold.test)
        np.testing.assert_allclose(2 * each.forecast(fold.test), told, rtol=0.02, atol=0.2)
        if each.name in FITTED:
            assert score(mase, doubled, fold, fold.test, told) < bar, each.name
            ours, theirs = (
                score(mase, panel, fold, part, each.forecast(part)) for part in (smallest, largest)
            )
            assert ours == pytest.approx(theirs, rel=0.3), each.name


def test_a_window_without_spread_is_no_division_by_nothing(panel: Dataset) -> None:
    values = panel.values.copy()
    values[-200:] = values[-200]
    still = replace(panel, values=values)
    assert all(np.isfinite(value) for value in scores(still, metric=METRICS["mase"]).values())


def test_categories_and_statics_reach_the_trees() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(1, 4, (1500, 1)).astype(np.int32)
    values = np.concatenate([[0.0], 5.0 * (codes[:-1, 0] == 2)]) + rng.normal(0, 0.1, 1500)
    plain = dataset(values, season=1, horizon=1)
    told = replace(plain, codes=codes)
    assert scores(told)["boosting on lags"] < 0.3 < 1 < scores(plain)["boosting on lags"]


def test_examples_with_missing_truths_do_not_bend_the_ridge() -> None:
    rng = np.random.default_rng(0)
    clean = wave(900, 12) + rng.normal(0, 0.1, 900)
    observed = np.ones((900, 1), dtype=bool)
    values = clean.copy()
    for start in range(30, 700, 60):  # outages, filled with a number that is far off
        values[start : start + 10], observed[start : start + 10] = 500.0, False
    made = replace(dataset(values, season=12, horizon=1), observed=observed)
    ignorant = replace(made, observed=np.ones((900, 1), dtype=bool))
    assert scores(made)["ridge on lags"] < 0.8 * scores(ignorant)["ridge on lags"]


def test_logarithms_are_left_where_a_value_may_be_below_zero() -> None:
    grown = np.exp(np.arange(400) / 100) * wave(400, 12)
    made = dataset(grown, season=12, horizon=12)
    fold = made.split.holdout
    smoothed = next(each for each in baseline.fit(made, fold, MAE) if each.name == FITTED[0])
    examples = fold.test[:1]
    error = np.abs(smoothed.forecast(examples) - made.actuals(examples)).mean()
    assert error < 0.05 * made.actuals(examples).mean()
    made.values[examples[0] - 5] = -1.0
    assert np.isfinite(smoothed.forecast(examples)).all()


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
        np.array([8640]),
    )
    made = replace(dataset(values, season=24, horizon=horizon), split=Split(fold, (), fold, "", ()))
    found = {}
    for each in baseline.fit(made, fold, MAE):
        detail = detail_of(MAE, made, fold, fold.test, each.forecast(fold.test))
        found[each.name] = (detail["mae_standardised"], detail["mse_standardised"])
    assert rows == 17_420
    assert found["seasonal naive"] == (
        pytest.approx(0.166, abs=5e-4),
        pytest.approx(0.046, abs=5e-4),
    )
    for name in FITTED:
        assert found[name][0] <= 0.131, found
        assert found[name][1] <= 0.031, found


def test_m4_hourly_is_forecast_as_well_as_the_field_does(
    shared_table: Callable[[str], Path],
) -> None:
    """The competition's protocol; seasonal naive 1.193 and, without the last rows, 1.20."""
    table = pd.read_csv(shared_table("m4_hourly.csv.gz"))
    lengths = table.groupby("series_id", sort=False).size().to_numpy()
    ends = np.cumsum(lengths)
    bounds = (0, *ends.tolist())
    made = dataset(table["y"].to_numpy(), 24, 48, offsets=bounds, known=np.empty((len(table), 0)))
    train = [
        np.arange(start + 48, end - 96 - 47) for start, end in zip(bounds[:-1], ends, strict=True)
    ]
    fold = Fold("m4", np.concatenate(train), ends - 96, ends - 48, ends - 96)
    found = scores(made, fold, METRICS["mase"])
    assert found["seasonal naive"] == pytest.approx(1.2, abs=0.01)
    assert found["exponential smoothing"] < found["seasonal naive"]
    assert found["ridge on lags"] < 1.0
    assert found["boosting on lags"] < 1.1


def test_airline_passengers_grow_with_their_season(shared_table: Callable[[str], Path]) -> None:
    values = pd.read_csv(shared_table("airline_passengers.csv"))["passengers"].to_numpy()
    made = dataset(values, season=12, horizon=12, test=24)
    found = scores(made)
    assert found["exponential smoothing"] < found["seasonal naive"] / 1.5
