"""A trained core with its preprocessing around it: original units in, original units out.

Stock layers and `keras.ops` only, so that the saved file loads with `keras.models.load_model`, safe
mode on, and needs nothing of autorecur.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autorecur.nets.build import input_names
from autorecur.nets.naming import numbered_anew
from autorecur.nets.shape import Scaler, Shape

if TYPE_CHECKING:
    import keras

__all__ = ["PADDING", "whole"]

PADDING = -1  # in the place of a code, after the end of a series


@numbered_anew()
def whole(trained: keras.Model, shape: Shape, scaler: Scaler, lookback: int) -> keras.Model:
    """`trained`, from raw windows to forecasts in original units or to probabilities.

    The inputs are the core's but for the mask: rows of `past` that hold no number are padding, and
    without a `past` rows of codes below nought; a code of nought is an unknown category.
    """
    import keras
    from keras import ops

    inputs = {
        name: keras.Input(_steps(tensor.shape[1:], lookback), dtype=tensor.dtype, name=name)
        for name, tensor in zip(input_names(shape), trained.inputs, strict=True)
        if name != "mask"
    }
    fed: dict[str, Any] = dict(inputs)
    if shape.window == "whole" and "past" in inputs:
        padding = ops.any(ops.isnan(inputs["past"]), axis=-1)
        fed["past"] = ops.where(padding[:, :, None], 0.0, inputs["past"])
        fed["mask"] = 1.0 - ops.cast(padding, "float32")
    elif shape.window == "whole":
        fed["mask"] = ops.cast(ops.any(inputs["codes"] > PADDING, axis=-1), "float32")
    if shape.window == "whole" and "codes" in inputs:
        fed["codes"] = ops.maximum(inputs["codes"], 0)
    if "past" in fed:
        fed["past"] = _standardised("standardise", scaler.mean, scaler.deviation)(fed["past"])
    if "future" in fed:
        known = slice(shape.channels, None)
        layer = _standardised("standardise_future", scaler.mean[known], scaler.deviation[known])
        fed["future"] = layer(fed["future"])
    if "static" in fed:
        layer = _standardised("standardise_static", scaler.static_mean, scaler.static_deviation)
        fed["static"] = layer(fed["static"])
    output = trained([fed[name] for name in input_names(shape)])
    if shape.output == "numbers":
        output = _standardised(
            "original_units", scaler.target_mean, scaler.target_deviation, invert=True
        )(output)
    else:
        output = ops.softmax(output, axis=-1)
    return keras.Model(list(inputs.values()), output, name=f"autorecur_{trained.name}")


def _steps(shape: tuple[int | None, ...], lookback: int) -> tuple[int, ...]:
    """A core that pads to more than one length leaves its steps open; a saved network does not."""
    return tuple(lookback if size is None else size for size in shape)


def _standardised(name: str, mean: Any, deviation: Any, invert: bool = False) -> Any:
    import keras

    variance = np.square(np.asarray(deviation, np.float64))
    return keras.layers.Normalization(
        mean=np.asarray(mean, np.float64).tolist(),
        variance=variance.tolist(),
        invert=invert,
        name=name,
    )
