"""The networks: their size, what they see of a window, where they start, what is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from autorecur.nets.build import SPREAD_FLOOR, core
from autorecur.nets.candidate import CELLS, NORMALISATIONS, REFERENCE_CELL, Candidate
from autorecur.nets.cost import parameters
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.start import set_gate_bias
from autorecur.nets.whole import whole

SEASON = 4
PLAIN = Shape(channels=3, targets=2, known=0, horizon=6, season=SEASON)
KNOWING = replace(PLAIN, known=2)
SMALL = Candidate("gru", width=4, lookback=8)


def windows(shape: Shape, lookback: int = 8, many: int = 5) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(2)
    past = rng.normal(size=(many, lookback, shape.channels + shape.known))
    inputs = [past.astype(np.float32)]
    if shape.known:
        inputs.append(rng.normal(size=(many, shape.horizon, shape.known)).astype(np.float32))
    return inputs


def forecasts(model: keras.Model, inputs: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.asarray(model(inputs, training=False))


def unsettled(model: keras.Model) -> keras.Model:
    """`model` with weights as after a training: a head of zeros would hide all the rest."""
    rng = np.random.default_rng(4)
    model.set_weights([rng.normal(0, 0.4, w.shape).astype(np.float32) for w in model.get_weights()])
    return model


def shifted(
    inputs: list[NDArray[np.float32]], shape: Shape, by: float = 0.0, times: float = 1.0
) -> list[NDArray[np.float32]]:
    past = inputs[0].copy()
    past[:, :, : shape.channels] = past[:, :, : shape.channels] * times + by
    return [past, *inputs[1:]]


def scaler_of(shape: Shape) -> Scaler:
    """Channels and known features of different sizes; the targets are the first channels."""
    mean = np.array([340.0, -7.0, 0.01, 2.0, 50.0], np.float32)[: shape.channels + shape.known]
    deviation = np.array([12.0, 3.0, 0.002, 0.5, 9.0], np.float32)[: len(mean)]
    none = np.empty(0, np.float32)
    return Scaler(mean, deviation, mean[: shape.targets], deviation[: shape.targets], none, none)


@pytest.mark.parametrize("cell", [*CELLS, REFERENCE_CELL])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(
    "shape", [Shape(1, 1, 0, 1, 1), Shape(4, 1, 0, 5, 1), Shape(3, 2, 4, 5, 7)], ids=str
)
def test_the_formula_counts_the_weights_that_are_built(cell: str, depth: int, shape: Shape) -> None:
    candidate = Candidate(cell, depth=depth, width=5, lookback=7, dropout=0.1, linear=depth > 1)
    model = core(candidate, shape, seed=1)
    trainable = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    assert parameters(candidate, shape) == trainable
    without = core(replace(candidate, dropout=0.0), shape, seed=1)
    assert without.count_params() == trainable


@pytest.mark.parametrize("cell", CELLS)
def test_a_layers_own_weights(cell: str) -> None:
    width, inputs = 5, PLAIN.channels
    layer = core(Candidate(cell, width=width, lookback=7), PLAIN, seed=1).get_layer(f"{cell}_0")
    expected = {"lstm": 4 * width * (inputs + width + 1), "gru": 3 * width * (inputs + width + 2)}
    assert layer.count_params() == expected[cell]
    assert layer.units == width


@pytest.mark.parametrize("shape", [PLAIN, KNOWING], ids=["plain", "knowing"])
@pytest.mark.parametrize("normalisation", ["last", "standard", "season", "difference"])
@pytest.mark.parametrize("linear", [False, True])
def test_a_window_that_is_shifted_shifts_its_forecast(
    normalisation: str, shape: Shape, linear: bool
) -> None:
    candidate = replace(SMALL, normalisation=normalisation, linear=linear)
    model = unsettled(core(candidate, shape, seed=1))
    inputs = windows(shape)
    before = forecasts(model, inputs)
    after = forecasts(model, shifted(inputs, shape, by=8.0))
    np.testing.assert_allclose(after, before + 8.0, atol=2e-5)


@pytest.mark.parametrize("normalisation", ["standard", "season"])
@pytest.mark.parametrize("linear", [False, True])
def test_a_window_that_is_stretched_stretches_its_forecast(
    normalisation: str, linear: bool
) -> None:
    candidate = replace(SMALL, normalisation=normalisation, linear=linear)
    model = unsettled(core(candidate, KNOWING, seed=1))
    inputs = shifted(windows(KNOWING), KNOWING, times=20.0)  # far above the floor of the spread
    before = forecasts(model, inputs)
    after = forecasts(model, shifted(inputs, KNOWING, times=16.0))
    np.testing.assert_allclose(after, 16.0 * before, rtol=1e-4, atol=1e-2)


def test_the_linear_path_is_a_linear_forecast_of_each_target_from_its_own_window() -> None:
    """With the recurrent head still at zero, the forecast is level plus kernel times window."""
    model = core(replace(SMALL, normalisation="last", linear=True), KNOWING, seed=1)
    inputs = windows(KNOWING)
    kernel = np.random.default_rng(5).normal(size=(8, KNOWING.horizon)).astype(np.float32)
    model.get_layer("linear").set_weights([kernel])
    last = inputs[0][:, -1:, : KNOWING.targets]
    lags = inputs[0][:, :, : KNOWING.targets] - last
    expected = last + np.einsum("blt,lh->bht", lags, kernel)
    np.testing.assert_allclose(forecasts(model, inputs), expected, atol=1e-5)


@pytest.mark.parametrize("normalisation", ["none", "last", "difference"])
def test_the_others_do_not_stretch(normalisation: str) -> None:
    model = unsettled(core(replace(SMALL, normalisation=normalisation), PLAIN, seed=1))
    inputs = windows(PLAIN)
    before = forecasts(model, inputs)
    after = forecasts(model, shifted(inputs, PLAIN, times=16.0))
    assert np.abs(after - 16.0 * before).max() > 1.0


def test_without_normalisation_the_level_is_seen() -> None:
    model = unsettled(core(replace(SMALL, normalisation="none"), PLAIN, seed=1))
    inputs = windows(PLAIN)
    before = forecasts(model, inputs)
    after = forecasts(model, shifted(inputs, PLAIN, by=8.0))
    assert np.abs(after - before).max() < 7.0  # a bounded state cannot follow the level
    assert np.abs(after - before).max() > 1e-3


def test_a_flat_window_is_not_blown_up() -> None:
    model = unsettled(core(replace(SMALL, normalisation="standard"), PLAIN, seed=1))
    flat = np.full((1, 8, 3), 3.0, np.float32)
    assert np.abs(forecasts(model, [flat]) - 3.0).max() < 10 * SPREAD_FLOOR


@pytest.mark.parametrize(
    ("cell", "shape"), [("gru", PLAIN), ("lstm", KNOWING)], ids=["plain", "knowing"]
)
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_an_untrained_network_is_its_naive_forecast(
    normalisation: str, shape: Shape, cell: str
) -> None:
    model = core(replace(SMALL, cell=cell, normalisation=normalisation), shape, seed=1)
    inputs = windows(shape)
    targets = inputs[0][:, :, : shape.targets]
    if normalisation == "none":
        naive = np.zeros((5, 6, 2))  # standardised: the mean of the training rows
    elif normalisation == "season":
        ago = [-SEASON + step % SEASON for step in range(6)]  # a horizon longer than the season
        naive = targets[:, ago, :]
    else:
        naive = np.repeat(targets[:, -1:, :], 6, axis=1)
    np.testing.assert_allclose(forecasts(model, inputs), naive, atol=1e-6)


def test_a_season_longer_than_the_window_falls_back_on_the_last_value() -> None:
    shape = replace(PLAIN, season=9)
    model = core(replace(SMALL, normalisation="season"), shape, seed=1)
    inputs = windows(shape)
    last = np.repeat(inputs[0][:, -1:, :2], 6, axis=1)
    np.testing.assert_allclose(forecasts(model, inputs), last, atol=1e-6)


def test_the_gate_bias_is_set_and_nothing_else() -> None:
    model = core(replace(SMALL, depth=2), KNOWING, seed=3)
    before = model.get_weights()
    set_gate_bias(model)
    changed = 0
    for old, new in zip(before, model.get_weights(), strict=True):
        if old.shape != (2, 12):  # the biases of a GRU of 4: input and recurrent, three gates
            np.testing.assert_array_equal(new, old)
            continue
        changed += 1
        expected = np.zeros((2, 12))
        expected[0, :4] = 1.0  # the input bias of the update gate
        np.testing.assert_array_equal(new, expected)
    assert changed == 2


def test_the_update_gate_comes_first_and_keeps_the_state() -> None:
    """What `set_gate_bias` relies on: with a large bias there a GRU stays in its first state."""
    model = core(SMALL, PLAIN, seed=3)
    set_gate_bias(model, 50.0)
    layer = model.get_layer("gru_0")
    np.testing.assert_allclose(layer(windows(PLAIN)[0]), 0.0, atol=1e-6)


def test_an_lstm_is_left_with_its_forget_bias_of_one() -> None:
    model = core(replace(SMALL, cell="lstm"), PLAIN, seed=3)
    before = model.get_weights()
    set_gate_bias(model)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    expected = np.repeat([0.0, 1.0, 0.0, 0.0], 4)  # gates i, f, c, o
    np.testing.assert_array_equal(model.get_layer("lstm_0").get_weights()[2], expected)


@pytest.mark.parametrize("cell", CELLS)
def test_the_first_weights_follow_from_the_seed(cell: str) -> None:
    candidate = replace(SMALL, cell=cell, depth=2)
    one, again, other = (core(candidate, KNOWING, seed).get_weights() for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
@pytest.mark.parametrize(
    ("cell", "shape"), [("gru", PLAIN), ("lstm", KNOWING)], ids=["plain", "knowing"]
)
def test_the_whole_network_takes_and_gives_original_units(
    cell: str, normalisation: str, shape: Shape
) -> None:
    trained = unsettled(core(replace(SMALL, cell=cell, normalisation=normalisation), shape, seed=1))
    scaler = scaler_of(shape)
    inputs = windows(shape)
    raw = [inputs[0] * scaler.deviation + scaler.mean]
    raw += [future * scaler.deviation[3:] + scaler.mean[3:] for future in inputs[1:]]
    expected = scaler.restore(forecasts(trained, inputs))
    got = forecasts(whole(trained, shape, scaler, SMALL.lookback), raw)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5 * 340)


def test_names_do_not_depend_on_what_was_built_before() -> None:
    """A network's file has the same bytes from any worker, and the user's own counts go on."""

    def written() -> str:
        network = core(replace(SMALL, depth=2, residual=True), KNOWING, seed=1)
        return whole(network, KNOWING, scaler_of(KNOWING), 8).to_json()

    keras.layers.Dense(1)
    first = written()
    before = keras.layers.Dense(1).name
    for _ in range(3):
        written()
        keras.layers.Add()
    assert written() == first
    after = keras.layers.Dense(1).name
    assert int(after.rpartition("_")[2]) == int(before.rpartition("_")[2]) + 1


def test_the_whole_network_is_stock_layers_only() -> None:
    model = whole(core(SMALL, KNOWING, seed=1), KNOWING, scaler_of(KNOWING), 8)
    layers: list[Any] = [*model.layers, *model.get_layer("gru").layers]
    assert not [layer for layer in layers if isinstance(layer, keras.layers.Lambda)]
    assert all(type(layer).__module__.startswith("keras.") for layer in layers)
