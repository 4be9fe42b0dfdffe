"""What trainings will take, from those that were carried out: nothing is begun that cannot finish.

The seconds of a step grow with its multiply-adds, but less than in proportion: small matrices leave
a core half idle. So the power of the multiply-adds is fitted to what was measured, drawn towards a
proportion while little was, and its level is a median: a machine that was busy for a while does not
foretell the rest.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import multiply_adds
from autorecur.nets.shape import Shape
from autorecur.search.rungs import Draw
from autorecur.search.trial import Trial

__all__ = ["COMPILE_SECONDS", "Prices", "duel_seconds"]

COMPILE_SECONDS = 2.0  # what a new shape costs besides its steps, before any was measured
LEAST_WORK = 100_000  # multiply-adds that the bookkeeping of one example's forecast is worth
TRUST = 4.0  # in proportion, as if so much spread of log multiply-adds had been measured
POWERS = (0.3, 1.2)  # of the multiply-adds; anything else is noise
SPARE = 1.3  # a duel is reckoned with so many times what its trainings took in the search


@dataclass(frozen=True)
class Prices:
    """Made of the trials so far, asked of pairs that are to come."""

    shape: Shape
    power: float = 1.0
    level: float | None = None  # log seconds of a step of one multiply-add; None: nothing measured
    fresh_seconds: float = COMPILE_SECONDS  # of a training besides its steps, with a new program …
    known_seconds: float = COMPILE_SECONDS  # … and with one that was compiled before
    programs: frozenset[tuple[Any, ...]] = frozenset()
    steps: dict[tuple[int, str], int] = field(default_factory=dict)  # so far, by pair and cell

    @classmethod
    def of(cls, trials: Iterable[Trial], shape: Shape) -> Prices:
        """What `trials` tell, in the order in which they ended."""
        timed: list[tuple[float, float]] = []
        fresh: list[float] = []
        known: list[float] = []
        programs: set[tuple[Any, ...]] = set()
        steps: dict[tuple[int, str], int] = {}
        for trial in trials:
            if trial.steps_done <= 0:
                continue
            key = trial.candidate.program_key
            (known if key in programs else fresh).append(trial.overhead_seconds)
            programs.add(key)
            place = trial.pair, trial.candidate.cell
            steps[place] = max(steps.get(place, 0), trial.steps)
            if (each := _seconds_a_step(trial)) > 0:
                timed.append((math.log(_work(trial.candidate, shape)), math.log(each)))
        power, level = _fitted(timed)
        new = statistics.median(fresh) if fresh else COMPILE_SECONDS
        old = statistics.median(known) if known else new
        return cls(shape, power, level, new, min(new, old), frozenset(programs), steps)

    def step_seconds(self, candidate: Candidate) -> float:
        """Of a step and its share of the validations; nought before any was measured."""
        if self.level is None:
            return 0.0
        return math.exp(self.level + self.power * math.log(_work(candidate, self.shape)))

    def pair_seconds(
        self,
        draw: Draw,
        cells: Sequence[str],
        full_steps: int,
        workers: int,
        longest: float = math.inf,
    ) -> float:
        """Until both cells of `draw` are trained; of a survivor only the steps that are left count.

        `longest`: what a training stops itself after.
        """
        each = []
        for cell in cells:
            candidate = draw.candidate.with_cell(cell)
            done = self.steps.get((draw.placement.pair, cell), 0) if draw.placement.rung else 0
            left = max(0.0, draw.fraction * full_steps - done)
            known = candidate.program_key in self.programs
            begin = self.known_seconds if known else self.fresh_seconds
            each.append(begin + min(left * self.step_seconds(candidate), longest))
        return max(each) if workers >= len(each) else sum(each)


def _fitted(timed: Sequence[tuple[float, float]]) -> tuple[float, float | None]:
    """The power of the multiply-adds and the level of log seconds."""
    if not timed:
        return 1.0, None
    work, seconds = np.transpose(timed)
    apart = work - work.mean()
    slope = (apart @ seconds + TRUST) / (apart @ apart + TRUST)
    power = float(np.clip(slope, *POWERS))
    return power, float(np.median(seconds - power * work))


def _seconds_a_step(trial: Trial) -> float:
    """With its share of the validations; nought where none was timed."""
    spent = trial.ledger.get("steps", 0.0) + trial.ledger.get("validation", 0.0)
    return spent / trial.timed_steps if trial.timed_steps else 0.0


def _work(candidate: Candidate, shape: Shape) -> float:
    """Multiply-adds of a training step, with a floor for what every step costs."""
    return float(candidate.batch * (multiply_adds(candidate, shape) + LEAST_WORK))


def duel_seconds(
    trials: Iterable[Trial], cells: Sequence[str], rounds: int, workers: int
) -> float | None:
    """What a duel will take, from the dearest pair that was trained to the top; None without one.

    Both programs compile on each worker once; all other rounds cost what a training costs whose
    program was there.
    """
    scored = [trial for trial in trials if trial.score is not None]
    work: dict[int, float] = {}
    for trial in scored:
        spent = trial.seconds - trial.overhead_seconds
        work[trial.pair] = work.get(trial.pair, 0.0) + spent
    tops = [work[trial.pair] for trial in scored if trial.top]
    if not tops:
        return None
    overheads = [trial.overhead_seconds for trial in scored]
    each = max(tops) + len(cells) * min(overheads)
    return SPARE * rounds / workers * each + len(cells) * max(overheads)
