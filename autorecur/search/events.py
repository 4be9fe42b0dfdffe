"""What the search tells a listener while it runs; a listener is any callable that takes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Event", "Listener"]


@dataclass(frozen=True)
class Event:
    """Something happened.

    >>> Event("note", 1.5, text="a gap of 3 hours was filled").text
    'a gap of 3 hours was filled'
    """

    kind: str  # stage | training | best | end | note
    seconds: float  # since the call
    limit_seconds: float | None = None
    text: str = ""
    stage: str = ""
    done: int = 0  # trainings finished so far
    expected: int | None = None  # about how many there will be
    rung: int | None = None
    title: str | None = None  # of the candidate that was trained
    seed: int | None = None
    score: float | None = None
    status: str | None = None
    metric: str = ""
    best: Mapping[str, float] = field(default_factory=dict)  # by cell or baseline, within one rung
    training_seconds: float | None = None  # what this one training took


Listener = Callable[[Event], None]
