"""What was understood of a table and what would be done with it, for `autorecur plan`."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass
from typing import Any

from autorecur.data.dataset import Dataset
from autorecur.metrics import Metric
from autorecur.nets.build import input_names
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.cost import multiply_adds, parameters
from autorecur.nets.defaults import full_steps
from autorecur.nets.shape import Shape
from autorecur.search.budget import Budget, Shares
from autorecur.search.limits import Limits

__all__ = ["Outline", "outline_of"]

WIDTH = 88
MOST_NAMES = 8


@dataclass(frozen=True)
class Outline:
    """Facts by heading, each a list of sentences."""

    table: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def lines(self) -> list[str]:
        """For a terminal: headings at the margin, sentences beside them."""
        made = []
        for heading, sentences in self.sections:
            for number, sentence in enumerate(sentences):
                label = heading if number == 0 else ""
                wrapped = textwrap.wrap(sentence, WIDTH - 10) or [""]
                made += [f"{label if at == 0 else '':<10}{part}" for at, part in enumerate(wrapped)]
        return made

    def as_dict(self) -> dict[str, Any]:
        """The same, for a program."""
        return {"table": self.table} | {name: list(said) for name, said in self.sections}


def outline_of(
    dataset: Dataset,
    metric: Metric,
    space: Space,
    first: Candidate,
    limits: Limits,
    budget: Budget,
) -> Outline:
    """What `fit` would set out from."""
    schema, split = dataset.schema, dataset.split
    season = f"season of {schema.season} steps" if schema.season > 1 else "no season"
    rows = f"{dataset.rows:,} rows, {len(dataset.offsets) - 1:,} series"
    findings = tuple(
        f"{finding.code} {finding.sentence} {finding.remedy}".strip()
        for finding in dataset.findings
    )
    return Outline(
        dataset.name,
        (
            ("kind", (f"{schema.kind}, scored by {metric.name} ({metric.better} is better)",)),
            ("data", (rows, f"frequency {schema.frequency or 'by row'}, {season}")),
            ("roles", tuple(_roles(dataset))),
            ("reasons", schema.reasons),
            ("split", (split.sentence, f"{len(split.duel)} duel folds")),
            ("findings", findings or ("none",)),
            ("space", tuple(_space(space))),
            *((("limits", (limits.text,)),) if limits.text else ()),
            ("first", (_first(dataset, first),)),
            ("budget", (_budget(budget),)),
        ),
    )


def _roles(dataset: Dataset) -> list[str]:
    names: dict[str, list[str]] = {}
    for column in dataset.schema.columns:
        names.setdefault(column.role, []).append(f"{column.name} ({column.dtype})")
    return [
        f"{role}: {', '.join(columns[:MOST_NAMES])}"
        + (f" and {len(columns) - MOST_NAMES:,} more" if len(columns) > MOST_NAMES else "")
        for role, columns in names.items()
    ]


def _space(space: Space) -> list[str]:
    low, high = space.learning_rate
    said = [f"learning rate {low:g} to {high:g}"]
    for name, choices in asdict(space).items():
        different = list(dict.fromkeys(choices))
        if name != "learning_rate" and len(different) > 1:
            said.append(f"{name} {', '.join(map(str, different))}")
    return said


def _first(dataset: Dataset, first: Candidate) -> str:
    shape = Shape.of(dataset)
    return (
        f"{first.depth} × {first.width}, lookback {first.lookback}, {first.normalisation} windows, "
        f"{parameters(first, shape):,} weights and {multiply_adds(first, shape):,} multiply-adds a "
        f"forecast as {first.cell.upper()}; inputs {', '.join(input_names(shape))}; at most "
        f"{full_steps(dataset, first):,} steps"
    )


def _budget(budget: Budget) -> str:
    if budget.seconds is None:
        return f"{budget.text}: counted, so the same again gives the same record, times aside"
    shares = Shares.of(budget.seconds)
    return (
        f"{budget.text}: the search until second {shares.search:.0f} at least, the duel until "
        f"{shares.duel:.0f}, the refit until {shares.refit:.0f}, the report until "
        f"{shares.report:.0f}"
    )
