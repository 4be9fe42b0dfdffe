"""Another table read by a known schema: what prediction and evaluation work on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data import audit
from autorecur.data.block import Block, Placement, block_on, placement_of
from autorecur.data.columns import Clock, read_clock
from autorecur.data.dataset import Examples, Finding, Schema
from autorecur.data.features import codes_of, known_of, missing_known, numeric_columns, static_of
from autorecur.data.grid import Stamps
from autorecur.data.panel import axis_of
from autorecur.data.read import Table, require_columns, shown
from autorecur.data.strata import labels_as
from autorecur.errors import DataError

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table read by a known schema; the fields mean what they mean in `Dataset`."""

    values: NDArray[np.float32]
    observed: NDArray[np.bool_]
    known: NDArray[np.float32]
    codes: NDArray[np.int32]
    static: NDArray[np.float32]
    labels: NDArray[
        np.float32
    ]  # [rows, 1] of a nowcast, NaN where the table does not say; or empty
    offsets: NDArray[np.int64]
    series: tuple[str, ...]
    times: Stamps
    future: Examples  # [series]: the row of each series' first step after what is known
    source_rows: NDArray[np.int64]  # [rows]: the table's row of each; −1 where there is none
    findings: tuple[Finding, ...]


def prepare(table: Table, schema: Schema, *, future: bool = True) -> Prepared:
    """Read another table by the schema of the one that was trained on.

    `future` says that what follows the table is wanted: each series then has `horizon` more rows.
    Where columns are known in advance, those rows are the table's own last ones, without a target.
    """
    labelled = schema.traits.labelled
    future = future and not labelled
    columns = numeric_columns(schema.columns, labelled)
    _require(table, schema, labelled)
    targets = () if labelled else schema.names("target")
    clock = _clock(table, schema)
    axis = axis_of(table, clock, schema.series, targets, repeats=labelled)
    told = bool(schema.names("known"))
    ahead = schema.horizon if future and not told else 0
    placement = placement_of(
        table, axis, schema.frequency, expected=True, plain=labelled, ahead=ahead
    )
    block = block_on(placement, columns, len(targets), trim=False)
    if not block.alive.all():
        name = axis.names[int(np.argmin(block.alive))]
        raise DataError(
            f"the series {shown(name)} has no row where every column has had a value: fill its "
            "first rows in"
        )
    first = _future(placement, block, schema, ahead) if future else block.offsets[:0]
    known, new_known = known_of(placement, block, schema)
    codes, new_codes = codes_of(placement, block, schema.columns)
    static, new_static = static_of(placement, block, schema.columns)
    labels, new_labels = _labels(placement, block, schema) if labelled else (None, ())
    channels = len(schema.channels)
    filled = [
        finding
        for place, name in enumerate(targets)
        for finding in audit.filled(_seen(block, first)[:, place], name, placement.filled)
    ]
    rows = axis.table_rows()
    source = placement.row_of(forward=False)[block.kept]
    return Prepared(
        values=np.ascontiguousarray(block.values[:, :channels]),
        observed=block.observed,
        known=known,
        codes=codes,
        static=static,
        labels=np.empty((0, 0), np.float32) if labels is None else labels,
        offsets=block.offsets,
        series=axis.names,
        times=block.times,
        future=first,
        source_rows=np.where(source < 0, -1, rows[source]),
        findings=(
            *audit.ignored(list(table.frame.columns), schema.columns),
            *_unsaid(table, schema, clock),
            *axis.findings,
            *block.findings,
            *filled,
            *(*new_known, *new_codes, *new_static, *new_labels),
        ),
    )


def _require(table: Table, schema: Schema, labelled: bool) -> None:
    roles = ["time", "series", *([] if labelled else ["target"]), "past", "known", "static"]
    needed = {name for role in roles for name in schema.names(role)}
    require_columns(table, [c.name for c in schema.columns if c.name in needed])


