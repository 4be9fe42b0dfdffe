"""Which part each column plays, and why: asked for, or understood from what it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.columns import Clock, counts_rows, numbers, required_numbers
from autorecur.data.dataset import Column
from autorecur.data.infer import label_of
from autorecur.data.panel import Axis
from autorecur.data.read import Table, require_columns, shown
from autorecur.data.strata import class_texts, labels_of, natural_order
from autorecur.errors import DataError, SettingError

__all__ = ["Asked", "dtype_of", "encoded", "one_hot", "roles_of", "texts_of", "with_categories"]

LATE_START = 0.10  # share of rows without a first value from which a covariate is left out
MOST_ONE_HOT = 20  # categories of a column that is known in advance or static
MOST_CATEGORIES = 1000
ROWS_PER_CLASS = 5
PARTS = re.compile(r"(train|test|valid|val|dev)", re.I)
PART_NAMES = {"split", "set", "part", "fold", "subset"}


@dataclass(frozen=True)
class Asked:
    """What the user said of the columns; checked against the table before anything else."""

    targets: tuple[str, ...]
    time: str | None
    series: str | None
    drop: tuple[str, ...]
    known: tuple[str, ...]
    static: tuple[str, ...]
    split: str | None
    labelled: bool  # whether the target is a label of its row

    def check(self, table: Table) -> None:
        """Refuses what contradicts itself or the table."""
        roles: list[tuple[str, Sequence[str]]] = [
            ("target", self.targets),
            ("time column", [self.time] if self.time else []),
            ("column of series", [self.series] if self.series else []),
            ("known column", self.known),
            ("static column", self.static),
            ("split column", [self.split] if self.split else []),
            ("column to drop", self.drop),
        ]
        taken: dict[str, str] = {}
        for role, names in roles:
            require_columns(table, names, role)
            for name in names:
                if name in taken and (role != taken[name]):
                    if role == "column to drop":
                        raise SettingError(
                            f"{shown(name)} is both wanted and dropped: name it once"
                        )
                    raise SettingError(
                        f"{shown(name)} cannot be the {taken[name]} and the {role.split()[0]}: "
                        "name it once"
                    )
                taken[name] = role
        if self.static and not self.series:
            raise SettingError("static columns describe series: name the column of series as well")
        if self.labelled and len(self.targets) > 1:
            raise SettingError(f"one label a row is told, not {len(self.targets)}: name one target")


def dtype_of(column: pd.Series) -> str:
    """numeric, time, categorical or text.

    >>> dtype_of(pd.Series(["a", "b", "a"]))
    'categorical'
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        return "numeric"
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "time"
    sample = column.iloc[:10_000].astype(str)
    return "categorical" if sample.nunique() <= max(20, len(sample) // 20) else "text"


def texts_of(column: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    """The column as numbers of its distinct texts, −1 where it is empty; and the texts.

    >>> texts_of(pd.Series([1.0, None, 2.0]))
    (array([ 0, -1,  1]), ['1', '2'])
    """
    codes, found = pd.factorize(column)
    merged, texts = pd.factorize(class_texts(pd.Series(found)))
    return np.append(merged, -1)[codes], [str(text) for text in texts]


def roles_of(table: Table, asked: Asked, clock: Clock | None, axis: Axis) -> tuple[Column, ...]:
    """Every column with its role; the target is inferred when there is only one choice."""
    columns = []
    for name in table.frame.columns:
        if clock is not None and name == clock.name:
            columns.append(Column(name, "time", "time", clock.reason))
        elif name == asked.series:
            columns.append(Column(name, "series", dtype_of(table.frame[name]), "as asked"))
        elif name == asked.split:
            columns.append(Column(name, "split", "categorical", "as asked"))
        elif name in asked.targets:
            columns.append(_target(table, name, asked.labelled))
        elif name in asked.drop:
            columns.append(Column(name, "dropped", dtype_of(table.frame[name]), "as asked"))
        elif name in asked.known:
            columns.append(_known(table, name))
        elif name in asked.static:
            columns.append(_static(table, name, axis))
        else:
            columns.append(_covariate(table, name, axis))
    return tuple(columns) if asked.targets else _with_target(table, columns)


def _target(table: Table, name: str, labelled: bool) -> Column:
    if not labelled or label_of(table.frame[name]) != "class":
        values = required_numbers(table, name, "target")
        if np.isnan(values).all():
            raise DataError(f"the target {shown(name)} has no value at all: name another column")
        return Column(name, "target", "numeric", "as asked")
    classes = labels_of(table, name, True).classes
    if len(classes) < 2:
        what = f"one class only, {shown(classes[0])}" if classes else "no value at all"
        raise DataError(
            f"the target {shown(name)} has {what}: there is nothing to tell apart; check the column"
        )
    if len(classes) > max(2, table.rows // ROWS_PER_CLASS):
        raise DataError(
            f"the target {shown(name)} has {len(classes):,} different texts in {table.rows:,} "
            "rows: a class needs rows to be learnt from; check the column"
        )
    return Column(name, "target", "categorical", f"as asked; {len(classes)} classes", classes)


def _known(table: Table, name: str) -> Column:
    values, _ = numbers(table, name)
    if values is not None:
        if np.isnan(values).all():
            raise DataError(f"the known column {shown(name)} has no value: fill it in")
        return Column(name, "known", "numeric", "as asked")
    count = len(texts_of(table.frame[name])[1])
    if count > MOST_ONE_HOT:
        raise DataError(
            f"the known column {shown(name)} has {count:,} categories, and at most {MOST_ONE_HOT} "
            "can be known in advance: merge some, or give it as numbers"
        )
    return Column(name, "known", "categorical", "as asked")


def _static(table: Table, name: str, axis: Axis) -> Column:
    codes = pd.factorize(table.frame[name])[0][axis.table_rows()]
    change = np.flatnonzero((np.diff(codes) != 0) & (codes[1:] >= 0) & (codes[:-1] >= 0)) + 1
    inside = change[~np.isin(change, axis.offsets)]
    if len(inside):
        row = int(axis.table_rows()[inside[0]])
        series = axis.names[int(np.searchsorted(axis.offsets, inside[0], side="right")) - 1]
        raise DataError(
            f"the static column {shown(name)} changes within the series {shown(series)}, in "
            f"{table.line(row)}: leave it out of --static, or repair it"
        )
    values, _ = numbers(table, name)
    if values is not None:
        return Column(name, "static", "numeric", "as asked")
    count = len(texts_of(table.frame[name])[1])
    if count > MOST_ONE_HOT:
        raise DataError(
            f"the static column {shown(name)} has {count:,} categories, and at most "
            f"{MOST_ONE_HOT} can be told apart: merge some, or leave it out"
        )
    return Column(name, "static", "categorical", "as asked")


def _covariate(table: Table, name: str, axis: Axis) -> Column:
    values, bad = numbers(table, name)
    if values is None:
        return _words(table, name, bad, axis)
    present = ~np.isnan(values)
    if not present.any():
        return Column(name, "dropped", "numeric", "it has no value")
    low, high = np.nanmin(values), np.nanmax(values)
    if low == high:
        return Column(name, "dropped", "numeric", f"constant ({low:g})")
    series = [slice(a, b) for a, b in zip(axis.offsets[:-1], axis.offsets[1:], strict=True)]
    ordered = values if axis.order is None else values[axis.order]
    if all(counts_rows(ordered[part]) for part in series):
        return Column(name, "dropped", "numeric", "it counts the rows")
    if len(series) > 1 and all(_constant(ordered[part]) for part in series):
        return Column(name, "static", "numeric", "constant within each series")
    seen = present if axis.order is None else present[axis.order]
    late = sum(int(np.argmax(seen[part])) if seen[part].any() else _size(part) for part in series)
    if late > LATE_START * axis.rows:
        if len(series) > 1:
            return Column(name, "dropped", "numeric", "it begins late in too many series")
        first = table.line(int(np.argmax(present)))
        return Column(name, "dropped", "numeric", f"its first value is in {first}")
    return Column(name, "past", "numeric", "numeric")


def _size(part: slice) -> int:
    return int(part.stop - part.start)


def _constant(values: NDArray[np.float32]) -> bool:
    return len(values) > 0 and bool((values == values[0]).all())


def _words(table: Table, name: str, bad: int, axis: Axis) -> Column:
    """A covariate that is no number: categories, or left out."""
    column = table.frame[name]
    kind = dtype_of(column)
    value = shown(column.iloc[bad], 40)
    if kind == "time":
        return Column(name, "dropped", kind, f"not numeric: {table.line(bad)} has {value}")
    codes, found = texts_of(column)
    count = len(found)
    if count < 2:
        reason = f"constant ({shown(found[0], 20)})" if count else "it has no value"
        return Column(name, "dropped", "categorical", reason)
    named = str(name).strip().lower() in PART_NAMES
    if named and all(PARTS.match(str(text)) for text in found):
        return Column(
            name, "dropped", "categorical", "it divides the rows; --split makes use of it"
        )
    if count > min(MOST_CATEGORIES, max(20, table.rows // 20)):
        return Column(name, "dropped", "text", f"not numeric: {table.line(bad)} has {value}")
    ordered = codes if axis.order is None else codes[axis.order]
    inside = np.diff(ordered) != 0
    inside[axis.offsets[1:-1] - 1] = False
    if len(axis.offsets) > 2 and not inside.any():
        if count > MOST_ONE_HOT:
            return Column(name, "dropped", "categorical", "another name of the series")
        return Column(name, "static", "categorical", "constant within each series")
    return Column(name, "past", "categorical", f"{count} categories")


def _with_target(table: Table, columns: list[Column]) -> tuple[Column, ...]:
    choices = [c for c in columns if c.role == "past" and c.dtype == "numeric"] or [
        column
        for column in columns
        if column.reason.startswith(("constant (", "it counts")) and column.dtype == "numeric"
    ]
    if len(choices) > 1:
        listing = ", ".join(shown(column.name, 30) for column in choices[:12])
        more = " …" if len(choices) > 12 else ""
        raise DataError(
            f"{table.name} has several numeric columns: choose --target from {listing}{more}"
        )
    if not choices:
        raise DataError(
            f"{table.name} has no numeric column to forecast: add one, or name it with --target"
        )
    only = choices[0].name
    chosen = Column(only, "target", "numeric", "the only column of numbers to forecast")
    return tuple(chosen if column.name == only else column for column in columns)


def with_categories(
    table: Table, columns: Sequence[Column], trained: NDArray[np.bool_]
) -> tuple[Column, ...]:
    """The categories of every categorical column: those of the rows that are `trained` on."""
    whole = bool(trained.all())

    def filled(column: Column) -> Column:
        if column.dtype != "categorical" or column.role not in ("past", "known", "static"):
            return column
        texts = table.frame[column.name] if whole else table.frame[column.name][trained]
        return replace(column, values=natural_order(texts_of(texts)[1]))

    return tuple(filled(column) for column in columns)


def encoded(table: Table, column: Column) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """The column as codes, category i as i + 1 and all else as 0; and the values that are new."""
    codes, found = texts_of(table.frame[column.name])
    place = {text: number for number, text in enumerate(column.values, 1)}
    numbers = np.array([*(place.get(text, 0) for text in found), 0], dtype=np.int32)
    return numbers[codes], tuple(text for text in found if text not in place)


def one_hot(codes: NDArray[np.int32], categories: int) -> NDArray[np.float32]:
    """A column of zeros and ones for each category; a code of 0 is none of them.

    >>> one_hot(np.array([2, 0], dtype=np.int32), 2)
    array([[0., 1.],
           [0., 0.]], dtype=float32)
    """
    hot: NDArray[np.bool_] = codes[:, None] == np.arange(1, categories + 1)
    return hot.astype(np.float32)
