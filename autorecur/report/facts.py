"""Small facts that several sections and the first screen say in the same words."""

from __future__ import annotations

from typing import Any

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.parts import Column, Section

__all__ = ["CELLS", "best_baseline", "columns", "compared", "score_label", "section"]


CELLS = ("lstm", "gru")


def columns(*labels: str) -> tuple[Column, ...]:
    """Columns from their labels; one that begins with # holds numbers."""
    return tuple(Column(label.removeprefix("#"), label.startswith("#")) for label in labels)


def section(number: str, heading: str, finding: str, **parts: Any) -> Section:
    return Section(number, f"s{number}", heading, finding, **parts)


def score_label(record: Record) -> str:
    """The metric, the way that is better, and its unit."""
    metric = record.metric
    arrow = "↓" if metric["better"] == "lower" else "↑"
    unit = f" [{metric['unit']}]" if metric["unit"] else ""
    return f"{words.metric_name(metric['name'])} {arrow}{unit}"


def best_baseline(record: Record, where: str) -> tuple[str, float] | None:
    """Name and score of the best baseline on the `duel` folds or the `holdout`."""
    flip = 1 if record.metric["better"] == "lower" else -1
    found = [(flip * row[where], row["name"]) for row in record.baselines if row[where] is not None]
    return (min(found)[1], flip * min(found)[0]) if found else None


def compared(record: Record, score: float, reference: float) -> str:
    """How much better or worse, in words.

    >>> from types import SimpleNamespace
    >>> compared(SimpleNamespace(metric={"better": "lower"}), 3.0, 4.0)
    '25 % better'
    """
    gain = (reference - score if record.metric["better"] == "lower" else score - reference) / abs(
        reference
    )
    return f"{words.percent(abs(gain)).lstrip('+')} {'better' if gain >= 0 else 'worse'}"
