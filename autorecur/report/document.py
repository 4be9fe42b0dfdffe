"""A Record becomes a Document: what is shown is decided here, and every view only arranges it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import words
from autorecur.report.context import checked
from autorecur.report.facts import (
    amount,
    answer,
    best_baseline,
    change,
    compared,
    in_points,
    kind_of,
    metric_title,
    score_label,
    target,
)
from autorecur.report.parts import Bar, Box, Column, Document, Row, Segment, Table
from autorecur.report.sections import sections

__all__ = ["document", "harmless"]

HEADLINE = 120  # a longer beginning of the sentence is no headline
FOLDER_LIMIT = 4096  # no path is longer


def harmless(record: Record) -> Record:
    """The same record with every string in it cut and made visible; the only door to the views."""
    made = {
        section.name: words.harmless(getattr(record, section.name), section.name)
        for section in fields(Record)
    }
    # The folder stands in commands, which do not work when they are cut.
    made["run"]["name"] = words.clean(record.run["name"], FOLDER_LIMIT)
    return Record(**made)


def document(record: Record) -> Document:
    """The Document of `record`."""
    record = harmless(record)
    verdict, run = record.verdict, record.run
    headline, lead = headlined(verdict["sentence"])
    named = target(record)
    about = f" → {words.cut(named, words.NAME_LIMIT)}" if named else ""
    return Document(
        run_id=f"r{run['id']}",
        title=verdict["sentence"],
        subtitle=(
            f"{record.data['name']}{about} · {record.data['kind']} · run of "
            f"{words.moment(run['started'])}"
        ),
        symbol=verdict["symbol"],
        outcome=verdict["outcome"],
        headline=headline,
        lead=lead,
        second=verdict["second"] or "",
        cost=verdict["cost"],
        bar=_bar(record),
        boxes=_boxes(record),
        use=_use(record),
        worries=tuple(
            (check["code"], check["sentence"], check["remedy"] or "")
            for check in record.checks
            if check["level"] == "issue"
        ),
        checked=checked(record),
        reasons=(*verdict["reasons"], *filter(None, (verdict["would_change"],))),
        finalists=_finalists(record),
        sections=sections(record),
        footer=(
            f"Made by autorecur {run['version']} from run {run['id']}. Every number is in "
            "record.json."
        ),
    )


def headlined(sentence: str) -> tuple[str, str]:
    """What to do, and why.

    >>> headlined("Use a GRU: its error is lower.")
    ('Use a GRU.', 'Its error is lower.')
    """
    head, colon, rest = sentence.partition(": ")
    if not colon or len(head) > HEADLINE:
        return sentence, ""
    return f"{head}.", rest[:1].upper() + rest[1:]


def _bar(record: Record) -> Bar | None:
    probability = record.verdict["probability"]
    if probability is None:
        return None
    parts = (
        ("LSTM better", "lstm_better", "lstm"),
        ("equal", "equivalent", "plain"),
        ("GRU better", "gru_better", "gru"),
    )
    segments, start = [], 0.0
    for label, name, kind in parts:
        segments.append(
            Segment(label, start, probability[name], words.share(probability[name]), kind)
        )
        start += probability[name]
    said = ", ".join(f"{segment.label} {segment.text}" for segment in segments)
    return Bar(f"How sure: {said}", tuple(segments), tuple(segments))


# ---- the value boxes


def _boxes(record: Record) -> tuple[Box, ...]:
    return (_score_box(record), _difference_box(record), _budget_box(record), _size_box(record))


def _score_box(record: Record) -> Box:
    score = record.score["holdout"]
    lines = [record.model["title"]] if record.model else []
    best = best_baseline(record, "holdout")
    if best is not None:
        lines.append(f"{best[0]} {amount(record, best[1])}")
        if score is not None and best[1]:
            lines.append(compared(record, score, best[1]))
    arrow = "↓" if record.metric["better"] == "lower" else "↑"
    label = f"{metric_title(record)} {arrow} on the holdout"
    cell = record.model["cell"] if record.model else ""
    return Box(label, amount(record, score), tuple(lines), cell)


def _difference_box(record: Record) -> Box:
    difference, evidence = record.verdict["difference"], record.verdict["evidence"]
    counted = (
        f"{words.plural(evidence['folds'], 'fold')} × {words.plural(evidence['seeds'], 'seed')}"
    )
    if difference is None:
        return Box("GRU − LSTM", words.MISSING, ("no comparison", counted))
    low, high = (words.score(difference[end], record.metric["name"]) for end in ("low", "high"))
    interval = f"95 %: {low} … {high}"
    favoured = "GRU" if (difference["mean"] < 0) == (record.metric["better"] == "lower") else "LSTM"
    relative = words.MISSING if in_points(record) else words.percent(difference["fraction"])
    favour = (
        f"for the {favoured}" if relative == words.MISSING else f"{relative}, for the {favoured}"
    )
    return Box("GRU − LSTM", change(record, difference["mean"]), (interval, favour, counted))


def _budget_box(record: Record) -> Box:
    budget = record.budget
    of = (
        f"of {words.duration(budget['limit_seconds'])}"
        if budget["limit_seconds"]
        else f"of {budget['text']}"
    )
    return Box(
        "budget",
        words.duration(budget["spent_seconds"]),
        (of, words.plural(budget["trainings"], "training")),
    )


def _size_box(record: Record) -> Box:
    model = record.model
    if model is None:
        return Box("size", words.MISSING, ("no network was saved",))
    lines = [
        f"{words.milliseconds(model['latency_ms']['p50'])} a {answer(record)}",
        words.size(model["bytes"]),
    ]
    lines += [
        (
            f"{row['cell'].upper()}: {words.count(row['parameters'])}, "
            f"{words.milliseconds(row['latency_ms'])}"
        )
        for row in record.finalists
        if not row["chosen"]
    ]
    return Box("weights", words.count(model["parameters"]), tuple(lines), model["cell"])


# ---- how to use it, and the finalists


def _use(record: Record) -> tuple[str, ...]:
    if record.model is None:
        return ()
    name, file = record.run["name"], record.model["file"]
    if kind_of(record).output == "tokens":
        return (
            f"autorecur generate {shlex.quote(name)} --prompt 'It was'",
            f"autorecur.load({name!r}).generate('It was', n=200)",
            f"keras.models.load_model({f'{name}/{file}'!r})",
        )
    return (
        f"autorecur predict {shlex.quote(name)} new.csv",
        f"autorecur.load({name!r}).predict(table)",
        f"keras.models.load_model({f'{name}/{file}'!r})",
    )


def _finalists(record: Record) -> Table:
    """Networks and baselines, best first: by the duel's folds, or the holdout without a duel."""
    dueled = any(row["score"] is not None for row in record.finalists)
    best = best_baseline(record, "duel" if dueled else "holdout")
    neither = record.verdict["outcome"] == "BASELINE_WINS"
    metric, flip = record.metric["name"], sign(record.metric["better"])
    rows: list[tuple[tuple[float, float], Row]] = []
    for row in record.finalists:
        latency, train = words.milliseconds(row["latency_ms"]), words.duration(row["train_seconds"])
        cells = (
            row["title"],
            words.score(row["score"], metric),
            words.score(row["spread"], metric, 2),
            words.score(row["holdout"], metric),
            _against(record, row["score" if dueled else "holdout"], best),
            words.count(row["parameters"]),
            train,
            latency,
        )
        chosen = row["chosen"] and not neither
        rows.append((_order(row, "score", flip), Row(cells, row["cell"], chosen)))
    for row in record.baselines:
        cells = (
            row["name"],
            words.score(row["duel"], metric),
            words.MISSING,
            words.score(row["holdout"], metric),
            _against(record, row["duel" if dueled else "holdout"], best),
            words.MISSING,
            words.duration(row["seconds"]),
            words.MISSING,
        )
        rows.append(
            (
                _order(row, "duel", flip),
                Row(cells, "", neither and row["name"] == record.verdict["winner"]),
            )
        )
    rows.sort(key=lambda pair: pair[0])
    label = score_label(record)
    short = f"vs {best[0]}" if best else "vs best baseline"
    columns = (
        Column(""),
        Column(label, True),
        Column("± seeds", True),
        Column("holdout" if dueled else f"{label} holdout", True),
        Column(short, True),
        Column("weights", True),
        Column("training", True),
        Column(f"a {answer(record)}", True),
    )
    folds = words.plural(record.verdict["evidence"]["folds"], "fold")
    note = (
        f"{label}: mean over {folds} of the duel; ± seeds: how much the seed alone moves "
        "it; ◀ what is recommended."
    )
    return Table("Finalists and baselines", columns, tuple(row for _, row in rows), note=note)


def _order(row: Mapping[str, Any], name: str, flip: float) -> tuple[float, float]:
    """By the duel's folds, or the holdout without a duel; what has no score comes last."""
    scores = (row[name], row["holdout"])
    return tuple(math.inf if score is None else flip * score for score in scores)  # type: ignore[return-value]


def _against(record: Record, score: float | None, best: tuple[str, float] | None) -> str:
    if score is None or best is None or score == best[1]:
        return words.MISSING
    if in_points(record):
        return words.points(score - best[1], signed=True)
    return words.percent((score - best[1]) / abs(best[1])) if best[1] else words.MISSING
