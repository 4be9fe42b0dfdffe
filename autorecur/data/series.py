"""A table whose rows are time steps becomes a Dataset: a forecast, or a label for each row.

Find the clock, order the rows, lay them on a regular grid, fill gaps with the last known value
(`data.block`), and divide them in time. `data.prepared` reads a later table in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data import audit, leaks
from autorecur.data.block import Block, Placement, block_on, placement_of
from autorecur.data.calendar import calendar, common_season, cycles_for
from autorecur.data.columns import Clock, find_clock, read_clock
from autorecur.data.dataset import Column, Dataset, Finding, Schema, Split
from autorecur.data.features import codes_of, known_of, numeric_columns, static_of
from autorecur.data.grid import frequency_of
from autorecur.data.groups import grouped
from autorecur.data.kinds import kind_named
from autorecur.data.panel import Axis, axis_of, by_parts
from autorecur.data.prepared import Prepared, prepare
from autorecur.data.read import Table, shown
from autorecur.data.roles import Asked, roles_of, with_categories
from autorecur.data.split import chronological, rows_needed
from autorecur.data.strata import HOLDOUT, TRAIN, given_parts, labels_of
from autorecur.data.told import reasons_of
from autorecur.errors import DataError, SettingError

__all__ = ["Prepared", "calendar", "dataset", "prepare"]

USUAL_HORIZON = 12  # where nothing else proposes one
LONGEST_PROPOSED = 100  # steps, of a horizon that the test rows of a split column propose
GROUPED_SERIES = 20  # labelled series from which whole series are divided, and not their rows
GROUPED_TRAINED = 8  # of these, so many are there to train on

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


def dataset(
    table: Table,
    *,
    target: str | Sequence[str] | None = None,
    time: str | None = None,
    horizon: int | None = None,
    drop: Sequence[str] = (),
    series: str | None = None,
    known: Sequence[str] = (),
    static: Sequence[str] = (),
    split: str | None = None,
    kind: str = "forecast",
) -> Dataset:
    """Understand a table of time steps: infer what is not given, and say why.

    >>> frame = pd.DataFrame({"y": np.sin(np.arange(200.0))})
    >>> dataset(Table("waves", frame, "", 200), horizon=3).rows
    200
    """
    labelled = kind_named(kind).labelled
    asked = _asked(table, target, time, drop, series, known, static, split, labelled)
    _check_horizon(horizon, labelled)
    seen = _read(table, asked, horizon)
    block = seen.block
    season, season_reason = (1, "") if labelled else _season(block, seen.frequency)
    steps, horizon_reason = _horizon(horizon, season, seen)
    divided = _split(seen, steps, season)
    _check_parts(divided, split, steps)
    columns = with_categories(table, seen.columns, _trained(seen, divided))
    schema = Schema(
        kind=kind,
        columns=columns,
        horizon=steps,
        frequency=seen.frequency,
        season=season,
        reasons=(),
        cycles=cycles_for(
            block.times, seen.frequency, season, seen.clock is not None and not seen.axis.names
        ),
        time_format=seen.clock.text_format if seen.clock else None,
    )
    made = Dataset(
        name=table.name,
        schema=schema,
        values=np.ascontiguousarray(block.values[:, : len(schema.channels)]),
        observed=block.observed,
        known=known_of(seen.placement, block, schema)[0],
        offsets=block.offsets,
        times=cast("pd.DatetimeIndex", block.times),
        split=divided,
        fingerprint=table.fingerprint,
        source={"rows": table.rows, "columns": len(table.frame.columns)},
        codes=codes_of(seen.placement, block, columns)[0],
        static=static_of(seen.placement, block, columns)[0],
        labels=seen.labels,
        series=tuple(
            name for name, alive in zip(seen.axis.names, block.alive, strict=False) if alive
        ),
    )
    _refuse_nothing(made)
    return _explained(made, seen, target is None, [season_reason, *horizon_reason])


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the table holds, before it is divided."""

    table: Table
    clock: Clock | None
    axis: Axis
    columns: tuple[Column, ...]  # without their categories
    frequency: str | None
    placement: Placement
    block: Block
    labels: Floats  # [rows, 1] of labelled rows, or empty
    parts: Ints | None  # of each row, by the split column
    whole: bool  # whether series are the table's own, and may go to one part each


