"""What a run did not measure beside its verdict, and why: silence would pass for "not asked"."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import words

__all__ = ["learning", "regimes"]

REGIMES = ("equal width", "equal parameters", "equal seconds")


def regimes(record: Record) -> tuple[str, ...]:
    """On other ways to be fair; a record that says nothing of them is let be."""
    found = record.verdict.get("regimes")
    if found is None or record.verdict["probability"] is None:
        return ()
    fought = {each["name"] for each in found}
    left = [name for name in REGIMES if name not in fought]
    return (_unmeasured(record, f"Which cell is better at {words.listed(left)}"),) if left else ()


def learning(record: Record) -> str:
    """On whether more data would help; nothing where that was measured, or not to be."""
    verdict = record.verdict
    if verdict.get("learning", ...) is not None or verdict["probability"] is None:
        return ""
    return _unmeasured(record, "That")


def _unmeasured(record: Record, what: str) -> str:
    """On enough folds, that is: on fewer it may have been begun."""
    budget = record.budget
    why = "there was no time left for it"
    if budget["ended_by"] == "interrupt":
        why = "the run was interrupted"
    elif budget["limit_seconds"] is None or "training" in budget["text"]:
        why = "only a budget of time alone has room for it"
    return f"{what} was not measured on enough folds: {why}."
