"""A table of labelled sequences becomes a Dataset, or, by a known schema, the same arrays.

Within one sequence its label belongs to all of its rows, so a gap may be filled from either side:
no border of a fold runs through a sequence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data import audit, leaks, strata
from autorecur.data.columns import numbers, required_numbers
from autorecur.data.dataset import Column, Dataset, Finding, Schema
from autorecur.data.kinds import Kind
from autorecur.data.layout import Layout, filled, find_time, layout_of
from autorecur.data.read import Table, require_columns, shown
from autorecur.data.strata import Labels
from autorecur.errors import DataError, SettingError

__all__ = ["Prepared", "dataset", "prepare", "unknown_label"]

MOST_CATEGORIES = 50


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table of labelled series read by a known schema; fields are as in `Dataset`."""

    values: NDArray[np.float32]
    codes: NDArray[np.int32]
    offsets: NDArray[np.int64]
    series: tuple[str, ...]  # their names; of documents, the number of the row
    labels: NDArray[np.float32]  # [series, 1]; NaN where the table does not say
    times: pd.DatetimeIndex | pd.RangeIndex
    findings: tuple[Finding, ...]

    @property
    def observed(self) -> NDArray[np.bool_]:
        return np.ones((len(self.values), 1), dtype=np.bool_)

    @property
    def known(self) -> NDArray[np.float32]:
        return np.empty((len(self.values), 0), dtype=np.float32)

    @property
    def static(self) -> NDArray[np.float32]:
        return np.empty((len(self.series), 0), dtype=np.float32)


def dataset(
    table: Table,
    *,
    target: str,
    series: str,
    time: str | None = None,
    drop: Collection[str] = (),
    split: str | None = None,
    kind: Kind,
) -> Dataset:
    """Understand a table of labelled sequences: one label a series, other columns channels."""
    _check_names(table, target, series, time, drop, split)
    named = time or find_time(table, series, {target, *drop, *([split] if split else [])})
    layout = layout_of(table, series, named)
    labels, layout, findings = _labels(table, target, layout, kind)
    given = _given(table, split, layout) if split else None
    groups = _alike(table, {target, series, named, split, *drop}, layout)
    kept = leaks.together(groups)
    divided = strata.stratified(labels, layout.offsets, noun="series", groups=kept, given=given)
    parts = strata.parts_of(labels, noun="series", groups=kept, given=given)
    seen = np.repeat(parts != strata.HOLDOUT, np.diff(layout.offsets))
    roles = {target: Column(target, "target", _dtype(labels), "as asked", labels.classes)}
    roles[series] = Column(series, "series", "categorical", "it names the series")
    if named:
        why = "as asked" if time else "it orders the rows of each series"
        roles[named] = Column(named, "time", "time", why)
    if split:
        roles[split] = Column(split, "split", "categorical", "as asked")
    for name in drop:
        roles[name] = Column(name, "dropped", "categorical", "as asked")
    columns = tuple(
        roles.get(name) or _channel(table, name, layout, seen) for name in table.frame.columns
    )
    schema = Schema(
        kind=kind.name,
        columns=columns,
        horizon=0,
        frequency=None,
        season=1,
        reasons=(),
        time_format=layout.time_format,
    )
    if not schema.channels and not schema.categories:
        raise DataError(
            f"{table.name} has no column to learn {shown(target)} from: every other one is left out"
        )
    values, filled = _values(table, schema.channels, layout, seen)
    codes, _ = _codes(table, schema.categories, layout.order)
    findings = (
        *layout.findings,
        *findings,
        *filled,
        *audit.constants(columns),
        *leaks.repeated(groups, parts == strata.HOLDOUT, "series", given=split is not None),
        *audit.rare_classes(labels.values, labels.classes, divided.selection.train, target),
        *_given_away(schema, values, codes, layout.offsets, labels, target),
    )
    return Dataset(
        name=table.name,
        schema=_with_reasons(schema, table, layout, labels, findings),
        values=values,
        observed=np.ones((len(values), 1), dtype=np.bool_),
        known=np.empty((len(values), 0), dtype=np.float32),
        offsets=layout.offsets,
        times=layout.times,
        split=divided,
        fingerprint=table.fingerprint,
        findings=findings,
        source={"rows": table.rows, "columns": len(table.frame.columns)},
        codes=codes,
        static=np.empty((len(layout.names), 0), dtype=np.float32),
        labels=labels.values[:, None],
        series=layout.names,
    )


