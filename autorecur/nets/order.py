"""What a training is asked for and what it answers: an Order in, a Fit out, both picklable."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import Cost

__all__ = ["Fit", "Order", "Status"]


class Status(Enum):
    """How a training ended; the value is the sentence that the report shows."""

    FINISHED = "all its steps were done"
    STOPPED = "stopped early: no gain for a while"
    DEADLINE = "cut short by its deadline"
    DIVERGED = "diverged: its loss is not a number any more"
    FAILED = "failed"
    SKIPPED = "not started: at the speed measured, it could not have been trained in time"
    DEAR = "not started: what was left of the multiply-adds would not have paid for it"
    BEYOND = "not trained: it is no smaller than what was found to be beyond the limits"
    KILLED = "its worker did not answer and was ended"

    @property
    def begun(self) -> bool:
        """Whether anything was trained."""
        return self not in (Status.SKIPPED, Status.DEAR, Status.BEYOND)

    @property
    def scored(self) -> bool:
        """Whether a training that ended so has a score."""
        return self in (Status.FINISHED, Status.STOPPED, Status.DEADLINE)


@dataclass(frozen=True)
class Order:
    """One training to be done."""

    id: str
    arrays: str  # the folder of `data.arrays`
    candidate: Candidate
    fold: str  # "selection", "holdout" or the name of one of the duel's folds
    seed: int
    steps: int  # in all, those before a checkpoint included
    metric: str
    deadline: float  # on `time.monotonic`, which processes of one machine share; inf for none
    resume_from: str | None = None  # a checkpoint of the same candidate and seed
    checkpoint: str | None = None  # where to leave one
    step_work: float = 0.0  # multiply-adds of a step, by formula: what a budget of them is charged
    train_share: float = 1.0  # of the fold's training examples, the same ones for both cells
    aside: bool = False  # of one cell alone, and no part of what both were given
    extra_seconds: float = 0.0  # that it goes on for beyond its usual end, at most as long again
    longest_seconds: float = float("inf")  # of steps and validations; compiling is not counted
    model: str | None = None  # where to save the whole network …
    model_if_better: float | None = None  # … when its validation score is better than this
    forecast: bool = False  # hand back the answers to the fold's test examples
    calibrate: bool = False  # and to its validation examples, for the bands; score training ones
    latency: bool = False  # measure it
    memory: bool = False  # and how far back the network looks, where there is time
    heart: str | None = None  # a file for signs of life: see `nets.pulse`


@dataclass(frozen=True, eq=False)
class Fit:
    """What came of an order."""

    order: str
    status: Status
    sentence: str
    score: float | None = None  # best on validation, natural sign, original units
    watched: float | None = None  # what chose it, lower is better: see `Metric.watched`
    curve: tuple[float, ...] = ()
    steps: int = 0  # in all
    best_step: int = 0
    steps_done: int = 0  # by this order alone
    timed_steps: int = 0  # of those, whose seconds the ledger has as those of steps
    seconds: float = 0.0
    ledger: dict[str, float] = field(default_factory=dict)
    cost: Cost | None = None
    forecasts: NDArray[np.float32] | None = None
    calibration: NDArray[np.float32] | None = None
    train_score: float | None = None  # of the same weights on examples that they were trained on
    memory: NDArray[np.float32] | None = None  # see `memory.effective_memory`
    model: str | None = None
    engine: str | None = None  # what trained it, …
    device: str | None = None  # … and on
    late: bool = False  # cut by its order's deadline, and not by the longest time it may take
    noted: dict[str, Any] = field(default_factory=dict)  # what was made of it, of a resumed run

    @property
    def working_seconds(self) -> float:
        """Of steps and validations: what a network gained by. Compiling is no gain to a cell."""
        return self.ledger.get("steps", 0.0) + self.ledger.get("validation", 0.0)
