"""Columns become numbers or times; the first value that does not is named with its line."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.read import Table, shown
from autorecur.data.stamps import in_pieces
from autorecur.errors import DataError

__all__ = ["Clock", "counts_rows", "find_clock", "numbers", "read_clock", "required_numbers"]

COUNTERS = {"t", "time", "step", "index", "timestep", "time_step", "cycle"}
TIME_WORDS = re.compile(r"time|date|year|month|day|^ds$|^ts$|^yr$", re.I)
OFFSET = re.compile(r"\d{2}:\d{2}.*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$")
SAMPLE_ROWS = 50


@dataclass(frozen=True, eq=False)
class Clock:
    """The time column as values, in the table's own order."""

    name: str
    stamps: pd.DatetimeIndex | NDArray[np.int64]  # integers where the column only counts
    text_format: str | None
    reason: str
    zoned: bool = False  # whether they carried a zone, and were brought to UTC


def numbers(table: Table, name: str) -> tuple[NDArray[np.float32] | None, int]:
    """The column in float32, NaN for missing; or None and the row of the first that is no number.

    An infinite value, or one that float32 cannot hold, is refused: it would reach every scale.
    """
    column = table.frame[name]
    kind = column.dtype
    if not pd.api.types.is_numeric_dtype(kind):
        if not (pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind)):
            return None, 0
        column, bad = _coerced(column)
        if bad >= 0:
            return None, bad
    elif pd.api.types.is_complex_dtype(kind):
        return None, 0
    with np.errstate(over="ignore"):
        values = column.to_numpy(dtype=np.float32, na_value=np.nan)
    if not np.isfinite(values).all():
        infinite = np.flatnonzero(np.isinf(values))
        if len(infinite):
            row = int(infinite[0])
            raise DataError(
                f"column {shown(name)} has an infinite value, {shown(column.iloc[row])}, in "
                f"{table.line(row)}: repair or empty it, or leave the column out with --drop"
            )
    return cast("NDArray[np.float32]", values), -1


def required_numbers(table: Table, name: str, role: str) -> NDArray[np.float32]:
    """As `numbers`, for a column that has to be numeric."""
    values, bad = numbers(table, name)
    if values is None:
        raise DataError(
            f"the {role} {shown(name)} is not numeric: {table.line(bad)} has "
            f"{shown(table.frame[name].iloc[bad])}; repair the value or name another column"
        )
    return values


def _coerced(column: pd.Series) -> tuple[pd.Series, int]:
    """Numbers in text, and the row of the first value that is none (-1: all are)."""
    for part in (column.iloc[:100], column):  # most columns of words show it at once
        found = pd.to_numeric(part, errors="coerce")
        bad = np.flatnonzero((found.isna() & part.notna()).to_numpy())
        if len(bad):
            commas = _decimal_commas(column)
            return (found, int(bad[0])) if commas is None else (commas, -1)
    return found, -1


def _decimal_commas(column: pd.Series) -> pd.Series | None:
    """Numbers of texts such as "1,5"; None where "1,500" could as well be thousands."""
    for part in (column.iloc[:100], column):
        texts = part.dropna().astype(str).str.strip()
        if not texts.str.fullmatch(r"[-+]?\d*,?\d+").all():
            return None
    if not texts.str.contains(r",(?:\d{1,2}|\d{4,})$").any():
        return None
    return pd.to_numeric(column.astype(object).str.replace(",", ".", regex=False))


def counts_rows(values: NDArray[np.float32]) -> bool:
    """Whether each value is one more than the last.

    >>> counts_rows(np.arange(5, 9, dtype=np.float32))
    True
    """
    return len(values) > 2 and bool((np.diff(values) == 1).all())


