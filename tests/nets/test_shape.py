"""What a network's inputs are made of, and by which rows they are scaled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tables

from autorecur.data.dataset import Dataset
from autorecur.nets.shape import Scaler, Shape

PARTS = np.arange(30), np.arange(30, 36), np.arange(36, 40)


def level(rows: int, columns: int = 2) -> np.ndarray:
    return np.random.default_rng(1).normal(50, 4, (rows, columns)).astype(np.float32)


def panel() -> Dataset:
    values = np.concatenate([level(200), 1000 * level(200)])
    return tables.forecast(values, season=7, horizon=3, offsets=(0, 200, 400), test=40)


def test_the_scaler_sees_the_rows_it_is_given() -> None:
    made = tables.forecast(level(300), season=7, horizon=3, test=50)
    fold = made.split.holdout
    assert fold.fit_until.tolist() == [200]
    scaler = Scaler.fit(made, fold)
    rows = np.concatenate([made.values, made.known], axis=1)
    scaled = scaler.scale(rows)
    np.testing.assert_allclose(scaled[:200, :2].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled[:200, :2].std(axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(scaled[:, 2:].mean(axis=0), 0, atol=1e-5)  # known: no bound
    np.testing.assert_allclose(scaled[:, 2:].std(axis=0), 1, atol=1e-5)
    later = replace(made, values=np.where(np.arange(300)[:, None] < 200, made.values, 1e6))
    np.testing.assert_array_equal(Scaler.fit(later, fold).mean, scaler.mean)
    targets = scaled[None, :5, :1]
    np.testing.assert_allclose(scaler.restore(targets), made.values[None, :5, :1], rtol=1e-6)
    np.testing.assert_array_equal(scaler.scale_targets(made.values[:5, :1]), scaled[:5, :1])


def test_a_constant_channel_is_only_centred() -> None:
    made = tables.forecast(np.full((300, 1), 1e6), season=1, horizon=1, test=50)
    scaler = Scaler.fit(made, made.split.holdout)
    assert scaler.deviation[0] == scaler.target_deviation[0] == 1.0
    assert np.abs(scaler.scale(np.hstack([made.values, made.known]))[:, 0]).max() == 0.0


def test_what_is_fixed_of_a_series_is_scaled() -> None:
    static = np.float32([[1e5, 0.0], [3e5, 0.0]])
    made = replace(panel(), static=static)
    scaled = Scaler.fit(made, made.split.holdout).scale_static(static)
    np.testing.assert_allclose(scaled, [[-1.0, 0.0], [1.0, 0.0]], atol=1e-6)


def test_what_is_fixed_of_a_series_is_scaled_by_those_that_are_trained_on() -> None:
    series = [level(5) for _ in range(8)]
    parts = np.arange(5), np.array([5]), np.array([6, 7])
    made = tables.sequences(series, list(map(float, range(8))), *parts)
    static = np.random.default_rng(2).normal(9, 3, (8, 2)).astype(np.float32)
    scaler = Scaler.fit(replace(made, static=static), made.split.holdout)
    np.testing.assert_allclose(scaler.static_mean, static[:5].mean(axis=0), rtol=1e-6)
    moved = static.copy()
    moved[5:] = 1e6
    again = Scaler.fit(replace(made, static=moved), made.split.holdout)
    np.testing.assert_array_equal(again.static_mean, scaler.static_mean)
    np.testing.assert_array_equal(again.static_deviation, scaler.static_deviation)
    none = Scaler.fit(made, made.split.holdout)
    assert none.static_mean.size == 0


def test_the_series_of_a_panel_keep_their_units() -> None:
    made = panel()
    scaler = Scaler.fit(made, made.split.holdout)
    scaled = scaler.scale(np.concatenate([made.values, made.known], axis=1))
    np.testing.assert_array_equal(scaled[:, :2], made.values)
    np.testing.assert_allclose(scaled[:, 2:].std(axis=0), 1, atol=1e-5)
    np.testing.assert_array_equal(scaler.restore(made.values[:, :1]), made.values[:, :1])


def test_labels_are_scaled_by_those_that_are_trained_on() -> None:
    labels = np.arange(40.0)
    labels[3] = np.nan
    made = tables.nowcast(level(40), labels.tolist(), *PARTS)
    scaler = Scaler.fit(made, made.split.holdout)
    seen = np.delete(labels[:30], 3)
    assert scaler.target_mean.tolist() == pytest.approx([seen.mean()])
    assert scaler.target_deviation.tolist() == pytest.approx([seen.std()])
    np.testing.assert_allclose(scaler.mean, made.values[:30].mean(axis=0), rtol=1e-6)
    told = scaler.scale_targets(np.float32([[7.0]]))
    np.testing.assert_allclose(scaler.restore(told), [[7.0]], rtol=1e-6)


def test_classes_are_left_as_they_are() -> None:
    made = tables.nowcast(level(40), ["b", "a"] * 20, *PARTS)
    scaler = Scaler.fit(made, made.split.holdout)
    assert (scaler.target_mean.tolist(), scaler.target_deviation.tolist()) == ([0.0], [1.0])


def test_sequences_are_scaled_by_those_that_are_trained_on() -> None:
    series = [level(5 + number) for number in range(8)]
    series[7] = series[7] * 1e6
    train, rest = np.arange(6), np.array([6])
    made = tables.sequences(series, list(map(float, range(8))), train, rest, np.array([7]))
    scaler = Scaler.fit(made, made.split.holdout)
    np.testing.assert_allclose(scaler.mean, np.concatenate(series[:6]).mean(axis=0), rtol=1e-6)


def test_shapes_follow_from_the_kind() -> None:
    one = tables.forecast(level(300), season=7, horizon=3)
    assert Shape.of(one) == Shape(2, 1, 2, 3, 7)
    assert Shape.of(panel()).panel and not Shape.of(one).panel

    coded = replace(one, static=np.zeros((1, 4), np.float32))
    assert Shape.of(coded).static == 4

    label = Shape.of(tables.nowcast(level(40), ["b", "a", "c", "a"] * 10, *PARTS))
    assert (label.window, label.output, label.classes, label.outputs) == ("upto", "classes", 3, 3)
    assert (label.horizon, label.known, label.targets) == (1, 0, 1)
    number = Shape.of(tables.nowcast(level(40), list(map(float, range(40))), *PARTS))
    assert (number.window, number.output, number.classes, number.outputs) == (
        "upto", "numbers", 0, 1,
    )  # fmt: skip

    words = tables.texts(["a b", "b c"] * 20, ["x", "y"] * 20, *PARTS)
    text = Shape.of(words)
    assert (text.window, text.channels, text.codes, text.classes) == ("whole", 0, (5,), 2)

    stream = Shape.of(tables.language("abcab" * 100, until=300, steps=10))
    assert (stream.window, stream.output, stream.codes, stream.classes, stream.horizon) == (
        "stream", "tokens", (5,), 5, 10,
    )  # fmt: skip
