"""Candidate × Shape → a plain Keras model of stock layers.

Two models come from one candidate. The *core* works on standardised values and is what the
trainings run. `whole` wraps it in its preprocessing (stock `Normalization` layers with the training
rows' mean and variance), so that the saved file takes original units and gives original units.

Window normalisation sits inside the core: a recurrent network that sees absolute levels loses to
seasonal naive on shifting series (Hewamalage et al. 2021), so each window is seen relative to
itself, and the forecast is put back on the window's own level.

Keras is imported inside the functions: the parent process describes networks and never builds one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset
from autorecur.nets.candidate import Candidate

if TYPE_CHECKING:
    import keras

__all__ = ["Scaler", "Shape", "core", "set_gate_bias", "whole"]

SPREAD_FLOOR = 1e-2  # of the training rows' deviation: a flat window must not be blown up
HEAD_WIDTH = 16  # features a forecast step, before they meet that step's calendar


@dataclass(frozen=True)
class Shape:
    """What of a Dataset fixes a network's inputs and outputs."""

    channels: int  # numeric columns, targets first
    targets: int
    known: int  # features known in advance, calendar included
    horizon: int
    season: int

    @classmethod
    def of(cls, dataset: Dataset) -> Shape:
        return cls(
            channels=dataset.values.shape[1],
            targets=dataset.targets,
            known=dataset.known.shape[1],
            horizon=dataset.horizon,
            season=dataset.schema.season,
        )


