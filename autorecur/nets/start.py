"""Where an untrained network starts: Keras' own initial distributions, drawn with NumPy.

Keras on JAX compiles a little program for every shape of every weight that it draws, two seconds a
new network; NumPy draws them in a millisecond, and alike whatever the engine. The layers are built
with zeros, and are given Keras' default initialisers here: a saved network says what it began with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

__all__ = ["draw", "set_gate_bias"]

ZERO = ("steps", "linear")  # dense layers that begin as nothing: see `build.py`
EMBEDDING_LIMIT = 0.05


def draw(model: keras.Model, seed: int) -> None:
    """Give `model`, built with zeros, the weights of `seed`."""
    import keras

    rng = np.random.default_rng((seed, 11))
    for layer in _parts(model):
        if isinstance(layer, keras.layers.Embedding):
            layer.embeddings_initializer = keras.initializers.RandomUniform()
            size = layer.embeddings.shape
            layer.embeddings.assign(rng.uniform(-EMBEDDING_LIMIT, EMBEDDING_LIMIT, size))
        elif isinstance(layer, keras.layers.Dense) and layer.name not in ZERO:
            layer.kernel_initializer = keras.initializers.GlorotUniform()
            layer.kernel.assign(_glorot_uniform(rng, layer.kernel.shape))
        elif hasattr(layer, "cell"):
            cell = layer.cell
            cell.kernel_initializer = keras.initializers.GlorotUniform()
            cell.recurrent_initializer = keras.initializers.Orthogonal()
            cell.kernel.assign(_glorot_uniform(rng, cell.kernel.shape))
            cell.recurrent_kernel.assign(_orthogonal(rng, cell.recurrent_kernel.shape))


def _parts(model: keras.Model) -> Iterator[Any]:
    """The layers, both directions of a bidirectional one apart."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.Bidirectional):
            yield from (layer.forward_layer, layer.backward_layer)
        else:
            yield layer


def _glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Glorot and Bengio 2010."""
    limit = np.sqrt(6.0 / sum(shape))
    return rng.uniform(-limit, limit, shape)


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Saxe et al. 2013: the orthonormal part of a normal matrix, its signs made unique."""
    tall = (max(shape), min(shape))
    orthonormal, upper = np.linalg.qr(rng.normal(size=tall))
    orthonormal *= np.sign(np.diag(upper))
    return orthonormal if shape[0] >= shape[1] else orthonormal.T


def set_gate_bias(model: keras.Model, bias: float = 1.0) -> None:
    """Let a GRU start with a memory like the LSTM's.

    Keras gives an LSTM a forget bias of 1 and a GRU an update bias of 0, so equal settings would
    start with unequal memory (Jozefowicz et al. 2015). In Keras the update gate *keeps* the state,
    and comes first.
    """
    import keras

    for layer in _parts(model):
        if isinstance(layer, keras.layers.GRU):
            kernel, recurrent, biases = layer.get_weights()
            biases[0, : layer.units] = bias  # reset_after: row 0 is the input bias, gates z, r, h
            layer.set_weights([kernel, recurrent, biases])
