"""Small facts that several sections and the first screen say in the same words."""

from __future__ import annotations

from typing import Any

from autorecur.data.kinds import Kind, kind_named
from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import words
from autorecur.report.parts import Column, Section

__all__ = [
    "CELLS",
    "amount",
    "answer",
    "best_baseline",
    "change",
    "columns",
    "compared",
    "in_points",
    "kind_of",
    "margin",
    "metric_title",
    "output",
    "score_label",
    "section",
    "target",
    "targets",
]


CELLS = ("lstm", "gru")
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


def target(record: Record) -> str:
    """The target's name, or all of them; empty for a language model."""
    return words.joined(record.data["target"])


def targets(record: Record) -> tuple[str, ...]:
    """The targets' names one by one; a language model has none."""
    named = record.data["target"]
    return ((named,) if named else ()) if isinstance(named, str) else tuple(named)


# ---- scores, in the metric's own way of writing


def in_points(record: Record) -> bool:
    """Whether scores are shares of right answers, and their differences points."""
    return record.metric["name"] in words.SHARES


def metric_title(record: Record, name: str = "") -> str:
    """The name of a metric, the record's own unless told."""
    name = name or record.metric["name"]
    if name == "bits" and record.data["tokens"]:
        return f"bits per {record.data['tokens']}"
    return words.metric_name(name)


def score_label(record: Record) -> str:
    """The metric, the way that is better, and its unit."""
    metric = record.metric
    arrow = "↓" if metric["better"] == "lower" else "↑"
    unit = "%" if in_points(record) else metric["unit"]
    named = not unit or metric["name"] == "bits"  # its name says its unit
    return f"{metric_title(record)} {arrow}{'' if named else f' [{unit}]'}"


def amount(record: Record, value: float | None) -> str:
    """A score and its unit: 87.6 %, 39.2 MW, 1.02 ×."""
    text = words.score(value, record.metric["name"])
    return _with_unit(text, "%" if in_points(record) else record.metric["unit"])


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
        return words.points(chosen["value"])
    if chosen["fraction"] is not None:
        return words.share(chosen["fraction"])
    return _with_unit(words.number(chosen["value"]), chosen["unit"])


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
