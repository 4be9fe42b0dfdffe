"""A source becomes a Dataset: the kind is settled, and its reader does the rest.

The one place that knows which reader serves which kind; all that comes after asks for traits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data import infer, prepared, read, sequences, series, text, vectors
from autorecur.data.dataset import Dataset, Finding, Schema
from autorecur.data.read import Table
from autorecur.data.watched import Tell
from autorecur.errors import DataError, SettingError

__all__ = ["Asked", "Documents", "future_times", "prepare", "running_text", "understand"]

Source = str | Path | pd.DataFrame


@dataclass(frozen=True)
class Asked:
    """What the user said of the table; None and empty where nothing was said."""

    target: str | Sequence[str] | None = None
    time: str | None = None
    series: str | None = None
    text: str | None = None
    horizon: int | None = None
    task: str = "auto"
    known: Sequence[str] = ()
    static: Sequence[str] = ()
    split: str | None = None
    drop: Sequence[str] = ()

    def __post_init__(self) -> None:
        for role in ("time", "series", "text", "split"):
            if getattr(self, role) == "":  # as a shell passes on a variable that is not set
                raise SettingError(
                    f"{role} is '', which names no column: name one, or leave it out"
                )


@dataclass(frozen=True, eq=False)
class Documents:
    """Documents to be put before a network that reads strings, and their labels."""

    texts: list[str]
    labels: NDArray[np.float32]  # [documents, 1]; NaN where the table does not say
    findings: tuple[Finding, ...]


def understand(
    source: Source,
    asked: Asked,
    vectors_file: str | Path | None = None,
    tell: Tell | None = None,
) -> Dataset:
    """Read `source`, settle its kind, and build its Dataset; `tell` hears of a long read."""
    named = {
        "target": asked.target,
        "time": asked.time,
        "series": asked.series,
        "text": asked.text,
        "horizon": asked.horizon,
        "task": asked.task,
    }
    plain = infer.is_plain(source, **named)  # type: ignore[arg-type]
    table = text.read_plain(source) if plain else read.read(source, _words(asked), tell)  # type: ignore[arg-type]
    skip = [*asked.drop, *([asked.split] if asked.split else [])]
    kind, roles, reasons = infer.kind_of(table, skip=skip, **named)  # type: ignore[arg-type]
    target = roles.target[0] if roles.target else None
    if isinstance(table, text.Plain):
        made = text.dataset_of_text(table.name, table.text, fingerprint=table.fingerprint)
    elif kind.text:
        made = text.dataset(
            table,
            text=roles.text or "",
            target=target,
            drop=asked.drop,
            split=asked.split,
            kind=kind,
        )
    elif kind.by_series:
        made = sequences.dataset(
            table,
            target=target or "",
            series=roles.series or "",
            time=roles.time,
            drop=asked.drop,
            split=asked.split,
            kind=kind,
        )
    else:
        made = series.dataset(
            table,
            target=roles.target or None,
            time=roles.time,
            horizon=asked.horizon,
            drop=asked.drop,
            series=roles.series,
            known=asked.known,
            static=asked.static,
            split=asked.split,
            kind=kind.name,
        )
    schema = replace(made.schema, reasons=(*reasons, *made.schema.reasons))
    made = replace(made, schema=schema)
    return vectors.with_vectors(made, vectors_file) if vectors_file else made


def _words(asked: Asked) -> list[str]:
    """The columns that are known to hold words before the table is read."""
    words = [asked.text] if asked.text else []
    if asked.task.endswith("-classification") and isinstance(asked.target, str):
        words.append(asked.target)
    return words


def prepare(source: Source, schema: Schema, truth: bool = False) -> Any:
    """The rows of another table, by the schema of the one trained on.

    `truth`: whether the true answers should be in it, to score by.
    """
    kind = schema.traits
    if kind.output == "tokens":
        raise SettingError("a language model reads running text, not the rows of a table")
    table = read.read(source, schema.names("text"))
    rows: Any
    if kind.text:
        coded = text.prepare(table, schema, ())
        documents = _texts(table, schema.names("text")[0])
        rows = Documents(documents, coded.labels, coded.findings)
    elif kind.by_series:
        rows = sequences.prepare(table, schema)
    else:
        rows = prepared.prepare(table, schema, future=not truth)
    noted = (Finding("AR119", "note", note) for note in table.notes)
    return replace(rows, findings=(*noted, *rows.findings))


def running_text(source: Source, schema: Schema) -> str:
    """The text that a language model is to be scored on."""
    if infer.is_plain(source):
        return text.read_plain(source).text  # type: ignore[arg-type]
    column = schema.names("text")
    if not column:
        raise DataError("give a plain text file, whose name ends in .txt, as the one trained on")
    return "\n".join(_texts(read.read(source, column), column[0]))


def _texts(table: Table, column: str) -> list[str]:
    """The documents as they stand; a missing one is empty."""
    read.require_columns(table, [column], "text column")
    texts = table.frame[column]
    return [str(document) for document in texts.astype(object).where(texts.notna(), "")]


def future_times(rows: Any, schema: Schema, place: int) -> Any:
    """The time stamps of the forecast of series number `place`."""
    first = int(rows.future[place])
    return rows.times[first : first + schema.horizon]