def find_clock(table: Table, skip: Collection[str], series: str | None = None) -> Clock | None:
    """The one column that is a time throughout, else one that counts; None without either.

    In a panel a column counts where no number occurs twice in a series.
    """
    names = [name for name in table.frame.columns if name not in skip]
    dates = [name for name in names if _looks_like_dates(table.frame[name])]
    if len(dates) > 1:
        listing = ", ".join(shown(name, 30) for name in dates[:6])
        raise DataError(f"{table.name} has several columns of dates, {listing}: choose with --time")
    if dates:
        return read_clock(table, dates[0], "the one column of dates")
    for name in names:
        if not pd.api.types.is_integer_dtype(table.frame[name].dtype):
            continue
        named = str(name).strip().lower()
        if TIME_WORDS.search(named) and _dates_in_integers(table.frame[name]) is not None:
            return read_clock(table, name, "dates written as whole numbers")
        if named in COUNTERS and not table.frame[name].isna().any():
            whole = table.frame[name].to_numpy(dtype=np.int64)
            if series is not None:
                if not table.frame.duplicated([series, name]).any():
                    return Clock(name, whole, None, "it counts the rows of each series")
            elif len(whole) > 1 and bool((np.diff(whole) == 1).all()):
                return Clock(name, whole, None, "it counts the rows")
    return None


def read_clock(
    table: Table, name: str, reason: str = "as asked", text_format: str | None = None
) -> Clock:
    """The column `name` as times, or as a counter; refused with the first value that is neither."""
    column = table.frame[name]
    if pd.api.types.is_float_dtype(column.dtype) and not column.isna().any():
        whole = column.to_numpy(dtype=np.float64)
        if bool(((whole == np.rint(whole)) & (np.abs(whole) < 2**63)).all()):
            column = pd.Series(whole.astype(np.int64), name=name)
    if pd.api.types.is_integer_dtype(column.dtype) and not column.isna().any():
        dates = _dates_in_integers(column)
        counter = column.to_numpy(dtype=np.int64)
        return Clock(name, counter if dates is None else dates, None, reason)
    stamps, bad, text_format = _times(column, text_format)
    if bad >= 0:
        value = table.frame[name].iloc[bad]
        what = "is empty" if pd.isna(value) else f"has {shown(value)}, which is no date or time"
        raise DataError(
            f"the time column {shown(name)} does not parse: {table.line(bad)} {what}; "
            "repair the value or name another column with --time"
        )
    zoned = _zoned(column)
    if zoned is not None and not zoned.all():
        bad = int(np.argmin(zoned))
        raise DataError(
            f"the time column {shown(name)} has times with a zone and without one: "
            f"{table.line(int(np.argmax(zoned)))} has {shown(column.iloc[int(np.argmax(zoned))])} "
            f"and {table.line(bad)} {shown(column.iloc[bad])}; write all of them one way"
        )
    if zoned is not None:
        reason += "; its times were brought to UTC"
    return Clock(name, stamps, text_format, reason, zoned is not None)


def _looks_like_dates(column: pd.Series) -> bool:
    """Whether most of a sample parses; a bad value later is then an error of that column."""
    kind = column.dtype
    if pd.api.types.is_datetime64_any_dtype(kind) or isinstance(kind, pd.PeriodDtype):
        return True
    if not (pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind)):
        return False
    places = np.unique(np.linspace(0, len(column) - 1, SAMPLE_ROWS).astype(np.int64))
    sample = column.iloc[places]
    stamps, bad, _ = _times(sample, None)
    return bad < 0 or float(np.mean(stamps.notna())) >= 0.8


def _times(column: pd.Series, text_format: str | None) -> tuple[pd.DatetimeIndex, int, str | None]:
    """Times without a zone, the row of the first that is none (-1: all are), and the format."""
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        stamps = pd.DatetimeIndex(column)
        stamps = stamps if stamps.tz is None else stamps.tz_convert("UTC").tz_localize(None)
        return stamps.as_unit("us"), _first(stamps), None
    if pd.api.types.is_numeric_dtype(column.dtype):  # whole numbers were tried before
        missing = np.flatnonzero(column.isna().to_numpy())
        return (
            pd.DatetimeIndex([pd.NaT] * len(column)),
            int(missing[0]) if len(missing) else 0,
            None,
        )
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    best: tuple[int, pd.DatetimeIndex, str | None] | None = None
    for known in _formats(column, text_format):
        stamps = _parsed(column, known)
        bad = int(np.sum(stamps.isna()))
        fewer = best is None or bad < best[0]
        if fewer or (best and bad == best[0] == 0 and _steadier(stamps, best[1])):
            best = bad, stamps, known
        if bad == 0 and known in ("ISO8601", text_format):
            break
    if best is None:
        return pd.DatetimeIndex([pd.NaT] * len(column)), 0, None
    return best[1].as_unit("us"), _first(best[1]), best[2]


