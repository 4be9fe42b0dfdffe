"""A table of one series becomes a Dataset, or, by a known schema, the same arrays of another table.

Both ways share one path: find the clock, order the rows, lay them on a regular grid, fill gaps with
the last known value (`data.block`). `dataset` infers on the way; `prepare` knows already.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data import audit
from autorecur.data.block import axis_of, block_on, grid_under
from autorecur.data.calendar import (
    Stamps,
    calendar,
    cycles_for,
    extend,
    frequency_of,
    season_of,
)
from autorecur.data.columns import (
    Clock,
    counts_rows,
    find_clock,
    numbers,
    read_clock,
    required_numbers,
)
from autorecur.data.dataset import Column, Dataset, Finding, Schema
from autorecur.data.read import Table, require_columns, shown
from autorecur.data.split import chronological, rows_needed
from autorecur.errors import DataError, SettingError

__all__ = ["Prepared", "calendar", "dataset", "future_times", "prepare"]

LATE_START = 0.10  # share of rows without a first value from which a covariate is left out
USUAL_HORIZON = 12  # where nothing else proposes one


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table read by a known schema; the fields mean what they mean in `Dataset`."""

    values: NDArray[np.float32]
    observed: NDArray[np.bool_]
    known: NDArray[np.float32]  # `horizon` rows beyond the end
    times: Stamps
    findings: tuple[Finding, ...]


