"""The sections on the trainings: what was tried (5), and whether it was long enough (6, 6a)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import undone, words
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
from autorecur.report.named import ONE_TRAINING
from autorecur.report.parts import Column, Plot, Row, Section, Table
from autorecur.report.plots.curves import LINES, CurvesInfo, curves_info, drawn
from autorecur.report.plots.tried import TriedInfo, score_text, size_name, tried_info

__all__ = ["curves", "learning", "trials"]


TRIALS = 200  # rows of the long table of trials
TOP = 10
ROUNDS = (
    "Rungs are rounds: every rung trains fewer candidates for longer. Scores of different rungs "
    "are not comparable."
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
    tables = [Table(first, labels, rows[:TOP], note=ONE_TRAINING)]
    hidden = len(ranked) - TRIALS
    if hidden > 0:
        note = f"{ONE_TRAINING} The {hidden} trainings that ranked lower are in record.json."
        tables.append(Table(f"The first {TRIALS} trainings", labels, rows, folded=True, note=note))
    elif len(rows) > TOP:
        every = f"All {len(rows)} trainings"
        tables.append(Table(every, labels, rows, folded=True, note=ONE_TRAINING))
    info = tried_info(record)
    plots: tuple[Plot, ...] = ()
    if info is not None:
        tables.append(_sizes(record, info))
        plots = (_map(record, info),)
    return section(
        "5",
        "What was tried?",
        _tried(record),
        plots=plots,
        tables=tuple(tables),
        reading="" if plots else ROUNDS,
    )


def _map(record: Record, info: TriedInfo) -> Plot:
    """The two maps of depth and width."""
    finding = _best_sizes(record, info)
    reading = (
        "A square is a size: the best score of those of it that were trained furthest, and its "
        "weights. The circle says how far: full, half full (a third of a full training) or empty "
        "(less). Coloured are the fully trained alone, for only those compare: the stronger, the "
        f"better, on one scale for both cells. Hatched sizes of the grid were not tried. {ROUNDS}"
    )
    label = f"Two maps, LSTM and GRU, of the best score by depth and width. {finding}"
    return Plot(info, finding, label, reading)


def _best_sizes(record: Record, info: TriedInfo) -> str:
    full = [size for size in info.sizes if size.shade is not None]
    grid = len(info.depths) * len(info.widths)
    best = [
        f"{size_name(info, size)} ({amount(record, size.score)})"
        for cell in CELLS
        for size in full
        if size.best and size.cell == cell
    ]
    tried = {cell: sum(size.cell == cell for size in info.sizes) for cell in CELLS}
    told = " and ".join(f"{tried[cell]} as {cell.upper()}" for cell in CELLS)
    finding = f"Of {grid} sizes {told} were tried."
    if best:
        finding = f"Fully trained, the best of its cell: {' and '.join(best)}. {finding}"
    else:
        finding = f"No size was trained fully. {finding}"
    edge = [check for check in record.checks if check["code"] == "AR102"]
    if any(check["level"] in ("issue", "tip") for check in edge):
        finding += " The best lies on the edge of the space (AR102)."
    return finding


def _sizes(record: Record, info: TriedInfo) -> Table:
    """The squares in numbers."""
    rows = tuple(
        Row(
            (
                size_name(info, size),
                size.fidelity,
                score_text(info, size),
                words.count(size.parameters),
                str(size.trainings),
            ),
            size.cell,
        )
        for size in info.sizes
    )
    labels = columns(
        "Size", "Trained", f"#{score_label(record)}", "#Weights", "#Trainings of any length"
    )
    return Table("The maps in numbers", labels, rows, folded=True, note=ONE_TRAINING)


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
    "dear": "left out, as too dear for what was left of the multiply-adds",
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
    info = curves_info(record)
    if info is None:
        return None
    final = _final(record)
    improving = sum(_improving(record, trial) for trial in final)
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
        reading += (
            f" The {LINES} trainings of the highest rungs and best scores have a line; dotted is "
            f"the median of the {info.hidden} others of a rung, as far as half of them went."
        )
    if in_points(record):
        reading += " Trainings are stopped by their log loss, which moves in smaller steps."
    told = _longest(record, final)
    label = f"Validation score by evaluation, one panel a rung. {told}"
    return section(
        "6",
        "Was training long enough?",
        finding,
        plots=(Plot(info, told, label, reading),),
        tables=(_curve_table(record, info),),
    )


def _final(record: Record) -> list[Mapping[str, Any]]:
    """The trainings with a curve that nothing was trained further than."""
    last = max(trial["rung"] for trial in record.trials)
    top = [trial for trial in record.trials if trial["top"]]
    final = top or [trial for trial in record.trials if trial["rung"] == last]
    return [trial for trial in final if len(_points(trial)) > 1]


def _points(trial: Mapping[str, Any]) -> list[float]:
    return [point for point in trial["curve"] if point is not None]


def _improving(record: Record, trial: Mapping[str, Any]) -> bool:
    flip = sign(record.metric["better"])
    *before, last = (flip * point for point in _points(trial))
    return last < min(before)


def _longest(record: Record, final: Sequence[Mapping[str, Any]]) -> str:
    """When the best of each cell were at their best."""
    flip, told = sign(record.metric["better"]), []
    for cell in CELLS:
        there = [trial for trial in final if trial["cell"] == cell and trial["score"] is not None]
        if there:
            points = _points(min(there, key=lambda trial: flip * trial["score"]))
            best = min(range(len(points)), key=lambda at: flip * points[at])
            told.append((cell.upper(), f"{best + 1} of {len(points)}"))
    if not told:
        return "No curve of the last rung has a score."
    (name, when), *others = told
    text = f"The best {name} had its best score after {when} evaluations"
    return "".join((text, *(f", the best {name} after {when}" for name, when in others), "."))


def _curve_table(record: Record, info: CurvesInfo) -> Table:
    """Every line that is drawn, and the medians of those that are not."""
    metric, better = record.metric["name"], record.metric["better"]
    rows = []
    for trial in drawn(record)[0]:
        title = (
            f"{trial['cell'].upper()} {trial['candidate']['depth']} × {trial['candidate']['width']}"
        )
        numbers = _ends(_points(trial), metric, better)
        cells = (title, str(trial["rung"]), str(trial["seed"]), *numbers, str(trial["steps"]))
        rows.append(Row(cells, trial["cell"]))
    for panel in info.panels:
        if panel.hidden:
            scale = 100.0 if in_points(record) else 1.0
            points = [point / scale for _, point in panel.median if point is not None]
            title = f"median of {panel.hidden} more"
            numbers = _ends(points, metric, better)
            cells = (title, str(panel.rung), words.MISSING, *numbers, words.MISSING)
            rows.append(Row(cells))
    labels = columns(
        "Candidate", "#Rung", "#Seed", "#First", "#Best", "#Last", "#Evaluations", "#Steps"
    )
    caption = f"The curves in numbers: {score_label(record)}"
    return Table(caption, labels, tuple(rows), folded=True, note=ONE_TRAINING)


def _ends(points: Sequence[float], metric: str, better: str) -> tuple[str, ...]:
    """The first, the best and the last score of a curve, and how many there are."""
    best = (min if better == "lower" else max)(points)
    ends = (words.score(value, metric) for value in (points[0], best, points[-1]))
    return (*ends, str(len(points)))


def learning(record: Record) -> Section | None:
    """Whether more data would help (6a): both finalists, trained on parts of the data."""
    found, heading = record.verdict.get("learning"), "Would more data help?"
    if not found:
        left = undone.learning(record)
        return section("6a", heading, left) if left else None
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
        f"Mean over {words.plural(found['folds'], 'fold')} of the duel, one training each; a "
        f"smaller part{latest} lies within a larger one, and both cells have the same."
    )
    table = Table(caption, columns("Of the data", "#LSTM", "#GRU"), rows, note=note)
    return section("6a", heading, finding, tables=(table,))
