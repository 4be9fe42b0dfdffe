"""Plan: what one search may use, and what it searches in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autorecur.metrics import Metric
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.shape import Shape
from autorecur.search.limits import Limits

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """What the search may use."""

    space: Space
    first: Candidate  # the sound default, trained fully before anything is drawn
    metric: Metric
    seed: int
    steps: int  # of a full training
    shape: Shape
    arrays: Path  # the shared arrays
    folder: Path  # of the run: checkpoints, and the best network so far
    duel_rounds: int  # of both finalists, in a duel that nothing cuts short
    trainings: int | None  # that may still be started
    multiply_adds: float | None  # of the whole run
    owed_rounds: int  # of the dearest pair: what the duel and the refit will want at least
    longest_seconds: float  # of one training: what the duel will be able to afford
    limits: Limits
    text_bytes: int  # that the vocabulary will add to a network's file

    @property
    def by_time_alone(self) -> bool:
        """Whether nothing but time ends the search.

        With a number of trainings it is the same with any number of workers.
        """
        return self.trainings is None and self.multiply_adds is None
