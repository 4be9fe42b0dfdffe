"""The sections around the result: data (9) and checks (10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from autorecur.record import Record
from autorecur.report import targets, words
from autorecur.report.facts import columns, examples, kind_of, section, target
from autorecur.report.parts import Bar, Row, Section, Segment, Table

__all__ = ["checked", "checks", "data"]


COLUMNS = 100  # rows of the table of columns
VALUES = 12  # of a column's categories, or of classes
VALUE = 24  # characters of one of them
LEVELS = ("issue", "tip", "passed", "not applicable")


def data(record: Record) -> Section:
    """What data this was (9): facts, roles with reasons, and the split."""
    data = record.data
    split = data["split"]
    finding = f"{_size(record)} of {data['name']}. {split['sentence']}"
    facts = Table(
        "Facts", columns("What", "Value"), tuple(Row(pair) for pair in _facts(record) if pair[1])
    )
    kind = kind_of(record)
    reading = (
        f"The {'text' if kind.text else 'table'} from beginning to end. What lies further right "
        "was never seen by what lies left of it."
    )
    if kind.by_series:
        reading = (
            f"How many {examples(record)} serve what. They were drawn, by label where there are "
            "classes: a piece of the bar is a share, not a place."
        )
    elif data["series"] > 1:
        reading = "How many rows of all series serve what: a piece of the bar is no place."
    tables = (
        facts,
        _columns(data["columns_read"]),
        *targets.counts_tables(record),
        _parts(record),
    )
    return section(
        "9",
        "What data was this?",
        finding,
        bar=_split_bar(record),
        points=tuple(data["reasons"]),
        plots=targets.histogram(record),
        tables=tuple(table for table in tables if table.rows),
        reading=reading,
    )


def _size(record: Record) -> str:
    """How much there was, in the units of its kind."""
    data, kind = record.data, kind_of(record)
    columns = words.plural(data["columns"], "column")
    if kind.output == "tokens":
        return f"{data['rows']:,} {data['tokens'] or 'token'}s"
    if kind.text:
        tokens = f"{data['rows']:,} {data['tokens'] or 'token'}s"
        return f"{data['series']:,} {examples(record, data['series'])} of {tokens} in {columns}"
    counted = f"{data['rows']:,} rows and {columns}"
    if data["series"] > 1 or kind.by_series:
        return f"{data['series']:,} {examples(record, data['series'])} in {counted}"
    return counted


def _facts(record: Record) -> tuple[tuple[str, str], ...]:
    """What there is to know of the table; what does not apply to its kind is left empty."""
    data, kind = record.data, kind_of(record)
    classes, timed = data["classes"], not kind.by_series and not kind.text
    listed = ", ".join(classes[:VALUES]) + (" …" if len(classes) > VALUES else "")
    several = data["series"] > 1 or kind.by_series
    season = data["season"]
    return (
        ("Kind of task", data["kind"]),
        ("Target", target(record)),
        ("Classes", f"{len(classes)}: {listed}" if classes else ""),
        (examples(record, data["series"]).capitalize(), f"{data['series']:,}" if several else ""),
        ("Tokens", data["tokens"] or ""),
        ("Vocabulary", f"{data['vocabulary']:,} {data['tokens']}s" if data["tokens"] else ""),
        ("Horizon", words.plural(data["horizon"], "step") if kind.window == "before" else ""),
        ("Stretch", f"{data['horizon']} {data['tokens']}s" if kind.output == "tokens" else ""),
        ("Frequency", (data["frequency"] or words.MISSING) if timed else ""),
        ("Season", _season(season) if timed else ""),
        targets.filled(record),
        ("Fingerprint (SHA-256)", data["fingerprint"]),
    )


def _season(steps: int | None) -> str:
    if not steps:
        return words.MISSING
    return "none" if steps == 1 else words.plural(steps, "step")


def _columns(read: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for column in read[:COLUMNS]:
        values = column["values"]
        shown = ", ".join(words.cut(value, VALUE) for value in values[:VALUES])
        if len(values) > VALUES:
            shown += f" … and {len(values) - VALUES:,} more"
        rows.append(Row((column["name"], column["role"], column["dtype"], column["reason"], shown)))
    labels = columns("Column", "Role", "Type", "Reason", "Values")
    if not any(row.cells[-1] for row in rows):
        labels, rows = labels[:-1], [replace(row, cells=row.cells[:-1]) for row in rows]
    left = f"{len(read) - COLUMNS} more columns are in record.json." if len(read) > COLUMNS else ""
    return Table(
        "Columns, what they are used as, and why",
        labels,
        tuple(rows),
        folded=len(read) > 12,
        note=left,
    )


def _parts(record: Record) -> Table:
    parts = record.data["split"]["parts"]
    whole = kind_of(record).by_series
    if whole or record.data["series"] > 1:
        return Table(
            "Parts of the table",
            columns("Part", f"#{examples(record).capitalize() if whole else 'Rows'}"),
            tuple(Row((p["part"], f"{p['last'] - p['first'] + 1:,}")) for p in parts),
            folded=True,
        )
    noun = record.data["tokens"] or "row"
    labels = ["Part", f"#First {noun}", f"#Last {noun}", "Begins", "Ends"]
    dated = any(p["begin"] or p["end"] for p in parts)
    rows = tuple(
        Row(
            (
                p["part"],
                str(p["first"]),
                str(p["last"]),
                *((words.moment(p["begin"]), words.moment(p["end"])) if dated else ()),
            )
        )
        for p in parts
    )
    return Table("Parts of the table", columns(*labels[: 5 if dated else 3]), rows, folded=True)


# Parts of one kind share a colour and an entry of the legend.
PARTS = {"train": "p0", "validation": "p1", "duel": "p2", "holdout": "p3"}


def _split_bar(record: Record) -> Bar | None:
    """The table's parts in the order of their rows, with the gaps between them."""
    parts, rows, at = record.data["split"]["parts"], record.data["rows"], 0
    noun = f"{record.data['tokens']}s" if record.data["tokens"] else "rows"
    if kind_of(record).by_series:
        noun, rows = examples(record), max((part["last"] + 1 for part in parts), default=0)
    segments: list[Segment] = []
    for part in sorted(parts, key=lambda part: (part["first"], part["last"])):
        first, last = max(at, part["first"]), part["last"] + 1
        if not rows or last <= first:
            continue
        if first > at:
            segments.append(Segment("gap", at / rows, (first - at) / rows, str(first - at), "gap"))
        kind = next((kind for name, kind in PARTS.items() if name in part["part"]), "p0")
        text = f"{last - first:,} {noun}"
        segments.append(Segment(part["part"], first / rows, (last - first) / rows, text, kind))
        at = last
    if not segments:
        return None
    return Bar("How the rows were divided", tuple(segments), _legend(segments, rows, noun))


def _legend(segments: Sequence[Segment], rows: int, noun: str) -> tuple[Segment, ...]:
    """One entry a kind of part: its name, or how many of them there are, and their rows."""
    kinds: dict[str, list[Segment]] = {}
    for segment in segments:
        if segment.kind != "gap":
            kinds.setdefault(segment.kind, []).append(segment)
    entries = []
    for kind, found in kinds.items():
        label = found[0].label if len(found) == 1 else f"{found[0].label} … {found[-1].label}"
        length = sum(segment.length for segment in found)
        text = f"{round(length * rows):,} {noun}"
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
