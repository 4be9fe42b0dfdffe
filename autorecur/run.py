"""Run: a record and its network. Everything that can be done with a finished run starts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur import consult, report
from autorecur import record as records
from autorecur.consult import Evaluation, Tell
from autorecur.data.dataset import Column, Schema
from autorecur.errors import RunError, SettingError
from autorecur.nets import store
from autorecur.nets.speak import Speaker
from autorecur.record import Record
from autorecur.search.search import MODEL_FILE

if TYPE_CHECKING:
    import keras

__all__ = ["PREDICTIONS_FILE", "REPORT_FILE", "Evaluation", "Run", "load", "schema_of"]

REPORT_FILE = "report.html"
PREDICTIONS_FILE = "predictions.csv"  # the saved network's answers on the holdout
Source = str | Path | pd.DataFrame


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

        A forecast's inputs are `past` [batch, lookback, channels + known] and, where something is
        known in advance, `future` [batch, horizon, known]; its output is [batch, horizon, targets].
        A text's input is `text` [batch, 1], strings.
        """
        if self.record.model is None:
            raise RunError("this run has no network: it ended before one was trained")
        return store.load(self.folder / MODEL_FILE)

    @cached_property
    def schema(self) -> Schema:
        """What a table must look like."""
        return schema_of(self.record.data)

    def report(self, path: str | Path, expanded: bool = False) -> Path:
        """Write the report; .html, .md or .json, by the suffix of `path`.

        A folder that is there gets `report.md` with its figures as SVG files.
        `expanded` opens on the page what a reader would open: for print.
        """
        return report.write(self.record, path, expanded)

    def predict(
        self, data: Source, interval: float | None = None, tell: Tell | None = None
    ) -> pd.DataFrame:
        """Foretell what `data` leaves open, in original units.

        A series: the `horizon` steps after the table's end, one row a step; `interval`, a share
        such as 0.9, adds the ends of the band that should hold so many of the true values. Labelled
        rows, series and documents: one row each, with the probability of each class. `data` holds
        the same columns as the table trained on, the target excepted where it is a label; more
        columns are ignored. `tell` is called with each `Finding` on the table, such as a column
        that was ignored or a category that training did not see.
        """
        return consult.predict(self.model, self.schema, data, self._widths(interval), tell)

    def inputs(self, data: Source) -> list[Any]:
        """What `model` is called with to answer for `data`."""
        return consult.inputs(self.model, self.schema, data)

    def evaluate(
        self, data: Source, stride: int | None = None, tell: Tell | None = None
    ) -> Evaluation:
        """Score the network on a table that holds the truth too.

        A series by rolling origin: from each origin, `stride` rows apart (the horizon by default),
        the next `horizon` rows are forecast from what lies before, and compared with what then
        happened. `tell` is as of `predict`.
        """
        metric = str(self.record.metric["name"])
        return consult.evaluate(self.model, self.schema, metric, data, stride, tell)

    def generate(self, prompt: str, n: int = 200, temperature: float = 1.0, seed: int = 1) -> str:
        """`prompt` and `n` more tokens of the language model's; the same seed says the same again.

        A temperature below 1 keeps to the likelier tokens, 0 to the likeliest.
        """
        if self.schema.traits.output != "tokens":
            raise SettingError(f"a run of kind {self.schema.kind} has no language to speak")
        return Speaker(self.model, self.schema).generate(prompt, n, temperature, seed)

    def _widths(self, interval: float | None) -> NDArray[np.float32] | None:
        if interval is None:
            return None
        bands = (self.record.model or {}).get("bands") or ()
        shares = [band["share"] for band in bands]
        if interval not in shares:
            known = ", ".join(f"{share:g}" for share in shares) or "none for this run"
            raise SettingError(f"there is no band of {interval:g}: this run has {known}")
        return np.asarray(bands[shares.index(interval)]["half_widths"], np.float32)

    def __repr__(self) -> str:
        return f"autorecur.load({str(self.folder)!r})  # {self.verdict}"

    def _repr_html_(self) -> str:
        return report.notebook(self.record)["text/html"]

    def _repr_mimebundle_(self, **asked: object) -> dict[str, str]:
        """What a notebook shows: the first screen, in whatever it can display."""
        return report.notebook(self.record)


def load(folder: str | Path) -> Run:
    """The Run in `folder`."""
    return Run(Path(folder), records.read(folder))


def schema_of(data: Mapping[str, Any]) -> Schema:
    """The Schema that a record's `data` section describes."""
    columns = (dict(column) for column in data["columns_read"])
    return Schema(
        kind=data["kind"],
        columns=tuple(Column(**(c | {"values": tuple(c.get("values", ()))})) for c in columns),
        horizon=data["horizon"],
        frequency=data["frequency"],
        season=data["season"],
        reasons=tuple(data["reasons"]),
        cycles=tuple(data["cycles"]),
        time_format=data["time_format"],
        tokens=data["tokens"],
    )