@dataclass(frozen=True, eq=False)
class Scaler:
    """Mean and deviation of each channel, of training rows only; a constant one stays as it is."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    @classmethod
    def fit(cls, values: NDArray[np.float32]) -> Scaler:
        """From rows [n, channels].

        >>> Scaler.fit(np.array([[1.0, 5.0], [3.0, 5.0]], dtype="float32")).deviation.tolist()
        [1.0, 1.0]
        """
        mean = values.mean(axis=0, dtype=np.float64)
        deviation = values.std(axis=0, dtype=np.float64)
        deviation = np.where(deviation > 1e-7 * (1.0 + np.abs(mean)), deviation, 1.0)
        return cls(mean.astype(np.float32), deviation.astype(np.float32))

    def scale(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return (values - self.mean) / self.deviation

    def restore(self, forecast: NDArray[np.float32]) -> NDArray[np.float32]:
        """Forecasts [n, horizon, targets] back in original units."""
        targets = forecast.shape[-1]
        return forecast * self.deviation[:targets] + self.mean[:targets]


def core(candidate: Candidate, shape: Shape, seed: int) -> keras.Model:
    """The network that is trained: standardised windows in, standardised forecasts out.

    Inputs `past` [batch, lookback, channels + known] and, where something is known in advance,
    `future` [batch, horizon, known]; output [batch, horizon, targets].
    """
    import keras

    # Keras' default initialisers draw their seeds from here; its own `set_random_seed` would do the
    # same and import TensorFlow besides, which costs a worker five seconds.
    random.seed(seed)
    past = keras.Input((candidate.lookback, shape.channels + shape.known), name="past")
    future = keras.Input((shape.horizon, shape.known), name="future") if shape.known else None
    relative, level, spread = _relative(past, candidate, shape)
    state = _recurrent(relative, candidate, seed)
    steps = _head(state, future, candidate, shape)
    forecast = _absolute(steps, level, spread, candidate)
    inputs = [past] if future is None else [past, future]
    return keras.Model(inputs, forecast, name=candidate.cell)


def whole(trained: keras.Model, shape: Shape, scaler: Scaler) -> keras.Model:
    """`trained` with its preprocessing around it: original units in, original units out."""
    import keras

    mean = np.concatenate([scaler.mean, np.zeros(shape.known, np.float32)])
    variance = np.concatenate([scaler.deviation**2, np.ones(shape.known, np.float32)])
    past = keras.Input(trained.inputs[0].shape[1:], name="past")
    scaled = keras.layers.Normalization(
        mean=mean.tolist(), variance=variance.tolist(), name="standardise"
    )(past)
    inputs, scaled_inputs = [past], [scaled]
    if shape.known:
        future = keras.Input((shape.horizon, shape.known), name="future")
        inputs, scaled_inputs = [past, future], [scaled, future]
    forecast = keras.layers.Normalization(
        mean=scaler.mean[: shape.targets].tolist(),
        variance=(scaler.deviation[: shape.targets] ** 2).tolist(),
        invert=True,
        name="original_units",
    )(trained(scaled_inputs))
    return keras.Model(inputs, forecast, name=f"autorecur_{trained.name}")


def _relative(past: Any, candidate: Candidate, shape: Shape) -> tuple[Any, Any, Any]:
    """The window relative to itself; the level to add [batch, horizon, targets]; its spread."""
    from keras import ops

    values, known = past[:, :, : shape.channels], past[:, :, shape.channels :]
    last = values[:, -1:, :]
    level, spread = last[:, :, : shape.targets], None
    match candidate.normalisation:
        case "none":
            relative, level = values, None
        case "last":
            relative = values - last
        case "difference":
            relative = values[:, 1:, :] - values[:, :-1, :]
            relative = ops.pad(relative, ((0, 0), (1, 0), (0, 0)))
        case "standard" | "season":
            variance = ops.mean(
                ops.square(values - ops.mean(values, 1, keepdims=True)), 1, keepdims=True
            )
            deviation = ops.sqrt(variance + SPREAD_FLOOR**2)
            relative = (values - last) / deviation
            spread = deviation[:, :, : shape.targets]
            if candidate.normalisation == "season" and 1 < shape.season <= candidate.lookback:
                level = _season_ago(values, shape)
    if shape.known:
        relative = ops.concatenate([relative, known], axis=-1)
    return relative, level, spread


def _season_ago(values: Any, shape: Shape) -> Any:
    """The targets one season before each forecast step, repeated when the horizon is longer."""
    from keras import ops

    season = values[:, -shape.season :, : shape.targets]
    repeats = -(-shape.horizon // shape.season)
    return ops.concatenate([season] * repeats, axis=1)[:, : shape.horizon, :]


def _recurrent(inputs: Any, candidate: Candidate, seed: int) -> Any:
    import keras

    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[candidate.cell]
    state = inputs
    for level in range(candidate.depth):
        top = level == candidate.depth - 1
        state = layer(candidate.width, return_sequences=not top, name=f"{candidate.cell}_{level}")(
            state
        )
        if candidate.dropout:
            state = keras.layers.Dropout(candidate.dropout, seed=seed + level)(state)
    return state


def _head(state: Any, future: Any, candidate: Candidate, shape: Shape) -> Any:
    """Every step of the horizon at once (direct): features, which meet what is known of a step.

    The last kernel starts at zero, so an untrained network is exactly its own naive forecast.
    """
    import keras

    if future is None:
        flat = keras.layers.Dense(
            shape.horizon * shape.targets, kernel_initializer="zeros", name="steps"
        )(state)
        return keras.layers.Reshape((shape.horizon, shape.targets))(flat)
    context = keras.layers.Dense(shape.horizon * HEAD_WIDTH, name="context")(state)
    context = keras.layers.Reshape((shape.horizon, HEAD_WIDTH))(context)
    joined = keras.layers.Concatenate()([context, future])
    hidden = keras.layers.Dense(2 * HEAD_WIDTH, activation="tanh", name="step_features")(joined)
    joined = keras.layers.Concatenate()([context, hidden])
    return keras.layers.Dense(shape.targets, kernel_initializer="zeros", name="steps")(joined)


def _absolute(steps: Any, level: Any, spread: Any, candidate: Candidate) -> Any:
    from keras import ops

    if candidate.normalisation == "difference":
        steps = ops.cumsum(steps, axis=1)
    if spread is not None:
        steps = steps * spread
    return steps if level is None else steps + level


def set_gate_bias(model: keras.Model, bias: float = 1.0) -> None:
    """Let a GRU start with a memory like the LSTM's.

    Keras gives an LSTM a forget bias of 1 and a GRU an update bias of 0, so equal settings would
    start with unequal memory (Jozefowicz et al. 2015). In Keras the update gate *keeps* the state
    and comes first.
    """
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.GRU):
            kernel, recurrent, biases = layer.get_weights()
            biases[0, : layer.units] = bias  # reset_after: row 0 is the input bias, gates z, r, h
            layer.set_weights([kernel, recurrent, biases])
