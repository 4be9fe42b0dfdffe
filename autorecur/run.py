"""Run: a record and its network. Everything that can be done with a finished run starts here."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur import record as records
from autorecur import report
from autorecur.data import read, series
from autorecur.data.dataset import Column, Schema
from autorecur.errors import DataError, RunError, SettingError
from autorecur.metrics import detail, metric
from autorecur.nets import store
from autorecur.record import Record
from autorecur.search.search import MODEL_FILE

if TYPE_CHECKING:
    import keras

__all__ = ["REPORT_FILE", "Evaluation", "Run", "load", "schema_of"]

REPORT_FILE = "report.html"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How a run's network does on a table that it has not been told of."""

    scores: dict[str, float | int | None]  # every metric, and how many origins they are over
    forecasts: pd.DataFrame  # origin, time, step, forecast, actual


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run, in its folder."""

    folder: Path
    record: Record

    @property
    def verdict(self) -> str:
        """The verdict, one sentence."""
        return str(self.record.verdict["sentence"])

    @cached_property
    def model(self) -> keras.Model:
        """The best network, loaded once: original units in, original units out, stock layers.

        Inputs `past` [batch, lookback, channels + known] and `future` [batch, horizon, known];
        output [batch, horizon, targets].
        """
        return store.load(self.folder / MODEL_FILE)

    @cached_property
    def schema(self) -> Schema:
        """What a table must look like."""
        return schema_of(self.record.data)

    def inputs(self, data: str | Path | pd.DataFrame) -> list[NDArray[np.float32]]:
        """What `model` is called with to forecast what follows the table: one window a batch."""
        prepared = series.prepare(read.read(data), self.schema)
        end = np.array([len(prepared.values)])
        return store.windows(self.model, prepared.values, prepared.known, end)

    def report(self, path: str | Path) -> Path:
        """Write the report; .html, .md or .json, by the suffix of `path`."""
        return report.write(self.record, path)

    def predict(self, data: str | Path | pd.DataFrame) -> pd.DataFrame:
        """Forecast the `horizon` steps after the table's end, in original units.

        `data` holds the same columns as the table trained on; more columns are ignored. One row for
        each step: its time, its step from 1, the forecast under the target's own name.
        """
        prepared = series.prepare(read.read(data), self.schema)
        forecast = self._forecast(prepared, np.array([len(prepared.values)]))[0]
        times = series.future_times(prepared, self.schema)
        columns = {self.schema.time or "row": times, "step": np.arange(1, self.schema.horizon + 1)}
        for place, name in enumerate(self.schema.names("target")):
            columns[name] = forecast[:, place]
        return pd.DataFrame(columns)

    def evaluate(self, data: str | Path | pd.DataFrame, stride: int | None = None) -> Evaluation:
        """Score the network by rolling origin on a table that holds history and truth.

        From each origin, `stride` rows apart (the horizon by default), the next `horizon` rows are
        forecast from what lies before, and compared with what then happened.
        """
        schema = self.schema
        step = schema.horizon if stride is None else stride
        if step < 1:
            raise SettingError(f"stride is {stride}: give a whole number from 1 upwards")
        prepared = series.prepare(read.read(data), schema)
        rows = len(prepared.values)
        if rows <= schema.horizon:
            raise DataError(
                f"the table has {rows} rows, and to score a forecast of {schema.horizon} steps "
                f"takes at least {schema.horizon + 1}: give a longer table"
            )
        lookback = int(self.model.inputs[0].shape[1])
        first = min(lookback, rows - schema.horizon)
        examples = np.arange(first, rows - schema.horizon + 1, step)
        forecast = self._forecast(prepared, examples)
        steps = examples[:, None] + np.arange(schema.horizon)
        truth = np.where(
            prepared.observed[steps], prepared.values[steps, : forecast.shape[-1]], np.nan
        )
        if np.isnan(truth).all():
            raise DataError("the table has no true value after any origin: nothing can be scored")
        return Evaluation(
            scores=self._scores(truth, forecast, prepared.values[:, 0], len(examples)),
            forecasts=pd.DataFrame(
                {
                    "origin": np.repeat(prepared.times[examples - 1], schema.horizon),
                    "time": prepared.times[steps.ravel()],
                    "step": np.tile(np.arange(1, schema.horizon + 1), len(examples)),
                    "forecast": forecast[:, :, 0].ravel(),
                    "actual": truth[:, :, 0].ravel(),
                }
            ),
        )

    def _forecast(self, prepared: series.Prepared, examples: Any) -> Any:
        if self.record.model is None:
            raise RunError("this run has no network: it ended before one was trained")
        return store.forecast(self.model, prepared.values, prepared.known, examples)

    def _scores(self, truth: Any, forecast: Any, rows: Any, origins: int) -> dict[str, Any]:
        season = max(1, self.schema.season)
        naive = None
        if len(rows) > season:
            naive = float(np.abs(rows[season:].astype(np.float64) - rows[:-season]).mean())
        # The deviation of the training rows, which the network itself remembers.
        variance = np.ravel(self.model.get_layer("original_units").variance)[0]
        deviation = float(np.sqrt(variance))
        scores: dict[str, Any] = dict(detail(truth, forecast, deviation, naive))
        name = str(self.record.metric["name"])
        scores[name] = metric(name).score(truth, forecast)
        return scores | {"origins": origins}

    def __repr__(self) -> str:
        return f"autorecur.load({str(self.folder)!r})  # {self.verdict}"

    def _repr_html_(self) -> str:
        sentence = html.escape(self.verdict)
        cost = html.escape(str(self.record.verdict["cost"]))
        return f"<p><strong>{sentence}</strong><br>{cost}</p>"


def load(folder: str | Path) -> Run:
    """The Run in `folder`."""
    return Run(Path(folder), records.read(folder))


def schema_of(data: Mapping[str, Any]) -> Schema:
    """The Schema that a record's `data` section describes."""
    return Schema(
        kind=data["kind"],
        columns=tuple(Column(**column) for column in data["columns_read"]),
        horizon=data["horizon"],
        frequency=data["frequency"],
        season=data["season"],
        reasons=tuple(data["reasons"]),
        cycles=tuple(data["cycles"]),
        time_format=data["time_format"],
    )
