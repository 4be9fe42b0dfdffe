"""Baselines of labels: of rows, and of whole series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tables

from autorecur.data.dataset import Column, Dataset
from autorecur.data.scoring import score
from autorecur.metrics import METRICS
from autorecur.nets import baseline
from autorecur.nets.baselines.summaries import summaries_inputs

PARTS = np.split(np.arange(900), [600, 750])


def scores(made: Dataset, metric: str) -> dict[str, float]:
    fold = made.split.holdout
    fitted = baseline.fit(made, fold, METRICS[metric])
    return {
        each.name: score(METRICS[metric], made, fold, fold.test, each.forecast(fold.test))
        for each in fitted
    }


def rows(labels: object, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return np.random.default_rng(seed).normal(0, 1, (900, 3)), np.asarray(labels)


def test_a_label_is_told_from_its_own_row() -> None:
    values = np.random.default_rng(0).normal(0, 1, (900, 3))
    names = np.where(values[:, 1] > 0.5, "warm", "cold")
    found = scores(tables.nowcast(values, list(names), *PARTS), "accuracy")
    assert list(found) == [
        "majority",
        "logistic regression on this row",
        "boosting on this row",
    ]
    assert found["majority"] == (names[750:] == "cold").mean()
    assert found["logistic regression on this row"] > 0.95
    assert found["boosting on this row"] > 0.95


def test_a_label_is_told_from_the_rows_that_lead_to_it() -> None:
    values = np.random.default_rng(0).normal(0, 1, (900, 1))
    means = pd.Series(values[:, 0]).rolling(12, min_periods=1).mean().to_numpy()
    found = scores(tables.nowcast(values, list(means), *PARTS), "rmse")
    assert list(found) == ["mean", "ridge on this row", "boosting on this row"]
    assert found["ridge on this row"] < 0.02
    assert found["boosting on this row"] < 0.5 * found["mean"]


def test_no_later_row_and_no_label_is_looked_at() -> None:
    values = np.random.default_rng(0).normal(0, 1, (900, 2))
    made = tables.nowcast(values, list(values[:, 0]), *PARTS)
    fold, place = made.split.holdout, np.array([800])
    changed, labels = made.values.copy(), made.labels.copy()
    changed[801:], labels[750:] = 1e6, 1e6
    other = replace(made, values=changed, labels=labels)
    mae = METRICS["mae"]
    for ours, theirs in zip(
        baseline.fit(made, fold, mae), baseline.fit(other, fold, mae), strict=True
    ):
        np.testing.assert_array_equal(ours.forecast(place), theirs.forecast(place))


def test_no_mean_reaches_into_another_series() -> None:
    values = np.zeros((900, 1))
    values[:300] = 1000.0
    labels = np.random.default_rng(0).normal(0, 1, 900)
    made = tables.nowcast(values, list(labels), *PARTS, offsets=(0, 300, 900))
    moved = values.copy()
    moved[:300] = -1000.0
    fold = made.split.holdout
    rmse = METRICS["rmse"]
    other = replace(made, values=moved.astype(np.float32))
    young = np.arange(300, 310)
    for ours, theirs in zip(
        baseline.fit(made, fold, rmse), baseline.fit(other, fold, rmse), strict=True
    ):
        np.testing.assert_allclose(ours.forecast(young), theirs.forecast(young), atol=0.35)


def test_categories_count() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (900, 1)).astype(np.int32)
    made = tables.nowcast(np.empty((900, 0)), list(np.float64(codes[:, 0] == 2)), *PARTS)
    columns = (Column("wind", "past", "categorical", "", ("n", "e", "s")), *made.schema.columns)
    told = replace(made, codes=codes, schema=replace(made.schema, columns=columns))
    found = scores(told, "mae")
    assert found["ridge on this row"] < 0.05
    assert found["boosting on this row"] < 0.05
    assert scores(made, "mae")["ridge on this row"] == found["median"]  # nothing to read


def test_a_class_absent_from_training_keeps_its_place() -> None:
    values = np.random.default_rng(0).normal(0, 1, (900, 2))
    names = np.where(values[:, 0] > 0, "c", "a").astype(object)
    names[750:760] = "b"
    made = tables.nowcast(values, list(names), *PARTS)
    fold = made.split.holdout
    for each in baseline.fit(made, fold, METRICS["log_loss"]):
        shares = each.forecast(fold.test)
        assert shares.shape == (150, 1, 3)
        np.testing.assert_allclose(shares.sum(axis=2), 1, rtol=1e-5)
        assert (shares[..., 1] > 0).all()
        assert (shares[..., 1] < 0.01).all()
        assert each.forecast(fold.test[:0]).shape == (0, 1, 3)


def test_rows_without_a_label_are_left_out() -> None:
    values = np.random.default_rng(0).normal(0, 1, (900, 2))
    labels = values[:, 0].copy()
    labels[::3] = np.nan
    found = scores(tables.nowcast(values, list(labels), *PARTS), "mae")
    assert found["ridge on this row"] < 0.02


@pytest.mark.parametrize("known", [0, 1])
def test_hardly_any_label(known: int) -> None:
    labels = np.full(900, np.nan)
    labels[:known] = 3.0
    labels[750:] = 4.0
    values = np.random.default_rng(0).normal(0, 1, (900, 2))
    found = scores(tables.nowcast(values, list(labels), *PARTS), "mae")
    assert set(found.values()) == {4.0 - 3.0 * known}


def test_one_class_only() -> None:
    values = np.random.default_rng(0).normal(0, 1, (900, 2))
    names = ["a"] * 750 + ["b"] * 150
    assert set(scores(tables.nowcast(values, names, *PARTS), "accuracy").values()) == {0.0}


def test_rare_classes_are_found_where_classes_count_alike() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (900, 1))
    names = list(np.where(values[:, 0] + rng.normal(0, 0.8, 900) > 2.0, "rare", "usual"))
    made = tables.nowcast(values, names, *PARTS)
    name = "logistic regression on this row"
    assert scores(made, "macro_f1")[name] > scores(made, "macro_f1")["majority"] + 0.1


def test_two_thousand_columns_take_no_minutes() -> None:
    values = np.random.default_rng(0).normal(0, 1, (900, 2000))
    made = tables.nowcast(values, list(values[:, 5]), *PARTS)
    fitted = baseline.fit(made, made.split.holdout, METRICS["rmse"])
    assert sum(each.seconds for each in fitted) < 20


def ragged(seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """240 series of 5 to 40 rows: two channels of noise."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 40, 240)
    return [rng.normal(0, 1, (length, 2)) for length in lengths], lengths


