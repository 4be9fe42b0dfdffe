"""Trial: one candidate trained at one rung, and what came of it: a value, never an exception."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from autorecur.metrics import sign
from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import Cost
from autorecur.nets.order import Fit, Status

__all__ = ["Trial", "best_scores", "full_seconds"]


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
