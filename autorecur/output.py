"""What commands print and write: text that no terminal obeys, strict JSON, columns, CSV."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autorecur.data.formulas import guarded, unguarded
from autorecur.errors import AutorecurError, SettingError

__all__ = [
    "guard_note",
    "guard_sentence",
    "guarded_cells",
    "printed_json",
    "score_lines",
    "visible",
    "without_nan",
    "write_csv",
    "writing",
]

BEGINNINGS = "= + - @"
WHY = "so that a spreadsheet does not run"


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


def printed_json(text: str) -> str:
    """JSON as a terminal may see it: signs that it would obey are spelt out, and nothing is lost.

    >>> printed_json('{"a\\x9bb": "\\u202e"}')
    '{"a\\\\u009bb": "\\\\u202e"}'
    """
    return "".join(sign if sign.isprintable() or sign == "\n" else _spelt(sign) for sign in text)


def _spelt(sign: str) -> str:
    pairs = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{pairs[at : at + 4]}" for at in range(0, len(pairs), 4))


def write_csv(frame: Any, out: Path | None) -> int:
    """A DataFrame as CSV, to a file or to stdout, so that no spreadsheet runs any cell of it.

    Returns how many cells got an apostrophe for that, names of columns among them. A terminal sees
    no escape code; a pipe and a file get every sign.
    """
    safe, cells = _guarded(frame)
    # The csv module leaves a lone carriage return bare, and what follows would begin a line.
    bare = any(isinstance(value, str) and "\r" in value for value in _words(safe))
    quoting = csv.QUOTE_NONNUMERIC if bare else csv.QUOTE_MINIMAL
    text = safe.to_csv(index=False, lineterminator="\n", quoting=quoting)
    if out is None:
        sys.stdout.write(visible(text) if sys.stdout.isatty() else text)
    else:
        out.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    return cells


def _guarded(frame: Any) -> tuple[Any, int]:
    """The frame with harmless cells and names of columns, and how many had to be changed."""
    names = [guarded(str(name)) for name in frame.columns]
    cells = sum(name != str(old) for name, old in zip(names, frame.columns, strict=True))
    safe = frame.set_axis(names, axis=1)
    for place in _worded(frame):
        before = frame.iloc[:, place].tolist()
        after = [guarded(value) if isinstance(value, str) else value for value in before]
        if changed := sum(new is not old for new, old in zip(after, before, strict=True)):
            safe.isetitem(place, after)
            cells += changed
    return safe, cells


def _worded(frame: Any) -> list[int]:
    """The places of the columns that may hold text: no numbers, times or truths."""
    return [place for place, dtype in enumerate(frame.dtypes) if dtype.kind == "O"]


def _words(frame: Any) -> Iterator[Any]:
    yield from frame.columns
    for place in _worded(frame):
        yield from frame.iloc[:, place].tolist()


def guarded_cells(path: Path) -> int:
    """How many cells of a file by `write_csv` have its apostrophe."""
    if b"'" not in path.read_bytes():
        return 0
    limit = csv.field_size_limit(2**31 - 1)  # a class may have a longer name than the usual limit
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return sum(unguarded(cell) != cell for row in csv.reader(file) for cell in row)
    finally:
        csv.field_size_limit(limit)


def guard_sentence(cells: int) -> str:
    """What is said of them.

    >>> guard_sentence(1)
    '1 cell that begins with = + - @ got an apostrophe, so that a spreadsheet does not run it'
    """
    if cells == 1:
        return f"1 cell that begins with {BEGINNINGS} got an apostrophe, {WHY} it"
    return f"{cells:,} cells that begin with {BEGINNINGS} got an apostrophe, {WHY} them"


def guard_note(path: Path) -> str:
    """What is said of a file by `write_csv` that is there already; empty where nothing need be."""
    cells = guarded_cells(path) if path.is_file() else 0
    return f"{path.name}: {guard_sentence(cells)}" if cells else ""


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
