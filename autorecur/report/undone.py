"""What a run did not measure beside its verdict, and why: silence would pass for "not asked"."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import output

__all__ = ["learning", "regimes", "untold"]

REGIMES = ("equal width", "equal parameters", "equal seconds")
# What a run of today always tells, if only that there is none, and what of it is told of which
# answers; of a record without it, the report has no section.
TELLS = (
    ("verdict", "variations", "what the verdict hangs on", ()),
    ("verdict", "regimes", "other ways to be fair", ()),
    ("verdict", "crosschecks", "other tests of the same question", ()),
    ("verdict", "folklore", "what of the folklore holds", ()),
    ("verdict", "learning", "whether more data would help", ()),
    ("figures", "memory", "how far back the networks look", ()),
    ("figures", "residuals", "what is left in the residuals", ("numbers",)),
    ("figures", "certainty", "how sure the classes are", ("classes",)),
    ("figures", "targets", "how the target is spread", ("numbers", "classes")),
)


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


def untold(record: Record) -> tuple[str, ...]:
    """On what an earlier autorecur did not write down yet."""
    left = [
        told
        for section, key, told, of in TELLS
        if key not in getattr(record, section) and (not of or output(record) in of)
    ]
    if not left:
        return ()
    return (f"An earlier autorecur wrote this record. It does not tell {words.listed(left)}.",)


def _unmeasured(record: Record, what: str) -> str:
    """On enough folds, that is: on fewer it may have been begun."""
    budget = record.budget
    why = "there was no time left for it"
    if budget["ended_by"] == "interrupt":
        why = "the run was interrupted"
    elif budget["limit_seconds"] is None or "training" in budget["text"]:
        why = "only a budget of time alone has room for it"
    return f"{what} was not measured on enough folds: {why}."
