"""Which kind of task a table holds, and the roles that must be known before it can be read.

What the user gave decides. What is left open is inferred from the table, and said; where two
readings are possible the one flag that settles it is named: a wrong guess costs a whole run.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from autorecur.data.kinds import KINDS, Kind, kind_named
from autorecur.data.layout import TIME_NAMES, find_time, series_names
from autorecur.data.read import Table, require_columns, shown
from autorecur.data.strata import class_texts
from autorecur.data.text import Plain
from autorecur.errors import SettingError

__all__ = ["Roles", "is_plain", "kind_of", "label_of"]

SERIES_NAMES = re.compile(
    r"id|uid|series|sequence|.*[_ ]?id|(series|sequence|engine|unit|store|shop|station|sensor"
    r"|subject|patient|user|customer|item|product|sku|machine|device|site|group)"
    r"([_ ]?(id|no|nr|num|number|name|key))?",
    re.I,
)
LONG_TEXT = 20  # mean characters from which a column reads like text by itself
MANY_TEXTS = 0.5  # share of its values that differ
FEW_CLASSES = 10  # whole numbers that are certainly classes, where they repeat
SOME_CLASSES = 30  # whole numbers that may be classes
REPEATS = 3  # how often a class occurs at least, on average
SAMPLE_ROWS = 2_000


@dataclass(frozen=True)
class Roles:
    """The columns that the kind rests on; None where there is none, or where it is found later."""

    target: tuple[str, ...] = ()
    time: str | None = None
    series: str | None = None
    text: str | None = None


def is_plain(
    source: object,
    *,
    target: str | Sequence[str] | None = None,
    time: str | None = None,
    series: str | None = None,
    text: str | None = None,
    horizon: int | None = None,
    task: str = "auto",
) -> bool:
    """Whether `source` is a file of running text: it is called so, and no column of it is named.

    >>> is_plain("notes.txt.gz"), is_plain("notes.txt", target="y"), is_plain("notes.csv")
    (True, False, False)
    """
    if not isinstance(source, str | Path) or task not in ("auto", "language-model"):
        return False
    named = any((target, time, series, text, horizon is not None))
    return not named and bool(re.search(r"\.txt(\.gz)?$", str(source), re.I))


def kind_of(
    table: Table | Plain,
    *,
    target: str | Sequence[str] | None = None,
    time: str | None = None,
    series: str | None = None,
    text: str | None = None,
    horizon: int | None = None,
    task: str = "auto",
    skip: Collection[str] = (),
) -> tuple[Kind, Roles, tuple[str, ...]]:
    """The kind, the columns it rests on, and a sentence for each thing that was inferred.

    `skip` names columns that can have no role: those dropped, and the one of the split.

    >>> frame = pd.DataFrame({"say": ["it was a fine day for all"], "mood": ["good"]})
    >>> kind, roles, _ = kind_of(Table("t", frame, "", 1), target="mood", text="say")
    >>> kind.name, roles.target
    ('text-classification', ('mood',))
    """
    if task != "auto":
        kind_named(task)
    if isinstance(table, Plain):
        if task not in ("auto", "language-model"):
            raise SettingError(f"{table.name} is running text, and {task} needs a table of columns")
        return KINDS["language-model"], Roles(), ("Language model: the file is running text.",)
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    roles = Roles(targets, time, series, text)
    require_columns(table, targets, "target")
    for name, role in ((time, "time column"), (series, "series column"), (text, "text column")):
        require_columns(table, [name] if name else [], role)
    if task == "auto":
        return _inferred(table, roles, horizon, frozenset(skip))
    return _asked(table, roles, horizon, kind_named(task), frozenset(skip))


def label_of(column: pd.Series) -> str:
    """Whether labels are a "class" or a "number"; "either" where whole numbers leave it open.

    >>> [label_of(pd.Series(column)) for column in (["a", "b"], [0.5, 1.5], [0, 1] * 9)]
    ['class', 'number', 'class']
    """
    present = column.dropna()
    if pd.api.types.is_bool_dtype(present.dtype) or pd.api.types.is_complex_dtype(present.dtype):
        return "class"
    values = pd.to_numeric(present, errors="coerce")
    if values.isna().any() or not pd.api.types.is_numeric_dtype(values.dtype):
        return "class"
    exact = values.to_numpy(dtype=np.float64)
    if not len(exact) or not bool((exact == np.rint(exact)).all()):
        return "number"
    distinct = len(np.unique(exact))
    if distinct > SOME_CLASSES or len(exact) < REPEATS * distinct:
        return "number"
    return "class" if distinct <= FEW_CLASSES else "either"


def _asked(
    table: Table, roles: Roles, horizon: int | None, kind: Kind, skip: frozenset[str]
) -> tuple[Kind, Roles, tuple[str, ...]]:
    """The roles of a task that was named."""
    _refuse_horizon(kind, horizon)
    if kind.labelled and len(roles.target) != 1:
        raise SettingError(f"{kind.name} learns one target, not {len(roles.target)}: name --target")
    if kind.text:
        if roles.text:
            return kind, roles, ()
        found = _text_column(table, roles, skip)
        if found is None:
            raise SettingError(f"{kind.name} needs a column of texts: name it with --text")
        return kind, replace(roles, text=found), (f"Text: {shown(found)}, the one column of it.",)
    if not kind.by_series:
        return _with_panel(table, kind, roles, (), skip)
    if roles.series:
        return kind, roles, ()
    choices = _constant_in(table, roles, skip)
    if len(choices) != 1:
        raise SettingError(
            f"{kind.name} needs the column that names each sequence: name it with --series"
        )
    return kind, replace(roles, series=choices[0]), (_series_reason(choices[0], roles),)


def _inferred(
    table: Table, roles: Roles, horizon: int | None, skip: frozenset[str]
) -> tuple[Kind, Roles, tuple[str, ...]]:
    if roles.text:
        return _of_text(table, roles, horizon, (), skip)
    if horizon == 0:
        kind = KINDS["nowcast"]
        _one_target(roles, kind)
        why = "Nowcast: horizon 0 asks for the label of each row itself."
        return _with_panel(table, kind, roles, (why,), skip)
    if roles.series and _constant(table, roles.series, roles.target):
        return _of_series(table, roles, horizon, ())
    if horizon is not None or len(roles.target) > 1:
        why = f"Forecast: {'a horizon' if horizon is not None else 'several targets'} was given."
        return _with_panel(table, KINDS["forecast"], roles, (why,), skip)
    if not roles.time and not roles.series and _may_be_text(table, roles, skip):
        found = _text_column(table, roles, skip)
        if found and _text_wins(table, roles, found, skip):
            why = f"Text: {shown(found)}, the one column of it."
            return _of_text(table, replace(roles, text=found), horizon, (why,), skip)
    if roles.target and not roles.series:
        choices = _constant_in(table, roles, skip)
        if len(choices) > 1:
            listing = ", ".join(shown(choice, 30) for choice in choices[:6])
            raise SettingError(
                f"{shown(roles.target[0])} is constant within each of several columns, {listing}: "
                "name the one of the sequences with --series"
            )
        if choices:
            why = _series_reason(choices[0], roles)
            return _of_series(table, replace(roles, series=choices[0]), horizon, (why,))
    return _of_rows(table, roles, skip)


def _of_rows(
    table: Table, roles: Roles, skip: frozenset[str]
) -> tuple[Kind, Roles, tuple[str, ...]]:
    """A table whose rows are time steps, and no horizon: later values, or a label of each row?"""
    if not roles.target:
        why = "Forecast: no label was named."
        return _with_panel(table, KINDS["forecast"], roles, (why,), skip)
    name = roles.target[0]
    column = table.frame[name]
    values = pd.to_numeric(column, errors="coerce")
    words = bool((values.isna() & column.notna()).mean() > 0.5)
    if words or pd.api.types.is_bool_dtype(column.dtype):
        why = f"Nowcast: the target {shown(name)} is a class and no number."
        return _with_panel(table, KINDS["nowcast"], roles, (why,), skip)
    if values.nunique() == 2 and label_of(column) == "class":
        raise SettingError(
            f"the target {shown(name)} has two values only: is it the label of its own row, "
            "--task nowcast, or is its future wanted, --task forecast?"
        )
    why = f"Forecast: the target {shown(name)} is a number that varies from row to row."
    return _with_panel(table, KINDS["forecast"], roles, (why,), skip)


def _of_text(
    table: Table,
    roles: Roles,
    horizon: int | None,
    reasons: tuple[str, ...],
    skip: frozenset[str],
) -> tuple[Kind, Roles, tuple[str, ...]]:
    if not roles.target:
        others = [c for c in table.frame.columns if c != roles.text and c not in skip]
        if reasons and others:  # the text column was inferred, so the label may only be forgotten
            listing = ", ".join(shown(name, 30) for name in others[:6])
            raise SettingError(
                f"{shown(roles.text)} is a text: name its label with --target ({listing}), or ask "
                "for --task language-model"
            )
        kind = KINDS["language-model"]
        _refuse_horizon(kind, horizon)
        return kind, roles, (*reasons, "Language model: a text column, and no label of it.")
    label, why = _label(table, roles, table.frame[roles.target[0]], "text")
    kind = KINDS[f"text-{label}"]
    _refuse_horizon(kind, horizon)
    _one_target(roles, kind)
    return kind, roles, (*reasons, f"{kind.name.capitalize()}: {why}.")


def _of_series(
    table: Table, roles: Roles, horizon: int | None, reasons: tuple[str, ...]
) -> tuple[Kind, Roles, tuple[str, ...]]:
    """The target has one value a series: a label of the series, unless a horizon was given."""
    name = roles.target[0]
    if horizon is not None:
        raise SettingError(
            f"the target {shown(name)} is constant within each {shown(roles.series)}, so horizon "
            f"{horizon} asks for the same value again: leave --horizon out to learn it as the "
            "series' label, or say --task forecast"
        )
    codes, _ = series_names(table.frame[roles.series])
    first = table.frame[name].groupby(codes).first()
    label, why = _label(table, roles, first, "sequence")
    kind = KINDS[f"sequence-{label}"]
    what = f"{shown(name)} has one value in each {shown(roles.series)}, and {why}"
    return kind, roles, (*reasons, f"{kind.name.capitalize()}: {what}.")


def _label(table: Table, roles: Roles, column: pd.Series, stem: str) -> tuple[str, str]:
    """ "classification" or "regression", and why."""
    name = shown(roles.target[0])
    found = label_of(column)
    distinct = column.nunique()
    if found == "either":
        raise SettingError(
            f"the target {name} has {distinct} different whole numbers, which may be classes or "
            f"amounts: say --task {stem}-classification or --task {stem}-regression"
        )
    if found == "number":
        return "regression", f"the target {name} is a number with {distinct:,} different values"
    noun = "class" if distinct == 1 else "classes"
    return "classification", f"the target {name} has {distinct:,} {noun}"


def _one_target(roles: Roles, kind: Kind) -> None:
    if len(roles.target) != 1:
        raise SettingError(f"{kind.name} learns one target, not {len(roles.target)}: name --target")


def _refuse_horizon(kind: Kind, horizon: int | None) -> None:
    if horizon is None or (kind.name == "nowcast" and horizon == 0):
        return
    if kind.name == "forecast" and horizon >= 1:
        return
    if kind.name == "forecast":
        raise SettingError(f"a forecast has a horizon from 1 upwards, not {shown(horizon)}")
    raise SettingError(
        f"{kind.name} looks no steps ahead, and horizon {shown(horizon)} was given: leave one out"
    )


def _constant(table: Table, series: str, targets: tuple[str, ...]) -> bool:
    """Whether the one target has one value in each of several series that have several rows."""
    if len(targets) != 1 or series in targets:
        return False
    codes, names = series_names(table.frame[series])
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    if len(names) < 2 or float((counts > 1).mean()) < 0.5:
        return False
    values = pd.factorize(class_texts(table.frame[targets[0]]))[0]
    known = (codes >= 0) & (values >= 0)
    pairs = np.unique(np.stack([codes[known], values[known]]), axis=1)
    return len(pairs[0]) == len(np.unique(pairs[0])) and len(np.unique(pairs[1])) > 1


def _constant_in(table: Table, roles: Roles, skip: frozenset[str]) -> list[str]:
    """The columns called like a series in each of which the target is constant."""
    taken = {*roles.target, roles.time, roles.text, *skip}
    names = [name for name in table.frame.columns if name not in taken]
    return [
        name
        for name in names
        if SERIES_NAMES.fullmatch(str(name).strip()) and _constant(table, name, roles.target)
    ]


def _series_reason(name: str, roles: Roles) -> str:
    return (
        f"Series: {shown(name)}, by its name and because {shown(roles.target[0])} is constant "
        "in each."
    )


def _with_panel(
    table: Table, kind: Kind, roles: Roles, reasons: tuple[str, ...], skip: frozenset[str]
) -> tuple[Kind, Roles, tuple[str, ...]]:
    """Where times repeat, a column called like a series that tells them apart is the series."""
    if roles.series:
        return kind, roles, reasons
    taken = {*roles.target, roles.time, *skip}
    times = [
        name
        for name in ([roles.time] if roles.time else table.frame.columns)
        if roles.time or (name not in taken and TIME_NAMES.fullmatch(str(name).strip()))
    ]
    times = [name for name in times if table.frame.duplicated([name]).any()]
    for series in table.frame.columns:
        if series in taken or not SERIES_NAMES.fullmatch(str(series).strip()):
            continue
        for name in times:
            if name != series and not table.frame.duplicated([series, name]).any():
                why = f"Series: {shown(series)}, by its name; {shown(name)} repeats without it."
                return kind, replace(roles, series=series, time=name), (*reasons, why)
    return kind, roles, reasons


def _text_column(table: Table, roles: Roles, skip: frozenset[str]) -> str | None:
    """The one column that reads like text; refused where there are several."""
    taken = {*roles.target, roles.time, roles.series, *skip}
    names = [name for name in table.frame.columns if name not in taken]
    names = [name for name in names if not SERIES_NAMES.fullmatch(str(name).strip())]
    sizes = {name: size for name in names if (size := _text_size(table.frame[name])) > 0}
    long = [name for name, size in sizes.items() if size > LONG_TEXT]
    found = long or list(sizes)
    if len(found) > 1:
        listing = ", ".join(shown(name, 30) for name in found[:6])
        raise SettingError(f"{table.name} has several columns of text, {listing}: choose --text")
    return found[0] if found else None


def _text_size(column: pd.Series) -> float:
    """Mean characters of a column that reads like text; 0 of any other."""
    kind = column.dtype
    if not (pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind)):
        return 0.0
    step = max(1, len(column) // SAMPLE_ROWS)
    sample = column.iloc[::step].dropna()
    texts = [value for value in sample.tolist() if isinstance(value, str)]
    if len(texts) < 0.5 * max(1, len(sample)) or not texts:
        return 0.0
    if len(set(texts)) < MANY_TEXTS * len(texts) or len(set(texts)) < 3:
        return 0.0
    if np.mean([any(map(str.isalpha, text)) for text in texts]) < 0.5 or _dates(texts[:50]):
        return 0.0
    return float(np.mean([len(text) for text in texts]))


def _dates(texts: list[str]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pd.to_datetime(pd.Series(texts), errors="coerce", format="mixed", utc=True)
    return bool(found.notna().mean() >= 0.8)


def _may_be_text(table: Table, roles: Roles, skip: frozenset[str]) -> bool:
    """Whether documents are looked for: without a label, only where no column is numeric."""
    frame = table.frame
    kinds = [frame[name].dtype for name in frame.columns if name not in skip]
    return bool(roles.target) or not any(map(pd.api.types.is_numeric_dtype, kinds))


def _text_wins(table: Table, roles: Roles, text: str, skip: frozenset[str]) -> bool:
    """Whether a table with a column of text is one of documents; dates and a number leave doubt."""
    clock = find_time(table, None, {*roles.target, text, *skip})
    if clock is None or not roles.target or label_of(table.frame[roles.target[0]]) == "class":
        return True
    raise SettingError(
        f"{table.name} has the time {shown(clock)} and the text {shown(text)}: say --text "
        f"{text} to learn from the texts, or --time {clock} for a series"
    )
