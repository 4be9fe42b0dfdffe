"""Values as counts: what histograms draw, as pure data of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autorecur.record import Record

__all__ = ["Bins", "TargetPart", "TargetsInfo", "bins_of", "targets_info"]


@dataclass(frozen=True)
class Bins:
    """How many values lie between one edge and the next, and beyond the outermost."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    below: int
    above: int

    @property
    def count(self) -> int:
        return sum(self.counts) + self.below + self.above


@dataclass(frozen=True)
class TargetPart:
    """One target: its numbers in bins, or its classes."""

    name: str
    counted: int
    known: int  # of which those were counted
    bins: Bins | None
    quartiles: tuple[float, ...]  # of numbers, from the lowest to the highest
    classes: tuple[tuple[str, int], ...]  # the most frequent first


@dataclass(frozen=True)
class TargetsInfo:
    """The histogram of each target, over the whole table."""

    parts: tuple[TargetPart, ...]


def bins_of(data: Mapping[str, Any]) -> Bins:
    """The bins that a record tells."""
    return Bins(tuple(data["edges"]), tuple(data["counts"]), data["below"], data["above"])


def targets_info(record: Record) -> TargetsInfo | None:
    """How the target's values are spread; None where the record does not tell."""
    parts = tuple(
        TargetPart(
            name=told["name"],
            counted=told["counted"],
            known=told["of"] - told["missing"],
            bins=bins_of(told["histogram"]) if told["histogram"] else None,
            quartiles=tuple(told["quartiles"] or ()),
            classes=tuple((each["label"], each["count"]) for each in told["classes"] or ()),
        )
        for told in record.figures.get("targets") or ()
        if told["histogram"] or told["classes"]
    )
    return TargetsInfo(parts) if parts else None
