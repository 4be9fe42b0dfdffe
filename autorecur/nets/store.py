"""A trained network to disk and back, preprocessing inside, in Keras' own format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Examples
from autorecur.errors import RunError

if TYPE_CHECKING:
    import keras

__all__ = ["forecast", "load", "save", "windows"]

BATCH = 512


def save(model: keras.Model, path: Path) -> None:
    """Write `model` at once or not at all: a reader never sees half a file."""
    partial = path.with_name(f".{path.stem}.partial.keras")
    model.save(partial)
    os.replace(partial, path)


def load(path: Path) -> keras.Model:
    """The network in `path`, for the caller's own Keras backend, with safe mode on."""
    import keras

    if not path.is_file():
        raise RunError(f"there is no model at {path}: the run ended before one was trained")
    return keras.models.load_model(path, compile=False, safe_mode=True)


def forecast(
    model: keras.Model,
    values: NDArray[np.float32],
    known: NDArray[np.float32],
    examples: Examples,
) -> NDArray[np.float32]:
    """Forecasts [examples, horizon, targets] in original units.

    `values` [rows, channels], `known` [rows + horizon, k]; the windows of one batch are gathered at
    a time. Rows before the first are read as the first row, so that a table shorter than the
    lookback works too.
    """
    horizon, targets = model.outputs[0].shape[1:]
    forecasts = np.empty((len(examples), horizon, targets), np.float32)
    for begin in range(0, len(examples), BATCH):
        batch = examples[begin : begin + BATCH]
        inputs = windows(model, values, known, batch)
        forecasts[begin : begin + len(batch)] = np.asarray(model.predict_on_batch(inputs))
    return forecasts


def windows(
    model: keras.Model,
    values: NDArray[np.float32],
    known: NDArray[np.float32],
    examples: Examples,
) -> list[NDArray[np.float32]]:
    """What `model` is called with for `examples`: the windows before, and what is known ahead."""
    lookback, horizon = model.inputs[0].shape[1], model.outputs[0].shape[1]
    rows = np.maximum(examples[:, None] + np.arange(-lookback, 0), 0)
    inputs = [np.concatenate([values[rows], known[rows]], axis=-1)]
    if known.shape[1]:
        inputs.append(known[examples[:, None] + np.arange(horizon)])
    return inputs
