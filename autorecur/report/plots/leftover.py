"""What the figure of the residuals draws, as pure data of a record."""

from __future__ import annotations

from dataclasses import dataclass

from autorecur.record import Record
from autorecur.report.plots.binned import Bins, bins_of

__all__ = ["SCALED", "Lags", "ResidualsInfo", "residuals_info"]

SCALED = "seasonal naive errors"  # the unit of residuals of series that differ in scale


@dataclass(frozen=True)
class Lags:
    """How residuals go together with those before, as the check AR110 sees it."""

    correlations: tuple[float, ...]
    bound: float  # what chance alone stays within, 95 times of 100
    is_left: bool

    @property
    def strongest(self) -> tuple[int, float]:
        """Steps before, and the correlation."""
        place = max(range(len(self.correlations)), key=lambda at: abs(self.correlations[at]))
        return place + 1, self.correlations[place]


@dataclass(frozen=True)
class ResidualsInfo:
    """What was less what was foretold, on the holdout."""

    bins: Bins
    mean: float
    spread: float
    quartiles: tuple[float, ...]  # from the lowest to the highest
    count: int
    points: tuple[tuple[float, float], ...]  # (foretold, residual) of some
    lags: Lags | None  # None where they do not follow each other
    cell: str
    unit: str


def residuals_info(record: Record) -> ResidualsInfo | None:
    """The residuals; None where the record does not tell them."""
    data = record.figures.get("residuals")
    if not data or not data["histogram"] or record.model is None:
        return None
    told = data["autocorrelation"]
    points = zip(data["points"]["foretold"], data["points"]["residual"], strict=True)
    return ResidualsInfo(
        bins=bins_of(data["histogram"]),
        mean=data["mean"],
        spread=data["spread"],
        quartiles=tuple(data["quartiles"]),
        count=data["count"],
        points=tuple(sorted(points)),
        lags=Lags(tuple(told["correlations"]), told["bound"], told["is_left"]) if told else None,
        cell=record.model["cell"],
        unit=SCALED if data["scaled"] else data["target"],
    )
