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
    undone,
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
    """Every section that applies to `record`, in order.

    The last one says what an earlier record does not tell, and ends with the glossary.
    """
    made = [section for make in MAKERS if (section := make(record)) is not None]
    method = made.pop()
    tables = (*method.tables, glossary(record, (*made, method)))
    paragraphs = (*method.paragraphs, *undone.untold(record))
    return (*made, replace(method, paragraphs=paragraphs, tables=tables))
