"""Times that are written as text take eighty bytes each; a long table's become eight.

Only what can be read in one way: ISO 8601 without a zone, from the first value to the last. All
else stays as it was written, for `columns` to judge.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

__all__ = ["LONG_ROWS", "in_pieces", "lean"]

LONG_ROWS = 1_000_000
PIECE_ROWS = 500_000
SAMPLE_ROWS = 50
PLAIN = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")


def lean(frame: pd.DataFrame, texts: Collection[str] = ()) -> pd.DataFrame:
    """`frame` with its columns of plain times as times, but for the columns of words, `texts`.

    >>> lean(pd.DataFrame({"day": ["2020-01-01", "2020-01-02"]}))["day"].dt.day.tolist()
    [1, 2]
    """
    for name in frame.columns:
        column = frame[name]
        if name not in texts and _looks_plain(column):
            stamps = _stamps(column)
            if stamps is not None:
                frame[name] = stamps
    return frame


def in_pieces(column: pd.Series) -> Iterator[pd.Series]:
    """A column, a stretch of rows at a time: texts take a lot of memory while they are read."""
    for begin in range(0, max(1, len(column)), PIECE_ROWS):
        yield column.iloc[begin : begin + PIECE_ROWS]


def _looks_plain(column: pd.Series) -> bool:
    if not (
        pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)
    ):
        return False
    places = np.unique(np.linspace(0, len(column) - 1, SAMPLE_ROWS).astype(np.int64))
    return all(isinstance(text, str) and PLAIN.fullmatch(text) for text in column.iloc[places])


def _stamps(column: pd.Series) -> pd.DatetimeIndex | None:
    """The times; None where one of them is written otherwise, or is missing."""
    parts = []
    for piece in in_pieces(column):
        if not piece.astype(str).str.fullmatch(PLAIN.pattern).all():
            return None
        stamps = pd.to_datetime(piece, format="ISO8601", errors="coerce")
        if stamps.isna().any():
            return None
        parts.append(pd.DatetimeIndex(stamps).as_unit("us"))
    return pd.DatetimeIndex(parts[0].append(parts[1:]))
