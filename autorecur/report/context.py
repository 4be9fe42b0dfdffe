"""The sections around the result: data (9), checks (10), how to repeat it (11), method (12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from autorecur.record import Record
from autorecur.report import targets, undone, words
from autorecur.report.facts import (
    columns,
    in_points,
    kind_of,
    section,
    target,
)
from autorecur.report.facts import margin as margin_text
from autorecur.report.parts import Bar, Row, Section, Segment, Table

__all__ = ["again", "checked", "checks", "data", "method"]


COLUMNS = 100  # rows of the table of columns
VALUES = 8  # of a column's categories, or of classes
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
            f"How many {_examples(record)} serve what. They were drawn, by label where there are "
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
        return f"{data['series']:,} {_examples(record, data['series'])} of {tokens} in {columns}"
    counted = f"{data['rows']:,} rows and {columns}"
    if data["series"] > 1 or kind.by_series:
        return f"{data['series']:,} {_examples(record, data['series'])} in {counted}"
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
        (_examples(record, data["series"]).capitalize(), f"{data['series']:,}" if several else ""),
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


def _examples(record: Record, count: int = 2) -> str:
    """What the parts of the table are counted in."""
    kind = kind_of(record)
    if kind.by_series:
        noun = "document" if kind.text else "sequence"
        return noun if count == 1 else f"{noun}s"
    return "series"


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
            columns("Part", f"#{_examples(record).capitalize() if whole else 'Rows'}"),
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
        noun, rows = _examples(record), max((part["last"] + 1 for part in parts), default=0)
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


def again(record: Record) -> Section:
    """How to get this again (11), and what will not come out the same."""
    environment, run, budget = record.environment, record.run, record.budget
    timed = budget["limit_seconds"] is not None
    lacks = run.get("lacks", ())
    what = "question" if lacks else "command"
    finding = (
        f"With the same data, seed and versions the same {what} makes the same record "
        "again, times aside."
    )
    if timed:
        finding = (
            "The same command asks the same question again, but a budget in time "
            "cannot repeat itself exactly: how many "
            "trainings fit depends on the machine. A budget in trainings does."
        )
    if lacks:
        finding += f" The command below cannot say all of it: it lacks {words.listed(lacks)}."
    if len(run["command"]) == words.COMMAND_LIMIT:
        finding += " It is cut here; record.json has the whole of it."
    verdict = record.verdict
    facts = (
        ("Run", _named(run)),
        ("autorecur", run["version"]),
        ("Seed", str(environment["seed"])),
        ("Budget", f"{budget['text']}; ended by {budget['ended_by']}"),
        *([("Limits", budget["limits"]["text"])] if "limits" in budget else []),
        ("Margin", _margin(record)),
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


def _named(run: Mapping[str, Any]) -> str:
    """The run's folder, its id, and when it began."""
    folder = words.cut(run["name"], words.NAME_LIMIT)
    return f"{folder} ({run['id']}), {words.moment(run['started'])}"


def _margin(record: Record) -> str:
    """The margin and what it is a share of."""
    margin = record.verdict["margin"]
    if in_points(record) or margin["fraction"] is None:
        return margin_text(record)
    share = f"{margin_text(record)} of {margin['of']}"
    return f"{words.number(margin['value'])} {margin['unit']} ({share})"


def method(record: Record) -> Section:
    """How it was found out (12)."""
    verdict = record.verdict
    thresholds, evidence = verdict["thresholds"], verdict["evidence"]
    decide, lean = words.share(thresholds["decide"]), words.share(thresholds["lean"])
    share = words.share(evidence["test_share"])
    drawn = (
        "Candidates are drawn in pairs: the same depth, width, learning rate, seed and data order, "
        "once with LSTM and once with GRU cells. Each rung trains fewer pairs for longer. A cell's "
        "finalist is its best candidate on the selection rows, at whatever rung: mostly the last, "
        "as going on mostly helps. The best of many scores is a lucky one, so half of what the "
        "same candidate with the other cell lacks to that cell's best is counted against it, up to "
        "what is usual."
    )
    folds = "Each fold is a block of rows later than all that it was trained on."
    if kind_of(record).folds == "stratified":
        folds = (
            f"Each fold holds {_examples(record)} that it was not trained on, with the classes in "
            "the shares that they have in the table where there are classes."
        )
    dueled = (
        "The finalists meet in the duel: both are trained on the same fresh folds with the same "
        f"seeds and the same compute. {folds} Seeds are averaged within a fold, because the fold "
        "is the unit of evidence."
    )
    if "clear" in thresholds and record.budget["limit_seconds"]:
        dueled += (
            " When every fold has 1, 2, 4, 8 … seeds a look is taken: what is "
            f"{100 * thresholds['clear']:g} % sure by then needs no further ones, and the run may "
            "end early."
        )
    believed = (
        "The belief about the difference GRU − LSTM is the posterior of the correlated Bayesian "
        "t-test (Nadeau and Bengio 2003; Benavoli and others 2017). It allows for training rows "
        f"that folds share: here {share} of a fold's rows are scored. The margin, declared before "
        f"the run, is {_margin(record)}. A difference within it does not matter."
    )
    decided = (
        f"A cell wins when at least {decide} of the belief lies beyond the margin on its side and "
        f"the 95 % interval leaves nought out; the two are equally good when {decide} lies within "
        f"the margin; from {lean} on the verdict leans to one side. Where neither finalist beats "
        "the best baseline by more than the margin, no recurrent network is recommended."
    )
    apart = (
        "Selection rows, duel folds and holdout are three different things. The holdout is scored "
        "once, by the refitted winner, the other finalist and the baselines."
    )
    paragraphs = (drawn, dueled, believed, decided, apart, *undone.learning(record))
    return section(
        "12", "How was this found out?", "The method in half a page.", paragraphs=paragraphs
    )
