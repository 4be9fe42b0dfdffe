"""What is left in the residuals, as the report shows it: data behind a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.histogram import histogram, quartiles
from autorecur.judge.residuals import Autocorrelation, autocorrelation

__all__ = ["MOST_POINTS", "Leftover", "drawn", "residuals"]

MOST_POINTS = 250  # of a figure
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Leftover:
    """Residuals of the holdout: what was less what was foretold, of one target."""

    values: Numbers  # [examples], of the first step foretold; NaN where the truth is not known
    foretold: Numbers  # [examples]
    begins: tuple[int, ...] = ()  # places where another series begins
    in_steps: bool = False  # one step after the other, within a series
    scaled: bool = False  # in units of each series' seasonal naive error

    def autocorrelation(self) -> Autocorrelation | None:
        """How they go together with those before; None where they do not follow each other."""
        return autocorrelation(self.values, self.begins) if self.in_steps else None


def residuals(left: Leftover, target: str) -> dict[str, Any] | None:
    """The record's `figures.residuals`; None where no residual is known."""
    known = np.flatnonzero(np.isfinite(left.values) & np.isfinite(left.foretold))
    if not len(known):
        return None
    values, foretold = left.values[known], left.foretold[known]
    picked, found = drawn(np.abs(values)), left.autocorrelation()
    return {
        "target": target,
        "scaled": left.scaled,
        "count": len(known),
        "mean": float(values.mean()),
        "spread": float(values.std()),
        "quartiles": quartiles(values),
        "histogram": histogram(values),
        "autocorrelation": _told(found) if found else None,
        "points": {
            "foretold": foretold[picked].tolist(),
            "residual": values[picked].tolist(),
        },
    }


def _told(found: Autocorrelation) -> dict[str, Any]:
    return {
        "correlations": list(found.correlations),
        "count": found.count,
        "bound": found.bound,
        "chance": found.chance,
        "is_left": found.is_left,
    }


def drawn(errors: NDArray[np.floating[Any]], most: int = MOST_POINTS) -> NDArray[np.int64]:
    """The places that a figure of at most `most` points shows: evenly chosen, and the worst one.

    >>> drawn(np.array([1.0, 9.0, 1.0, 1.0, 1.0]), most=3).tolist()
    [0, 1, 4]
    """
    count = len(errors)
    if count <= most:
        return np.arange(count)
    evenly = np.linspace(0, count - 1, most - 1).astype(np.int64)
    return np.union1d(evenly, [int(errors.argmax())])
