"""The sections around the result: data (9), checks (10), how to repeat it (11), method (12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import columns, section
from autorecur.report.parts import Bar, Row, Section, Segment, Table

__all__ = ["again", "checked", "checks", "data", "method"]


COLUMNS = 100  # rows of the table of columns
LEVELS = ("issue", "tip", "passed", "not applicable")


def data(record: Record) -> Section:
    """What data this was (9): facts, roles with reasons, and the split."""
    data = record.data
    split = data["split"]
    finding = (
        f"{data['rows']:,} rows and {words.plural(data['columns'], 'column')} of "
        f"{data['name']}. {split['sentence']}"
    )
    facts = [
        ("Kind of task", data["kind"]),
        ("Target", _joined(data["target"])),
        ("Horizon", words.plural(data["horizon"], "step")),
        ("Frequency", data["frequency"] or words.MISSING),
        ("Season", words.plural(data["season"], "step") if data["season"] else words.MISSING),
        ("Fingerprint (SHA-256)", data["fingerprint"]),
    ]
    read = data["columns_read"]
    left = f"{len(read) - COLUMNS} more columns are in record.json." if len(read) > COLUMNS else ""
    tables = [
        Table("Facts", columns("What", "Value"), tuple(Row(pair) for pair in facts)),
        Table(
            "Columns, what they are used as, and why",
            columns("Column", "Role", "Type", "Reason"),
            tuple(Row((c["name"], c["role"], c["dtype"], c["reason"])) for c in read[:COLUMNS]),
            folded=len(read) > 12,
            note=left,
        ),
        Table(
            "Parts of the table",
            columns("Part", "#First row", "#Last row", "Begins", "Ends"),
            tuple(
                Row(
                    (
                        p["part"],
                        str(p["first"]),
                        str(p["last"]),
                        words.moment(p["begin"]),
                        words.moment(p["end"]),
                    )
                )
                for p in split["parts"]
            ),
            folded=True,
        ),
    ]
    return section(
        "9",
        "What data was this?",
        finding,
        bar=_split_bar(data),
        points=tuple(data["reasons"]),
        tables=tuple(table for table in tables if table.rows),
        reading=(
            "The table from its first row to its last. What lies further right was never "
            "seen by what lies left of it."
        ),
    )


def _joined(names: str | Sequence[str]) -> str:
    return names if isinstance(names, str) else ", ".join(names)


# Parts of one kind share a colour and an entry of the legend.
PARTS = {"train": "p0", "validation": "p1", "duel": "p2", "holdout": "p3"}


def _split_bar(data: Mapping[str, Any]) -> Bar | None:
    """The table's parts in the order of their rows, with the gaps between them."""
    rows, at = data["rows"], 0
    segments: list[Segment] = []
    for part in sorted(data["split"]["parts"], key=lambda part: (part["first"], part["last"])):
        first, last = max(at, part["first"]), part["last"] + 1
        if not rows or last <= first:
            continue
        if first > at:
            segments.append(Segment("gap", at / rows, (first - at) / rows, str(first - at), "gap"))
        kind = next((kind for name, kind in PARTS.items() if name in part["part"]), "p0")
        text = f"{last - first:,} rows"
        segments.append(Segment(part["part"], first / rows, (last - first) / rows, text, kind))
        at = last
    if not segments:
        return None
    return Bar("How the rows were divided", tuple(segments), _legend(segments, rows))


def _legend(segments: Sequence[Segment], rows: int) -> tuple[Segment, ...]:
    """One entry a kind of part: its name, or how many of them there are, and their rows."""
    kinds: dict[str, list[Segment]] = {}
    for segment in segments:
        if segment.kind != "gap":
            kinds.setdefault(segment.kind, []).append(segment)
    entries = []
    for kind, found in kinds.items():
        label = found[0].label if len(found) == 1 else f"{found[0].label} … {found[-1].label}"
        length = sum(segment.length for segment in found)
        text = f"{round(length * rows):,} rows"
        entries.append(Segment(label, found[0].start, length, text, kind))
    return tuple(entries)


def checks(record: Record) -> Section:
    """What should worry the reader (10): every check, the worst first."""
    order = {level: at for at, level in enumerate(LEVELS)}
    ordered = sorted(
        record.checks, key=lambda check: (order.get(check["level"], len(order)), check["code"])
    )
    rows = tuple(
        Row((check["level"], check["code"], check["sentence"], check["remedy"] or ""))
        for check in ordered
    )
    table = Table("Checks", columns("Level", "Code", "What was found", "What to do"), rows)
    return section(
        "10",
        "What should worry me?",
        checked(record).capitalize() + ".",
        tables=(table,) if rows else (),
    )


