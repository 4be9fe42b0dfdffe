"""Another table is put before a run's network: predictions, and scores where the truth is there.

Each kind of window has its own way to be asked, and no more than that: how its examples are found,
and which of `answers`' tables they fill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur import answers
from autorecur.data.dataset import Finding, Schema
from autorecur.data.understand import future_times, prepare, running_text
from autorecur.errors import DataError, SettingError
from autorecur.metrics import METRICS, all_scores, detail
from autorecur.nets import store, textual
from autorecur.nets.speak import Speaker

if TYPE_CHECKING:
    import keras

__all__ = ["Evaluation", "Tell", "evaluate", "inputs", "predict"]

Array = NDArray[np.floating[Any]]
Source = str | Path | pd.DataFrame
Tell = Callable[[Finding], None]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How a run's network does on a table that it has not been told of."""

    scores: dict[str, float | int | None]  # every metric, and how many examples they are over
    forecasts: pd.DataFrame  # for each answer what was foretold, and what was true


def predict(
    model: keras.Model,
    schema: Schema,
    source: Source,
    widths: NDArray[np.float32] | None = None,
    tell: Tell | None = None,
) -> pd.DataFrame:
    """What the network says of the table; `widths` [horizon, targets] is half of each interval.

    `tell` is called with each Finding on the table: what was ignored, filled in or unknown.
    """
    kind = schema.traits
    if kind.window == "stream":
        raise SettingError("a language model does not predict a table: use run.generate")
    rows = prepare(source, schema)
    _tell_all(rows, tell)
    if kind.labelled:
        given = _answers(model, schema, rows, np.arange(_labelled(rows, schema)))
        return _in_order(answers.label_table(schema, _identity(rows, schema), given, None), rows)
    forecast = _answers(model, schema, rows, rows.future)
    parts = []
    for place, name in enumerate(rows.series or ("",)):
        times = future_times(rows, schema, place)
        columns: dict[str, Any] = {schema.series: name} if schema.series else {}
        columns |= {schema.time or "row": times, "step": np.arange(1, schema.horizon + 1)}
        for at, target in enumerate(schema.names("target")):
            columns[target] = forecast[place, :, at]
            if widths is not None:
                columns[f"{target} low"] = forecast[place, :, at] - widths[:, at]
                columns[f"{target} high"] = forecast[place, :, at] + widths[:, at]
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def inputs(model: keras.Model, schema: Schema, source: Source) -> list[Any]:
    """What `model` is called with to answer for the whole table."""
    rows, kind = prepare(source, schema), schema.traits
    if kind.text:
        return [np.asarray(rows.texts, object)[:, None]]
    examples = np.arange(_labelled(rows, schema)) if kind.labelled else rows.future
    return store.windows(model, rows, examples, kind)


def evaluate(
    model: keras.Model,
    schema: Schema,
    metric: str,
    source: Source,
    stride: int | None = None,
    tell: Tell | None = None,
) -> Evaluation:
    """Score the network on a table that holds the truth too; `tell` is as of `predict`."""
    kind = schema.traits
    step = max(1, schema.horizon) if stride is None else stride
    if step < 1:
        raise SettingError(f"stride is {stride}: give a whole number from 1 upwards")
    if kind.window == "stream":
        return _stretches(model, schema, running_text(source, schema))
    rows = prepare(source, schema, truth=True)
    _tell_all(rows, tell)
    if kind.labelled:
        return _labels(model, schema, rows)
    return _origins(model, schema, metric, rows, step)


def _tell_all(rows: Any, tell: Tell | None) -> None:
    if tell is not None:
        for finding in rows.findings:
            tell(finding)


