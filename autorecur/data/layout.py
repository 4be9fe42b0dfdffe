"""The order of a panel's rows: series by series as they appear, by time within each."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.columns import read_clock
from autorecur.data.dataset import Finding
from autorecur.data.read import Table, shown
from autorecur.data.strata import class_texts
from autorecur.errors import DataError

__all__ = ["TIME_NAMES", "Layout", "filled", "find_time", "layout_of", "series_names"]

TIME_NAMES = re.compile(
    r"(.*[_ ])?(t|ts|ds|time|timestep|timestamp|datetime|date|step|index|cycle|frame|tick|position"
    r"|second|minute|hour|day|week|month|quarter|year)s?",
    re.I,
)


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the table's rows go: series by series in order of appearance, by time within each."""

    order: NDArray[np.int64]
    offsets: NDArray[np.int64]
    names: tuple[str, ...]
    times: pd.DatetimeIndex | pd.RangeIndex
    time_format: str | None
    findings: tuple[Finding, ...]

    def without(self, gone: NDArray[np.bool_]) -> Layout:
        """The layout without some series."""
        if not gone.any():
            return self
        counts = np.diff(self.offsets)
        rows = ~np.repeat(gone, counts)
        times = self.times[rows] if isinstance(self.times, pd.DatetimeIndex) else None
        return Layout(
            self.order[rows],
            np.concatenate([[0], np.cumsum(counts[~gone])]).astype(np.int64),
            tuple(np.array(self.names, dtype=object)[~gone]),
            pd.RangeIndex(int(rows.sum())) if times is None else times,
            self.time_format,
            self.findings,
        )


def find_time(table: Table, series: str | None, skip: Collection[str]) -> str | None:
    """The first column called like a time whose values differ within each series.

    >>> frame = pd.DataFrame({"id": [1, 1, 2], "t": [0, 1, 0], "y": [5.0, 5.0, 6.0]})
    >>> find_time(Table("t", frame, "", 3), "id", {"y"})
    't'
    """
    for name in table.frame.columns:
        if name == series or name in skip or not TIME_NAMES.fullmatch(str(name).strip()):
            continue
        column = table.frame[name]
        if pd.api.types.is_bool_dtype(column.dtype) or column.isna().any():
            continue
        if table.frame.duplicated([name] if series is None else [series, name]).any():
            continue
        try:
            _time_key(table, name, None)
        except DataError:
            continue
        return str(name)
    return None


def series_names(column: pd.Series) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Each row's series, in order of appearance, and their names; −1 where there is none."""
    codes, found = pd.factorize(class_texts(column))
    return codes.astype(np.int64), tuple(str(name) for name in found)


def layout_of(
    table: Table, series: str, time: str | None, time_format: str | None = None
) -> Layout:
    codes, names = series_names(table.frame[series])
    lost = np.flatnonzero(codes < 0)
    if len(lost):
        raise DataError(
            f"the series column {shown(series)} is empty in {table.line(int(lost[0]))}: every row "
            "needs the name of its series"
        )
    counts = np.bincount(codes, minlength=len(names))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    if time is None:
        order = np.argsort(codes, kind="stable").astype(np.int64)
        return Layout(order, offsets, names, pd.RangeIndex(table.rows), None, ())
    key, stamps, time_format = _time_key(table, time, time_format)
    order = np.lexsort((key, codes)).astype(np.int64)
    same = np.diff(codes[order]) == 0
    ties = int((same & (np.diff(key[order]) == 0)).sum())
    found = []
    if ties:
        sentence = f"{ties:,} rows repeat a time of their series; they keep the table's order."
        found.append(Finding("AR108", "tip", sentence, f"Give each row its own {shown(time)}."))
    times = pd.RangeIndex(table.rows) if stamps is None else stamps[order]
    return Layout(order, offsets, names, times, time_format, tuple(found))


def _time_key(
    table: Table, name: str, time_format: str | None
) -> tuple[NDArray[np.int64] | NDArray[np.float64], pd.DatetimeIndex | None, str | None]:
    """What rows are sorted by; their stamps where they are dates. Seconds may have fractions."""
    column = table.frame[name]
    if pd.api.types.is_float_dtype(column.dtype):
        key = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isfinite(key).all():
            return key, None, None
    clock = read_clock(table, name, text_format=time_format)
    if isinstance(clock.stamps, pd.DatetimeIndex):
        return clock.stamps.asi8, clock.stamps, clock.text_format
    return clock.stamps, None, clock.text_format


def filled(
    column: NDArray[np.float32],
    missing: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    otherwise: float,
) -> NDArray[np.float32]:
    """Forward within each series, then backward; `otherwise` where a series has no value."""
    rows = np.arange(len(column))
    counts = np.diff(offsets)
    starts, ends = np.repeat(offsets[:-1], counts), np.repeat(offsets[1:], counts)
    before = np.maximum.accumulate(np.where(missing, -1, rows))
    after = np.minimum.accumulate(np.where(missing, len(rows), rows)[::-1])[::-1]
    source = np.where(before >= starts, before, after)
    none = source >= ends
    return np.where(none, np.float32(otherwise), column[np.where(none, 0, source)])
