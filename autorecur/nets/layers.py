"""Dropout, stock or with its rate as a variable: the compiled step takes rates as inputs.

No saved network has a layer of ours; see `build.core`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

__all__ = ["RATE", "dropout"]

RATE = "rate"  # the name of the variable


def dropout(states: Any, rate: float, seed: int, *, settable: bool) -> Any:
    """`states` after dropout of `rate`, with the masks that `seed` gives to both kinds of layer."""
    import keras

    make = _settable() if settable else keras.layers.Dropout
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
