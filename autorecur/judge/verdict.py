"""The verdict: an outcome, its sentence, its reasons, and what would change it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from autorecur.judge import sentences
from autorecur.judge.comparison import Comparison, Finalist
from autorecur.judge.outcome import DECIDE, FEWEST_FOLDS, LEAN, Case, Kept, Margin, Outcome
from autorecur.judge.regimes import Met, Regime, regimes
from autorecur.judge.sensitivity import Variation, variations
from autorecur.judge.stopping import CLEAR
from autorecur.judge.wording import budget, count, duration

__all__ = [
    "DECIDE",
    "FEWEST_FOLDS",
    "LEAN",
    "Difference",
    "Evidence",
    "Kept",
    "Margin",
    "Outcome",
    "Probability",
    "Verdict",
    "cost_sentence",
    "decide",
]

THRESHOLDS: Mapping[str, float] = MappingProxyType({"decide": DECIDE, "lean": LEAN, "clear": CLEAR})


@dataclass(frozen=True)
class Probability:
    """The three areas of the posterior."""

    lstm_better: float
    equivalent: float
    gru_better: float


@dataclass(frozen=True)
class Evidence:
    """What the comparison rests on: scored folds, seeds on a fold, pairs with both scores."""

    folds: int
    seeds: int
    pairs: int
    test_share: float


@dataclass(frozen=True)
class Difference:
    """GRU − LSTM with its 95 % interval; `fraction` is the mean's share of the margin's base."""

    mean: float
    low: float
    high: float
    unit: str
    fraction: float | None
    scale: float
    degrees_of_freedom: int


@dataclass(frozen=True)
class Verdict:
    """What a run says about the two cells; `str` of it is one sentence."""

    outcome: Outcome
    winner: str | None
    recommended: str | None
    sentence: str
    second: str | None
    cost: str
    reasons: tuple[str, ...]
    would_change: str | None
    probability: Probability | None
    margin: Margin
    evidence: Evidence
    difference: Difference | None
    variations: tuple[Variation, ...] = ()
    regimes: tuple[Regime, ...] = ()

    def __str__(self) -> str:
        return self.sentence

    @property
    def symbol(self) -> str:
        return self.outcome.symbol

    @property
    def thresholds(self) -> Mapping[str, float]:
        return THRESHOLDS

    def as_dict(self) -> dict[str, Any]:
        """The record's `verdict` section: plain types, JSON-ready."""
        fields = asdict(self)
        return fields | {
            "outcome": self.outcome.name,
            "symbol": self.symbol,
            "reasons": list(self.reasons),
            "variations": list(fields["variations"]),
            "regimes": list(fields["regimes"]),
            "thresholds": dict(self.thresholds),
        }


def decide(
    comparison: Comparison,
    finalists: Mapping[str, Finalist],
    margin: Margin,
    budget_text: str,
    spent_seconds: float,
    trainings: int | None = None,
    met: Sequence[Met] = (),
    other: tuple[Comparison, Margin] | None = None,
    kept: Kept | None = None,
) -> Verdict:
    """The verdict on a comparison; `finalists` holds those cells that have one.

    `met` is what else the duel has trained, other ways to be fair; `other` is the duel by another
    metric; `kept` is the network that was saved, where it is not the recommended one.
    """
    case = Case(comparison, finalists, margin, kept=kept)
    opinion = Case(other[0], finalists, other[1]) if other else None
    judged = case.outcome is not Outcome.INCOMPLETE
    winner = case.likelier if case.outcome in _WON else None
    if case.outcome is Outcome.BASELINE_WINS and case.baseline:
        winner = case.baseline[0]
    belief, others = case.belief, regimes(case, met) if judged else ()
    return Verdict(
        outcome=case.outcome,
        winner=winner,
        recommended=case.recommended,
        sentence=sentences.first(case, budget_text),
        second=sentences.second(case),
        cost=cost_sentence(spent_seconds, budget_text, trainings),
        reasons=(*sentences.reasons(case), *sentences.otherwise_fair(case, others)),
        would_change=sentences.would_change(case, budget_text),
        probability=Probability(belief.lstm_better, belief.equivalent, belief.gru_better)
        if judged
        else None,
        margin=margin,
        evidence=Evidence(
            folds=len(comparison.scored),
            seeds=comparison.seeds,
            pairs=len(comparison.complete),
            test_share=comparison.test_share,
        ),
        difference=_difference(case) if judged else None,
        variations=variations(case, opinion),
        regimes=others,
    )


_WON = (Outcome.LSTM, Outcome.GRU, Outcome.LEANING)


def _difference(case: Case) -> Difference | None:
    belief, reference = case.belief, case.reference
    numbers = (belief.mean, belief.low, belief.high, belief.scale)
    if not all(math.isfinite(value) for value in numbers):
        return None  # absurdly large scores: strict JSON has no infinity
    return Difference(
        mean=belief.mean,
        low=belief.low,
        high=belief.high,
        unit=case.margin.unit,
        fraction=belief.mean / reference if reference else None,
        scale=belief.scale,
        degrees_of_freedom=belief.degrees_of_freedom,
    )


def cost_sentence(spent_seconds: float, limit: str | float, trainings: int | None) -> str:
    """What the run cost, of what it was given: seconds, or a budget as the user wrote it.

    >>> cost_sentence(171.2, "3min", 31)
    'Spent 2 min 51 s of 3 min, 31 trainings.'
    >>> cost_sentence(171.2, "40trainings", 31)
    'Spent 2 min 51 s and 31 of 40 trainings.'
    """
    spent = duration(spent_seconds)
    if isinstance(limit, str):
        most = re.fullmatch(r"\s*(\d+)\s*trainings?\s*", limit)
        if most and trainings is not None:
            return f"Spent {spent} and {trainings:,} of {count(int(most[1]), 'training')}."
        text = budget(limit)
    else:
        text = duration(limit)
    ending = "" if trainings is None else f", {count(trainings, 'training')}"
    return f"Spent {spent} of {text}{ending}."
