"""A trained network to disk and back, preprocessing inside, in Keras' own format; and its use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Examples
from autorecur.data.kinds import Kind
from autorecur.errors import RunError
from autorecur.nets.whole import PADDING

if TYPE_CHECKING:
    import keras

__all__ = ["Rows", "forecast", "load", "save", "windows"]

BATCH = 512


class Rows(Protocol):
    """The rows of a table that was read: a `Dataset`, or what `prepare` gives."""

    @property
    def values(self) -> NDArray[np.float32]: ...
    @property
    def known(self) -> NDArray[np.float32]: ...
    @property
    def codes(self) -> NDArray[np.int32]: ...
    @property
    def static(self) -> NDArray[np.float32]: ...
    @property
    def offsets(self) -> NDArray[np.int64]: ...


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


def forecast(model: keras.Model, rows: Rows, examples: Examples, kind: Kind) -> NDArray[np.float32]:
    """What `model` gives for `examples`: [examples, horizon, targets] or [examples, …, classes].

    The windows of one batch are gathered at a time.
    """
    batches = [
        np.asarray(
            model.predict_on_batch(windows(model, rows, examples[begin : begin + BATCH], kind))
        )
        for begin in range(0, len(examples), BATCH)
    ]
    if not batches:
        return np.empty((0, *model.outputs[0].shape[1:]), np.float32)
    return np.concatenate(batches)


def windows(model: keras.Model, rows: Rows, examples: Examples, kind: Kind) -> list[Any]:
    """What `model` is called with for `examples`, in the order of its inputs.

    Before a series' first row there is none: its first row is repeated, so that a table shorter
    than the lookback works too. After the last row of a whole series comes padding, which is no
    number.
    """
    inputs = {tensor.name: tensor for tensor in model.inputs}
    series = examples if kind.by_series else _series_of(rows, examples)
    lookback = next(inputs[name].shape[1] for name in ("past", "codes") if name in inputs)
    steps, starts = np.arange(lookback), rows.offsets[series][:, None]
    padding = None
    if kind.by_series:
        ends = rows.offsets[series + 1][:, None]
        padding = starts + steps >= ends
        window = np.minimum(starts + steps, ends - 1)
    elif kind.window == "stream":
        window = examples[:, None] + steps
    else:
        last = examples if kind.window == "upto" else examples - 1
        window = np.maximum(last[:, None] - lookback + 1 + steps, starts)
    made: dict[str, Any] = {}
    if "past" in inputs:
        past = np.concatenate([rows.values[window], rows.known[window]], axis=-1)
        made["past"] = past if padding is None else np.where(padding[:, :, None], np.nan, past)
    if "codes" in inputs:
        codes = rows.codes[window]
        made["codes"] = codes if padding is None else np.where(padding[:, :, None], PADDING, codes)
    if "future" in inputs:
        made["future"] = rows.known[examples[:, None] + np.arange(inputs["future"].shape[1])]
    if "static" in inputs:
        made["static"] = rows.static[series]
    return [made[name] for name in inputs]


def _series_of(rows: Rows, examples: Examples) -> NDArray[np.int64]:
    # A forecast's example may be the first row after the last series' end.
    places = np.searchsorted(rows.offsets, examples, side="right").astype(np.int64) - 1
    return np.minimum(places, len(rows.offsets) - 2)
