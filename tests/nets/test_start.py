"""Where an untrained network starts: as Keras would have it, whatever drew it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from autorecur.nets.build import core
from autorecur.nets.candidate import CELLS, REFERENCE_CELL, Candidate
from autorecur.nets.shape import Shape

LABELS = Shape(1, 1, 0, 1, 1, window="whole", output="classes", codes=(300,), classes=4)
DEEP = Candidate("lstm", depth=2, width=48, lookback=6, pooling="attention", bidirectional=True)


def layers_of(model: keras.Model) -> list[Any]:
    found: list[Any] = []
    for layer in model.layers:
        both = isinstance(layer, keras.layers.Bidirectional)
        found += [layer.forward_layer, layer.backward_layer] if both else [layer]
    return [layer for layer in found if layer.get_weights()]


@pytest.mark.parametrize("cell", [*CELLS, REFERENCE_CELL])
def test_weights_are_spread_as_keras_spreads_them(cell: str) -> None:
    keras.utils.set_random_seed(1)  # the smallest have 32 weights, and no draw is like another
    candidate = replace(DEEP, cell=cell, embedding=40)
    ours = layers_of(core(candidate, LABELS, seed=3))
    assert len(ours) == 8  # vectors, four recurrent ones, two of attention, the answer
    for layer in ours:
        stock = layer.__class__.from_config(layer.get_config())
        stock.build((1, 6, layer.get_weights()[0].shape[0]))
        for mine, theirs in zip(layer.get_weights(), stock.get_weights(), strict=True):
            if mine.ndim == 1 or not theirs.any() or theirs.std() == 0 or not mine.any():
                np.testing.assert_array_equal(mine, theirs)  # biases
                continue
            assert np.abs(mine).max() == pytest.approx(np.abs(theirs).max(), rel=0.35)
            assert mine.std() == pytest.approx(theirs.std(), rel=0.15)
            gram = theirs @ theirs.T if theirs.shape[0] < theirs.shape[1] else theirs.T @ theirs
            if np.allclose(gram, np.eye(len(gram)), atol=1e-4):
                rows = mine @ mine.T if mine.shape[0] < mine.shape[1] else mine.T @ mine
                np.testing.assert_allclose(rows, np.eye(len(rows)), atol=1e-5)


def test_a_network_says_that_it_began_as_stock_layers_do() -> None:
    def initialisers(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = (
                [str(value["class_name"])]
                if "keras.initializers" in str(value.get("module"))
                else []
            )
            return own + [name for each in value.values() for name in initialisers(each)]
        if isinstance(value, (list, tuple)):
            return [name for each in value for name in initialisers(each)]
        return []

    names = initialisers(core(DEEP, LABELS, seed=3).get_config())
    assert names.count("Orthogonal") == 4  # of two bidirectional layers, as each was made
    assert names.count("GlorotUniform") == 4 + 3
    assert names.count("RandomUniform") == 1
    assert set(names) == {"Orthogonal", "GlorotUniform", "RandomUniform", "Zeros"}


def test_heads_of_zeros_stay_zeros() -> None:
    shape = Shape(channels=2, targets=1, known=0, horizon=3, season=4)
    model = core(Candidate("gru", width=4, lookback=8, linear=True), shape, seed=1)
    for name in ("steps", "linear"):
        assert not np.any(model.get_layer(name).get_weights()[0])


def test_seeds_differ_and_layers_do() -> None:
    one, other = (core(DEEP, LABELS, seed=seed) for seed in (1, 2))
    kernels = [layer.get_weights()[0] for model in (one, other) for layer in layers_of(model)]
    flat = {each.tobytes() for each in kernels}
    assert len(flat) == len(kernels)