def _parsed(column: pd.Series, text_format: str) -> pd.DatetimeIndex:
    """Times without a zone, NaT for what is none; in pieces, for texts take a lot of memory."""
    parts = []
    for piece in in_pieces(column):
        if pd.api.types.is_object_dtype(piece.dtype):  # a mixture: numbers in it are no dates
            piece = piece.where(piece.isna(), piece.astype(str))
        parsed = pd.to_datetime(piece, format=text_format, errors="coerce", utc=True)
        parts.append(pd.DatetimeIndex(parsed).tz_localize(None))
    return pd.DatetimeIndex(parts[0].append(parts[1:]))


def _formats(column: pd.Series, text_format: str | None) -> list[str]:
    """The formats to try: the schema's own, ISO 8601, then what the first value looks like."""
    filled = column.dropna()
    first = str(filled.iloc[0]).strip() if len(filled) else ""
    dotted = bool(re.match(r"\d{1,2}\.", first))  # with points the day comes first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        guesses = [
            pd.tseries.api.guess_datetime_format(first, dayfirst=dayfirst)
            for dayfirst in (dotted, not dotted)
        ]
    # A format without a year would take this year's: no time axis.
    dated = [guess for guess in guesses if guess and re.search("%[Yy]", guess)]
    named = ["%b %Y", "%B %Y"] if re.match(r"[A-Za-z]+ \d{4}$", first) else []
    return list(dict.fromkeys([*([text_format] if text_format else []), "ISO8601", *dated, *named]))


def _steadier(one: pd.DatetimeIndex, other: pd.DatetimeIndex) -> bool:
    """Whether `one` goes forward more evenly: this tells the day from the month in 01/02/2020."""

    def disorder(stamps: pd.DatetimeIndex) -> tuple[bool, float]:
        steps = np.diff(stamps.asi8)
        return bool((steps < 0).any()), float(np.std(steps)) if len(steps) else 0.0

    return disorder(one) < disorder(other)


def _first(stamps: pd.DatetimeIndex) -> int:
    missing = np.flatnonzero(stamps.isna())
    return int(missing[0]) if len(missing) else -1


def _zoned(column: pd.Series) -> NDArray[np.bool_] | None:
    """Which times carry a zone; None where no time does."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return np.ones(len(column), dtype=np.bool_)
    if not (
        pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)
    ):
        return None
    zoned = np.concatenate([_zoned_texts(piece.astype(str)) for piece in in_pieces(column)])
    return zoned if zoned.any() else None


def _zoned_texts(texts: pd.Series) -> NDArray[np.bool_]:
    # Where it could stand is looked at first: a search of every text takes eight times as long.
    likely = texts.str.endswith(("Z", "z"))
    for place in (-6, -5, -3):
        likely |= texts.str.slice(place, place + 1).isin(["+", "-"])
    if not likely.any():
        return np.zeros(len(texts), np.bool_)
    return cast("NDArray[np.bool_]", texts.str.contains(OFFSET).to_numpy(dtype=np.bool_))


def _dates_in_integers(column: pd.Series) -> pd.DatetimeIndex | None:
    """Years, 20200131, or (milli-, micro-, nano-)seconds since 1970; None when it only counts."""
    if not len(column) or column.isna().any():
        return None
    values = column.to_numpy(dtype=np.int64)
    low, high = int(values.min()), int(values.max())
    text_format = None
    if low >= 1500 and high <= 2200 and re.search("year|date|^yr$", str(column.name), re.I):
        text_format = "%Y"
    elif low >= 15_000_101 and high <= 22_001_231:
        text_format = "%Y%m%d"
    if text_format:
        stamps = pd.DatetimeIndex(
            pd.to_datetime(pd.Series(values.astype(str)), format=text_format, errors="coerce")
        )
        return None if stamps.isna().any() else stamps.as_unit("us")
    for scale in (1, 10**3, 10**6, 10**9):  # units in a second
        if low >= 10**8 * scale and high < 10**10 * scale:
            micro = values * (10**6 // scale) if scale <= 10**6 else values // (scale // 10**6)
            return pd.DatetimeIndex(micro.astype("datetime64[us]"))
    return None