def _read(table: Table, asked: Asked, horizon: int | None) -> _Seen:
    """Order the rows, give every column its role, lay the rows on their grid."""
    labelled = asked.labelled
    clock = _clock(table, asked)
    own = axis = axis_of(table, clock, asked.series, asked.targets, repeats=labelled)
    given = given_parts(table, asked.split) if asked.split else None
    if labelled and given is not None:
        axis = by_parts(own, given, table.frame[asked.split])
    columns = roles_of(table, asked, clock, axis)
    targets = [column for column in columns if column.role == "target"]
    if not labelled and not asked.series and axis.rows < rows_needed(horizon or 1):
        chronological(axis.rows, horizon or 1)  # refuses, with the number that is needed
    frequency = None
    if isinstance(axis.stamps, pd.DatetimeIndex):
        frequency = frequency_of(axis.stamps, axis.offsets)
    placement = placement_of(table, axis, frequency, expected=False, plain=labelled)
    numeric = numeric_columns(columns, labelled)
    block = block_on(placement, numeric, 0 if labelled else len(targets), trim=not labelled)
    labels: Floats = np.empty((0, 0), np.float32)
    if labelled:
        told = labels_of(table, targets[0].name, targets[0].dtype == "categorical")
        labels = placement.numbers(told.values)[block.kept][:, None]
    parts = None
    if given is not None:
        parts = placement.codes(given.astype(np.int32))[block.kept].astype(np.int64)
    whole = asked.series is not None and axis is own
    return _Seen(table, clock, axis, columns, frequency, placement, block, labels, parts, whole)


def _asked(
    table: Table,
    target: str | Sequence[str] | None,
    time: str | None,
    drop: Sequence[str],
    series: str | None,
    known: Sequence[str],
    static: Sequence[str],
    split: str | None,
    labelled: bool,
) -> Asked:
    for name, given in (("drop", drop), ("known", known), ("static", static)):
        if isinstance(given, str):
            raise SettingError(
                f"{name} is a list of columns, not the text {shown(given)}: put it in []"
            )
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    asked = Asked(targets, time, series, tuple(drop), tuple(known), tuple(static), split, labelled)
    asked.check(table)
    if labelled and not targets:
        raise DataError(f"{table.name} needs a label to learn: name its column with --target")
    return asked


def _check_horizon(horizon: int | None, labelled: bool) -> None:
    if horizon is None:
        return
    whole = isinstance(horizon, int | np.integer) and not isinstance(horizon, bool)
    if labelled:
        if not whole or horizon != 0:
            raise SettingError(f"a nowcast has the horizon 0, not {shown(horizon)}: leave it out")
    elif not whole or horizon < 1:
        raise SettingError(f"horizon is a whole number from 1 upwards, not {shown(horizon)}")


def _clock(table: Table, asked: Asked) -> Clock | None:
    if asked.time:
        return read_clock(table, asked.time)
    taken = {*asked.drop, *asked.targets, *asked.known, *asked.static, asked.series, asked.split}
    return find_clock(table, {name for name in taken if name is not None}, asked.series)


