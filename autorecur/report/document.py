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
    VARIED,
    amount,
    answer,
    best_baseline,
    between,
    change,
    compared,
    gap,
    in_points,
    kind_of,
    metric_arrow,
    score_label,
    spread,
    target,
)
from autorecur.report.parts import Bar, Box, Column, Document, Row, Segment, Table
from autorecur.report.sections import sections

__all__ = ["document", "harmless"]

HEADLINE = 200  # longer than what comes before the colon of a sentence, whatever the unit
FOLDER_LIMIT = 4096  # no path is longer
UNDECIDED = ("UNDECIDED", "INCOMPLETE")  # outcomes that recommend nothing: a network is saved


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
            Segment(label, start, probability[name], words.sure(probability[name]), kind)
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
    found = spread(record, record.model["cell"]) if record.model else None
    if found is not None:
        lines.append(f"in the duel ± {gap(record, found)} {VARIED[between(record)]}")
    best = best_baseline(record, "holdout")
    if best is not None:
        lines.append(f"{best[0]} {amount(record, best[1])}")
        if score is not None and best[1]:
            lines.append(compared(record, score, best[1]))
    label = f"{metric_arrow(record)} on the holdout"
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
    favour = _favour(record, difference["mean"])
    margin = record.verdict["margin"]
    if margin["fraction"] and margin["value"] and difference["fraction"] is not None:
        favour = f"{words.percent(difference['fraction'])} of the {margin['of']}, {favour}"
    return Box("GRU − LSTM", change(record, difference["mean"]), (interval, favour, counted))


def _favour(record: Record, difference: float) -> str:
    """Whose side a difference GRU − LSTM is on."""
    if difference == 0:
        return "for neither"
    lower = record.metric["better"] == "lower"
    return f"for the {'GRU' if (difference < 0) == lower else 'LSTM'}"


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
            words.scored(row["score"], spread(record, row["cell"]), metric),
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
        Column("holdout" if dueled else f"{label} holdout", True),
        Column(short, True),
        Column("weights", True),
        Column("training", True),
        Column(f"a {answer(record)}", True),
    )
    made = tuple(row for _, row in rows)
    note = _finalists_note(record, dueled, any(row.marked for row in made))
    return Table("Finalists and baselines", columns, made, note=note)


def _finalists_note(record: Record, dueled: bool, marked: bool) -> str:
    """What the numbers of the finalists' table are, and what its mark means."""
    verdict, label = record.verdict, score_label(record)
    text = f"{label}: on the holdout, one score each"
    if dueled:
        folds = words.plural(verdict["evidence"]["folds"], "fold")
        varied = VARIED[between(record)]
        text = f"{label}: mean over {folds} of the duel{f'; ±: {varied}' if varied else ''}"
        text += "; holdout: one score each"
    saved = record.model["cell"] if record.model else None
    usual = verdict["outcome"] == "BASELINE_WINS" or saved == verdict["recommended"]
    if marked:
        advised = usual and verdict["outcome"] not in UNDECIDED
        text += f"; ◀ what {'is recommended' if advised else 'was saved'}"
    return f"{text}."


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
