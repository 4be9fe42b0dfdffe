"""What commands print and write: text that no terminal obeys, strict JSON, columns, CSV."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from autorecur.errors import AutorecurError, SettingError

__all__ = ["score_lines", "visible", "without_nan", "write_csv", "writing"]


def visible(text: str) -> str:
    """Text of the user's table as a terminal may see it: no escape code, line ends kept.

    >>> visible("a\\x1b[2Jb\\nc")
    'a [2Jb\\nc'
    """
    return "".join(sign if sign.isprintable() or sign in "\n\t" else " " for sign in text)


def without_nan(value: Any) -> Any:
    """The value as strict JSON has it: a missing number is null.

    >>> without_nan({"mae": float("nan"), "steps": (1, 2)})
    {'mae': None, 'steps': [1, 2]}
    """
    if isinstance(value, dict):
        return {str(key): without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def score_lines(scores: Mapping[str, float | None]) -> list[str]:
    """Scores in columns; "–" stands for one that could not be computed.

    >>> score_lines({"mae": 1.25, "mase": None})
    ['mae   1.25', 'mase  –']
    """
    wide = max(map(len, scores), default=0)
    return [
        f"{name:<{wide}}  {'–' if score is None or not math.isfinite(score) else f'{score:.6g}'}"
        for name, score in scores.items()
    ]


def write_csv(frame: Any, out: Path | None) -> None:
    """A DataFrame as CSV, to a file or to stdout."""
    if out is None:
        _csv(frame, sys.stdout)
        return
    with writing(out), out.open("w", newline="", encoding="utf-8") as file:
        _csv(frame, file)


def _csv(frame: Any, file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(_cell, frame.columns))
    writer.writerows(map(_cell, row) for row in frame.itertuples(index=False, name=None))


def _cell(value: Any) -> Any:
    """One CSV cell; text that a spreadsheet would run as a formula gets an apostrophe before it.

    >>> [_cell(value) for value in ("=1+1", "load", -3.5, float("nan"))]
    ["'=1+1", 'load', -3.5, '']
    """
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a refusal of the file system into one line for the user."""
    try:
        yield
    except (AutorecurError, BrokenPipeError):
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingError(f"cannot write {str(path)!r} ({reason}): give another file") from error
