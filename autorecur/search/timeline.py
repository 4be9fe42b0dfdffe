"""Which training ran when: what a run looks like from its beginning to its end."""

from __future__ import annotations

from dataclasses import dataclass

from autorecur.nets.order import Fit, Order

__all__ = ["Trained"]


@dataclass(frozen=True)
class Trained:
    """A training that a worker carried out; seconds since the call, by the meter."""

    stage: str
    cell: str
    title: str
    seed: int
    status: str
    ended_seconds: float
    seconds: float  # that it took

    @classmethod
    def of(cls, order: Order, fit: Fit, stage: str, ended_seconds: float) -> Trained:
        return cls(
            stage=stage,
            cell=order.candidate.cell,
            title=order.candidate.title,
            seed=order.seed,
            status=fit.status.name.lower(),
            ended_seconds=ended_seconds,
            seconds=min(fit.seconds, ended_seconds),  # of two clocks, neither of them wrong
        )