SERIES = np.split(np.random.default_rng(1).permutation(240), [140, 180])


def test_a_series_is_told_by_its_summary() -> None:
    series, _ = ragged()
    names = ["up" if number % 3 else "down" for number in range(240)]
    for number, each in enumerate(series):
        each[:, 1] += np.linspace(0, 4 if number % 3 else -4, len(each))
    found = scores(tables.sequences(series, names, *SERIES), "accuracy")
    assert list(found) == [
        "majority",
        "logistic regression on summaries",
        "boosting on summaries",
    ]
    assert found["logistic regression on summaries"] > 0.95
    assert found["boosting on summaries"] > 0.9
    assert found["majority"] < 0.8


@pytest.mark.parametrize("summary", [np.mean, np.max, np.std, len, lambda each: each[-1, 0]])
def test_numbers_of_a_series(summary: Callable[[np.ndarray], float]) -> None:
    series, _ = ragged()
    labels = [float(summary(each)) for each in series]
    found = scores(tables.sequences(series, labels, *SERIES), "mae")
    assert list(found) == ["median", "ridge on summaries", "boosting on summaries"]
    assert found["ridge on summaries"] < 0.5 * found["median"]


def test_summaries_are_those_of_each_series() -> None:
    """Written out: mean, deviation, slope, roughness, ends and quantiles."""
    series, _ = ragged()
    made = tables.sequences(series, [0.0] * 240, *SERIES)
    chosen = np.array([7, 3, 200])
    inputs = summaries_inputs(made)(chosen)
    for row, number in enumerate(chosen):
        each = series[number][:, 0]
        steps = np.arange(len(each))
        quantiles = [np.sort(each)[round(s * (len(each) - 1))] for s in (0.0, 0.1, 0.25, 0.5)]
        expected = [
            np.log1p(len(each)),
            each.mean(),
            each.std(),
            np.polyfit(steps, each, 1)[0],
            np.abs(np.diff(each, prepend=each[0])).mean(),
            each[0],
            each[-1],
            *quantiles,
        ]
        np.testing.assert_allclose(inputs[row, : len(expected)], expected, rtol=2e-3, atol=1e-5)
    assert inputs.shape[0] == 3
    np.testing.assert_array_equal(inputs[1], summaries_inputs(made)(chosen[1:2])[0])


def test_series_of_one_row() -> None:
    series = [np.full((1, 1), float(number % 2)) for number in range(240)]
    names = [str(number % 2) for number in range(240)]
    found = scores(tables.sequences(series, names, *SERIES), "accuracy")
    assert found["logistic regression on summaries"] == 1


def test_the_same_again() -> None:
    series, lengths = ragged()
    made = tables.sequences(series, list(lengths.astype(float)), *SERIES)
    fold = made.split.holdout
    mae = METRICS["mae"]
    for one, other in zip(
        baseline.fit(made, fold, mae), baseline.fit(made, fold, mae), strict=True
    ):
        np.testing.assert_array_equal(one.forecast(fold.test), other.forecast(fold.test))


@pytest.mark.parametrize(
    ("name", "label", "least"),
    [("japanese_vowels", "speaker", 0.96), ("synthetic_control", "label", 0.94)],
)
def test_the_published_split_of_real_series(
    name: str, label: str, least: float, shared_table: Callable[[str], Path]
) -> None:
    table = pd.read_csv(shared_table(f"{name}.csv.gz"))
    channels = [c for c in table.columns if c not in ("series_id", "split", "t", label)]
    groups = [group for _, group in table.groupby("series_id", sort=False)]
    given = np.array([group["split"].iloc[0] for group in groups])
    shown = np.random.default_rng(0).permutation(np.flatnonzero(given == "train"))
    fifth = len(shown) // 5
    made = tables.sequences(
        [group[channels].to_numpy() for group in groups],
        [str(group[label].iloc[0]) for group in groups],
        np.sort(shown[fifth:]),
        np.sort(shown[:fifth]),
        np.flatnonzero(given == "test"),
    )
    assert scores(made, "accuracy")["logistic regression on summaries"] >= least
