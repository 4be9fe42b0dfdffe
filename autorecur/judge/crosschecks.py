"""The same question asked in other ways: of the folds one by one, and of the holdout's examples.

The verdict does not follow from these. They are printed beside it, and where one disagrees, that is
said. A holdout is one block: what it says of seeds and of other blocks is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, stdtr

from autorecur.judge.outcome import Outcome

__all__ = [
    "CrossCheck",
    "crosschecks",
    "diebold_mariano",
    "lag_products",
    "likelier",
    "paired_bootstrap",
    "sign_share",
]

RESAMPLES = 4_000
FEWEST = 8  # examples or series of a holdout that say anything
EVEN = 1e-9  # away from one half a share is on nobody's side

Differences = NDArray[np.float64]


@dataclass(frozen=True)
class CrossCheck:
    """How sure another test is that the GRU is better."""

    name: str
    gru_better: float
    of: int  # folds, examples or series
    agrees: bool | None  # with the verdict; None where that names no cell


def crosschecks(
    outcome: Outcome,
    named: str | None,
    folds: Differences,
    holdout: Differences | None,
    overlap: int | None,
    seed: int,
) -> tuple[CrossCheck, ...]:
    """Of differences GRU − LSTM in loss, lower being better: a number a fold, a number an example.

    `overlap`: how many of the holdout's examples after it an example depends on; None where they
    have no order in time. Of many series there is one number each. What is not known is NaN, in its
    place.
    """
    found: list[tuple[str, float | None, int]] = [
        ("folds won, sign test", sign_share(folds), len(folds))
    ]
    if holdout is not None:
        test = "paired bootstrap of" if overlap is None else "Diebold–Mariano on"
        found.append((f"{test} the holdout", likelier(holdout, overlap, seed), _known(holdout)))
    cell = named if outcome in (Outcome.LSTM, Outcome.GRU, Outcome.LEANING) else None
    return tuple(
        CrossCheck(name, share, of, _agrees(share, cell))
        for name, share, of in found
        if share is not None and of > 0
    )


def _agrees(share: float, cell: str | None) -> bool | None:
    if cell is None or abs(share - 0.5) <= EVEN:
        return None
    return (share > 0.5) is (cell == "gru")


def _known(differences: Differences) -> int:
    return int(np.isfinite(differences).sum())


def likelier(holdout: Differences, overlap: int | None, seed: int) -> float | None:
    """How sure it is that the mean of such differences is below nought; None of too few."""
    if _known(holdout) < FEWEST:
        return None
    if overlap is None:
        return paired_bootstrap(holdout[np.isfinite(holdout)], seed)
    return diebold_mariano(holdout, overlap)


def sign_share(differences: Sequence[float] | Differences) -> float | None:
    """The posterior probability that the GRU wins more than half of such folds.

    Each fold is a coin, its bias unknown beforehand; ties are half a win for each.

    >>> sign_share([-1.0, -2.0, -0.5]), sign_share([-1.0, 1.0])
    (0.9375, 0.5)
    """
    values = np.asarray(differences, dtype=np.float64)
    if not len(values):
        return None
    wins = float((values < 0).sum() + 0.5 * (values == 0).sum())
    return float(1.0 - betainc(wins + 1.0, len(values) - wins + 1.0, 0.5))


def diebold_mariano(differences: Differences, overlap: int) -> float | None:
    """The probability that the mean loss of the GRU is lower; None where all differ alike.

    Diebold and Mariano 1995 with the correction of Harvey, Leybourne and Newbold 1997 for few
    forecasts: the statistic is a Student's t with n − 1 degrees of freedom. The variance of the
    mean takes in that forecasts share steps with the next `overlap` ones; where their
    autocovariances come to nothing or less, the further ones count for less (Bartlett's weights),
    and it is never negative. A forecast that is not known (NaN) keeps its place, so that the others
    stay as far apart as they are.

    >>> round(diebold_mariano(np.array([-1.0, -2.0, -1.5, -0.5, -1.0, 0.5]), 0), 3)
    0.976
    """
    known = np.isfinite(differences)
    count, mean = _known(differences), float(np.mean(differences[known]))
    centred = np.where(known, differences - mean, 0.0)
    own = float(centred @ centred) / count
    if np.ptp(differences[known]) == 0:
        return None
    shared = lag_products(centred, min(overlap, count - 1)) / count
    variance = (own + 2 * float(sum(shared))) / count
    steps = len(shared) + 1
    if variance <= 0:
        weights = 1.0 - np.arange(1, steps) / steps
        variance = (own + 2 * float(weights @ shared)) / count
    if variance <= 0:
        return None
    correction = (count + 1 - 2 * steps + steps * (steps - 1) / count) / count
    statistic = mean / np.sqrt(variance) * np.sqrt(max(correction, 0.0))
    return float(stdtr(count - 1, -statistic))


def lag_products(centred: Differences, most: int) -> Differences:
    """The sum of products of values that are 1 to `most` places apart.

    >>> lag_products(np.array([1.0, 2.0, 3.0]), 2).tolist()
    [8.0, 3.0]
    """
    return np.array([float(centred[lag:] @ centred[:-lag]) for lag in range(1, most + 1)])


def paired_bootstrap(differences: Differences, seed: int) -> float:
    """The share of resamples of the examples in which the mean loss of the GRU is lower.

    >>> paired_bootstrap(np.array([-1.0, -1.0, -0.5, -2.0]), seed=1)
    1.0
    """
    rng = np.random.default_rng(seed)
    count = len(differences)
    lower = 0.0
    for _ in range(RESAMPLES):
        mean = differences[rng.integers(0, count, count)].mean()
        lower += 1.0 if mean < 0 else 0.5 if mean == 0 else 0.0
    return lower / RESAMPLES
