"""Regimes: three ways to be fair, beside the duel of each cell at its own best.

The finalist that led the search, the anchor, stays as it is; the other cell takes its settings with
as many units, with as many weights, or with as many measured seconds of training. The duel's folds
are trained on again with that network alone, since the anchor's trainings are there.

Equal weights of one layer are 4u(d + u + 1) = 3v(d + v + 2); with several layers and a head the
widths are tried, and the nearest is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from autorecur.judge.comparison import Comparison
from autorecur.judge.outcome import DECIDE, FEWEST_FOLDS, Case
from autorecur.nets.candidate import CELLS, Candidate, other_cell
from autorecur.nets.cost import parameters
from autorecur.nets.shape import Shape

__all__ = ["EQUAL_SECONDS", "Met", "Regime", "flips", "partners", "regimes"]

EQUAL_WIDTH, EQUAL_PARAMETERS = "equal width", "equal parameters"
EQUAL_SECONDS = "equal seconds"


@dataclass(frozen=True)
class Met:
    """A regime's networks by cell, and their comparison on the duel's folds."""

    name: str
    networks: Mapping[str, Candidate]
    comparison: Comparison


@dataclass(frozen=True)
class Regime:
    """One way to be fair, and what came of it: the difference is GRU − LSTM."""

    name: str
    lstm: str  # titles of the two networks
    gru: str
    folds: int
    mean: float
    low: float  # of the 95 % interval
    high: float
    settled: str | None  # "lstm", "gru" or "equivalent", where it is 95 % sure


def partners(anchor: Candidate, shape: Shape) -> dict[str, Candidate]:
    """By regime the network of the other cell that the anchor meets.

    >>> met = partners(Candidate("lstm", width=32), Shape(1, 1, 0, 2, 1))
    >>> {name: met[name].title for name in met}
    {'equal width': 'GRU 1 × 32', 'equal parameters': 'GRU 1 × 37', 'equal seconds': 'GRU 1 × 32'}
    """
    twin = anchor.with_cell(other_cell(anchor.cell))
    wanted = parameters(anchor, shape)
    widths = range(max(1, anchor.width // 2), 2 * anchor.width + 1)  # the ratio is below 4/3
    sized = [replace(twin, width=width) for width in widths]
    even = min(sized, key=lambda each: abs(parameters(each, shape) - wanted))
    return {EQUAL_WIDTH: twin, EQUAL_PARAMETERS: even, EQUAL_SECONDS: twin}


def regimes(case: Case, met: Sequence[Met]) -> tuple[Regime, ...]:
    """What the judge of `case` makes of each regime that has enough folds."""
    told = []
    for each in met:
        if len(each.comparison.scored) >= FEWEST_FOLDS:
            other = replace(case, comparison=each.comparison)
            belief = other.belief
            told.append(
                Regime(
                    each.name,
                    **{cell: network.title for cell, network in each.networks.items()},
                    folds=len(each.comparison.scored),
                    mean=belief.mean,
                    low=belief.low,
                    high=belief.high,
                    settled=other.settled(DECIDE),
                )
            )
    return tuple(told)


def flips(case: Case, regime: Regime) -> bool:
    """Whether it settles what the verdict leaves open, or settles it otherwise.

    As in a verdict: 95 % sure, and where it names a cell, with nought outside the 95 % interval.
    """
    if regime.settled in CELLS and regime.low <= 0 <= regime.high:
        return False
    return regime.settled is not None and regime.settled != case.settled(DECIDE)