def _season(block: Block, frequency: str | None) -> tuple[int, str]:
    """Looked for in the first half of each series only, which certainly trains."""
    pairs = zip(block.offsets[:-1], block.offsets[1:], strict=True)
    halves = [block.values[start : start + (end - start) // 2, 0] for start, end in pairs]
    return common_season(halves, frequency)


def _horizon(asked: int | None, season: int, seen: _Seen) -> tuple[int, list[str]]:
    """The horizon, and why, where it was not asked for."""
    if seen.labels.size:
        return 0, []
    if asked is not None:
        return int(asked), []
    lengths = np.diff(seen.block.offsets)
    rows, many = int(np.median(lengths)), len(lengths)
    wanted = season if season > 1 else USUAL_HORIZON
    if seen.parts is not None:
        kept = np.add.reduceat(seen.parts == HOLDOUT, seen.block.offsets[:-1], dtype=np.int64)
        most = int(kept.max())
        equal = many > 1 and kept.min() == most <= LONGEST_PROPOSED
        if equal and rows_needed(most, season, many) <= int(lengths.max()):
            why = "as many as the split column keeps of each series"
            return most, [f"Horizon {most} steps, {why}; --horizon sets another."]
        wanted = max(1, min(wanted, most))
    steps = max(1, min(wanted, rows // 12))
    while steps > 1 and rows_needed(steps, season, many) > rows:
        steps -= 1
    if steps == season > 1:
        why = "one season"
    elif steps < wanted:
        why = "as long as so few rows allow"
    else:
        why = "the usual choice without a season"
    return steps, [f"Horizon {steps} steps, {why}; --horizon sets another."]


def _split(seen: _Seen, steps: int, season: int) -> Split:
    """By whole series where rows are labelled and series are many; else in time."""
    block, labels, parts = seen.block, seen.labels, seen.parts
    offsets, lengths = block.offsets, np.diff(block.offsets)
    if not labels.size:
        scored = np.asarray(block.observed.any(axis=1))
        return chronological(offsets, steps, season, scored=scored, given=parts)
    if seen.whole and len(lengths) >= GROUPED_SERIES:
        own = None if parts is None else parts[offsets[:-1]]
        one = parts is None or np.array_equal(parts, parts[np.repeat(offsets[:-1], lengths)])
        trained = len(lengths) if own is None else int((own == TRAIN).sum())
        if one and trained >= GROUPED_TRAINED:
            alike = leaks.together(leaks.alike(block.values, offsets))
            return grouped(offsets, labels[:, 0], own, alike)
    return chronological(offsets, 0, 1, scored=~np.isnan(labels[:, 0]), given=parts)


def _check_parts(split: Split, column: str | None, steps: int) -> None:
    """Every part has something to score, or the split column is to blame."""
    folds = (split.selection, *split.duel, split.holdout)
    empty = [fold.name for fold in folds if not len(fold.validation)]
    empty += [fold.name for fold in folds[1:] if not len(fold.test)]
    if empty:
        what = f"the split column {shown(column)} leaves" if column else "gaps leave"
        raise DataError(
            f"{what} no {f'{steps} steps in a row' if steps else 'row with a label'} to score in "
            f"{shown(empty[0])}: mark more rows, or choose a shorter horizon"
        )


def _trained(seen: _Seen, split: Split) -> NDArray[np.bool_]:
    """[the table's rows]: whether scalers of the last fold may see the row."""
    block, placement = seen.block, seen.placement
    ends = np.repeat(split.holdout.fit_until, np.diff(block.offsets))
    points = np.zeros(placement.rows, dtype=np.bool_)
    points[block.kept] = np.arange(len(block.values)) < ends
    positions = placement.grid.positions
    trained = np.zeros(seen.table.rows, dtype=np.bool_)
    trained[seen.axis.table_rows()] = points if positions is None else points[positions]
    return trained


def _explained(made: Dataset, seen: _Seen, inferred: bool, more: list[str]) -> Dataset:
    """With what was understood and what was found, a sentence each."""
    schema, labelled = made.schema, made.kind.labelled
    findings = (*seen.axis.findings, *seen.block.findings, *_audited(made, seen))
    told = reasons_of(schema.columns, seen.clock, seen.frequency, inferred, labelled, made.offsets)
    told += [sentence for sentence in more if sentence]
    if schema.cycles:
        told.append(f"Calendar features: {', '.join(schema.cycles)}.")
    reasons = (*seen.table.notes, *told, *(finding.sentence for finding in findings))
    return replace(made, schema=replace(schema, reasons=reasons), findings=findings)


def _refuse_nothing(made: Dataset) -> None:
    """A label needs something to be told from."""
    inputs = made.values.shape[1] + made.codes.shape[1] + made.known.shape[1]
    if made.kind.labelled and not inputs:
        raise DataError(
            f"{made.name} has no column to tell {shown(made.schema.unit)} from: add one, or drop "
            "fewer"
        )


def _audited(made: Dataset, seen: _Seen) -> list[Finding]:
    """What the audit finds."""
    schema, split = made.schema, made.split
    names = schema.names("target")
    found = audit.constants(schema.columns)
    if made.kind.labelled:
        return found + _audited_labels(made, names[0])
    columns, values = numeric_columns(seen.columns, labelled=False), seen.block.values
    found += audit.findings(values, made.observed, columns, seen.placement.filled)
    found += leaks.ahead(values, made.observed, columns, made.offsets, schema.horizon)
    pairs = zip(made.offsets[:-1], split.holdout.fit_until, strict=True)
    fitted = [slice(int(first), int(last)) for first, last in pairs]
    found += audit.drift(made.values, fitted, _holdouts(made.offsets, split), names)
    return found + audit.ends_early(made.times, made.offsets, made.series, schema.horizon)


def _audited_labels(made: Dataset, name: str) -> list[Finding]:
    """What the audit finds of labelled rows."""
    schema, holdout, label, offsets = (
        made.schema,
        made.split.holdout,
        made.labels[:, 0],
        made.offsets,
    )
    found = audit.pauses(made.times, offsets) + audit.unlabelled(label, name)
    features = [*zip(schema.channels, made.values.T, strict=True)]
    features += [
        (column.name, codes.astype(np.float32))
        for column, codes in zip(schema.categories, made.codes.T, strict=True)
    ]
    for column, feature in features:
        found += audit.gives_away(
            column, feature, label, name, schema.classes
        ) or leaks.labels_ahead(column, feature, label, offsets, name, schema.classes)
    held, trained = np.unique(made.series_of(holdout.test)), made.series_of(holdout.train)
    if made.values.shape[1] and not np.isin(held, trained).any():  # whole series were divided
        member = np.isin(np.arange(len(offsets) - 1), held)
        given = bool(schema.names("split"))
        found += leaks.repeated(leaks.alike(made.values, offsets), member, "series", given)
    return found + audit.rare_classes(label, schema.classes, holdout.train, name)


def _holdouts(offsets: Ints, split: Split) -> list[slice]:
    """Of each series, the rows from its first scored holdout example to its end."""
    tests = split.holdout.test
    first, last = np.searchsorted(tests, offsets[:-1]), np.searchsorted(tests, offsets[1:])
    return [
        slice(int(tests[a]) if b > a else int(end), int(end))
        for a, b, end in zip(first, last, offsets[1:], strict=True)
    ]
