"""What residuals still tell: how they go together with those before, and whether chance does that.

The check AR110 and the report's figure stand on the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from autorecur.judge.crosschecks import lag_products

__all__ = ["Autocorrelation", "autocorrelation"]

LEFT = 0.2  # autocorrelation below which what is left over is of no use
FEWEST, LAGS = 30, 10
DOUBT = 0.01
NORMAL = 1.96  # deviations within which 95 % of what chance does lies

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Autocorrelation:
    """How residuals go together with those 1, 2 … steps before."""

    correlations: tuple[float, ...]
    count: int  # how many residuals chance is reckoned with
    chance: float  # to find as much where nothing is left (Ljung and Box 1978)

    @property
    def bound(self) -> float:
        """The size that a correlation has by chance alone, 95 times of 100."""
        return NORMAL / math.sqrt(self.count)

    @property
    def strongest(self) -> tuple[int, float]:
        """Steps before, and the correlation with what is so far back."""
        place = int(np.abs(self.correlations).argmax())
        return place + 1, self.correlations[place]

    @property
    def is_left(self) -> bool:
        """Whether something is left to foretell: beyond chance, and of use.

        Of many residuals the slightest correlation is beyond chance.
        """
        return self.chance < DOUBT and abs(self.strongest[1]) >= LEFT


def autocorrelation(
    residuals: Sequence[float] | Numbers, begins: Sequence[int] = ()
) -> Autocorrelation | None:
    """Of residuals in the order of their steps; None where there are too few, or all are equal.

    What is not known keeps its place and counts for nothing. `begins` are the places where another
    series begins: residuals go together within a series only, and no more of them are reckoned
    with than the longest series has, because series may err together.

    >>> found = autocorrelation([1.0, -1.0] * 20)
    >>> found.strongest, found.is_left
    ((1, -0.975), True)
    """
    values = np.asarray(residuals, dtype=np.float64)
    known = np.isfinite(values)
    count = max((int(part.sum()) for part in np.split(known, begins)), default=0)
    if count < FEWEST or np.ptp(values[known]) == 0:
        return None
    centred = np.where(known, values - values[known].mean(), 0.0)
    lags = np.arange(1, min(LAGS, count // 5) + 1)
    products = [lag_products(part, len(lags)) for part in np.split(centred, begins)]
    correlations: Numbers = np.sum(products, axis=0) / float(centred @ centred)
    statistic = count * (count + 2) * np.sum(correlations**2 / (count - lags))
    return Autocorrelation(tuple(correlations.tolist()), count, float(chdtrc(len(lags), statistic)))
