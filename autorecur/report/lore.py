"""The sections on what is said of the two cells: folklore, answered (2a), and compared (2b)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import (
    VARIED,
    amount,
    answer,
    between,
    columns,
    metric_arrow,
    section,
    spread,
)
from autorecur.report.parts import Row, Section, Table

__all__ = ["comparison", "folklore"]

MARKS = {"confirmed": "✓", "refuted": "✗", "not decidable here": "?"}

# What every page on the two says, and where this run tells the same in numbers.
TAUGHT = (
    ("architecture", "three gates, and a cell state beside the hidden one", "two gates, one state"),
    ("weights", "4u(d + u + 1) a layer", "3u(d + u + 2) a layer"),
    ("work", "four products a step", "three products a step"),
    ("state", "two to carry from step to step", "one to carry from step to step"),
    ("training", "slower", "faster"),
    ("forecast", "slower", "faster"),
    ("performance", "ahead where it must count or look far back", "ahead on few data"),
    ("use", "long sequences, much data", "few data, few resources"),
)
STATES = {"lstm": 2, "gru": 1}
# By outcome what is said of the finalist that leads; of no other one is advised to use it.
LEADS = {
    **dict.fromkeys(("LSTM", "GRU", "EQUIVALENT"), "is the one to use of the two"),
    "LEANING": "is probably the one to use of the two",
    "UNDECIDED": "is ahead so far",
}
ADVICE = {
    **dict.fromkeys(("LSTM", "GRU", "EQUIVALENT"), "recommended of the two"),
    "LEANING": "probably, of the two",
    "UNDECIDED": "ahead so far",
}


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
    note = (
        "u: units of a layer; d: numbers that it reads a step. Here: the finalists, refitted; "
        "their performance is that of the duel, the mean over its folds"
    )
    varied = VARIED[between(record)]
    table = Table(
        "What is taught, and what was measured here",
        columns("", "LSTM", "GRU", "LSTM here", "GRU here"),
        rows,
        note=f"{note}{f' (±: {varied})' if varied else ''}.",
    )
    finding = _leads(record, finalists)
    return section("2b", "How do the two compare?", finding, tables=(table,))


def _leads(record: Record, finalists: Mapping[str, Mapping[str, Any]]) -> str:
    """Which finalist is to be used, or is ahead, or is saved: as far as the outcome goes."""
    verdict = record.verdict
    lead, said = verdict["recommended"], LEADS.get(verdict["outcome"])
    if lead in finalists and said:
        other = finalists["gru" if lead == "lstm" else "lstm"]
        return f"The {finalists[lead]['title']} {said}; the other finalist is the {other['title']}."
    text = "Neither of the two is recommended"
    if verdict["outcome"] == "INCOMPLETE":
        text = "The two could not be compared"
    saved = [row["title"] for row in finalists.values() if row["chosen"]]
    return f"{text}; the {saved[0]} is saved." if saved else f"{text}."


def _use(record: Record, row: Mapping[str, Any]) -> str:
    """What comes of a finalist."""
    advice = ADVICE.get(record.verdict["outcome"])
    if advice is None:
        return "saved" if row["chosen"] else words.MISSING
    return advice if row["cell"] == record.verdict["recommended"] else words.MISSING


def _state(row: Mapping[str, Any]) -> str:
    """How many numbers a finalist carries from one step to the next."""
    network = row["candidate"]
    directions = 2 if network["bidirectional"] else 1
    carried = STATES[row["cell"]] * network["depth"] * network["width"] * directions
    return f"{carried:,} numbers"


def _measured(record: Record) -> Mapping[str, Callable[[Mapping[str, Any]], str]]:
    """Of each line of the comparison what a finalist has."""
    said = f"a {answer(record)}"
    return {
        "architecture": lambda row: str(row["title"]),
        "weights": lambda row: f"{words.count(row['parameters'])}, {words.size(row['bytes'])}",
        "work": lambda row: f"{words.count(row['multiply_adds'])} multiply-adds {said}",
        "state": _state,
        "training": lambda row: words.duration(row["train_seconds"]),
        "forecast": lambda row: f"{words.milliseconds(row['latency_ms'])} {said}",
        "performance": lambda row: (
            f"{metric_arrow(record)} {amount(record, row['score'], spread(record, row['cell']))}"
        ),
        "use": lambda row: _use(record, row),
    }
