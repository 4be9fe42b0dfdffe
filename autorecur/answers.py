"""What a network answered, as a table that a person can read: one shape for each kind of answer.

Used for the holdout's predictions, for `evaluate` and for `predict`; with a truth beside them or
without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.dataset import Examples, Schema

__all__ = ["forecast_table", "label_table", "stretch_table"]

Array = NDArray[np.floating[Any]]
PROBABILITY = "probability of "


def forecast_table(
    schema: Schema,
    times: Any,
    names: Sequence[str],
    series: NDArray[np.int64],
    examples: Examples,
    forecasts: Array,
    truth: Array,
) -> pd.DataFrame:
    """One row a forecast step: series, origin, time, step, target, forecast, actual.

    The series is left out where there is one, the target where there is one.
    """
    many, horizon, targets = forecasts.shape
    rows = (examples[:, None] + np.arange(horizon)).ravel()
    columns: dict[str, Any] = {}
    if schema.series:
        columns[schema.series] = np.repeat(np.asarray(names, object)[series], horizon)
    columns["origin"] = np.repeat(times[np.maximum(examples - 1, 0)], horizon)
    columns["time"] = times[rows]
    columns["step"] = np.tile(np.arange(1, horizon + 1), many)
    parts = [
        pd.DataFrame(
            columns
            | ({"target": schema.names("target")[place]} if targets > 1 else {})
            | {
                "forecast": forecasts[:, :, place].ravel(),
                "actual": truth[:, :, place].ravel(),
            }
        )
        for place in range(targets)
    ]
    return parts[0] if targets == 1 else pd.concat(parts, ignore_index=True)


def label_table(
    schema: Schema, identity: dict[str, Any], answers: Array, truth: Array | None
) -> pd.DataFrame:
    """One row an example: who it is, what was foretold, what was true, each class's probability."""
    columns = dict(identity)
    name = schema.unit if schema.unit not in columns else f"{schema.unit} foretold"
    flat = answers[:, 0, :]
    if not schema.classes:
        columns[name] = flat[:, 0]
        if truth is not None:
            columns["actual"] = truth[:, 0, 0]
        return pd.DataFrame(columns)
    classes = np.asarray(schema.classes, object)
    columns[name] = classes[flat.argmax(axis=1)]
    if truth is not None:
        codes = truth[:, 0, 0]
        known = ~np.isnan(codes)
        actual = np.full(len(codes), None, object)
        actual[known] = classes[codes[known].astype(np.int64)]
        columns["actual"] = actual
    for place, label in enumerate(schema.classes):
        columns[f"{PROBABILITY}{label}"] = flat[:, place]
    return pd.DataFrame(columns)


def stretch_table(examples: Examples, nll: Array) -> pd.DataFrame:
    """One row a stretch of text: its first token's place, and the bits that a token of it costs."""
    return pd.DataFrame({"token": examples, "bits": nll[:, :, 0].mean(axis=1) / np.log(2.0)})