def prepare(table: Table, schema: Schema) -> Prepared:
    """Read another table by the schema of the one trained on; its labels may be missing."""
    series, target = cast(str, schema.series), schema.names("target")[0]
    wanted = (*schema.channels, *(column.name for column in schema.categories))
    require_columns(table, (series, *schema.names("time"), *wanted))
    layout = layout_of(table, series, schema.time, schema.time_format)
    values, filled = _values(table, schema.channels, layout, np.ones(len(layout.order), np.bool_))
    codes, unseen = _codes(table, schema.categories, layout.order)
    labels = np.full(len(layout.names), np.nan, dtype=np.float32)
    strange: tuple[str, ...] = ()
    if target in table.frame.columns:
        rows, strange = strata.labels_as(table, target, schema.classes)
        labels = _one_each(table, target, rows.values[layout.order], layout)
    return Prepared(
        values,
        codes,
        layout.offsets,
        layout.names,
        labels[:, None],
        layout.times,
        (
            *audit.ignored(list(table.frame.columns), schema.columns),
            *unknown_label(target, strange),
            *layout.findings,
            *filled,
            *unseen,
        ),
    )


def unknown_label(target: str, strange: tuple[str, ...]) -> tuple[Finding, ...]:
    """What is said of classes that training did not see."""
    if not strange:
        return ()
    listing = ", ".join(shown(text, 30) for text in strange[:4]) + (" …" if strange[4:] else "")
    sentence = f"{shown(target)} has classes not seen in training, {listing}: they are not scored."
    return (Finding("AR118", "issue", sentence, "Train again with these classes."),)


def _check_names(
    table: Table,
    target: str,
    series: str,
    time: str | None,
    drop: Collection[str],
    split: str | None,
) -> None:
    if isinstance(drop, str):
        raise SettingError(f"drop is a list of columns, not the text {shown(drop)}: put it in []")
    require_columns(table, [target], "target")
    require_columns(table, [series], "series column")
    require_columns(table, [time] if time else [], "time column")
    require_columns(table, [split] if split else [], "split column")
    require_columns(table, drop, "column to drop")
    names = [target, series, *([time] if time else []), *([split] if split else []), *set(drop)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(f"{shown(twice[0])} was given two roles: name it once")


def _dtype(labels: Labels) -> str:
    return "categorical" if labels.classes else "numeric"


def _labels(
    table: Table, target: str, layout: Layout, kind: Kind
) -> tuple[Labels, Layout, tuple[Finding, ...]]:
    """One label a series, and the layout without the series that have none."""
    rows = strata.labels_of(table, target, kind.output == "classes")
    values = _one_each(table, target, rows.values[layout.order], layout)
    gone = np.isnan(values)
    findings: tuple[Finding, ...] = ()
    if gone.any():
        first = layout.names[int(np.argmax(gone))]
        count = int(gone.sum())
        has = "series has no label and was" if count == 1 else "series have no label and were"
        sentence = f"{count:,} {has} left out, the first of them {shown(first)}."
        findings = (Finding("AR108", "tip", sentence, f"Fill {shown(target)} in."),)
    labels = strata.checked(Labels(values[~gone], rows.classes), target, "series")
    return labels, layout.without(gone), findings


def _one_each(
    table: Table, target: str, values: NDArray[np.float32], layout: Layout
) -> NDArray[np.float32]:
    """The label of each series, from those of its rows; refused where they differ."""
    starts = layout.offsets[:-1]
    low = np.fmin.reduceat(values, starts)
    high = np.fmax.reduceat(values, starts)
    varies = np.flatnonzero(low < high)
    if len(varies):
        place = int(varies[0])
        rows = layout.order[layout.offsets[place] : layout.offsets[place + 1]]
        texts = list(dict.fromkeys(table.frame[target].iloc[rows].dropna().tolist()))
        raise DataError(
            f"the label {shown(target)} varies within series {shown(layout.names[place])}: it has "
            f"{shown(texts[0], 30)} and {shown(texts[1], 30)}; a labelled sequence has one label "
            "(--task nowcast labels every row)"
        )
    return cast("NDArray[np.float32]", low)


def _given(table: Table, split: str, layout: Layout) -> NDArray[np.int64]:
    parts = strata.given_parts(table, split)[layout.order]
    starts = layout.offsets[:-1]
    varies = np.flatnonzero(np.minimum.reduceat(parts, starts) < np.maximum.reduceat(parts, starts))
    if len(varies):
        raise DataError(
            f"the split column {shown(split)} varies within series "
            f"{shown(layout.names[int(varies[0])])}: a labelled sequence belongs to one part"
        )
    return parts[starts]


def _alike(table: Table, skip: Collection[str | None], layout: Layout) -> NDArray[np.int64]:
    """The same number for series that are copies of each other: they stay in one part."""
    names = []
    for name in table.frame.columns:
        if name not in skip:
            values = numbers(table, name)[0]
            if values is None:
                codes = pd.factorize(strata.class_texts(table.frame[name]))[0]
                values = codes.astype(np.float32)
            if not _names_series(values, layout):
                names.append(name)
    if not names:
        return np.arange(len(layout.names), dtype=np.int64)
    hashed = pd.util.hash_pandas_object(table.frame[names], index=False).to_numpy()
    return leaks.alike(hashed[layout.order], layout.offsets)


def _channel(table: Table, name: str, layout: Layout, seen: NDArray[np.bool_]) -> Column:
    """A column that is neither asked for nor the label: what can be learnt from it."""
    column = table.frame[name]
    values, _ = numbers(table, name)
    rows = layout.order[seen]
    if values is not None:
        there = values[rows][~np.isnan(values[rows])]
        if not len(there):
            return Column(name, "dropped", "numeric", "it has no value in the rows trained on")
        if there.min() == there.max():
            return Column(name, "dropped", "numeric", f"constant ({there[0]:g})")
        if bool((there == np.rint(there)).all()) and _names_series(values, layout):
            return Column(name, "dropped", "numeric", "it numbers the series")
        return Column(name, "past", "numeric", "numeric")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return Column(name, "dropped", "time", "dates; only one column orders the rows")
    texts = strata.class_texts(column)
    found = [str(text) for text in texts.iloc[rows].dropna().unique()]
    if len(found) < 2:
        return Column(name, "dropped", "categorical", "constant")
    if len(found) > MOST_CATEGORIES:
        return Column(name, "dropped", "text", f"text with {len(found):,} different values")
    if _names_series(pd.factorize(texts)[0].astype(np.float32), layout):
        return Column(name, "dropped", "categorical", "it names the series")
    return Column(name, "past", "categorical", "categories", strata.natural_order(found))


def _names_series(values: NDArray[np.float32], layout: Layout) -> bool:
    """Whether nearly every series has one value, and another than the others."""
    ordered, starts = values[layout.order], layout.offsets[:-1]
    low, high = np.fmin.reduceat(ordered, starts), np.fmax.reduceat(ordered, starts)
    return bool((low == high).all()) and len(np.unique(low)) > 0.9 * len(layout.names)


def _values(
    table: Table, channels: tuple[str, ...], layout: Layout, seen: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], tuple[Finding, ...]]:
    """Channels in the layout's order, without gaps; `seen` rows give what no series can."""
    values = np.empty((len(layout.order), len(channels)), dtype=np.float32)
    findings = []
    for place, name in enumerate(channels):
        column = required_numbers(table, name, "column")[layout.order]
        missing = np.isnan(column)
        empty = int(missing.sum())
        if empty:
            usual = column[seen & ~missing]
            if not len(usual):
                raise DataError(f"column {shown(name)} of {table.name} has no value: fill it in")
            column = filled(column, missing, layout.offsets, float(np.median(usual)))
            text = "missing value" if empty == 1 else "missing values"
            sentence = f"{empty:,} {text} of {shown(name)} took a neighbour's in the same series."
            findings.append(Finding("AR108", "note", sentence))
        values[:, place] = column
    return values, tuple(findings)


