"""What the search tells a listener while it runs; a listener is any callable that takes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from autorecur.nets.pulse import Pulse

__all__ = ["Event", "Listener", "UnderWay"]


@dataclass(frozen=True)
class UnderWay:
    """A training that a worker carries out right now."""

    title: str  # of its candidate
    seed: int
    rung: int | None
    since_seconds: float  # by the clock of `Event.seconds`
    order: str = ""  # its name
    pulse: Pulse | None = None  # what it said of itself last


@dataclass(frozen=True)
class Event:
    """Something happened.

    >>> Event("note", 1.5, text="a gap of 3 hours was filled").text
    'a gap of 3 hours was filled'
    """

    kind: str  # stage | table | start | step | training | best | end | note
    seconds: float  # since the call
    limit_seconds: float | None = None
    text: str = ""
    stage: str = ""
    done: int = 0  # trainings finished so far
    expected: int | None = None  # about how many there will be
    rung: int | None = None
    title: str | None = None  # of the candidate that was trained; of kind table, what is asked
    seed: int | None = None  # of that training; of kind table, the run's
    score: float | None = None
    status: str | None = None
    metric: str = ""
    better: str = ""  # lower | higher
    unit: str = ""  # the score's
    best: Mapping[str, float] = field(default_factory=dict)  # by cell or baseline, within one rung
    training_seconds: float | None = None  # what this one training took
    under_way: tuple[UnderWay, ...] = ()  # all trainings that are, at this moment


Listener = Callable[[Event], None]
