"""The questions of the report, in order; a maker answers None where its question does not apply."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import answers, context, effort, evidence, lore, otherwise, price, spending
from autorecur.report.parts import Section

__all__ = ["sections"]

MAKERS = (
    evidence.difference,
    evidence.panel,
    otherwise.variations,
    lore.folklore,
    lore.comparison,
    price.price,
    spending.budget,
    effort.trials,
    effort.curves,
    effort.learning,
    evidence.forecasts,
    answers.confusion,
    answers.labels,
    answers.language,
    evidence.memory,
    context.data,
    context.checks,
    context.again,
    context.method,
)


def sections(record: Record) -> tuple[Section, ...]:
    """Every section that applies to `record`, in order."""
    return tuple(section for make in MAKERS if (section := make(record)) is not None)
