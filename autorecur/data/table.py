"""Table: rows and columns as read, and how messages speak of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from autorecur.errors import DataError

__all__ = ["Table", "refuse_repeated", "require_columns", "shown"]


@dataclass(frozen=True, eq=False)
class Table:
    """Rows and columns as read, before anything is understood."""

    name: str
    frame: pd.DataFrame
    fingerprint: str  # SHA-256 of the content
    rows: int
    notes: tuple[str, ...] = ()
    lines: bool = False  # whether row i stands on line i + 2 of a file

    def line(self, row: int) -> str:
        """Where the user finds a row: "line 2" of a file, or "row 0" of a frame.

        >>> Table("t", pd.DataFrame({"y": [1, 2]}), "", 2).line(1)
        'row 1'
        """
        return f"line {row + 2}" if self.lines else f"row {row}"


def shown(value: object, width: int = 60) -> str:
    """A value as a message may show it: quoted, on one line, cut.

    >>> shown("a" * 99, width=9)
    "'aaaaa…'"
    """
    text = repr(value.item() if isinstance(value, np.generic) else value)
    if len(text) <= width:
        return text
    close = text[0] if text[0] in "'\"" else ""
    return text[: width - 2 - len(close)] + "…" + close


def require_columns(table: Table, names: Iterable[str], role: str = "column") -> None:
    """Refuse a table that lacks one of `names`, and suggest the nearest.

    >>> require_columns(Table("t", pd.DataFrame({"load": [1.0]}), "", 1), ["load"])
    """
    have = [str(name) for name in table.frame.columns]
    known = set(have)
    missing = [name for name in names if name not in known]
    if not missing:
        return
    sentences = []
    for name in missing[:5]:
        near = [other for other in have if other.strip().lower() == name.strip().lower()]
        near = near or difflib.get_close_matches(name, have, n=1, cutoff=0.55)
        sentences.append(shown(name) + (f" (did you mean {shown(near[0])}?)" if near else ""))
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    listing = ", ".join(shown(name, 30) for name in have[:12]) + (" …" if len(have) > 12 else "")
    raise DataError(
        f"{table.name} has no {role} {', '.join(sentences)}{more}: its columns are {listing}"
    )


def refuse_repeated(what: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"{what} has two columns called {shown(name)}: rename one")
        seen.add(name)