def _origins(model: keras.Model, schema: Schema, metric: str, rows: Any, stride: int) -> Evaluation:
    """By rolling origin: from each, the next `horizon` rows are forecast from what lies before."""
    horizon, lookback = schema.horizon, int(model.inputs[0].shape[1])
    examples = [
        np.arange(start + min(lookback, end - start - horizon), end - horizon + 1, stride)
        for start, end in zip(rows.offsets[:-1], rows.offsets[1:], strict=True)
        if end - start > horizon
    ]
    if not examples:
        raise DataError(
            f"the table has {len(rows.values)} rows, and to score a forecast of {horizon} steps "
            f"takes at least {horizon + 1}: give a longer table"
        )
    origins = np.concatenate(examples)
    forecast = _answers(model, schema, rows, origins)
    steps = origins[:, None] + np.arange(horizon)
    truth = np.where(rows.observed[steps], rows.values[steps, : forecast.shape[-1]], np.nan)
    if np.isnan(truth).all():
        raise DataError("the table has no true value after any origin: nothing can be scored")
    series = np.searchsorted(rows.offsets, origins, side="right") - 1
    table = answers.forecast_table(
        schema, rows.times, rows.series, series, origins, forecast, truth
    )
    scale = np.array([_naive_error(rows, schema, place) for place in range(len(rows.offsets) - 1)])
    scaled = scale[series][:, None, None]
    # The deviation of the training rows, which the network itself remembers.
    variance = np.ravel(model.get_layer("original_units").variance)[0]
    scores: dict[str, Any] = dict(detail(truth, forecast, float(np.sqrt(variance)), None))
    scores["mase"] = METRICS["mase"].score(truth / scaled, forecast / scaled)
    if metric not in scores:
        scores[metric] = METRICS[metric].score(truth, forecast)
    return Evaluation(scores | {"origins": len(origins)}, table)


def _naive_error(rows: Any, schema: Schema, series: int) -> float:
    season = max(1, schema.season)
    own = rows.values[rows.offsets[series] : rows.offsets[series + 1], 0].astype(np.float64)
    error = float(np.abs(own[season:] - own[:-season]).mean()) if len(own) > season else np.nan
    return error if error > 0 else np.nan


def _labels(model: keras.Model, schema: Schema, rows: Any) -> Evaluation:
    given = _answers(model, schema, rows, np.arange(_labelled(rows, schema)))
    truth = rows.labels[:, None, :]
    known = ~np.isnan(truth[:, 0, 0])
    if not known.any():
        raise DataError(f"no row has a label in {schema.unit!r}: nothing can be scored")
    table = _in_order(answers.label_table(schema, _identity(rows, schema), given, truth), rows)
    if schema.classes:
        scores: dict[str, Any] = dict(all_scores(truth, given, "classes"))
    else:
        scores = dict(detail(truth, given, float(np.nanstd(truth)), None))
    return Evaluation(scores | {"examples": int(known.sum())}, table)


def _stretches(model: keras.Model, schema: Schema, text: str) -> Evaluation:
    """Minus the log probability of each token, given those before it in its stretch."""
    speaker = Speaker(model, schema)
    codes = speaker.codes(text)
    starts = np.arange(0, len(codes) - speaker.stretch, speaker.stretch)
    if not len(starts):
        raise DataError(f"the text has {len(codes)} tokens: give more than {speaker.stretch}")
    nll = np.concatenate(
        [speaker.surprise(codes, starts[at : at + 64]) for at in range(0, len(starts), 64)]
    )
    scores: dict[str, Any] = dict(all_scores(np.empty(0), nll, "tokens"))
    return Evaluation(scores | {"stretches": len(starts)}, answers.stretch_table(starts, nll))


def _answers(model: keras.Model, schema: Schema, rows: Any, examples: Any) -> Array:
    kind = schema.traits
    if not kind.text:
        return store.forecast(model, rows, examples, kind)
    return textual.answers(model, [rows.texts[place] for place in examples])


def _labelled(rows: Any, schema: Schema) -> int:
    """How many examples a labelled table holds."""
    kind = schema.traits
    if kind.text:
        return len(rows.texts)
    return len(rows.offsets) - 1 if kind.by_series else len(rows.values)


def _in_order(table: pd.DataFrame, rows: Any) -> pd.DataFrame:
    """Answers about rows in the order in which the user's table has them."""
    source = getattr(rows, "source_rows", None)
    if source is None or len(source) != len(table):
        return table
    kept = np.flatnonzero(source >= 0)
    return table.iloc[kept[np.argsort(source[kept], kind="stable")]].reset_index(drop=True)


def _identity(rows: Any, schema: Schema) -> dict[str, Any]:
    """The columns that say which example an answer is about."""
    kind = schema.traits
    if kind.text:
        return {"row": np.arange(len(rows.texts))}
    if kind.by_series:
        return {schema.series or "series": list(rows.series)}
    identity: dict[str, Any] = {}
    if schema.series:
        counts = np.diff(rows.offsets)
        identity[schema.series] = np.repeat(np.asarray(rows.series, object), counts)
    return identity | {schema.time or "row": rows.times}
