"""Rows of a table on a regular grid: ordered, laid out, and filled forward.

Nothing is interpolated: a value between two rows would carry the later one back in time, over the
border of a fold. The same path serves the table trained on and every later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.audit import level_of
from autorecur.data.columns import required_numbers
from autorecur.data.dataset import Finding
from autorecur.data.grid import Grid, Stamps, counted, grid_for
from autorecur.data.panel import Axis
from autorecur.data.read import Table, shown
from autorecur.errors import DataError

__all__ = ["Block", "Placement", "block_on", "grid_under", "placement_of"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Block:
    """Numbers on the grid, without gaps, and which points of the grid were kept."""

    values: Floats  # [rows, columns]
    observed: NDArray[np.bool_]  # [rows, targets]
    kept: slice | NDArray[np.bool_]  # of the grid's points
    times: Stamps
    offsets: Ints
    alive: NDArray[np.bool_]  # [series]: whether the series has a row left
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Placement:
    """How the rows of a table come to lie on a grid."""

    table: Table
    axis: Axis
    grid: Grid
    ahead: int = 0  # points after each series' end, for which the table has no row

    @property
    def rows(self) -> int:
        return len(self.grid.times)

    @cached_property
    def starts(self) -> Ints:
        """The first point of each point's series; one number serves all where there is one."""
        offsets = self.grid.offsets
        return offsets[:1] if len(offsets) == 2 else np.repeat(offsets[:-1], np.diff(offsets))

    @cached_property
    def filled(self) -> int:
        """Points that have no row of the table, those ahead left out."""
        if self.grid.positions is None:
            return 0
        ahead = self.ahead * (len(self.grid.offsets) - 1)
        return self.rows - ahead - len(np.unique(self.grid.positions))

    def numbers(self, column: Floats) -> Floats:
        """A column of numbers on the grid; NaN where there is no row."""
        column = cast("Floats", self.axis.ordered(column))
        if self.grid.positions is None:
            return column
        spread = np.full(self.rows, np.nan, dtype=np.float32)
        spread[self.grid.positions] = column
        return spread

    def codes(self, column: NDArray[np.int32]) -> NDArray[np.int32]:
        """A column of codes on the grid; a point without a row takes the last row's."""
        column = cast("NDArray[np.int32]", self.axis.ordered(column))
        if self.grid.positions is None:
            return column
        return column[self.row_of(forward=True)]

    def row_of(self, forward: bool) -> Ints:
        """The row of each point, among the ordered rows; −1, or the last before it, where none."""
        rows = np.full(self.rows, -1, dtype=np.int64)
        if self.grid.positions is None:
            return np.arange(self.rows, dtype=np.int64)
        rows[self.grid.positions] = np.arange(len(self.grid.positions))
        # A series begins with a row, so that nothing reaches it from the series before.
        return np.maximum.accumulate(rows) if forward else rows

    def forward(self, column: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Filled with the last value within the series, and where it was missing."""
        missing = np.isnan(column)
        if not missing.any():
            return column, missing
        last = np.where(missing, self.starts, np.arange(self.rows, dtype=np.int64))
        return column[np.maximum.accumulate(last)], missing


def placement_of(
    table: Table, axis: Axis, frequency: str | None, *, expected: bool, plain: bool, ahead: int = 0
) -> Placement:
    """The grid under the rows; `plain` takes them as they are, one step each."""
    grid = grid_under(table, axis, frequency, expected=expected, plain=plain)
    if ahead:
        grid = grid.extended(frequency, ahead, np.diff(axis.offsets))
    return Placement(table, axis, grid, ahead)


def grid_under(
    table: Table, axis: Axis, frequency: str | None, *, expected: bool, plain: bool = False
) -> Grid:
    """The grid under the ordered rows: of dates, of whole numbers that count, or of the rows."""
    stamps = axis.stamps
    if stamps is None:
        if len(axis.offsets) == 2:
            return Grid(pd.RangeIndex(axis.rows), None, 0, axis.offsets)
        counts = np.diff(axis.offsets)
        inner = np.arange(axis.rows, dtype=np.int64) - np.repeat(axis.offsets[:-1], counts)
        return Grid(pd.Index(inner), None, 0, axis.offsets)
    if plain:
        times = stamps if isinstance(stamps, pd.DatetimeIndex) else pd.Index(stamps)
        return Grid(times, None, 0, axis.offsets)
    if isinstance(stamps, pd.DatetimeIndex):
        return grid_for(stamps, cast("str", frequency), table.name, expected, axis.offsets)
    name = shown(axis.clock.name) if axis.clock else ""
    return counted(stamps, axis.offsets, name)


def block_on(
    placement: Placement,
    columns: Sequence[str],
    targets: int,
    *,
    known: Sequence[str] = (),
    trim: bool,
) -> Block:
    """Lay numeric columns on the grid, fill forward, cut what has no past.

    The first `targets` columns are foretold; `trim` cuts the end of a series where all of them are
    empty. `known` columns are filled in the same way, and told apart by the caller.
    """
    table, rows = placement.table, placement.rows
    values = np.empty((rows, len(columns)), dtype=np.float32)
    observed = np.ones((rows, targets), dtype=np.bool_)
    early = np.zeros(rows, dtype=np.bool_) if len(placement.grid.offsets) > 2 else None
    start, findings = 0, list[Finding]()
    for place, name in enumerate(columns):
        raw = placement.numbers(
            required_numbers(table, name, "target" if place < targets else "column")
        )
        values[:, place], missing = placement.forward(raw)
        if place < targets:
            observed[:, place] = ~missing
        if not missing.any():
            continue
        if missing.all():
            raise DataError(f"column {shown(name)} of {table.name} has no value: fill it in")
        if early is None:
            start = max(start, int(np.argmin(missing)))
        else:
            early |= np.isnan(values[:, place])
        ahead = placement.ahead * (len(placement.grid.offsets) - 1)
        empty = int(missing.sum()) - placement.filled - ahead
        if place >= targets and empty > 0:
            sentence = f"{empty:,} missing values of {shown(name)} took the last known one."
            findings.append(Finding("AR108", "note", sentence))
    late = _ends(placement, observed) if trim and targets else None
    return _cut(placement, values, observed, early, start, late, findings)


def _ends(placement: Placement, observed: NDArray[np.bool_]) -> Ints:
    """One past the last point of each series that has a target, or its start where none has."""
    offsets = placement.grid.offsets
    there = observed.any(axis=1)
    last = np.where(there, np.arange(1, placement.rows + 1), 0)
    ends = np.maximum.reduceat(last, offsets[:-1])
    return np.maximum(ends, offsets[:-1]).astype(np.int64)


def _cut(
    placement: Placement,
    values: Floats,
    observed: NDArray[np.bool_],
    early: NDArray[np.bool_] | None,
    start: int,
    late: Ints | None,
    findings: list[Finding],
) -> Block:
    offsets, rows = placement.grid.offsets, placement.rows
    if early is None:
        end = rows if late is None else int(late[0])
        if start >= end:
            raise DataError(
                f"{placement.table.name} has no row where every column has had a value: fill the "
                "first rows in"
            )
        kept: slice | NDArray[np.bool_] = slice(start, end)
        counts = np.array([end - start])
        first, cut = start, rows - end
    else:
        keep = ~early
        first, cut = int(early.sum()), 0
        if late is not None:
            before = np.arange(rows) < np.repeat(late, np.diff(offsets))
            cut = int((keep & ~before).sum())
            keep &= before
        if not keep.any():
            raise DataError(
                f"{placement.table.name} has no row where every column has had a value: fill the "
                "first rows in"
            )
        counts = np.add.reduceat(keep, offsets[:-1], dtype=np.int64)
        kept = slice(0, rows) if keep.all() else keep
    alive = counts > 0
    if not alive.all():
        names = [placement.axis.names[place] for place in np.flatnonzero(~alive)]
        listing = ", ".join(shown(name, 30) for name in names[:5]) + (" …" if names[5:] else "")
        sentence = f"{len(names):,} series have no row where every column has a value: {listing}."
        findings.append(Finding("AR108", "tip", sentence, "Fill them in, or leave them out."))
    told = (*_grid_findings(placement), *_cut_findings(first, cut, placement), *findings)
    return Block(
        values[kept],
        observed[kept],
        kept,
        placement.grid.times[kept],
        np.concatenate([[0], np.cumsum(counts[alive])]).astype(np.int64),
        alive,
        told,
    )


def _grid_findings(placement: Placement) -> list[Finding]:
    found, grid, absent = [], placement.grid, placement.filled
    points = len(grid.times) - placement.ahead * (len(grid.offsets) - 1)
    if absent:
        level = level_of(absent / points)
        found.append(
            Finding(
                "AR108",
                level,
                f"{absent:,} of {points:,} time steps had no row and were filled with the "
                "last known values; they are not scored.",
                "" if level == "note" else "Add the missing rows, or use a coarser step.",
            )
        )
    if grid.irregular:
        sentence = (
            f"The time stamps come at no regular step: each of {grid.moved:,} rows went to the "
            "next point of a grid."
        )
        found.append(Finding("AR108", "tip", sentence, "Bring the rows to a regular step."))
    elif grid.moved:
        sentence = (
            f"{grid.moved:,} time stamps were off the regular grid and went to its nearest point."
        )
        found.append(Finding("AR108", "note", sentence))
    lost = placement.axis.rows - (points - absent)
    if lost:
        sentence = f"{lost:,} rows fell on a grid point with a later row, which was kept."
        found.append(Finding("AR108", "note", sentence))
    return found


def _cut_findings(start: int, cut: int, placement: Placement) -> list[Finding]:
    found, panel = [], len(placement.grid.offsets) > 2
    which = (
        f"The first time steps of some series, {start:,} in all,"
        if panel
        else (f"The first {start:,} time steps")
    )
    if start:
        sentence = f"{which} were cut off: not every column has a value there."
        found.append(Finding("AR108", "note", sentence))
    if cut:
        of = " of the series" if panel else ""
        sentence = (
            f"The last {cut:,} time steps{of} were left out of training: their target is empty."
        )
        found.append(Finding("AR108", "note", sentence))
    return found
