"""Rows of a table on a regular grid: ordered, laid out, and filled forward.

Nothing is interpolated: a value between two rows would carry the later one back in time, over the
border of a fold. The same path serves the table trained on and every later one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.audit import level_of
from autorecur.data.calendar import Grid, Stamps, grid_for
from autorecur.data.columns import Clock, required_numbers
from autorecur.data.dataset import Finding
from autorecur.data.read import Table, shown
from autorecur.errors import DataError

__all__ = ["Axis", "Block", "axis_of", "block_on", "grid_under"]


@dataclass(frozen=True, eq=False)
class Axis:
    """The time stamps in order, and how the table's rows get there."""

    clock: Clock | None
    stamps: pd.DatetimeIndex | NDArray[np.int64] | None
    order: NDArray[np.int64] | None  # None when the table is in order
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Block:
    """Channels on the grid, without gaps."""

    values: NDArray[np.float32]
    observed: NDArray[np.bool_]
    times: Stamps
    absent: int  # time steps without a row, filled
    findings: tuple[Finding, ...]


def axis_of(table: Table, clock: Clock | None) -> Axis:
    """Order the rows by time; refuses a stamp that occurs twice."""
    if clock is None:
        return Axis(None, None, None, ())
    stamps = clock.stamps
    key = stamps.asi8 if isinstance(stamps, pd.DatetimeIndex) else stamps
    steps = np.diff(key)
    order: NDArray[np.int64] | None = None
    found: tuple[Finding, ...] = ()
    if bool((steps < 0).any()):
        order = np.argsort(key, kind="stable")
        first = int(np.argmax(steps < 0)) + 1
        late = int((np.maximum.accumulate(key) != key).sum())
        sentence = (
            f"{late:,} {'row was' if late == 1 else 'rows were'} out of time order, the first in "
            f"{table.line(first)}; the rows were sorted."
        )
        found = (Finding("AR108", "note", sentence),)
        stamps = stamps[order]
        key = key[order]
        steps = np.diff(key)
    twice = np.flatnonzero(steps == 0)
    if len(twice):
        _refuse_repeated(table, clock, key, order, twice)
    return Axis(clock, stamps, order, found)


def _refuse_repeated(
    table: Table,
    clock: Clock,
    key: NDArray[np.int64],
    order: NDArray[np.int64] | None,
    twice: NDArray[np.intp],
) -> None:
    rows = np.flatnonzero(key == key[twice[0]])
    rows = rows if order is None else np.sort(order[rows])
    stamp = clock.stamps[int(rows[0])]
    places = " and ".join(table.line(int(row)) for row in rows[:2])
    noun = "row repeats" if len(twice) == 1 else "rows repeat"
    more = f" (and {len(rows) - 2} more)" if len(rows) > 2 else ""
    raise DataError(
        f"the time {stamp} stands in {places}{more}, and {len(twice):,} {noun} an earlier time in "
        f"all: keep one row for each value of {shown(clock.name)}"
    )


def grid_under(table: Table, axis: Axis, frequency: str | None, *, expected: bool) -> Grid:
    stamps = axis.stamps
    if stamps is None:
        return Grid(pd.RangeIndex(table.rows), None, 0)
    if isinstance(stamps, pd.DatetimeIndex):
        return grid_for(stamps, cast("str", frequency), table.name, expected)
    steps = np.diff(stamps)
    step = int(np.bincount(np.minimum(steps, 10_000)).argmax()) if len(steps) else 1
    off = np.flatnonzero((stamps - stamps[0]) % step)
    count = int(stamps[-1] - stamps[0]) // step + 1
    name = shown(cast("Clock", axis.clock).name)
    if len(off):
        raise DataError(
            f"the time column {name} counts in steps of {step}, and {int(stamps[off[0]])} is "
            "between two: bring it to a regular step"
        )
    if count > 4 * table.rows + 1000:
        raise DataError(
            f"the time column {name} has {table.rows:,} values over {count:,} steps: most would be "
            "filled in; bring it to a regular step"
        )
    times = pd.RangeIndex(int(stamps[0]), int(stamps[-1]) + step, step)
    positions = None if count == len(stamps) else (stamps - stamps[0]) // step
    return Grid(times, positions, 0)


def block_on(
    table: Table,
    axis: Axis,
    grid: Grid,
    channels: tuple[str, ...],
    targets: int,
    *,
    trim: bool,
) -> Block:
    """Lay channels on the grid, fill forward, cut what has no past; `trim` cuts an empty end."""
    rows = len(grid.times)
    values = np.empty((rows, len(channels)), dtype=np.float32)
    observed = np.ones((rows, targets), dtype=np.bool_)
    absent = rows - _rows_in(grid, table)
    starts, findings = [0], list[Finding]()
    end = rows
    for place, name in enumerate(channels):
        column = required_numbers(table, name, "target" if place < targets else "column")
        if axis.order is not None:
            column = column[axis.order]
        if grid.positions is not None:
            spread = np.full(rows, np.nan, dtype=np.float32)
            spread[grid.positions] = column
            column = spread
        missing = np.isnan(column)
        if not missing.any():
            values[:, place] = column
            continue
        if missing.all():
            raise DataError(f"column {shown(name)} of {table.name} has no value: fill it in")
        starts.append(int(np.argmin(missing)))
        last = np.maximum.accumulate(np.where(missing, 0, np.arange(rows)))
        values[:, place] = column[last]
        if place < targets:
            observed[:, place] = ~missing
            if trim:
                end = min(end, rows - int(np.argmin(missing[::-1])))
        else:
            empty = int(missing.sum()) - absent
            if empty > 0:
                sentence = f"{empty:,} missing values of {shown(name)} took the last known one."
                findings.append(Finding("AR108", "note", sentence))
    start = max(starts)
    if start >= end:
        raise DataError(
            f"{table.name} has no row where every column has had a value: fill "
            f"{shown(channels[0])} in"
        )
    findings = [*_grid_findings(table, grid, start, end), *findings]
    times = cast("Stamps", grid.times[start:end])
    return Block(values[start:end], observed[start:end], times, absent, tuple(findings))


def _rows_in(grid: Grid, table: Table) -> int:
    """How many points of the grid have a row of the table."""
    return table.rows if grid.positions is None else len(np.unique(grid.positions))


def _grid_findings(table: Table, grid: Grid, start: int, end: int) -> list[Finding]:
    found = []
    inside = _rows_in(grid, table)
    absent = len(grid.times) - inside
    if absent:
        level = level_of(absent / len(grid.times))
        found.append(
            Finding(
                "AR108",
                level,
                f"{absent:,} of {len(grid.times):,} time steps had no row and were filled with the "
                "last known values; they are not scored.",
                "" if level == "note" else "Add the missing rows, or use a coarser step.",
            )
        )
    if grid.moved:
        sentence = (
            f"{grid.moved:,} time stamps were off the regular grid and went to its nearest point."
        )
        found.append(Finding("AR108", "note", sentence))
    if inside < table.rows:
        sentence = (
            f"{table.rows - inside:,} rows fell on a grid point with a later row, which was kept."
        )
        found.append(Finding("AR108", "note", sentence))
    if start:
        sentence = (
            f"The first {start:,} time steps were cut off: not every column has a value there."
        )
        found.append(Finding("AR108", "note", sentence))
    if end < len(grid.times):
        cut = len(grid.times) - end
        sentence = f"The last {cut:,} time steps were left out of training: their target is empty."
        found.append(Finding("AR108", "note", sentence))
    return found
