"""Matches: the pairs of a search as evidence, on the cells and on the settings of networks.

Both cells of a pair have the same settings, seed and data. Pairs of one network that differ in
their rates alone are one piece of evidence, not several. Networks are compared after as many steps,
and what they are worth after few of them is not what they come to: how far that is of a full
training is known of every comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.order import Status
from autorecur.nets.training import CHUNK
from autorecur.search.trial import Trial

__all__ = [
    "FEWEST",
    "LEAST_SHARE",
    "ROUNDED",
    "Half",
    "Match",
    "Network",
    "common_length",
    "matches_of",
    "network_key",
    "networks_of",
    "rates_of",
]

FEWEST = 6  # networks below which no rank correlation or share is settled with 95 %
LEAST_SHARE = 1 / 3  # of a full training, that tells what would come of it
ROUNDED = 1e-6  # a share is off by, at most


@dataclass(frozen=True)
class Half:
    """A trial that began anew, and its validation errors in order; the lower ones are better."""

    trial: Trial
    errors: tuple[float, ...]

    @property
    def seconds_a_step(self) -> float | None:
        timed = self.trial.timed_steps
        return self.trial.ledger.get("steps", 0.0) / timed if timed >= CHUNK else None

    @property
    def share(self) -> float:
        """Of a full training; one that has ended by itself had all that it wanted."""
        return self.trial.fraction if self.trial.status is Status.FINISHED else 1.0

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


def common_length(matches: Sequence[Match]) -> tuple[list[Match], int, float]:
    """What can be compared, after how many steps, and how far that is of a full training.

    Those that a deadline has cut are left out; so are those of short trainings, if enough have gone
    further. What has ended before by itself stands as it ended.
    """
    cut = Status.DEADLINE
    whole = [m for m in matches if all(half.trial.status is not cut for half in m.values())]
    far = [m for m in whole if min(h.share for h in m.values()) >= LEAST_SHARE - ROUNDED]
    chosen = far if len(set(map(network_key, far))) >= FEWEST else whole
    halves = [half for match in chosen for half in match.values()]
    going = [half for half in halves if half.trial.status is Status.FINISHED]
    if not going:
        return chosen, max((half.trial.steps for half in halves), default=1), 1.0
    first = min(going, key=lambda half: (half.trial.steps, half.share))
    return chosen, max(1, first.trial.steps), first.share


def networks_of(matches: Sequence[Match], steps: int) -> list[Network]:
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


def rates_of(matches: Sequence[Match], steps: int) -> list[list[Network]]:
    """By network, what differs in the learning rate alone, and in no dropout, decay or batch."""
    found: dict[Any, dict[Any, list[Match]]] = {}
    for match in matches:
        alike = replace(match[CELLS[0]].trial.candidate, learning_rate=1.0)
        found.setdefault(network_key(match), {}).setdefault(alike, []).append(match)
    made = []
    for groups in found.values():
        several = [group for group in groups.values() if len(_rates(group)) > 1]
        made.append([network for group in several for network in networks_of(group, steps)])
    return [networks for networks in made if networks]


def _rates(group: Sequence[Match]) -> set[float]:
    return {match[CELLS[0]].trial.candidate.learning_rate for match in group}


def network_key(match: Match) -> tuple[Any, ...]:
    """What pairs have in common that differ in their rates alone."""
    return match[CELLS[0]].trial.candidate.program_key