def checked(record: Record) -> str:
    """How many checks ended how.

    >>> from types import SimpleNamespace
    >>> checked(SimpleNamespace(checks=({"level": "tip"}, {"level": "passed"}, {"level": "tip"})))
    'no issue, 2 tips, 1 passed'
    """
    found = Counter(check["level"] for check in record.checks)
    if not found:
        return "no checks were made"
    parts = [words.plural(found["issue"], "issue") if found["issue"] else "no issue"]
    if found["tip"]:
        parts.append(words.plural(found["tip"], "tip"))
    parts += [f"{found[level]} {level}" for level in ("passed", "not applicable") if found[level]]
    return ", ".join(parts)


def again(record: Record) -> Section:
    """How to get this again (11), and what will not come out the same."""
    environment, run, budget = record.environment, record.run, record.budget
    timed = budget["limit_seconds"] is not None
    finding = (
        "With the same data, seed and versions the same command makes the same record "
        "again, times aside."
    )
    if timed:
        finding = (
            "The same command asks the same question again, but a budget in time "
            "cannot repeat itself exactly: how many "
            "trainings fit depends on the machine. A budget in trainings does."
        )
    verdict = record.verdict
    margin = verdict["margin"]
    facts = (
        ("Run", f"{run['name']} ({run['id']}), {words.moment(run['started'])}"),
        ("autorecur", run["version"]),
        ("Seed", str(environment["seed"])),
        ("Budget", f"{budget['text']}; ended by {budget['ended_by']}"),
        (
            "Margin",
            (
                f"{words.number(margin['value'])} {margin['unit']} "
                f"({words.share(margin['fraction'])} of {margin['of']})"
            ),
        ),
        (
            "Thresholds",
            (
                f"decided from {words.share(verdict['thresholds']['decide'])}, leaning from "
                f"{words.share(verdict['thresholds']['lean'])}"
            ),
        ),
        ("Engine", environment["engine"]),
        ("Device", environment["device"]),
        ("Workers × threads", f"{environment['workers']} × {environment['threads']}"),
        ("Platform", environment["platform"]),
        (
            "Versions",
            ", ".join(
                f"{name} {version}" for name, version in sorted(environment["versions"].items())
            )
            or words.MISSING,
        ),
    )
    table = Table(
        "What it was made with", columns("What", "Value"), tuple(Row(pair) for pair in facts)
    )
    return section(
        "11", "How do I get this again?", finding, code=(run["command"],), tables=(table,)
    )


def method(record: Record) -> Section:
    """How it was found out (12)."""
    verdict = record.verdict
    thresholds, margin, evidence = verdict["thresholds"], verdict["margin"], verdict["evidence"]
    decide, lean = words.share(thresholds["decide"]), words.share(thresholds["lean"])
    share = words.share(evidence["test_share"])
    drawn = (
        "Candidates are drawn in pairs: the same depth, width, learning rate, seed and data order, "
        "once with LSTM and once with GRU cells. Each rung trains fewer pairs for longer, and each "
        "cell's best candidate at the last rung is its finalist."
    )
    dueled = (
        "The finalists meet in the duel: both are trained on the same fresh folds with the same "
        "seeds and the same compute. Each fold is a block of rows later than all that it was "
        "trained on. Seeds are averaged within a fold, because the fold is the unit of evidence."
    )
    believed = (
        "The belief about the difference GRU − LSTM is the posterior of the correlated Bayesian "
        "t-test (Nadeau and Bengio 2003; Benavoli and others 2017). It allows for training rows "
        f"that folds share: here {share} of a fold's rows are scored. The margin, declared before "
        f"the run, is {words.number(margin['value'])} {margin['unit']}, "
        f"{words.share(margin['fraction'])} of {margin['of']}. A difference within it does not "
        "matter."
    )
    decided = (
        f"A cell wins when at least {decide} of the belief lies beyond the margin on its side; the "
        f"two are equally good when {decide} lies within it; from {lean} on the verdict leans to "
        "one side. Where neither finalist beats the best baseline by more than the margin, no "
        "recurrent network is recommended."
    )
    apart = (
        "Selection rows, duel folds and holdout are three different things. The holdout is scored "
        "once, by the refitted winner, the other finalist and the baselines."
    )
    paragraphs = (drawn, dueled, believed, decided, apart)
    return section(
        "12", "How was this found out?", "The method in half a page.", paragraphs=paragraphs
    )
