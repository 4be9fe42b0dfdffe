"""The rows in order: series after series, and in time within each.

A table without a column of series is a panel of one; nothing below asks which it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.columns import Clock
from autorecur.data.dataset import Finding
from autorecur.data.read import Table, shown
from autorecur.errors import DataError

__all__ = ["Axis", "axis_of", "by_parts"]

MOST_PIECES = 20  # of a series, that a split column may cut it into

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Axis:
    """The time stamps in order, and how the table's rows get there."""

    clock: Clock | None
    stamps: pd.DatetimeIndex | Ints | None  # ordered; None where rows are only counted
    order: Ints | None  # the table's row of each; None when the table is in order
    offsets: Ints  # rows of series i are offsets[i]:offsets[i + 1]
    names: tuple[str, ...]  # of the series; empty where the table has no column of them
    findings: tuple[Finding, ...]

    @property
    def rows(self) -> int:
        return int(self.offsets[-1])

    def ordered(self, column: NDArray[np.generic]) -> NDArray[np.generic]:
        """A column of the table, in this order."""
        return column if self.order is None else column[self.order]

    def table_rows(self) -> Ints:
        """The table's row of each row."""
        return np.arange(self.rows, dtype=np.int64) if self.order is None else self.order


def axis_of(
    table: Table, clock: Clock | None, series: str | None, targets: Sequence[str], repeats: bool
) -> Axis:
    """Order the rows by series and time.

    `repeats` says that a stamp may occur twice in a series: such rows keep the table's order. Else
    the first row of a stamp is kept where all have the same target, and any other table is refused.
    """
    names, codes = _series_of(table, series)
    stamps = clock.stamps if clock else None
    key = stamps.asi8 if isinstance(stamps, pd.DatetimeIndex) else stamps
    order, found = _ordered(table, key, codes)
    if order is not None:
        key = None if key is None else key[order]
        codes = None if codes is None else codes[order]
    if key is not None and not repeats:
        again = _repeated(key, codes)
        if len(again):
            _refuse_conflicts(table, cast("Clock", clock), series, targets, order, again)
            found += (_kept_first(len(again)),)
            keep = np.ones(len(key), dtype=np.bool_)
            keep[again] = False
            order = np.flatnonzero(keep) if order is None else order[keep]
            codes = None if codes is None else codes[keep]
    count = table.rows if order is None else len(order)
    offsets = np.array([0, count], dtype=np.int64)
    if codes is not None:
        offsets = np.searchsorted(codes, np.arange(len(names) + 1)).astype(np.int64)
    if stamps is not None and order is not None:
        stamps = stamps[order]
    return Axis(clock, stamps, order, offsets, names, found)


def _series_of(table: Table, series: str | None) -> tuple[tuple[str, ...], Ints | None]:
    """The names of the series, in the order of their first rows, and the number of each row's."""
    if series is None:
        return (), None
    codes, found = pd.factorize(table.frame[series])
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise DataError(
            f"the column of series {shown(series)} is empty in {table.line(int(missing[0]))}: say "
            "which series the row belongs to, or leave the row out"
        )
    whole = pd.api.types.is_float_dtype(table.frame[series].dtype)
    names = [str(int(name)) if whole and float(name).is_integer() else str(name) for name in found]
    return tuple(names), codes.astype(np.int64)


def _ordered(
    table: Table, key: Ints | None, codes: Ints | None
) -> tuple[Ints | None, tuple[Finding, ...]]:
    """The order of the rows, None where they have it; and what is to be said of it."""
    grouped = codes is None or bool((np.diff(codes) >= 0).all())
    by_series = None if grouped else np.argsort(cast("Ints", codes), kind="stable")
    if key is None:
        return by_series, ()
    placed = key if by_series is None else key[by_series]
    backwards = np.diff(placed) < 0
    if codes is not None:
        inside = codes if by_series is None else codes[by_series]
        backwards &= np.diff(inside) == 0
    if not backwards.any():
        return by_series, ()
    order = np.argsort(key, kind="stable") if codes is None else np.lexsort((key, codes))
    first = int(np.argmax(backwards)) + 1
    first = first if by_series is None else int(by_series[first])
    late = int((np.maximum.accumulate(key) != key).sum()) if codes is None else int(backwards.sum())
    sentence = (
        f"{late:,} {'row was' if late == 1 else 'rows were'} out of time order, the first in "
        f"{table.line(first)}; the rows were sorted."
    )
    return order.astype(np.int64), (Finding("AR108", "note", sentence),)


