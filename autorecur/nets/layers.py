"""Layers, stock or in the form that trainings want; no saved network has one of ours.

Both forms of a layer have the same weights in the same order: see `build.core`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from autorecur.nets.recurrence import RECURRENCES

__all__ = ["RATE", "dropout", "recurrent"]

RATE = "rate"  # the name of the variable


def recurrent(cell: str, units: int, *, trained: bool, **choices: Any) -> Any:
    """A layer of `cell`; `trained`: where JAX runs it, its steps are those of `recurrence.py`."""
    import keras

    if trained and cell in RECURRENCES and keras.backend.backend() == "jax":
        # Asked for cuDNN, Keras would run its loop in both directions at once, past ours.
        return _ours(cell)(units, use_cudnn=False, **choices)
    stock = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}
    return stock[cell](units, **choices)


@cache
def _ours(cell: str) -> type[Any]:
    """The stock layer of `cell`, but for its loop over the steps."""
    import keras
    from jax import numpy as jnp

    states_of = RECURRENCES[cell]()

    class Ours({"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]):  # type: ignore[misc]
        def inner_loop(
            self, sequences: Any, initial_state: Any, mask: Any, training: bool = False
        ) -> Any:
            """As in Keras, from an initial state of zeros: last output, all of them, states."""
            weights = tuple(variable.value for variable in self.cell.trainable_variables)
            inputs = jnp.swapaxes(sequences, 0, 1)
            there = None if mask is None else jnp.swapaxes(mask, 0, 1)[:, :, None] * 1.0
            if self.go_backwards:
                inputs = jnp.flip(inputs, 0)
                there = None if there is None else jnp.flip(there, 0)
            states = states_of(weights, inputs, there)
            shown = states * there if there is not None and self.zero_output_for_mask else states
            return shown[-1], jnp.swapaxes(shown, 0, 1), [states[-1]]

    # A bidirectional layer makes its two from the configuration of the one that it is given.
    return keras.saving.register_keras_serializable("autorecur", cell)(Ours)  # type: ignore[no-any-return]


def dropout(states: Any, rate: float, seed: int, *, trained: bool) -> Any:
    """`states` after dropout of `rate`, by the masks of `seed`; `trained`: the rate is a variable.

    A compiled step takes it as an input; both forms draw the same masks.
    """
    import keras

    make = _settable() if trained else keras.layers.Dropout
    return make(rate, seed=seed)(states)


@cache
def _settable() -> type[Any]:
    """The class, made when Keras is there: the parent process never imports it for this."""
    import keras

    class SettableDropout(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, rate: float, seed: int) -> None:
            super().__init__()
            self.supports_masking = True
            self.seed_generator = keras.random.SeedGenerator(seed)
            self.rate = self.add_weight(
                shape=(), initializer=keras.initializers.Constant(rate), trainable=False, name=RATE
            )

        def call(self, inputs: Any, training: bool = False) -> Any:
            if not training:
                return inputs
            # Keras' own function compares the rate with numbers, which a traced one forbids.
            keep = 1.0 - self.rate
            kept = keras.random.uniform(keras.ops.shape(inputs), seed=self.seed_generator) < keep
            return keras.ops.where(kept, inputs / keep, 0.0)

        def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
            return keras.KerasTensor(inputs.shape, dtype=inputs.dtype)

    return SettableDropout
