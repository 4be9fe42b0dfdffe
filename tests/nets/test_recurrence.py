"""The recurrences and their gradients, against Keras' stock layers and JAX's autodiff."""

from __future__ import annotations

from typing import Any

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autorecur.nets.candidate import CELLS
from autorecur.nets.layers import recurrent

MASKS = ("none", "padding", "any")


def layer_of(cell: str, *, trained: bool, **choices: Any) -> Any:
    return recurrent(cell, 5, trained=trained, return_sequences=True, **choices)


def loss_and_gradients(layer: Any, weights: Any, inputs: Any, mask: Any, shares: Any) -> Any:
    """Of a weighted sum of all states, by the weights and by the inputs."""

    def loss(weights: Any, inputs: Any) -> Any:
        fixed = [each.value for each in layer.non_trainable_variables]
        states, _ = layer.stateless_call(weights, fixed, inputs, mask=mask)
        return (states * shares).sum()

    return jax.jit(jax.value_and_grad(loss, (0, 1)))(weights, inputs)


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=10, deadline=None)
@given(
    steps=st.sampled_from([1, 2, 9]),
    batch=st.sampled_from([1, 3, 4]),
    masks=st.sampled_from(MASKS),
    seed=st.integers(0, 99),
)
def test_they_are_those_of_the_stock_layer(
    cell: str, directions: int, steps: int, batch: int, masks: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(batch, steps, 3)).astype("float32")
    shares = rng.normal(size=(batch, steps, 5 * directions)).astype("float32")
    mask = {
        "none": None,
        "padding": np.arange(steps) < rng.integers(1, steps + 1, (batch, 1)),
        "any": rng.random((batch, steps)) < 0.6,
    }[masks]
    found, weights = [], []
    for trained in (True, False):
        layer = layer_of(cell, trained=trained)
        if directions == 2:
            layer = keras.layers.Bidirectional(layer)
        layer.build(inputs.shape)
        weights = weights or [rng.normal(0, 0.5, each.shape) for each in layer.trainable_variables]
        given_weights = [each.astype("float32") for each in weights]
        found.append(loss_and_gradients(layer, given_weights, inputs, mask, shares))
    for ours, stock in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(ours, stock, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_the_layers_loop_is_ours_and_its_weights_are_stock(cell: str) -> None:
    ours, stock = (layer_of(cell, trained=each) for each in (True, False))
    assert type(stock).__module__.startswith("keras.")
    assert type(ours).inner_loop is not type(stock).inner_loop
    for layer in (ours, stock):
        layer.build((None, 4, 3))
    for part in ("shape", "name"):
        those = [[getattr(e, part) for e in layer.trainable_variables] for layer in (ours, stock)]
        assert those[0] == those[1]