def _repeated(key: Ints, codes: Ints | None) -> NDArray[np.intp]:
    """Rows whose stamp the row before has too."""
    same = np.diff(key) == 0
    if codes is not None:
        same &= np.diff(codes) == 0
    return np.flatnonzero(same) + 1


def _kept_first(count: int) -> Finding:
    noun = "row repeats" if count == 1 else "rows repeat"
    return Finding(
        "AR108",
        "note",
        f"{count:,} {noun} the time and the target of an earlier row, and differ from it in other "
        "columns at most; the first row of each time was kept.",
    )


def _refuse_conflicts(
    table: Table,
    clock: Clock,
    series: str | None,
    targets: Sequence[str],
    order: Ints | None,
    again: NDArray[np.intp],
) -> None:
    """Refuse rows of one time that have different targets: which one is true, nobody knows."""
    rows = again if order is None else order[again]
    before = again - 1 if order is None else order[again - 1]
    conflict = np.zeros(len(rows), dtype=np.bool_) if targets else np.ones(len(rows), np.bool_)
    for name in targets:
        codes = pd.factorize(table.frame[name])[0]
        conflict |= codes[rows] != codes[before]
    if not conflict.any():
        return
    place = int(np.argmax(conflict))
    one, other = sorted((int(before[place]), int(rows[place])))
    count = len(again)
    noun = "row repeats" if count == 1 else "rows repeat"
    advice = f"keep one row for each value of {shown(clock.name)}"
    near = [] if series else _telling_apart(table, clock.name, targets)
    if near:
        names = " or ".join(shown(name, 30) for name in near)
        advice += f", or name the column of the series with --series ({names}?)"
    raise DataError(
        f"the time {clock.stamps[one]} stands in {table.line(one)} and {table.line(other)} with "
        f"different targets, and {count:,} {noun} an earlier time in all: {advice}"
    )


def _telling_apart(table: Table, time: str, targets: Sequence[str]) -> list[str]:
    """Columns by whose values no time occurs twice: they may be the names of series."""
    found = []
    for name in table.frame.columns:
        kind = table.frame[name].dtype
        if name == time or name in targets or pd.api.types.is_float_dtype(kind):
            continue
        if table.frame[name].iloc[:1000].nunique() > 500:
            continue
        if not table.frame.duplicated([name, time]).any():
            found.append(name)
    return found[:3]


def by_parts(axis: Axis, given: Ints, column: pd.Series) -> Axis:
    """Cut series where a split column goes back from test to training rows: each piece is a series.

    So no window of a piece reaches into another, and scalers see training rows only.
    """
    parts = axis.ordered(given)
    inside = np.ones(axis.rows, dtype=np.bool_)
    inside[axis.offsets[:-1]] = False
    step = np.diff(parts, prepend=parts[:1])
    if not (inside & (step < 0)).any():
        return axis
    cuts = np.flatnonzero(~inside | (step != 0))
    if len(cuts) > MOST_PIECES * (len(axis.offsets) - 1):
        raise DataError(
            f"the split column {shown(str(column.name))} cuts the rows into {len(cuts):,} pieces: "
            "of a time series a part is a stretch of rows; mark whole stretches or whole series"
        )
    texts = axis.ordered(column.astype(str).to_numpy(dtype=object))[cuts]
    if axis.names:
        series = np.searchsorted(axis.offsets, cuts, side="right") - 1
        names = [f"{axis.names[place]} ({text})" for place, text in zip(series, texts, strict=True)]
    else:
        names = [str(text) for text in texts]
    offsets = np.append(cuts, axis.rows).astype(np.int64)
    return replace(axis, offsets=offsets, names=tuple(names))