def dataset(
    table: Table,
    *,
    target: str | Sequence[str] | None = None,
    time: str | None = None,
    horizon: int | None = None,
    drop: Collection[str] = (),
) -> Dataset:
    """Understand a table of one series: infer what is not given, and say why.

    >>> frame = pd.DataFrame({"y": np.sin(np.arange(200.0))})
    >>> dataset(Table("waves", frame, "", 200), horizon=3).rows
    200
    """
    targets = _checked(table, target, time, horizon, drop)
    clock = read_clock(table, time) if time else find_clock(table, {*drop, *targets})
    columns = _roles(table, targets, clock, drop)
    chosen = tuple(column.name for column in columns if column.role == "target")
    past = tuple(column.name for column in columns if column.role == "past")
    axis = axis_of(table, clock)
    if table.rows < rows_needed(horizon or 1):
        chronological(table.rows, horizon or 1)  # refuses, with the number that is needed
    frequency = frequency_of(axis.stamps) if isinstance(axis.stamps, pd.DatetimeIndex) else None
    grid = grid_under(table, axis, frequency, expected=False)
    block = block_on(table, axis, grid, (*chosen, *past), len(chosen), trim=True)
    rows = len(block.values)
    season, season_reason = season_of(block.values[: rows // 2, 0], frequency)
    steps, horizon_reason = _horizon(horizon, season, rows)
    split = chronological(rows, steps, season)
    cycles = cycles_for(block.times, frequency, season, clock is not None)
    findings = (
        *axis.findings,
        *block.findings,
        *audit.findings(block.values, block.observed, (*chosen, *past), block.absent),
    )
    schema = Schema(
        kind="forecast",
        columns=columns,
        horizon=steps,
        frequency=frequency,
        season=season,
        reasons=(
            *table.notes,
            *_told(columns, clock, frequency, target is None),
            season_reason,
            *horizon_reason,
            *([f"Calendar features: {', '.join(cycles)}."] if cycles else []),
            *(finding.sentence for finding in findings),
        ),
        cycles=cycles,
        time_format=clock.text_format if clock else None,
    )
    return Dataset(
        name=table.name,
        schema=schema,
        values=block.values,
        observed=block.observed,
        known=_known(block.times, schema),
        offsets=np.array([0, rows], dtype=np.int64),
        times=block.times,
        split=split,
        fingerprint=table.fingerprint,
        findings=findings,
        source={"rows": table.rows, "columns": len(table.frame.columns)},
    )


def prepare(table: Table, schema: Schema) -> Prepared:
    """Read another table by the schema of the one that was trained on."""
    require_columns(table, (*schema.names("time"), *schema.channels))
    clock = None
    if schema.time:
        clock = read_clock(table, schema.time, text_format=schema.time_format)
        if isinstance(clock.stamps, pd.DatetimeIndex) != (schema.frequency is not None):
            kind = "dates" if schema.frequency else "whole numbers that count the rows"
            raise DataError(
                f"the time column {shown(schema.time)} of {table.name} should hold {kind}, and has "
                f"{shown(table.frame[schema.time].iloc[0])}: bring it to the form trained on"
            )
    axis = axis_of(table, clock)
    grid = grid_under(table, axis, schema.frequency, expected=True)
    targets = len(schema.names("target"))
    block = block_on(table, axis, grid, schema.channels, targets, trim=False)
    known = {column.name for column in schema.columns}
    extra = [str(name) for name in table.frame.columns if name not in known]
    ignored: tuple[Finding, ...] = ()
    if extra:
        listing = ", ".join(shown(name, 30) for name in extra[:6]) + (" …" if extra[6:] else "")
        ignored = (
            Finding("AR115", "note", f"Columns not seen in training are ignored: {listing}."),
        )
    return Prepared(
        values=block.values,
        observed=block.observed,
        known=_known(block.times, schema),
        times=block.times,
        findings=(
            *ignored,
            *axis.findings,
            *block.findings,
            *audit.findings(block.values, block.observed, schema.channels, block.absent),
        ),
    )


def future_times(prepared: Prepared, schema: Schema) -> Stamps:
    """The `horizon` time stamps after the table's end."""
    return extend(prepared.times, schema.frequency, schema.horizon)


def _checked(
    table: Table,
    target: str | Sequence[str] | None,
    time: str | None,
    horizon: int | None,
    drop: Collection[str],
) -> tuple[str, ...]:
    """The targets asked for; refuses arguments that contradict each other or the table."""
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    if len(targets) > 1:
        raise SettingError(f"one target at a time is forecast, not {len(targets)}: name one")
    if isinstance(drop, str):
        raise SettingError(f"drop is a list of columns, not the text {shown(drop)}: put it in []")
    if horizon is not None and (
        isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1
    ):
        raise SettingError(f"horizon is a whole number from 1 upwards, not {shown(horizon)}")
    require_columns(table, targets, "target")
    require_columns(table, [time] if time else [], "time column")
    require_columns(table, drop, "column to drop")
    for name in (*targets, *([time] if time else [])):
        if name in drop:
            raise SettingError(f"{shown(name)} is both wanted and dropped: name it once")
    if time is not None and time in targets:
        raise SettingError(f"{shown(time)} cannot be the target and the time: name it once")
    return targets


def _roles(
    table: Table, targets: tuple[str, ...], clock: Clock | None, drop: Collection[str]
) -> tuple[Column, ...]:
    """Every column with its role; the target is inferred when there is only one choice."""
    columns = []
    for name in table.frame.columns:
        if clock is not None and name == clock.name:
            columns.append(Column(name, "time", "time", clock.reason))
        elif name in targets:
            values = required_numbers(table, name, "target")
            if np.isnan(values).all():
                raise DataError(
                    f"the target {shown(name)} has no value at all: name another column"
                )
            columns.append(Column(name, "target", "numeric", "as asked"))
        elif name in drop:
            columns.append(Column(name, "dropped", _dtype(table.frame[name]), "as asked"))
        else:
            columns.append(_covariate(table, name))
    return tuple(columns) if targets else _with_target(table, columns)


def _covariate(table: Table, name: str) -> Column:
    values, bad = numbers(table, name)
    if values is None:
        kind = _dtype(table.frame[name])
        value = shown(table.frame[name].iloc[bad], 40)
        return Column(name, "dropped", kind, f"not numeric: {table.line(bad)} has {value}")
    present = ~np.isnan(values)
    if not present.any():
        return Column(name, "dropped", "numeric", "it has no value")
    low, high = np.nanmin(values), np.nanmax(values)
    if low == high:
        return Column(name, "dropped", "numeric", f"constant ({low:g})")
    if counts_rows(values):
        return Column(name, "dropped", "numeric", "it counts the rows")
    start = int(np.argmax(present))
    if start > LATE_START * len(values):
        return Column(name, "dropped", "numeric", f"its first value is in {table.line(start)}")
    return Column(name, "past", "numeric", "numeric")


def _dtype(column: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return "numeric"
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "time"
    sample = column.iloc[:10_000].astype(str)
    return "categorical" if sample.nunique() <= max(20, len(sample) // 20) else "text"


def _with_target(table: Table, columns: list[Column]) -> tuple[Column, ...]:
    choices = [column for column in columns if column.role == "past"] or [
        column for column in columns if column.reason.startswith(("constant", "it counts"))
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


def _known(times: Stamps, schema: Schema) -> NDArray[np.float32]:
    if not schema.cycles:
        return np.empty((len(times) + schema.horizon, 0), dtype=np.float32)
    both = times.append(extend(times, schema.frequency, schema.horizon))
    return calendar(cast("Stamps", both), schema.cycles, schema.season)


def _horizon(asked: int | None, season: int, rows: int) -> tuple[int, list[str]]:
    """The horizon, and why, where it was not asked for."""
    if asked is not None:
        return int(asked), []
    wanted = season if season > 1 else USUAL_HORIZON
    steps = max(1, min(wanted, rows // 12))
    while steps > 1 and rows_needed(steps, season) > rows:
        steps -= 1
    if steps == season > 1:
        why = "one season"
    elif steps < wanted:
        why = "as long as so few rows allow"
    else:
        why = "the usual choice without a season"
    return steps, [f"Horizon {steps} steps, {why}; --horizon sets another."]


def _told(
    columns: tuple[Column, ...],
    clock: Clock | None,
    frequency: str | None,
    inferred: bool,
) -> list[str]:
    """What was understood of the columns, a sentence each."""
    told = ["Forecast: one numeric series, its later values from its earlier ones."]
    if clock is None:
        told.append("No time column was found: rows count as equal steps, in the table's order.")
    else:
        told.append(f"Time: {shown(clock.name)} ({clock.reason}).")
        if frequency is not None:
            told.append(f"Frequency: {frequency}, the commonest step between rows.")
    target = next(column for column in columns if column.role == "target")
    if inferred:
        told.append(f"Target: {shown(target.name)}, {target.reason}.")
    past = [shown(column.name, 30) for column in columns if column.role == "past"]
    if past:
        more = f" and {len(past) - 12} more" if len(past) > 12 else ""
        told.append(f"Past covariates: {', '.join(past[:12])}{more}; the other numeric columns.")
    told += [
        f"Left out: {shown(column.name)}, {column.reason}."
        for column in columns
        if column.role == "dropped"
    ]
    return told