def _clock(table: Table, schema: Schema) -> Clock | None:
    if not schema.time:
        return None
    clock = read_clock(table, schema.time, text_format=schema.time_format)
    if isinstance(clock.stamps, pd.DatetimeIndex) != (schema.frequency is not None):
        kind = "dates" if schema.frequency else "whole numbers that count the rows"
        raise DataError(
            f"the time column {shown(schema.time)} of {table.name} should hold {kind}, and has "
            f"{shown(table.frame[schema.time].iloc[0])}: bring it to the form trained on"
        )
    return clock


def _unsaid(table: Table, schema: Schema, clock: Clock | None) -> list[Finding]:
    """What changes the answers and would go unseen: a zone in the times, an empty category."""
    found = []
    if clock is not None and clock.zoned:
        sentence = f"The times in {shown(clock.name)} carry a zone and were brought to UTC."
        found.append(Finding("AR119", "note", sentence))
    for column in schema.categories:
        if table.frame[column.name].isna().all():
            sentence = f"{shown(column.name)} is empty throughout and counts as unknown."
            found.append(Finding("AR118", "tip", sentence, "Fill it in."))
    return found


def _future(placement: Placement, block: Block, schema: Schema, ahead: int) -> Examples:
    """The first future row of each series: one added, or the table's own without a target."""
    offsets = block.offsets
    if ahead:
        return offsets[1:] - ahead
    seen = np.where(block.observed.any(axis=1), np.arange(1, len(block.values) + 1), 0)
    first = np.maximum(np.maximum.reduceat(seen, offsets[:-1]), offsets[:-1]).astype(np.int64)
    lengths = offsets[1:] - first
    names = ", ".join(shown(name, 30) for name in schema.names("known"))
    short = np.flatnonzero(lengths < schema.horizon)
    rule = (
        f"the {schema.horizon} rows to be forecast must be in the table, with {names} filled in "
        "and the target empty"
    )
    if len(short):
        place = int(short[0])
        of = f" of the series {shown(placement.axis.names[place])}" if placement.axis.names else ""
        raise DataError(
            f"{placement.table.name} has {int(lengths[place])} rows after the last value{of}, and "
            f"{names} must be known in advance: {rule}"
        )
    if (first == offsets[:-1]).any():
        raise DataError(
            f"{placement.table.name} has a series without any value of the target: give the rows "
            "before those that are to be forecast"
        )
    rows = (first[:, None] + np.arange(schema.horizon)).ravel()
    on_grid = np.arange(placement.rows)[block.kept][rows]
    source = placement.row_of(forward=False)[on_grid]
    absent = source < 0
    empty = missing_known(placement, schema, placement.axis.table_rows()[source[~absent]])
    if absent.any() or empty:
        what = f"{shown(empty)} is empty there" if empty else "time steps are missing there"
        raise DataError(f"{placement.table.name} cannot be forecast, for {what}: {rule}")
    return first


def _seen(block: Block, first: Examples) -> NDArray[np.bool_]:
    """Which targets were observed, in the rows before the future."""
    if not len(first):
        return block.observed
    before = np.arange(len(block.values)) < np.repeat(first, np.diff(block.offsets))
    return block.observed[before]


def _labels(
    placement: Placement, block: Block, schema: Schema
) -> tuple[NDArray[np.float32], tuple[Finding, ...]]:
    name = schema.names("target")[0]
    if name not in placement.table.frame.columns:
        return np.full((len(block.values), 1), np.nan, dtype=np.float32), ()
    labels, new = labels_as(placement.table, name, schema.classes)
    found: tuple[Finding, ...] = ()
    if new:
        listing = ", ".join(shown(text, 30) for text in new[:5])
        sentence = f"The target {shown(name)} has classes that training did not see: {listing}."
        found = (Finding("AR118", "tip", sentence, "They are not scored; train again with them."),)
    return placement.numbers(labels.values)[block.kept][:, None], found
