"""What a network is given beside numbers: categories, what is known, what describes a series.

The same functions serve the table trained on and every later one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autorecur.data.block import Block, Placement
from autorecur.data.calendar import calendar
from autorecur.data.columns import numbers, required_numbers
from autorecur.data.dataset import Column, Finding, Schema
from autorecur.data.read import shown
from autorecur.data.roles import encoded, one_hot
from autorecur.errors import DataError

__all__ = ["codes_of", "known_of", "missing_known", "numeric_columns", "static_of", "unknown"]

Floats = NDArray[np.float32]


def numeric_columns(columns: Sequence[Column], labelled: bool) -> tuple[str, ...]:
    """What is laid on the grid as numbers: targets, past covariates, then known columns."""

    def named(role: str) -> tuple[str, ...]:
        return tuple(c.name for c in columns if c.role == role and c.dtype == "numeric")

    return (() if labelled else named("target")) + named("past") + named("known")


def codes_of(
    placement: Placement, block: Block, columns: Sequence[Column]
) -> tuple[NDArray[np.int32], tuple[Finding, ...]]:
    """[rows, columns] of category numbers; a point without a row takes the last row's."""
    chosen = [c for c in columns if c.role == "past" and c.dtype == "categorical"]
    codes = np.empty((len(block.values), len(chosen)), dtype=np.int32)
    found: list[Finding] = []
    for place, column in enumerate(chosen):
        numbered, new = encoded(placement.table, column)
        codes[:, place] = placement.codes(numbered)[block.kept]
        found += unknown(column, new)
    return codes, tuple(found)


def known_of(
    placement: Placement, block: Block, schema: Schema
) -> tuple[Floats, tuple[Finding, ...]]:
    """[rows, known]: the calendar, then the columns known in advance, in the table's order."""
    parts = [calendar(block.times, schema.cycles, schema.season)]
    place = len(schema.channels)
    found: list[Finding] = []
    for column in schema.columns:
        if column.role != "known":
            continue
        if column.dtype == "numeric":
            parts.append(block.values[:, place : place + 1])
            place += 1
            continue
        numbered, new = encoded(placement.table, column)
        parts.append(one_hot(placement.codes(numbered)[block.kept], len(column.values)))
        found += unknown(column, new)
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1), tuple(found)


def static_of(
    placement: Placement, block: Block, columns: Sequence[Column]
) -> tuple[Floats, tuple[Finding, ...]]:
    """[series, static]: what describes each series, from its first row that says it."""
    axis, table = placement.axis, placement.table
    first, last = axis.offsets[:-1][block.alive], axis.offsets[1:][block.alive]
    parts, found = [np.empty((len(first), 0), dtype=np.float32)], list[Finding]()
    for column in columns:
        if column.role != "static":
            continue
        if column.dtype == "categorical":
            numbered, new = encoded(table, column)
            parts.append(
                one_hot(axis.ordered(numbered)[first].astype(np.int32), len(column.values))
            )
            found += unknown(column, new)
            continue
        values = axis.ordered(required_numbers(table, column.name, "static column"))
        there = np.where(np.isnan(values), len(values), np.arange(len(values)))
        seen = np.minimum.reduceat(there, first) if len(first) else there[:0]
        bad = np.flatnonzero(seen >= last)
        if len(bad):
            row = int(axis.table_rows()[first[bad[0]]])
            raise DataError(
                f"the static column {shown(column.name)} is empty in the whole series that begins "
                f"in {table.line(row)}: fill it in"
            )
        parts.append(values[seen][:, None].astype(np.float32))
    return np.concatenate(parts, axis=1), tuple(found)


def unknown(column: Column, values: Sequence[str]) -> list[Finding]:
    """What to say of categories that training did not see."""
    if not values:
        return []
    listing = ", ".join(shown(value, 30) for value in values[:5]) + (" …" if values[5:] else "")
    noun = "category" if len(values) == 1 else "categories"
    return [
        Finding(
            "AR118",
            "tip",
            f"{shown(column.name)} has {len(values):,} {noun} that no training row has: {listing}; "
            "each counts as unknown.",
            "Correct the spelling, or train again on rows that have it.",
        )
    ]


def missing_known(placement: Placement, schema: Schema, rows: NDArray[np.int64]) -> str | None:
    """A known column without a value in one of `rows` of the table, if there is one."""
    for column in schema.columns:
        if column.role == "known":
            values, _ = numbers(placement.table, column.name)
            empty = (
                placement.table.frame[column.name].isna().to_numpy()
                if values is None or column.dtype == "categorical"
                else np.isnan(values)
            )
            if empty[rows].any():
                return column.name
    return None
