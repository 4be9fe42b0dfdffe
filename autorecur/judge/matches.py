"""Matches: the pairs of a search as evidence, on the cells and on the settings of networks.

Both cells of a pair have the same settings, seed and data. Pairs of one network that differ in
their rates alone are one piece of evidence, not several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.order import Status
from autorecur.nets.training import CHUNK
from autorecur.search.trial import Trial

__all__ = ["Half", "Match", "Network", "matches_of", "network_key", "networks_of"]


@dataclass(frozen=True)
class Half:
    """A trial that began anew, and its validation errors in order; the lower ones are better."""

    trial: Trial
    errors: tuple[float, ...]

    @property
    def seconds_a_step(self) -> float | None:
        timed = self.trial.steps_done - CHUNK  # the first chunk compiles, and counts as that
        return self.trial.ledger.get("steps", 0.0) / timed if timed >= CHUNK else None

    def steps_to(self, error: float) -> float:
        """Steps until it was as good as that; validations are evenly spaced."""
        place = next(at for at, each in enumerate(self.errors, 1) if each <= error)
        return self.trial.steps * place / len(self.errors)

    def best_within(self, steps: int) -> float:
        share = min(1.0, steps / max(1, self.trial.steps))
        return min(self.errors[: max(1, round(len(self.errors) * share))])


Match = Mapping[str, Half]  # one pair, by cell


def matches_of(trials: Sequence[Trial], order: float) -> list[Match]:
    """Pairs both of whose cells were trained from the start."""
    found: dict[int, dict[str, Half]] = {}
    for trial in trials:
        if trial.rung == 0 and trial.curve and trial.watched is not None:
            made = Half(trial, tuple(order * score for score in trial.curve))
            found.setdefault(trial.pair, {})[trial.candidate.cell] = made
    return [match for match in found.values() if set(match) == set(CELLS)]


@dataclass(frozen=True)
class Network:
    """One network with some rates: what its pairs had come to after as many steps as all had."""

    candidate: Candidate
    errors: NDArray[np.float64]  # [rates, cells], lower is better

    @property
    def best(self) -> float:
        return float(self.errors.mean(axis=1).min())


def networks_of(matches: Sequence[Match]) -> list[Network]:
    trials = [each.trial for match in matches for each in match.values()]
    steps = min((t.steps for t in trials if t.status is Status.FINISHED), default=0)
    found: dict[Any, list[Match]] = {}
    for match in matches:
        found.setdefault(network_key(match), []).append(match)
    return [
        Network(
            group[0]["gru"].trial.candidate,
            np.array([[match[cell].best_within(steps) for cell in CELLS] for match in group]),
        )
        for group in found.values()
    ]


def network_key(match: Match) -> tuple[Any, ...]:
    """What pairs have in common that differ in their rates alone."""
    return match[CELLS[0]].trial.candidate.program_key
