"""Which series of a panel want which cell.

One series alone has too few folds to say much, and of hundreds some lean to one side by luck. So
each is judged in the light of all: its own mean difference is drawn towards that of the panel, the
more so the noisier it is, by as much as the series really differ among each other (empirical Bayes;
Efron and Morris 1975). If they do not differ, no series stands out.

All series of a fold are scored by the same two networks, whose luck moves them all alike: hundreds
of series say no more of that than their folds do. So it is told apart from what moves one series
alone, and every belief is as unsure of it as the spread of the folds' means makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from autorecur.judge.posterior import scale

__all__ = ["FEWEST_SERIES", "PanelView", "SeriesBelief", "panel_view"]

SURE = 0.99  # hundreds of series are asked, so each must be clearer than a single verdict
FEWEST_SERIES = 8  # below which there is no panel to learn from
FEWEST_FOLDS = 3  # of a series
POOLED_FOLDS = 4.0  # what all series' spread counts beside a series' own, in folds
SHOWN = 10  # series of each cell
ROUNDS = 20  # of telling folds from series, where some lack a score; the first is exact elsewhere

Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class SeriesBelief:
    """One series that stands out: by which share of its error its cell is the better one."""

    name: str
    cell: str
    better_by: float
    probability: float  # that it is by more than the margin


@dataclass(frozen=True)
class PanelView:
    """How many series want which cell; `series` are those of which it is clearest."""

    lstm: int
    gru: int
    rest: int
    spread: float  # of the true relative differences between series, as estimated
    series: tuple[SeriesBelief, ...]


def panel_view(
    names: Sequence[str], lstm: Numbers, gru: Numbers, test_share: float, margin: float
) -> PanelView | None:
    """Of both cells' errors by fold and series [folds, series], lower being better.

    Missing ones are NaN. `margin` is relative to a series' error. None where there are too few.

    >>> rng = np.random.default_rng(1)
    >>> error = rng.uniform(1, 9, (8, 40)); ahead = np.where(np.arange(40) < 5, 0.8, 1.0)
    >>> noise = rng.normal(1, 0.01, (8, 40))
    >>> view = panel_view([f"s{n}" for n in range(40)], error, error * ahead * noise, 0.05, 0.01)
    >>> view.gru, view.lstm, sorted(each.name for each in view.series)
    (5, 0, ['s0', 's1', 's2', 's3', 's4'])
    """
    level = (np.abs(lstm) + np.abs(gru)) / 2
    known = np.isfinite(level) & (level > 0)
    folds = known.sum(axis=0)
    judged = np.flatnonzero(folds >= FEWEST_FOLDS)
    if len(judged) < FEWEST_SERIES:
        return None
    # Relative to a series' error over all folds, so that easy folds weigh no more than hard ones.
    usual = np.where(known, level, 0.0).sum(axis=0) / np.maximum(folds, 1)
    apart = np.where(known, gru - lstm, np.nan)[:, judged] / usual[judged]
    folds = folds[judged]
    apart = apart[np.isfinite(apart).any(axis=1)]
    believed, deviation, degrees, between = _believed(apart, folds, test_share)
    beyond = {
        cell: stdtr(degrees, (side * believed - margin) / np.maximum(deviation, 1e-300))
        for cell, side in (("lstm", 1.0), ("gru", -1.0))
    }
    found = [
        SeriesBelief(
            str(names[judged[place]]), cell, abs(float(believed[place])), float(share[place])
        )
        for cell, share in beyond.items()
        for place in np.flatnonzero(share >= SURE)
    ]
    clearest = sorted(found, key=lambda each: (-each.probability, -each.better_by, each.name))
    count = {cell: sum(each.cell == cell for each in found) for cell in beyond}
    return PanelView(
        lstm=count["lstm"],
        gru=count["gru"],
        rest=len(names) - len(found),
        spread=float(np.sqrt(between)),
        series=tuple(
            each for cell in beyond for each in [e for e in clearest if e.cell == cell][:SHOWN]
        ),
    )


def _believed(
    apart: Numbers, folds: Numbers, test_share: float
) -> tuple[Numbers, Numbers, Numbers, float]:
    """Of each series the difference, its standard deviation and degrees of freedom.

    And the variance of the true differences. `apart`: [folds, series].
    """
    series = apart.shape[1]
    luck = _luck(apart)
    alone = apart - luck
    mean, variance = np.nanmean(alone, axis=0), np.nanvar(alone, axis=0, ddof=1)
    variance *= series / (series - 1)  # the folds' means took as much of it away
    pooled = float(np.average(variance, weights=folds - 1))
    own = (POOLED_FOLDS * pooled + (folds - 1) * variance) / (POOLED_FOLDS + folds - 1)
    noise = own * (1.0 / folds + test_share / (1.0 - test_share))
    centre, between = _between(mean, noise)
    trust = between / np.maximum(between + noise, 1e-300)
    believed = centre + trust * (mean - centre)
    # Nothing that was measured of one series tells it from the luck that all of them had.
    common = scale(float(luck.std(ddof=1)), len(luck), test_share) ** 2
    apiece = trust * noise + (1.0 - trust) ** 2 * _of_centre(between, noise)
    degrees = _degrees(common, len(luck) - 1, apiece, POOLED_FOLDS + folds - 1)
    return believed, np.sqrt(common + apiece), degrees, between


def _luck(apart: Numbers) -> Numbers:
    """By how much each fold [folds, 1] moved all series alike; its mean is nought."""
    luck: Numbers = np.zeros((len(apart), 1))
    for _ in range(ROUNDS):
        luck = np.nanmean(apart - np.nanmean(apart - luck, axis=0), axis=1, keepdims=True)
        luck = luck - luck.mean()
    return luck


def _of_centre(between: float, noise: Numbers) -> float:
    """What it adds to the centre's variance that there are only so many series."""
    weights = 1.0 / np.maximum(between + noise, 1e-300)
    return between * float((weights**2).sum() / weights.sum() ** 2)


def _degrees(one: float, of_one: int, other: Numbers, of_other: Numbers) -> Numbers:
    """Of freedom, of the sum of two variances: Welch and Satterthwaite 1946."""
    share = one / np.maximum(one + other, 1e-300)
    degrees: Numbers = 1.0 / (share**2 / of_one + (1.0 - share) ** 2 / of_other)
    return degrees


def _between(mean: Numbers, noise: Numbers) -> tuple[float, float]:
    """The panel's mean difference, and the variance of the true ones around it.

    Paule and Mandel 1982: the variance at which the weighted squares come to their degrees of
    freedom; none where noise alone explains them.
    """

    def excess(between: float) -> tuple[float, float]:
        weights = 1.0 / np.maximum(between + noise, 1e-300)
        centre = float(np.average(mean, weights=weights))
        return float((weights * (mean - centre) ** 2).sum()) - (len(mean) - 1), centre

    low, high = 0.0, float(np.var(mean)) + 1e-300
    if excess(low)[0] <= 0:
        return excess(low)[1], 0.0
    while excess(high)[0] > 0:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle)[0] > 0 else (low, middle)
    return excess(high)[1], high
