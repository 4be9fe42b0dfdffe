"""How far a trial was meant to be trained: only scores of the same fidelity are ever compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["FIDELITIES", "FULL", "MARKS", "begun", "fidelity", "key"]

FIRST, MIDDLE, FULL = "first rung", "middle rung", "full"
FIDELITIES = (FIRST, MIDDLE, FULL)
MARKS = dict(zip(FIDELITIES, "○◐●", strict=True))
NOT_BEGUN = ("skipped", "dear", "beyond")


def fidelity(trial: Mapping[str, Any]) -> str:
    """A full training is one that nothing is trained further than, whatever its bracket's rungs.

    >>> fidelity({"top": True, "rung": 0}), fidelity({"top": False, "rung": 1})
    ('full', 'middle rung')
    """
    if trial["top"]:
        return FULL
    return MIDDLE if trial["rung"] else FIRST


def begun(trial: Mapping[str, Any]) -> bool:
    """Whether it was trained at all."""
    return trial["status"] not in NOT_BEGUN


def key(candidate: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells one candidate from another."""
    return tuple(sorted(candidate.items()))
