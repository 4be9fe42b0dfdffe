"""Trial: one candidate trained at one rung, and what came of it: a value, never an exception."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from autorecur.metrics import sign
from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import Cost
from autorecur.nets.order import Fit, Status

__all__ = ["Trial", "best_scores", "best_trial", "full_seconds", "in_order"]

# Of what the other cell lacks, where a cell's finalist is chosen: best where settings are worth
# about as much as the luck of a seed, and three times what one cell alone makes of them.
OTHER_SHARE = 0.5


@dataclass(frozen=True)
class Trial:
    """A training of the search."""

    id: str
    pair: int
    rung: int  # of its bracket
    top: bool  # meant to be trained as far as any candidate may be
    fraction: float  # of a full training that it was meant for
    candidate: Candidate
    seed: int
    status: Status
    sentence: str
    score: float | None = None  # on validation, natural sign, original units
    watched: float | None = None  # what trials are ranked by; lower is better
    curve: tuple[float, ...] = ()
    steps: int = 0
    best_step: int = 0
    steps_done: int = 0
    timed_steps: int = 0
    seconds: float = 0.0
    ledger: dict[str, float] = field(default_factory=dict)
    cost: Cost | None = None
    excess: str = ""  # what it has more of than the limits allow; no finalist then

    @property
    def overhead_seconds(self) -> float:
        """What the training cost besides its steps and validations, compiling above all."""
        return self.ledger.get("compile", 0.0) + self.ledger.get("other", 0.0)

    @classmethod
    def of(
        cls,
        fit: Fit,
        *,
        pair: int,
        rung: int,
        top: bool,
        fraction: float,
        candidate: Candidate,
        seed: int,
    ) -> Trial:
        return cls(
            id=fit.order,
            pair=pair,
            rung=rung,
            top=top,
            fraction=fraction,
            candidate=candidate,
            seed=seed,
            status=fit.status,
            sentence=fit.sentence,
            score=fit.score,
            watched=fit.watched,
            curve=fit.curve,
            steps=fit.steps,
            best_step=fit.best_step,
            steps_done=fit.steps_done,
            timed_steps=fit.timed_steps,
            seconds=fit.seconds,
            ledger=fit.ledger,
            cost=fit.cost,
        )


def best_scores(trials: Iterable[Trial], better: str) -> dict[str, float]:
    """Each cell's best score, by its title, of the trainings that went furthest so far."""
    scored = [(t, t.score) for t in trials if t.score is not None and not t.excess]
    furthest = max((trial.fraction for trial, _ in scored), default=0.0)
    best: dict[str, tuple[Trial, float]] = {}
    for trial, score in scored:
        known = best.get(trial.candidate.cell)
        ahead = known is None or sign(better) * (known[1] - score) > 0
        if trial.fraction == furthest and ahead:
            best[trial.candidate.cell] = trial, score
    return {trial.candidate.title: score for trial, score in best.values()}


def best_trial(trials: Iterable[Trial], cell: str) -> Trial | None:
    """The cell's best trial at any rung, by what was watched; None where none has a score.

    Of many scores the best is a lucky one. The other cell, trained with the same settings as far,
    shares what they are worth and not the luck, so its score counts too: what it lacks to the other
    cell's best is added, by a share. A usual lack is the most that counts, and counts where the
    other training has no score: one that went wrong says nothing more.

    Going on from a rung mostly helps, so the best is mostly at the top. Where it is not, the ones
    above were cut short by their time or are no better, and the rung itself is no merit.
    """
    scored = [(t, t.watched) for t in trials if t.watched is not None and not t.excess]
    others = {(t.pair, t.rung): watched for t, watched in scored if t.candidate.cell != cell}
    best = min(others.values(), default=0.0)
    usual = statistics.median(others.values()) if others else 0.0

    def smoothed(trial: Trial, watched: float) -> tuple[float, bool, str]:
        beside = min(others.get((trial.pair, trial.rung), usual), usual)
        return watched + OTHER_SHARE * (beside - best), not trial.top, trial.id

    own = [(smoothed(t, watched), t) for t, watched in scored if t.candidate.cell == cell]
    return min(own, key=lambda each: each[0], default=(None, None))[1]


def in_order(trials: Iterable[Trial]) -> list[Trial]:
    """By pair, rung and cell: which of them ended first says nothing but how many workers ran."""
    return sorted(trials, key=lambda trial: (trial.pair, trial.rung, trial.candidate.cell))


def full_seconds(trial: Trial, trials: Iterable[Trial], steps: int) -> float:
    """What training `trial`'s candidate for `steps` from its start would take.

    A trial on a higher rung has gone on from the one below, whose seconds count too. Whatever has
    not stopped early goes on to the end.
    """
    below = [
        each.seconds
        for each in trials
        if each.pair == trial.pair
        and each.candidate.cell == trial.candidate.cell
        and each.rung <= trial.rung
    ]
    further = 1.0 if trial.status is Status.STOPPED else steps / max(1, trial.steps)
    return sum(below) * max(1.0, further)
