"""The section that says where the budget went (4): by stage, and the search by rung and cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import CELLS, columns, section
from autorecur.report.parts import Plot, Row, Section, Segment, Table, Track
from autorecur.report.plots.fidelity import FULL
from autorecur.report.plots.spent import SpentInfo, spent_info
from autorecur.report.plots.timeline import TimelineInfo, timeline_info

__all__ = ["budget"]

CLOSE = 1.0005  # times the limit: no nearer is past it
# Why a search or a duel ended, as the record has it, and as a reader asks for it.
ENDED = {
    "time": "the search had used up its time, and the stages after it took less than was kept "
    "for them",
    "trainings": "the trainings were used up",
    "multiply-adds": "the multiply-adds were used up",
    "a clear comparison": "the comparison was clear before its time was up",
    "the oracle had nothing left": "no candidate was left to be trained",
    "nothing left that could be trained": "no candidate was left that could be trained in time",
    "interrupt": "it was interrupted",
}


def budget(record: Record) -> Section:
    """Where the budget went (4), by stage and by cell."""
    spent_of = record.budget
    limit, spent = spent_of["limit_seconds"], spent_of["spent_seconds"]
    longest = max(spent_of["ledger"], key=lambda entry: entry["seconds"], default=None)
    finding = record.verdict["cost"]
    if longest and spent:
        part = words.share(longest["seconds"] / spent)
        finding += f" The largest part went into {longest['stage']}: {part}."
    finding += _left(spent_of, limit, spent)
    reading = (
        "Each bar begins where the one before it ended; the line is the limit. Hatched: "
        "past the limit."
    )
    info, when = spent_info(record), timeline_info(record)
    tables = (
        _ledger(spent_of["ledger"], spent),
        _workers(spent_of.get("workers", ())),
        _cells(spent_of["cells"]),
        _parts(info),
        _ran(when),
    )
    return section(
        "4",
        "Where did the budget go?",
        finding,
        plots=(*((_plot(info),) if info else ()), *((_timeline(when),) if when else ())),
        track=_track(spent_of, limit, spent),
        reading=reading,
        tables=tuple(table for table in tables if table.rows),
    )


def _left(budget: Mapping[str, Any], limit: float | None, spent: float) -> str:
    """What of the limit was left, or overdrawn; and what ended it."""
    reason = ENDED.get(budget["ended_by"], f"it was ended by {budget['ended_by']}")
    if limit is None:
        return f" It ended because {reason}."
    if spent > limit * CLOSE:
        return f" It went {words.duration(spent - limit)} past the limit."
    return f" {words.duration(limit - spent)} were left over: {reason}."


def _plot(info: SpentInfo) -> Plot:
    """What the search trained for."""
    finding = _fairness(info)
    reading = (
        "A bar for each cell and how far its trainings were meant to go. Trainings run side by "
        "side, so that their times may add up to more than the search took. What went on to a "
        "higher rung counts there with what it was trained further."
    )
    label = f"Time of training in the search, by rung and cell. {finding}"
    return Plot(info, finding, label, reading)


def _fairness(info: SpentInfo) -> str:
    whole = info.seconds
    by_cell = {
        cell: sum(part.seconds for part in info.parts if part.cell == cell) for cell in CELLS
    }
    parts = " and ".join(
        f"{words.share(by_cell[cell] / whole)} on {cell.upper()}" for cell in CELLS
    )
    full = sum(part.seconds for part in info.parts if part.fidelity == FULL)
    return (
        f"The search trained for {words.duration(whole)}: {parts}; {words.share(full / whole)} "
        "went into full trainings."
    )


def _parts(info: SpentInfo | None) -> Table:
    """The bars of the search in numbers."""
    rows = tuple(
        Row(
            (
                f"{part.cell.upper()}, {part.fidelity}",
                words.duration(part.seconds),
                words.share(part.seconds / info.seconds),
                str(part.trainings),
            ),
            part.cell,
        )
        for part in (info.parts if info is not None else ())
        if info is not None
    )
    labels = columns("Of the search", "#Training time", "#Share", "#Trainings")
    return Table("The search by rung and cell", labels, rows, folded=True)


def _timeline(info: TimelineInfo) -> Plot:
    """Which training ran when."""
    workers = f"the {info.lanes} workers were" if info.lanes > 1 else "the worker was"
    finding = (
        f"From the first training to the last {workers} training for {words.share(info.busy)} "
        "of the time."
    )
    if lost := sum(each.came_to_nothing for each in info.ran):
        finding += f" {words.plural(lost, 'training')} came to nothing."
    plain = " grey: a plain recurrent network;" if {r.cell for r in info.ran} - set(CELLS) else ""
    reading = (
        f"A row for each worker, a bar for each training; hatched: GRU;{plain} a cross: it came to "
        f"nothing.{_longest(info)}"
    )
    label = f"Trainings by when they ran. {finding}"
    return Plot(info, finding, label, reading, summary="Timeline of the trainings")


def _longest(info: TimelineInfo) -> str:
    return f" The {len(info.ran)} longest of {info.of:,}." if info.of > len(info.ran) else ""


def _ran(info: TimelineInfo | None) -> Table:
    """The bars of the timeline in numbers."""
    rows = tuple(
        Row(
            (
                words.clock(each.begin),
                words.duration(each.seconds),
                each.stage,
                each.title,
                str(each.seed),
                each.status.replace("_", " "),
            ),
        )
        for each in (info.ran if info is not None else ())
    )
    labels = columns("Began after", "#Took", "Stage", "Network", "#Seed", "How it ended")
    note = _longest(info).strip() if info is not None else ""
    return Table("The trainings in the order in which they began", labels, rows, True, note)


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


# As they are called in the table; those of RARE only where there is something to tell.
USES = {
    "steps": "#Steps",
    "validation": "#Validation",
    "compile": "#Compiling",
    "other": "#Other",
    "start-up": "#Starting",
    "lost": "#On failures",
    "waiting": "#Waiting",
}
RARE = ("start-up", "lost")


def _workers(stages: Sequence[Mapping[str, Any]]) -> Table:
    """What the workers did, in seconds of all of them together."""
    total = {use: sum(of.get(use, 0.0) for of in stages) for use in USES}
    shown = [use for use in USES if use not in RARE or total[use] > 0]
    rows = tuple(
        Row((of["stage"], *(words.duration(of.get(use, 0.0)) for use in shown)))
        for of in (*stages, {"stage": "together", **total})
        if sum(of.get(use, 0.0) for use in shown if use != "waiting") > 0
    )
    labels = columns("Stage", *(USES[use] for use in shown))
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
        beyond = 0.0
        if limit is not None and (start + length) * whole > limit * CLOSE:
            beyond = min(length, start + length - limit / whole)
        text = words.duration(entry["seconds"])
        pieces.append(Segment(entry["stage"], start, length, text, "plain", beyond))
        start += length
    if limit is not None and limit > spent:
        pieces.append(
            Segment("left over", start, max(0.0, 1 - start), words.duration(limit - spent), "rest")
        )
    text = f"limit {words.duration(limit)}" if limit is not None else ""
    return Track(
        "Seconds by stage", tuple(pieces), limit / whole if limit is not None else None, text
    )
