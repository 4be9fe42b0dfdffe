"""What a duel amounts to: the outcomes in the order they are tried, and the `Case` that has one.

Thresholds and margin are declared before the run. Nothing is worded here, see `sentences.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from autorecur.errors import SettingError
from autorecur.judge.comparison import Comparison, Finalist
from autorecur.judge.posterior import Posterior, posterior

__all__ = [
    "DECIDE",
    "FEWEST_FOLDS",
    "LEAN",
    "MOST_SEEDS",
    "SEEDS_IN_TIME",
    "Case",
    "Kept",
    "Margin",
    "Outcome",
]

DECIDE = 0.95
LEAN = 0.80
FEWEST_FOLDS = 4  # fewer say too little of how much folds differ from each other
MOST_SEEDS = 3  # that a duel is planned with …
SEEDS_IN_TIME = 30  # … and where there is time for more, up to so many
TIE = 0.01  # costs nearer than this are equal
TIMERS = 0.1  # … and where timers have a part in them, this


class Outcome(Enum):
    """How a comparison can end; each member carries its symbol and what it means.

    >>> Outcome.LEANING.symbol
    '◐'
    """

    INCOMPLETE = ("⚠", "fewer paired scores than a comparison needs")
    BASELINE_WINS = ("▽", "no finalist beats the best baseline by more than the margin")
    LSTM = ("●", "the LSTM is better by more than the margin, at least 95 % sure")
    GRU = ("●", "the GRU is better by more than the margin, at least 95 % sure")
    EQUIVALENT = ("=", "the cells differ by less than the margin, at least 95 % sure")
    LEANING = ("◐", "one cell is better by more than the margin, 80 to 95 % sure")
    UNDECIDED = ("○", "none of the others")

    def __init__(self, symbol: str, meaning: str) -> None:
        self.symbol = symbol
        self.meaning = meaning


@dataclass(frozen=True)
class Margin:
    """The smallest difference worth caring about, declared before the run."""

    value: float
    unit: str
    fraction: float | None  # of what `of` says; None where the value was given outright
    of: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0):
            raise SettingError(f"the margin is {self.value}: give a number from 0 upwards")

    @classmethod
    def default(cls, best_baseline_error: float, fraction: float, unit: str) -> Margin:
        """A share of the best baseline's error.

        >>> Margin.default(52.6, 0.01, "MW").value
        0.526
        """
        if not (math.isfinite(fraction) and 0 <= fraction < 1):
            raise SettingError(f"the margin is {fraction}: give a share from 0 to 1, such as 0.01")
        return cls(abs(best_baseline_error) * fraction, unit, fraction, "best baseline error")


@dataclass(frozen=True)
class Kept:
    """What a run leaves in its folder where that is not the recommended finalist, refitted."""

    what: str = ""  # such as "the best network of the search"
    title: str = ""  # of the network; empty where none is left …
    reason: str = ""  # … and why


@dataclass(frozen=True)
class Case:
    """A comparison with all that is needed to judge it."""

    comparison: Comparison
    finalists: Mapping[str, Finalist]
    margin: Margin
    fewest: int = FEWEST_FOLDS
    kept: Kept | None = None  # nothing to say: the recommended finalist is, or will be, the model

    @cached_property
    def belief(self) -> Posterior:
        """The posterior over the scored folds."""
        comparison = self.comparison
        return posterior(
            comparison.differences,
            comparison.test_share,
            self.margin.value,
            comparison.metric.better,
        )

    @property
    def both(self) -> bool:
        """Whether either cell has a finalist."""
        return {"lstm", "gru"} <= set(self.finalists)

    @cached_property
    def baseline(self) -> tuple[str, float] | None:
        return self.comparison.best_baseline()

    @cached_property
    def outcome(self) -> Outcome:
        """The first outcome that holds."""
        belief = self.belief
        if not self.both or len(self.comparison.scored) < self.fewest:
            return Outcome.INCOMPLETE
        if self.baseline and self.gain_over_baseline <= self.margin.value:
            return Outcome.BASELINE_WINS
        if settled := self.settled(DECIDE):
            return Outcome[settled.upper()]
        if max(belief.lstm_better, belief.gru_better) >= LEAN:
            return Outcome.LEANING
        return Outcome.UNDECIDED

    def settled(self, decided: float) -> str | None:
        """What has at least the probability `decided`: "lstm", "gru", "equivalent" or nothing.

        Nothing is settled in favour of a cell that failed where the other did not: it is judged on
        the folds that it came through.
        """
        settled, failing = self.belief.settled(decided), self.comparison.failing
        return None if failing and settled in (failing, "equivalent") else settled

    @property
    def gain_over_baseline(self) -> float:
        """By how much the better finalist beats the best baseline on the scored folds."""
        assert self.baseline is not None
        return max(
            self.comparison.metric.gain(self.mean(cell), self.baseline[1])
            for cell in ("lstm", "gru")
        )

    def mean(self, cell: str) -> float:
        mean = self.comparison.mean(cell)
        return math.nan if mean is None else mean

    @property
    def reference(self) -> float | None:
        """What differences are given in per cent of: the error that the margin is a share of."""
        if self.margin.fraction and self.margin.value > 0:
            return self.margin.value / self.margin.fraction
        size = abs(self.baseline[1]) if self.baseline else abs(self.mean("lstm"))
        return size if size > 0 and math.isfinite(size) else None

    @property
    def likelier(self) -> str:
        """The cell that is more probably better by more than the margin."""
        return "lstm" if self.belief.lstm_better > self.belief.gru_better else "gru"

    @property
    def recommended(self) -> str | None:
        """The cell whose model is saved."""
        if self.outcome in (Outcome.LSTM, Outcome.GRU, Outcome.LEANING):
            return self.likelier
        if self.outcome is Outcome.EQUIVALENT:
            return self.cheaper or self.ahead
        return self.ahead

    @cached_property
    def ahead(self) -> str | None:
        """The cell that is better on average in the duel, or in the selection without a duel."""
        cells = [cell for cell in ("lstm", "gru") if cell in self.finalists]
        scores = {cell: self.comparison.mean(cell) for cell in cells}
        if None in scores.values():
            scores = {cell: self.finalists[cell].score for cell in cells}
        known = {cell: score for cell, score in scores.items() if score is not None}
        if not known:
            return self.smaller or next(iter(cells), None)
        pick = min if self.comparison.metric.better == "lower" else max
        best = pick(known.values())
        tied = [cell for cell, score in known.items() if score == best]
        return self.smaller if len(tied) > 1 and self.smaller else tied[0]

    @property
    def smaller(self) -> str | None:
        """The cell with fewer bytes, whatever the machine; None where they have as many."""
        if not self.both:
            return None
        ratio = self.finalists["gru"].bytes / max(self.finalists["lstm"].bytes, 1)
        if abs(ratio - 1) < TIE:
            return None
        return "gru" if ratio < 1 else "lstm"

    @property
    def cheaper(self) -> str | None:
        """The cell with the lower product of latency and size; None where they cost the same.

        Products that are nearer than timers can tell say nothing: then it is the smaller one.
        """
        if not self.both:
            return None
        lstm, gru = self.finalists["lstm"], self.finalists["gru"]
        if not (lstm.latency_ms and gru.latency_ms):
            return self.smaller
        ratio = gru.bytes / max(lstm.bytes, 1) * gru.latency_ms / lstm.latency_ms
        if abs(ratio - 1) < TIMERS:
            return self.smaller
        return "gru" if ratio < 1 else "lstm"
