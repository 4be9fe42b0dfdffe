"""The questions of the report, in order; a maker answers None where its question does not apply."""

from __future__ import annotations

from dataclasses import replace

from autorecur.record import Record
from autorecur.report import (
    answers,
    context,
    effort,
    evidence,
    forecasts,
    lore,
    method,
    otherwise,
    price,
    residuals,
    spending,
)
from autorecur.report.glossary import glossary
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
    forecasts.forecasts,
    residuals.residuals,
    answers.confusion,
    answers.labels,
    answers.language,
    evidence.memory,
    context.data,
    context.checks,
    method.again,
    method.method,
)


def sections(record: Record) -> tuple[Section, ...]:
    """Every section that applies to `record`, in order; the last one ends with the glossary."""
    made = [section for make in MAKERS if (section := make(record)) is not None]
    method = made.pop()
    tables = (*method.tables, glossary(record, (*made, method)))
    return (*made, replace(method, tables=tables))
