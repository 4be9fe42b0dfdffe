"""What a record of version 1 did not hold at first, and what was so in every run until then.

The shape of a version may grow: what is written today is held to all of `record.schema.json`, and
what was written before a key was there is read as if it said what could not have been otherwise.
What an earlier run did not measure is not made up; the report says that it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["filled"]

Part = Mapping[str, Any]

# What came together, so that a file that has a part of it is no earlier one: it was damaged.
NETWORK: tuple[Part, ...] = (
    {"bidirectional": False, "embedding": 0, "pooling": "last", "residual": False},
    {"linear": False},
)
TABLE: Part = {"classes": [], "series": 1, "tokens": None, "vocabulary": 0}  # one series, foretold
COLUMN: Part = {"values": []}


def filled(whole: Part) -> Part:
    """The sections of a record as `json.loads` gives them, with what came later in them.

    >>> early = {"data": {"kind": "forecast"}, "model": None, "trials": [], "finalists": []}
    >>> filled(early)["data"]
    {'classes': [], 'series': 1, 'tokens': None, 'vocabulary': 0, 'kind': 'forecast', ...}
    """
    return {
        **whole,
        "data": _table(whole["data"]),
        "model": _network(whole["model"]),
        **{name: [_trained(row) for row in whole[name]] for name in ("trials", "finalists")},
    }


def _table(data: Part) -> Part:
    """Before there were columns of classes and of texts, every table was one series of numbers."""
    if data.get("kind") != "forecast" or TABLE.keys() & data.keys():
        return data
    read = data.get("columns_read")
    columns = [_with(column, COLUMN) for column in read] if isinstance(read, list) else read
    return {**TABLE, **data, "columns_read": columns}


def _trained(row: Part) -> Part:
    return {**row, "candidate": _network(row["candidate"])} if "candidate" in row else row


def _network(part: Any) -> Any:
    """Before a network could be otherwise, it was so."""
    for gained in NETWORK:
        part = _with(part, gained)
    return part


def _with(part: Any, gained: Part) -> Any:
    if not isinstance(part, dict) or gained.keys() & part.keys():
        return part
    return {**gained, **part}
