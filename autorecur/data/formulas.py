"""Cells that a spreadsheet would run, and the apostrophe before them that keeps it from doing so.

What autorecur writes has the apostrophe and what it reads loses it again, so that a name comes back
as it was. A number runs nothing and is left alone, its sign included.
"""

from __future__ import annotations

import re

__all__ = ["guarded", "unguarded"]

GUARD = "'"
SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def guarded(text: str) -> str:
    """`text` as a cell that no spreadsheet runs.

    >>> [guarded(text) for text in ("=1+1", "@x", "load", "-1", "+1.5e3", "'=1")]
    ["'=1+1", "'@x", 'load', '-1', '+1.5e3', "''=1"]
    """
    return GUARD + text if _runs(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given.

    >>> [unguarded(text) for text in ("'=1+1", "''=1", "'-1", "'tis", "load")]
    ['=1+1', "'=1", "'-1", "'tis", 'load']
    """
    return text[1:] if text.startswith(GUARD) and _runs(text[1:]) else text


def _runs(text: str) -> bool:
    """Whether it would run, or would be taken for what `guarded` made."""
    bare = text.lstrip(GUARD)
    return bare.startswith(SIGNS) and NUMBER.fullmatch(bare) is None
