"""Successive halving in pairs, as pure functions of what has been finished.

Brackets follow one another: first the sound default of both cells, trained fully (an untuned
network that was trained to the end beats a search that never leaves its first rung), then a small
bracket, then full ones. In a bracket every pair is trained at rung 0, the better third goes on to
the next rung from its checkpoint, and so on to the top. A bracket's decisions wait for its whole
rung, so that they depend on scores alone and not on which worker was faster. Where time is what
counts, a worker that would wait as well begins on the bracket after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autorecur.metrics import sign
from autorecur.nets.candidate import Candidate

__all__ = [
    "FACTOR",
    "Bracket",
    "Draw",
    "Placement",
    "Scores",
    "brackets",
    "first_beside",
    "fraction",
    "ready",
    "rung_of",
    "survivors",
]

FACTOR = 3  # one pair of so many goes on to the next rung
RUNGS = 3  # of the largest bracket; smaller ones begin further up

Scores = Mapping[str, float | None]  # of a pair, by cell; None where a training has none


@dataclass(frozen=True, order=True)
class Placement:
    """A pair on a rung of its bracket."""

    pair: int
    rung: int


@dataclass(frozen=True)
class Draw:
    """A pair to be trained: where it stands, how far it goes, the candidate of both its cells."""

    placement: Placement
    top: bool  # nothing is trained further than this
    fraction: float  # of a full training
    candidate: Candidate


@dataclass(frozen=True)
class Bracket:
    """Pairs that compete with each other, and the share of a full training at each rung."""

    pairs: tuple[int, ...]
    fractions: tuple[float, ...]

    @property
    def top(self) -> int:
        return len(self.fractions) - 1


def brackets() -> Iterator[Bracket]:
    """Every bracket there will ever be, in order.

    >>> from itertools import islice
    >>> [len(bracket.pairs) for bracket in islice(brackets(), 4)]
    [1, 3, 9, 9]
    """
    yield Bracket((0,), (1.0,))
    yield Bracket((1, 2, 3), (1 / FACTOR, 1.0))
    first = 4
    while True:
        size = FACTOR**2
        yield Bracket(tuple(range(first, first + size)), (1 / FACTOR**2, 1 / FACTOR, 1.0))
        first += size


def survivors(scores: Mapping[int, Scores], keep: int, better: str = "lower") -> tuple[int, ...]:
    """The `keep` pairs that go on: a pair is as good as the better rank of its two cells.

    Ranking within each cell keeps the best LSTM and the best GRU in the race even where one cell's
    candidates are better throughout.

    >>> survivors({1: {"lstm": 3.0, "gru": 9.0}, 2: {"lstm": 1.0, "gru": 8.0}, 3: {}}, keep=1)
    (2,)
    """
    worst = float("inf")
    order = sign(better)
    ranks: dict[int, list[int]] = {pair: [] for pair in scores}
    cells = sorted({cell for of_pair in scores.values() for cell in of_pair})
    for cell in cells:
        values = {}
        for pair, of_pair in scores.items():
            value = of_pair.get(cell)
            values[pair] = worst if value is None else order * value
        for rank, pair in enumerate(sorted(values, key=lambda pair: (values[pair], pair))):
            ranks[pair].append(rank if values[pair] < worst else len(scores))
    alive = [pair for pair in scores if any(rank < len(scores) for rank in ranks[pair])]
    return tuple(sorted(sorted(alive, key=lambda pair: (sorted(ranks[pair]), pair))[:keep]))


def ready(
    finished: Mapping[Placement, Scores],
    started: set[Placement],
    better: str = "lower",
    ahead: bool = False,
) -> tuple[Placement, bool] | None:
    """The next placement to start and whether it is the top rung; None: wait for those that run.

    `ahead`: never wait, but begin on a later bracket. Which placements have been started when a
    search ends then depends on which worker was faster, and who goes on in a bracket still does
    not.
    """
    for bracket in brackets():
        alive: tuple[int, ...] = bracket.pairs
        for rung in range(len(bracket.fractions)):
            placements = [Placement(pair, rung) for pair in alive]
            for placement in placements:
                if placement not in started:
                    return placement, rung == bracket.top
            if not all(placement in finished for placement in placements):
                if not ahead:
                    return None
                break
            keep = max(1, len(placements) // FACTOR)
            alive = survivors({place.pair: finished[place] for place in placements}, keep, better)
    raise AssertionError("brackets never end")  # pragma: no cover


def rung_of(fraction: float) -> int:
    """The rung of trainings that go so far, whatever their bracket; only those are comparable.

    >>> [rung_of(share) for share in (1 / 9, 1 / 3, 1.0)]
    [0, 1, 2]
    """
    return max(0, RUNGS - 1 + round(math.log(fraction, FACTOR)))


def first_beside(pair: int) -> int:
    """The first pair of the bracket that `pair` is in.

    >>> first_beside(6)
    4
    """
    return next(bracket.pairs[0] for bracket in brackets() if pair in bracket.pairs)


def fraction(placement: Placement) -> float:
    """The share of a full training that a placement is trained to.

    >>> fraction(Placement(0, 0))
    1.0
    """
    return next(b for b in brackets() if placement.pair in b.pairs).fractions[placement.rung]
