"""Small facts that several sections and the first screen say in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, stdev
from typing import Any

from autorecur.data.kinds import Kind, kind_named
from autorecur.judge.wording import declared
from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import words
from autorecur.report.named import gap_label, in_points, metric_arrow, metric_title, score_label
from autorecur.report.parts import Column, Section

__all__ = [
    "CELLS",
    "VARIED",
    "amount",
    "answer",
    "best_baseline",
    "between",
    "change",
    "columns",
    "compared",
    "examples",
    "gap",
    "gap_label",
    "in_points",
    "kind_of",
    "margin",
    "metric_arrow",
    "metric_title",
    "output",
    "score_label",
    "section",
    "spread",
    "spread_told",
    "target",
    "targets",
]


CELLS = ("lstm", "gru")
# What a score's ± is: by what `between` says.
VARIED = {
    "seeds": "between seeds, of one fold's score",
    "folds": "between folds, of one seed",
    "": "",
}
UNIT_LIMIT = 24


def columns(*labels: str) -> tuple[Column, ...]:
    """Columns from their labels; one that begins with # holds numbers."""
    return tuple(Column(label.removeprefix("#"), label.startswith("#")) for label in labels)


def section(number: str, heading: str, finding: str, **parts: Any) -> Section:
    return Section(number, f"s{number}", heading, finding, **parts)


# ---- what was foretold


def kind_of(record: Record) -> Kind:
    """The traits of the record's kind of task."""
    return kind_named(record.data["kind"])


def output(record: Record) -> str:
    """What is foretold: "numbers", "classes" or "tokens"."""
    return "classes" if record.data["classes"] else kind_of(record).output


def answer(record: Record) -> str:
    """What a network gives: only later values of a series are a forecast."""
    return "forecast" if kind_of(record).window == "before" else "prediction"


def examples(record: Record, count: int = 2) -> str:
    """What the parts of the table are counted in."""
    kind = kind_of(record)
    if kind.by_series:
        noun = "document" if kind.text else "sequence"
        return noun if count == 1 else f"{noun}s"
    return "series"


def target(record: Record) -> str:
    """The target's name, or all of them; empty for a language model."""
    return words.joined(record.data["target"])


def targets(record: Record) -> tuple[str, ...]:
    """The targets' names one by one; a language model has none."""
    named = record.data["target"]
    return ((named,) if named else ()) if isinstance(named, str) else tuple(named)


# ---- scores, in the metric's own way of writing


def amount(record: Record, value: float | None, spread: float | None = None) -> str:
    """A score, its spread where one is given, and its unit: 87.6 %, 39.2 ± 0.4 MW, 1.02 ×."""
    text = words.scored(value, spread, record.metric["name"])
    return _with_unit(text, "%" if in_points(record) else record.metric["unit"])


def gap(record: Record, value: float) -> str:
    """The size of a difference of two scores, and its unit: 1.2 points, 1.7 MW."""
    if in_points(record):
        return words.points(abs(value))
    return _with_unit(words.number(abs(value), 2), record.metric["unit"])


def change(record: Record, value: float | None) -> str:
    """A difference of two scores, with its sign and unit: +1.2 points, −1.70 MW."""
    if in_points(record):
        return words.points(value, signed=True)
    return _with_unit(words.number(value, signed=True), record.metric["unit"])


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {words.cut(unit, UNIT_LIMIT)}" if unit and text != words.MISSING else text


def margin(record: Record) -> str:
    """The margin, short: a share of the best baseline's error, points, or an amount."""
    chosen = record.verdict["margin"]
    if in_points(record):
        if chosen["value"] is None:
            return words.MISSING
        points = declared(chosen["value"])
        return f"{points} {'point' if points == '1' else 'points'}"
    if chosen["fraction"] is not None:
        return f"{declared(chosen['fraction'])} %"
    return _with_unit(words.number(chosen["value"]), chosen["unit"])


def between(record: Record) -> str:
    """Between what the finalists' scores were seen to differ: seeds, else folds, or nothing."""
    known = [row["spread"] for row in record.finalists if row["score"] is not None]
    if known and None not in known:
        return "seeds"
    return "folds" if len({pair["fold"] for pair in _complete(record)}) > 1 else ""


def spread(record: Record, cell: str) -> float | None:
    """The standard deviation of one training's score on one fold of the duel: see `VARIED`.

    Of the mean over folds and seeds, which stands beside it, it is not the error: that is smaller.
    """
    over = between(record)
    if over == "seeds":
        return next((row["spread"] for row in record.finalists if row["cell"] == cell), None)
    if over != "folds":
        return None
    folds: dict[str, list[float]] = {}
    for pair in _complete(record):
        folds.setdefault(pair["fold"], []).append(pair[cell])
    return stdev(map(fmean, folds.values()))


def spread_told(record: Record, cell: str) -> str:
    """What is known of how far chance moves a finalist's score, in words; or nothing."""
    found = spread(record, cell)
    if found is None:
        return ""
    if between(record) == "seeds":
        return f"in the duel the seed alone moves one fold's score by ± {gap(record, found)}"
    return f"in the duel, of one seed, folds' scores vary by ± {gap(record, found)}"


def _complete(record: Record) -> list[Mapping[str, Any]]:
    return [pair for pair in record.duel if pair["difference"] is not None]


def best_baseline(record: Record, where: str) -> tuple[str, float] | None:
    """Name and score of the best baseline on the `duel` folds or the `holdout`."""
    flip = sign(record.metric["better"])
    found = [(flip * row[where], row["name"]) for row in record.baselines if row[where] is not None]
    return (min(found)[1], flip * min(found)[0]) if found else None


def compared(record: Record, score: float, reference: float, name: str = "") -> str:
    """How much better or worse than the reference, which may have a name, in words.

    >>> from types import SimpleNamespace
    >>> compared(SimpleNamespace(metric={"name": "mae", "better": "lower"}), 3.0, 4.0)
    '25 % better'
    >>> shares = SimpleNamespace(metric={"name": "accuracy", "better": "higher"})
    >>> compared(shares, 0.9, 0.88, "prior")
    '2 points better than prior'
    """
    gain = reference - score if record.metric["better"] == "lower" else score - reference
    if not gain:
        return f"as good as {name}" if name else "as good"
    if in_points(record):
        size = words.points(abs(gain))
    elif reference:
        size = words.percent(abs(gain / reference)).lstrip("+")
    else:
        size = _with_unit(words.number(abs(gain)), record.metric["unit"])
    return f"{size} {'better' if gain > 0 else 'worse'}{f' than {name}' if name else ''}"
