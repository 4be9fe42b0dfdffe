"""The sections that say what it took: budget (4), what was tried (5), learning curves (6, 6a)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import plotted, words
from autorecur.report.facts import (
    CELLS,
    amount,
    columns,
    in_points,
    kind_of,
    metric_arrow,
    score_label,
    section,
)
from autorecur.report.parts import Column, Plot, Row, Section, Segment, Table, Track

__all__ = ["budget", "curves", "learning", "trials"]


TRIALS = 200  # rows of the long table of trials
TOP = 10


def budget(record: Record) -> Section:
    """Where the budget went (4), by stage and by cell."""
    spent_of = record.budget
    limit, spent = spent_of["limit_seconds"], spent_of["spent_seconds"]
    longest = max(spent_of["ledger"], key=lambda entry: entry["seconds"], default=None)
    finding = record.verdict["cost"]
    if longest and spent:
        part = words.share(longest["seconds"] / spent)
        finding += f" The largest part went into {longest['stage']}: {part}."
    reading = (
        "Each bar begins where the one before it ended; the line is the limit. Hatched: "
        "past the limit."
    )
    tables = (
        _ledger(spent_of["ledger"], spent),
        _workers(spent_of.get("workers", ())),
        _cells(spent_of["cells"]),
    )
    return section(
        "4",
        "Where did the budget go?",
        finding,
        track=_track(spent_of, limit, spent),
        reading=reading,
        tables=tuple(table for table in tables if table.rows),
    )


def _ledger(ledger: Sequence[Mapping[str, Any]], spent: float) -> Table:
    whole = {
        "stage": "together",
        "seconds": sum(entry["seconds"] for entry in ledger),
        "trainings": sum(entry["trainings"] for entry in ledger),
    }
    rows = []
    for entry in (*ledger, whole):
        planned = words.duration(entry["planned_seconds"]) if "planned_seconds" in entry else ""
        part = words.share(entry["seconds"] / spent if spent else None)
        took = words.duration(entry["seconds"])
        rows.append(Row((entry["stage"], planned, took, part, str(entry["trainings"]))))
    labels = columns("Stage", "#Planned", "#Spent", "#Share", "#Trainings")
    return Table("Planned and spent", labels, tuple(rows))


USES = ("steps", "validation", "compile", "other", "waiting")


def _workers(stages: Sequence[Mapping[str, Any]]) -> Table:
    """What the workers did, in seconds of all of them together."""
    whole = {"stage": "together", **{use: sum(of[use] for of in stages) for use in USES}}
    rows = tuple(
        Row((of["stage"], *(words.duration(of[use]) for use in USES)))
        for of in (*stages, whole)
        if sum(of[use] for use in USES[:-1]) > 0
    )
    labels = columns("Stage", "#Steps", "#Validation", "#Compiling", "#Other", "#Waiting")
    return Table("What the workers did, their seconds together", labels, rows)


def _cells(cells: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = tuple(
        Row((cell.upper(), words.duration(of["seconds"]), str(of["trainings"])), cell)
        for cell in CELLS
        if (of := cells.get(cell)) is not None
    )
    caption = "Both cells side by side: the comparison is fair when these agree"
    return Table(caption, columns("Cell", "#Training time", "#Trainings"), rows)


def _track(budget: Mapping[str, Any], limit: float | None, spent: float) -> Track | None:
    whole = max(limit or 0.0, spent, sum(entry["seconds"] for entry in budget["ledger"]))
    if whole <= 0:
        return None
    pieces, start = [], 0.0
    for entry in budget["ledger"]:
        length = entry["seconds"] / whole
        over = limit is not None and (start + length) * whole > limit * 1.0005
        pieces.append(
            Segment(
                entry["stage"],
                start,
                length,
                words.duration(entry["seconds"]),
                "over" if over else "plain",
            )
        )
        start += length
    if limit is not None and limit > spent:
        pieces.append(
            Segment("left over", start, max(0.0, 1 - start), words.duration(limit - spent), "rest")
        )
    text = f"limit {words.duration(limit)}" if limit is not None else ""
    return Track(
        "Seconds by stage", tuple(pieces), limit / whole if limit is not None else None, text
    )


TRIAL = (
    "#Lookback",
    "#Learning rate",
    "#Dropout",
    "#Batch",
    "Normalisation",
    "Options",
    "#Seed",
    "#Time",
    "Status",
)


def trials(record: Record) -> Section | None:
    """What was tried (5)."""
    if not record.trials:
        return None
    flip = sign(record.metric["better"])
    # Scores of different rungs are not comparable: the highest comes first, and is always named.
    ranked = sorted(
        record.trials,
        key=lambda trial: (
            not trial["top"],
            -trial["rung"],
            trial["score"] is None,
            flip * (trial["score"] or 0.0),
        ),
    )
    labels = columns("Candidate", "#Rung", f"#{score_label(record)}", *TRIAL)
    rows = tuple(_trial(trial, record.metric["name"]) for trial in ranked[:TRIALS])
    labels, rows = _without(labels, rows, "Normalisation", "none")
    labels, rows = _without(labels, rows, "Options", "")
    first = f"The first {min(TOP, len(rows))} by rung and score on the selection rows"
    tables = [Table(first, labels, rows[:TOP])]
    hidden = len(ranked) - TRIALS
    if hidden > 0:
        note = f"The {hidden} trainings that ranked lower are in record.json."
        tables.append(Table(f"The first {TRIALS} trainings", labels, rows, folded=True, note=note))
    elif len(rows) > TOP:
        tables.append(Table(f"All {len(rows)} trainings", labels, rows, folded=True))
    reading = (
        "Rungs are rounds: every rung trains fewer candidates for longer. Scores of "
        "different rungs are not comparable."
    )
    finding = _tried(record)
    return section("5", "What was tried?", finding, tables=tuple(tables), reading=reading)


def _without(
    labels: tuple[Column, ...], rows: tuple[Row, ...], name: str, nothing: str
) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """The table without a column that says `nothing` in every row."""
    at = next(at for at, column in enumerate(labels) if column.label == name)
    if any(row.cells[at] != nothing for row in rows):
        return labels, rows
    kept = (replace(row, cells=row.cells[:at] + row.cells[at + 1 :]) for row in rows)
    return labels[:at] + labels[at + 1 :], tuple(kept)


# What of a trial was not trained at all, and why.
NEVER_BEGUN = {
    "skipped": "skipped for want of time",
    "beyond": "left out, as no smaller than what broke the limits",
}


def _tried(record: Record) -> str:
    begun = [trial for trial in record.trials if trial["status"] not in NEVER_BEGUN]
    count = Counter(trial["cell"] for trial in begun)
    per_cell = " and ".join(f"{count[cell]} with {cell.upper()} cells" for cell in CELLS)
    trained = words.plural(len(begun), "training")
    candidates = {tuple(sorted(trial["candidate"].items())) for trial in begun}
    finding = f"{trained} of {words.plural(len(candidates), 'candidate')}: {per_cell}."
    for status, why in NEVER_BEGUN.items():
        left = sum(trial["status"] == status for trial in record.trials)
        if left:
            finding += f" {left} more {'was' if left == 1 else 'were'} {why}."
    # An expected end (promoted, finished …) is no failure; one without a score is.
    failed = Counter(trial["status"] for trial in begun if trial["score"] is None)
    if failed:
        parts = (f"{how} {status.replace('_', ' ')}" for status, how in sorted(failed.items()))
        finding += f" Without a score: {', '.join(parts)}."
    return finding


def _options(candidate: Mapping[str, Any]) -> str:
    """What of a candidate is not the usual."""
    parts = [
        f"{candidate['pooling']} pooling" if candidate["pooling"] != "last" else "",
        "both directions" if candidate["bidirectional"] else "",
        "residual" if candidate["residual"] else "",
        "linear path" if candidate["linear"] else "",
        f"embedding {candidate['embedding']}" if candidate["embedding"] else "",
        f"weight decay {decay:g}" if (decay := candidate.get("weight_decay")) else "",
    ]
    return ", ".join(filter(None, parts))


def _trial(trial: Mapping[str, Any], metric: str) -> Row:
    candidate = trial["candidate"]
    title = f"{trial['cell'].upper()} {candidate['depth']} × {candidate['width']}"
    return Row(
        (
            title,
            f"{trial['rung']}{' (top)' if trial['top'] else ''}",
            words.score(trial["score"], metric),
            str(candidate["lookback"]),
            words.number(candidate["learning_rate"], 2),
            words.number(candidate["dropout"], 1),
            str(candidate["batch"]),
            candidate["normalisation"],
            _options(candidate),
            str(trial["seed"]),
            words.duration(trial["seconds"]),
            trial["status"].replace("_", " "),
        ),
        trial["cell"],
    )


def curves(record: Record) -> Section | None:
    """Whether training was long enough (6)."""
    info = plotted.curves_info(record)
    if info is None:
        return None
    flip = sign(record.metric["better"])
    last = max(trial["rung"] for trial in record.trials)
    final = [
        [flip * point for point in trial["curve"] if point is not None]
        for trial in record.trials
        if trial["top"] or trial["rung"] == last
    ]
    final = [curve for curve in final if len(curve) > 1]
    improving = sum(curve[-1] < min(curve[:-1]) for curve in final)
    finding = (
        f"{improving} of the {words.plural(len(final), 'training')} at the last rung had "
        "their best score at the end."
    )
    if not final:
        finding = "No training reached the last rung with two evaluations or more."
    elif improving > len(final) / 2:
        finding += " More budget could still help."
    reading = (
        "LSTM solid with circles, GRU dashed with triangles; thick lines went on to "
        "the next rung or were finalists, "
        "thin ones ending in × did not."
    )
    if info.hidden:
        reading += f" The {info.hidden} lowest-ranked trainings are left out."
    if in_points(record):
        reading += " Trainings are stopped by their log loss, which moves in smaller steps."
    label = f"Validation score by evaluation, one panel a rung. {finding}"
    return section(
        "6",
        "Was training long enough?",
        finding,
        plots=(Plot(info, finding, label, reading),),
        tables=(_curve_table(record),),
    )


def _curve_table(record: Record) -> Table:
    rows, metric = [], record.metric["name"]
    for trial in record.trials[:TRIALS]:
        points = [point for point in trial["curve"] if point is not None]
        if len(points) < 2:
            continue
        best = (min if record.metric["better"] == "lower" else max)(points)
        title = (
            f"{trial['cell'].upper()} {trial['candidate']['depth']} × {trial['candidate']['width']}"
        )
        rows.append(
            Row(
                (
                    title,
                    str(trial["rung"]),
                    str(trial["seed"]),
                    words.score(points[0], metric),
                    words.score(best, metric),
                    words.score(points[-1], metric),
                    str(len(points)),
                    str(trial["steps"]),
                ),
                trial["cell"],
            )
        )
    labels = columns(
        "Candidate", "#Rung", "#Seed", "#First", "#Best", "#Last", "#Evaluations", "#Steps"
    )
    return Table(f"The curves in numbers: {score_label(record)}", labels, tuple(rows), folded=True)


def learning(record: Record) -> Section | None:
    """Whether more data would help (6a): both finalists, trained on parts of the data."""
    found = record.verdict.get("learning")
    if not found:
        return None
    metric, points = record.metric["name"], found["points"]
    half, whole = points[-2], points[-1]
    gains = [
        f"from {words.score(half[cell], metric)} to {amount(record, whole[cell])} ({cell.upper()})"
        for cell in CELLS
    ]
    goes = f"{metric_arrow(record)} goes {' and '.join(gains)}"
    shift, width = words.percent(found["shift"]), words.percent(found["shift_half_width"])
    finding = (
        f"From half of the data to all of them {goes}. Each doubling of the data moves the lead of "
        f"the GRU by {shift} (± {width.removeprefix('+')}, 95 % sure)."
    )
    if found["crosses"]:
        finding += f" The cells change places at {words.share(found['crosses'])} of the data."
    rows = tuple(
        Row((words.share(each["share"]), *(words.score(each[cell], metric) for cell in CELLS)))
        for each in points
    )
    caption = f"{score_label(record)} by the share of the training data"
    latest = ", the latest rows," if kind_of(record).window in ("before", "stream") else ""
    note = (
        f"Mean over {words.plural(found['folds'], 'fold')} of the duel; a smaller part{latest} "
        "lies within a larger one, and both cells have the same."
    )
    table = Table(caption, columns("Of the data", "#LSTM", "#GRU"), rows, note=note)
    return section("6a", "Would more data help?", finding, tables=(table,))
