"""When a duel may end before its time: once a look at it finds the comparison clear.

A look is taken whenever every fold has one seed more. Each is one more chance to be wrong, so a
look asks for more than the verdict does (Haybittle 1971, Peto and others 1976): the last word is
then as often wrong as without any look. `tests/benchmarks/calibration.py` shows both side by side.
"""

from __future__ import annotations

from autorecur.judge.comparison import Comparison
from autorecur.judge.outcome import Case, Margin

__all__ = ["CLEAR", "is_clear", "whole_seeds"]

CLEAR = 0.995


def whole_seeds(comparison: Comparison) -> int:
    """How many seeds every fold has: the number of looks so far."""
    pairs = [pair.fold for pair in comparison.complete]
    return min((pairs.count(fold) for fold in comparison.folds), default=0)


def is_clear(comparison: Comparison, margin: Margin) -> bool:
    """Whether more seeds would hardly change which cell is better, or that neither is.

    What either is worth beside the baselines is another question, to which seeds add little.
    """
    case = Case(comparison, {}, margin)
    return len(comparison.scored) >= case.fewest and case.belief.settled(CLEAR) is not None
