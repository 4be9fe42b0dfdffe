"""Whether the verdict would be another one, had something been settled otherwise.

Nothing is trained for it: the same forecasts are judged again with another margin, without one of
the folds, with one seed of each, or by another metric. A verdict that hangs on a single fold is
shown to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from autorecur.judge.comparison import Comparison, PairedScore
from autorecur.judge.outcome import FEWEST_FOLDS, Case, Margin, Outcome

__all__ = ["Variation", "variations"]

FACTORS = {"half the margin": 0.5, "twice the margin": 2.0}


@dataclass(frozen=True)
class Variation:
    """One thing settled otherwise, and the verdict then."""

    name: str
    outcome: str  # the name of an `Outcome`
    cell: str | None  # the cell that it names, if it names one
    same: bool  # as the verdict of the run


def variations(case: Case, other: Case | None = None) -> tuple[Variation, ...]:
    """Every variation of `case`; none where there was too little to judge in the first place.

    `other` is the same duel by another metric.
    """
    if case.outcome is Outcome.INCOMPLETE:
        return ()
    told = (case.outcome, _named(case))
    return tuple(
        Variation(name, one.outcome.name, _named(one), (one.outcome, _named(one)) == told)
        for name, one in (*_others(case), *_by(other))
    )


def _others(case: Case) -> Iterator[tuple[str, Case]]:
    for name, factor in FACTORS.items():
        yield name, replace(case, margin=_times(case.margin, factor))
    for fold in case.comparison.scored:
        # One fold fewer than a verdict needs is enough to see whether it hangs on that fold.
        left = _only(case.comparison, partial(_outside, fold))
        yield f"without {fold}", replace(case, comparison=left, fewest=FEWEST_FOLDS - 1)
    if case.comparison.seeds > 1:
        firsts = {fold: _first_seed(case.comparison, fold) for fold in case.comparison.scored}
        one = _only(case.comparison, lambda pair: pair.failed or pair.seed == firsts.get(pair.fold))
        yield "one seed a fold", replace(case, comparison=one)


def _by(other: Case | None) -> Iterator[tuple[str, Case]]:
    if other is not None and other.outcome is not Outcome.INCOMPLETE:
        yield f"by {other.comparison.metric.title}", other


def _named(case: Case) -> str | None:
    named = case.outcome in (Outcome.LSTM, Outcome.GRU, Outcome.LEANING)
    return case.likelier if named else None


def _times(margin: Margin, factor: float) -> Margin:
    fraction = None if margin.fraction is None else factor * margin.fraction
    return replace(margin, value=factor * margin.value, fraction=fraction)


def _only(comparison: Comparison, wanted: Callable[[PairedScore], object]) -> Comparison:
    return replace(comparison, pairs=tuple(filter(wanted, comparison.pairs)))


def _outside(fold: str, pair: PairedScore) -> bool:
    return pair.fold != fold


def _first_seed(comparison: Comparison, fold: str) -> int:
    return min(pair.seed for pair in comparison.complete if pair.fold == fold)
