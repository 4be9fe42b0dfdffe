"""Candidate × Shape → a plain Keras model of stock layers.

Two models come from one candidate. The *core* works on standardised values and is what the
trainings run. `whole.py` wraps it in its preprocessing, so that the saved file takes original
units.

Window normalisation sits inside the core: a recurrent network that sees absolute levels loses to
seasonal naive on shifting series (Hewamalage et al. 2021), so each window is seen relative to
itself, and the forecast is put back on the window's own level.

Keras is imported inside the functions: the parent process describes networks and never builds one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autorecur.nets import layers, start
from autorecur.nets.candidate import Candidate
from autorecur.nets.naming import numbered_anew
from autorecur.nets.shape import Shape

if TYPE_CHECKING:
    import keras

__all__ = [
    "ATTENTION_WIDTH",
    "HEAD_WIDTH",
    "core",
    "input_names",
    "vector_widths",
]

SPREAD_FLOOR = 1e-2  # of the training rows' deviation: a flat window must not be blown up
HEAD_WIDTH = 16  # features a forecast step, before they meet that step's calendar
ATTENTION_WIDTH = 32
MOST_VECTOR_WIDTH = 512  # of all categorical columns together, where each can still have one
EMBEDDED = 100  # the number of the dropout below the first recurrent layer
FAR_BELOW = -1e9  # a score that a softmax or a maximum never picks

_Dropout = Callable[[int, Any], Any]  # the number of a dropout, and what goes through it


def input_names(shape: Shape) -> tuple[str, ...]:
    """The inputs of a core, in their order.

    >>> input_names(Shape(channels=1, targets=1, known=2, horizon=3, season=1))
    ('past', 'future')
    """
    present = {
        "past": shape.channels + shape.known > 0,
        "codes": bool(shape.codes),
        "mask": shape.window == "whole",
        "future": shape.window == "before" and shape.known > 0,
        "static": shape.static > 0,
    }
    return tuple(name for name, there in present.items() if there)


@numbered_anew()
def core(candidate: Candidate, shape: Shape, seed: int, *, trained: bool = False) -> keras.Model:
    """The network that is trained: standardised windows in, standardised forecasts or scores out.

    All its layers are stock, its weights those of `seed`. `trained`: some are of `layers.py`, for
    steps that take rates of dropout, and all weights, as inputs.

    Inputs, where there are any: `past` [batch, lookback, channels + known]; `codes` [batch,
    lookback, categories], whole numbers; `mask` [batch, lookback], 1 where a row is not padding;
    `future` [batch, horizon, known]; `static` [batch, static]. Output [batch, horizon, targets], or
    scores before the softmax, [batch, horizon, classes]; for a stream, [batch, lookback, classes].
    """
    import keras

    inputs = _inputs(candidate, shape)
    mask = keras.ops.cast(inputs["mask"], "bool") if "mask" in inputs else None
    relative, level, spread = _relative(inputs.get("past"), candidate, shape)
    dropout = partial(_dropout, candidate, seed, trained)
    features = _features(relative, inputs.get("codes"), candidate, shape, dropout)
    states = _recurrent(features, mask, candidate, shape, dropout, trained)
    state = states if shape.window == "stream" else _pooled(states, mask, candidate)
    if "static" in inputs:
        state = keras.layers.Concatenate()([state, inputs["static"]])
    if shape.window == "stream":
        output = _dense(shape.classes, name="tokens")(state)
    elif shape.window == "before":
        steps = _steps(state, inputs.get("future"), shape)
        if candidate.linear:
            steps = keras.layers.Add()([steps, _linear(relative, candidate, shape)])
        output = _absolute(steps, level, spread, candidate)
    else:
        flat = _dense(shape.outputs, name="answer")(state)
        output = keras.layers.Reshape((1, shape.outputs))(flat)
    model = keras.Model(list(inputs.values()), output, name=candidate.cell)
    if not trained:
        start.draw(model, seed)
    return model


def _inputs(candidate: Candidate, shape: Shape) -> dict[str, Any]:
    import keras

    lookback = None if shape.short else candidate.lookback  # whole series have two padded lengths
    sizes: dict[str, tuple[tuple[int | None, ...], str]] = {
        "past": ((lookback, shape.channels + shape.known), "float32"),
        "codes": ((lookback, len(shape.codes)), "int32"),
        "mask": ((lookback,), "float32"),
        "future": ((shape.horizon, shape.known), "float32"),
        "static": ((shape.static,), "float32"),
    }
    return {
        name: keras.Input(sizes[name][0], dtype=sizes[name][1], name=name)
        for name in input_names(shape)
    }


def _relative(past: Any, candidate: Candidate, shape: Shape) -> tuple[Any, Any, Any]:
    """The window, relative to itself; the level to add, [batch, horizon, targets]; its spread."""
    from keras import ops

    if past is None or shape.window != "before":
        return past, None, None
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
            middle = ops.mean(values, 1, keepdims=True)
            variance = ops.mean(ops.square(values - middle), 1, keepdims=True)
            # Relative to the level too: in a panel whose channels keep their units, a fixed floor
            # would be nothing to one series and everything to another.
            floor = SPREAD_FLOOR if not shape.panel else SPREAD_FLOOR * ops.abs(middle) + 1e-6
            deviation = ops.sqrt(variance + ops.square(floor))
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


def vector_widths(candidate: Candidate, shape: Shape) -> list[int]:
    """How wide the vectors of each categorical column are; the many share what the few may have.

    >>> vector_widths(Candidate("gru"), Shape(1, 1, 0, 1, 1, codes=(4, 100)))
    [3, 16]
    """
    most = max(1, MOST_VECTOR_WIDTH // max(1, len(shape.codes)))
    return [candidate.embedding or min(16, 1 + size // 2, most) for size in shape.codes]


def _dropout(candidate: Candidate, seed: int, trained: bool, number: int, states: Any) -> Any:
    """Dropout number `number` of a network."""
    if not candidate.dropout:
        return states
    return layers.dropout(states, candidate.dropout, seed + number, trained=trained)


def _features(
    relative: Any, codes: Any, candidate: Candidate, shape: Shape, dropout: _Dropout
) -> Any:
    """What the first recurrent layer sees of each row: numbers beside the vectors of the codes."""
    import keras

    parts = [] if relative is None else [relative]
    widths = vector_widths(candidate, shape)
    # One table for all columns of a width: a layer each would take minutes to compile for hundreds.
    for number, width in enumerate(sorted(set(widths))):
        places = [place for place, each in enumerate(widths) if each == width]
        sizes = [shape.codes[place] for place in places]
        embed = keras.layers.Embedding(sum(sizes), width, "zeros", name=f"embedding_{number}")
        firsts = np.cumsum([0, *sizes[:-1]]).astype("int32")
        vectors = embed(keras.ops.take(codes, np.asarray(places), axis=2) + firsts)
        parts.append(keras.layers.Reshape((-1, len(places) * width))(vectors))
    features = parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)
    return dropout(EMBEDDED, features) if shape.codes else features


def _recurrent(
    features: Any,
    mask: Any,
    candidate: Candidate,
    shape: Shape,
    dropout: _Dropout,
    trained: bool,
) -> Any:
    """The stack: all steps of its top layer, or its last state where nothing else is asked for."""
    import keras

    states = features
    for number in range(candidate.depth):
        top = number == candidate.depth - 1
        every = not top or candidate.pooling != "last" or shape.window == "stream"
        layer = layers.recurrent(
            candidate.cell,
            candidate.width,
            trained=trained,
            kernel_initializer="zeros",
            recurrent_initializer="zeros",
            return_sequences=every,
            name=f"{candidate.cell}_{number}",
        )
        if candidate.bidirectional:
            # The last state of the backward direction is that of the first row: Keras takes the
            # right end of each only where it is not asked for every step.
            layer = keras.layers.Bidirectional(layer, name=f"both_ways_{number}")
        below, states = states, layer(states, mask=mask)
        if candidate.residual and number and every:
            states = keras.layers.Add()([below, states])
        states = dropout(number, states)
    return states


def _pooled(states: Any, mask: Any, candidate: Candidate) -> Any:
    """One state for the whole window; padding never counts."""
    from keras import ops

    if candidate.pooling == "last":
        return states
    there = None if mask is None else ops.cast(mask, states.dtype)[:, :, None]
    if candidate.pooling == "max":
        kept = states if there is None else states + (1.0 - there) * FAR_BELOW
        return ops.max(kept, axis=1)
    if candidate.pooling == "mean":
        if there is None:
            return ops.mean(states, axis=1)
        return ops.sum(states * there, axis=1) / ops.maximum(ops.sum(there, axis=1), 1.0)
    hidden = _dense(ATTENTION_WIDTH, activation="tanh", name="attention")(states)
    scores = _dense(1, use_bias=False, name="attention_scores")(hidden)
    if there is not None:
        scores = scores + (1.0 - there) * FAR_BELOW
    return ops.sum(states * ops.softmax(scores, axis=1), axis=1)


def _steps(state: Any, future: Any, shape: Shape) -> Any:
    """Every step of the horizon at once (direct): features a step meet what is known of that step.

    The last kernel starts at zero, so an untrained network is exactly its own naive forecast.
    """
    import keras

    if future is None:
        flat = _dense(shape.horizon * shape.targets, name="steps")(state)
        return keras.layers.Reshape((shape.horizon, shape.targets))(flat)
    context = _dense(shape.horizon * HEAD_WIDTH, name="context")(state)
    context = keras.layers.Reshape((shape.horizon, HEAD_WIDTH))(context)
    joined = keras.layers.Concatenate()([context, future])
    hidden = _dense(2 * HEAD_WIDTH, activation="tanh", name="step_features")(joined)
    joined = keras.layers.Concatenate()([context, hidden])
    return _dense(shape.targets, name="steps")(joined)


def _linear(relative: Any, candidate: Candidate, shape: Shape) -> Any:
    """A linear forecast of each target from its own window, beside the recurrent one.

    The autoregressive part of Lai et al. 2018 (LSTNet): what a linear model of the lags can say,
    the recurrent layers need not learn. Its kernel starts at zero.
    """
    from keras import ops

    lags = ops.transpose(relative[:, :, : shape.targets], (0, 2, 1))
    ahead = _dense(shape.horizon, use_bias=False, name="linear")(lags)
    return ops.transpose(ahead, (0, 2, 1))


def _dense(units: int, **choices: Any) -> Any:
    """A dense layer of zeros; `start.draw` fills those that do not stay so."""
    import keras

    return keras.layers.Dense(units, kernel_initializer="zeros", **choices)


def _absolute(steps: Any, level: Any, spread: Any, candidate: Candidate) -> Any:
    from keras import ops

    if candidate.normalisation == "difference":
        steps = ops.cumsum(steps, axis=1)
    if spread is not None:
        steps = steps * spread
    return steps if level is None else steps + level