def _codes(
    table: Table, categories: Iterable[Column], order: NDArray[np.int64]
) -> tuple[NDArray[np.int32], tuple[Finding, ...]]:
    """Categories by their numbers, 0 for what is missing or was not seen in training."""
    columns, findings = [], []
    for column in categories:
        texts = strata.class_texts(table.frame[column.name])
        codes = pd.Index(column.values, dtype=object).get_indexer(pd.Index(texts))
        columns.append(codes.astype(np.int32)[order] + 1)
        unseen = texts[texts.notna().to_numpy() & (codes < 0)]
        if len(unseen):
            findings.append(
                Finding(
                    "AR118",
                    "note",
                    f"{len(unseen):,} values of {shown(column.name)} were not seen in training, "
                    f"such as {shown(unseen.iloc[0], 30)}, and count as unknown.",
                )
            )
    if not columns:
        return np.empty((len(order), 0), dtype=np.int32), ()
    return np.stack(columns, axis=1).astype(np.int32), tuple(findings)


def _given_away(
    schema: Schema,
    values: NDArray[np.float32],
    codes: NDArray[np.int32],
    offsets: NDArray[np.int64],
    labels: Labels,
    target: str,
) -> list[Finding]:
    """Columns that are constant within each series and decide its label."""
    names = (*schema.channels, *(column.name for column in schema.categories))
    columns = [*values.T, *codes.T.astype(np.float32)]
    found = []
    for name, column in zip(names, columns, strict=True):
        low = np.minimum.reduceat(column, offsets[:-1])
        if np.array_equal(low, np.maximum.reduceat(column, offsets[:-1])):
            found += audit.gives_away(name, low, labels.values, target, labels.classes)
    return found


def _with_reasons(
    schema: Schema,
    table: Table,
    layout: Layout,
    labels: Labels,
    findings: tuple[Finding, ...],
) -> Schema:
    counts = np.diff(layout.offsets)
    low, high = int(counts.min()), int(counts.max())
    length = f"of {low:,} rows each" if low == high else f"of {low:,} to {high:,} rows"
    what = f"{len(labels.classes)} classes" if labels.classes else "a number"
    order = f"by {shown(schema.time)}" if schema.time else "in the table's order"
    told = [
        *table.notes,
        f"{len(counts):,} labelled series {length}, {order}; the label is {what}.",
        *(
            f"Left out: {shown(column.name)}, {column.reason}."
            for column in schema.columns
            if column.role == "dropped"
        ),
        *(finding.sentence for finding in findings),
    ]
    return replace(schema, reasons=tuple(told))
