"""The section on what accuracy costs (3): scores by the time that a network was trained for."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import amount, columns, compared, in_points, metric_title, section
from autorecur.report.named import ONE_TRAINING, score_label
from autorecur.report.parts import Plot, Row, Section, Table
from autorecur.report.plots.price import Priced, PriceInfo, price_info

__all__ = ["price"]

# Where the finalists were scored: in a sentence, and in a table.
PLACES = {"duel": ("In the duel", "duel folds"), "holdout": ("On the holdout", "holdout")}
SEARCH = ("In the search", "selection rows")


def price(record: Record) -> Section | None:
    """What accuracy costs (3)."""
    info = price_info(record)
    if info is None:
        return None
    reading = (
        "Circles are LSTMs, triangles GRUs; the one in a ring is saved. The step line is "
        "the front: in as little time as that, no network of the search scored better. Each half "
        "has an axis of its own, for it is scored on rows of its own: the search chooses on some, "
        "and the finalists are compared on others."
    )
    if info.finalists and info.baselines:
        reading += " Dotted: baselines on the rows of the finalists, those near enough to be drawn."
    if any(point.spread is not None for point in info.finalists):
        reading += " A stroke: how much the seed alone moves one fold's score."
    said = _chosen(record, info)
    label = f"Score by seconds of training, of full trainings and finalists. {said}"
    return section(
        "3",
        "What does accuracy cost?",
        _front(record, info),
        plots=(Plot(info, said, label, reading),),
        tables=tuple(
            table for table in (_members(record, info), _points(record, info)) if table.rows
        ),
    )


def _front(record: Record, info: PriceInfo) -> str:
    """From the quickest network of the front to the best one."""
    front = info.front
    if not front:
        return "No network was trained fully in the search: there is no front to speak of."
    first, last = front[0], front[-1]
    if first is last:
        return (
            f"One network is both the quickest and the best of "
            f"{words.plural(len(info.tried), 'full training')}: the {_told(record, first)}."
        )
    times = words.number(last.seconds / first.seconds, 2)
    gain = compared(record, _recorded(record, last.score), _recorded(record, first.score))
    trained = words.plural(len(info.tried), "full training")
    return (
        f"From the {_told(record, first)} to the {_told(record, last)}: {times} × the time, "
        f"{gain}. {len(front)} of {trained} are on the front."
    )


def _told(record: Record, point: Priced) -> str:
    """A network, its score and its time."""
    score = amount(record, _recorded(record, point.score))
    return f"{point.title} ({metric_title(record)} {score} after {words.duration(point.seconds)})"


def _recorded(record: Record, score: float) -> float:
    """A score of the figure, as records have it."""
    return score / 100 if in_points(record) else score


def _chosen(record: Record, info: PriceInfo) -> str:
    """Where the saved network stands: beside the baselines, or in the search alone."""
    for points in (info.finalists, info.tried):
        chosen = next((point for point in points if point.chosen), None)
        if chosen is None:
            continue
        place, _ = PLACES[info.where] if points is info.finalists else SEARCH
        text = f"{place} the saved network is the {_told(record, chosen)}"
        if points is info.finalists and info.baselines:
            name, score = info.baselines[0]
            text += f"; the best baseline, {name}, has {amount(record, _recorded(record, score))}"
        return text + "."
    return "The saved network is none of those that are drawn."


def _members(record: Record, info: PriceInfo) -> Table:
    """The front, and nothing else."""
    neither = record.verdict["outcome"] == "BASELINE_WINS"
    rows = tuple(
        Row(
            (
                point.title,
                words.duration(point.seconds),
                words.number(point.score),
                words.count(point.parameters),
            ),
            point.cell,
            point.chosen and not neither,
        )
        for point in info.front
    )
    label = f"#{score_label(record)} in the search"
    labels = columns("The front", "#Trained for", label, "#Weights")
    return Table("Networks that no quicker one is as good as", labels, rows, note=ONE_TRAINING)


def _points(record: Record, info: PriceInfo) -> Table:
    """All that is drawn, in numbers."""
    place, neither = PLACES[info.where][1], record.verdict["outcome"] == "BASELINE_WINS"
    parts = ((SEARCH[1], info.tried), (place, info.finalists))
    rows = [
        Row(
            (
                point.title,
                where,
                words.duration(point.seconds),
                words.number(point.score),
                words.number(point.spread, 2),
            ),
            point.cell,
            point.chosen and not neither,
        )
        for where, points in parts
        for point in points
    ]
    for name, score in info.baselines if info.finalists else ():
        rows.append(Row((name, place, words.MISSING, words.number(score), words.MISSING)))
    labels = columns(
        "Network or baseline", "Scored on", "#Trained for", f"#{score_label(record)}", "#± seeds"
    )
    return Table("The figure in numbers", labels, tuple(rows), folded=True)
