"""What was understood of a table of time steps, a sentence each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autorecur.data.columns import Clock
from autorecur.data.dataset import Column
from autorecur.data.read import shown

__all__ = ["reasons_of"]

LISTED = 12


def reasons_of(
    columns: Sequence[Column],
    clock: Clock | None,
    frequency: str | None,
    inferred: bool,
    labelled: bool,
    offsets: NDArray[np.int64],
) -> list[str]:
    """The roles of the columns, in words."""
    targets = [column for column in columns if column.role == "target"]
    lengths = np.diff(offsets)
    told = [_what(targets, labelled, len(lengths), any(c.role == "series" for c in columns))]
    if clock is None:
        told.append("No time column was found: rows count as equal steps, in the table's order.")
    else:
        told.append(f"Time: {shown(clock.name)} ({clock.reason}).")
        if frequency is not None:
            told.append(f"Frequency: {frequency}, the commonest step between rows.")
    series = next((column for column in columns if column.role == "series"), None)
    if series is not None:
        low, high = int(lengths.min()), int(lengths.max())
        size = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        told.append(f"Series: {shown(series.name)}, {len(lengths):,} of them, {size} rows each.")
    if inferred:
        told.append(f"Target: {shown(targets[0].name)}, {targets[0].reason}.")
    if targets and targets[0].values:
        classes = targets[0].values
        told.append(f"Classes of {shown(targets[0].name)}: {_listed(classes)}.")
    for role, title, why in (
        ("past", "Past covariates", "the other columns"),
        ("known", "Known in advance", "as asked"),
        ("static", "Constant within each series", "they describe it"),
    ):
        names = [column.name for column in columns if column.role == role]
        if names:
            told.append(f"{title}: {_listed(names)}; {why}.")
    return told + _left_out(columns)


def _what(targets: Sequence[Column], labelled: bool, series: int, panel: bool) -> str:
    if labelled:
        return "Nowcast: the label of each row, from the row itself and those before it."
    what = "one numeric series" if len(targets) == 1 else f"{len(targets)} numeric series"
    if panel:
        what = f"a panel of {series:,} series"
    return f"Forecast: {what}, its later values from its earlier ones."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(shown(name, 30) for name in names[:LISTED]) + more


def _left_out(columns: Sequence[Column]) -> list[str]:
    """The columns that play no part; those with one reason in one sentence."""
    by_reason: dict[str, list[str]] = {}
    for column in columns:
        # What never changes is a finding of its own.
        if column.role == "dropped" and not column.reason.startswith("constant ("):
            by_reason.setdefault(column.reason, []).append(column.name)
    told = [f"Left out: {_listed(names)}, {reason}." for reason, names in by_reason.items()]
    if len(told) <= LISTED:
        return told
    others = sum(len(names) for names in list(by_reason.values())[LISTED:])
    return [*told[:LISTED], f"Left out: {others:,} more columns, each with its reason below."]
