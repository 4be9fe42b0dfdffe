"""When a duel may end before its time: once a look at it finds the comparison clear.

A look is taken when every fold has 1, 2, 4, 8 … seeds. Each is one more chance to be wrong, so
looks are few and ask for more than the verdict does (Haybittle 1971, Peto and others 1976): the
last word names a cell of two equal ones about as seldom as without any look.
`tests/benchmarks/calibration.py` shows both side by side.
"""

from __future__ import annotations

from autorecur.judge.comparison import Comparison
from autorecur.judge.outcome import DECIDE, Case, Margin
from autorecur.judge.posterior import posterior

__all__ = ["CLEAR", "is_clear", "next_look", "whole_seeds"]

CLEAR = 0.999


def whole_seeds(comparison: Comparison) -> int:
    """How many seeds every fold has."""
    pairs = [pair.fold for pair in comparison.complete]
    return min((pairs.count(fold) for fold in comparison.folds), default=0)


def next_look(seeds: int) -> int:
    """How many seeds every fold has at the look after the one with so many.

    >>> [next_look(seeds) for seeds in (0, 1, 2, 3, 4)]
    [1, 2, 4, 4, 8]
    """
    return 1 << seeds.bit_length()


def is_clear(comparison: Comparison, margin: Margin) -> bool:
    """Whether more seeds would hardly change what is said.

    That is which cell is better, or that neither is; and whether the better one beats the best
    baseline by more than the margin.
    """
    case = Case(comparison, {}, margin)
    if len(comparison.scored) < case.fewest or case.settled(CLEAR) is None:
        return False
    beats = _beats_baseline(comparison, margin)
    return beats is None or not 1 - DECIDE < beats < DECIDE


def _beats_baseline(comparison: Comparison, margin: Margin) -> float | None:
    """The probability that the better cell beats the best baseline by more than the margin."""
    best = comparison.best_baseline()
    if best is None:
        return None
    metric, means = comparison.metric, {c: comparison.means(c) for c in ("lstm", "gru")}
    pick = min if metric.better == "lower" else max
    better = means[pick(means, key=lambda cell: float(means[cell].mean()))]
    reference = comparison.baseline_scores(best[0])
    # GRU − LSTM is what a posterior is of: here the baseline stands where the LSTM does.
    belief = posterior(better - reference, comparison.test_share, margin.value, metric.better)
    return belief.gru_better
