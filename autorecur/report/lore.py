"""The sections on what is said of the two cells: folklore, answered (2a), and compared (2b)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import amount, answer, columns, metric_arrow, section, spread
from autorecur.report.parts import Row, Section, Table

__all__ = ["comparison", "folklore"]

MARKS = {"confirmed": "✓", "refuted": "✗", "not decidable here": "?"}

# What every page on the two says, and where this run tells the same in numbers.
TAUGHT = (
    ("architecture", "three gates, and a cell state beside the hidden one", "two gates, one state"),
    ("weights", "4u(d + u + 1) a layer", "3u(d + u + 2) a layer"),
    ("work", "four products a step", "three products a step"),
    ("memory", "two states to carry", "one state to carry"),
    ("training", "slower", "faster"),
    ("forecast", "slower", "faster"),
    ("performance", "ahead where it must count or look far back", "ahead on few data"),
    ("use", "long sequences, much data", "few data, few resources"),
)


def folklore(record: Record) -> Section | None:
    """What of the folklore holds here (2a)."""
    claims = record.verdict.get("folklore", ())
    if not claims:
        return None
    found = Counter(claim["answer"] for claim in claims)
    told = [f"{found[name]} {name}" for name in MARKS if found[name]]
    finding = f"Of {words.plural(len(claims), 'claim')}, {words.joined(told)}."
    rows = tuple(
        Row((claim["claim"], f"{MARKS[claim['answer']]} {claim['answer']}", claim["evidence"]))
        for claim in claims
    )
    reading = (
        "Each claim is held against the trainings of this run, with 95 % asked of an answer. What "
        "holds on these data under this budget may not hold elsewhere."
    )
    table = Table("Claims about LSTM and GRU", columns("Claim", "Here", "Because"), rows)
    return section(
        "2a", "What of the folklore holds here?", finding, reading=reading, tables=(table,)
    )


def comparison(record: Record) -> Section | None:
    """The usual comparison of the two, with what was measured beside it (2b)."""
    finalists = {row["cell"]: row for row in record.finalists}
    if not {"lstm", "gru"} <= set(finalists):
        return None
    measured = _measured(record)
    rows = tuple(
        Row((what, lstm, gru, *(measured[what](finalists[cell]) for cell in ("lstm", "gru"))))
        for what, lstm, gru in TAUGHT
    )
    lead = record.verdict["recommended"]
    finding = "Neither of the two is recommended."
    if lead in finalists:
        other = finalists["gru" if lead == "lstm" else "lstm"]
        finding = (
            f"The {finalists[lead]['title']} is the one to use of the two; the other finalist is "
            f"the {other['title']}."
        )
    table = Table(
        "What is taught, and what was measured here",
        columns("", "LSTM", "GRU", "LSTM here", "GRU here"),
        rows,
        note="u: units of a layer; d: numbers that it reads a step. Here: the finalists, refitted.",
    )
    return section("2b", "How do the two compare?", finding, tables=(table,))


def _measured(record: Record) -> Mapping[str, Callable[[Mapping[str, Any]], str]]:
    """Of each line of the comparison what a finalist has."""
    lead, said = record.verdict["recommended"], f"a {answer(record)}"
    return {
        "architecture": lambda row: str(row["title"]),
        "weights": lambda row: words.count(row["parameters"]),
        "work": lambda row: f"{words.count(row['multiply_adds'])} multiply-adds {said}",
        "memory": lambda row: words.size(row["bytes"]),
        "training": lambda row: words.duration(row["train_seconds"]),
        "forecast": lambda row: f"{words.milliseconds(row['latency_ms'])} {said}",
        "performance": lambda row: (
            f"{metric_arrow(record)} {amount(record, row['score'], spread(record, row['cell']))}"
        ),
        "use": lambda row: "recommended of the two" if row["cell"] == lead else words.MISSING,
    }
