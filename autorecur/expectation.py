"""What a budget is expected to buy on this machine: both cells tried for seconds, the rest counted.

A search follows a fixed plan (`search.rungs`), so a step's and a program's measured seconds say how
far it comes, and how long it takes where no time is set. Trainings that stop early leave time for
more. What counts are the sound default's: larger networks take longer.
"""

from __future__ import annotations

import math
import tempfile
import time
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from autorecur.data import arrays
from autorecur.data.dataset import Dataset
from autorecur.judge.outcome import FEWEST_FOLDS, MOST_SEEDS, SEEDS_IN_TIME
from autorecur.judge.wording import count, duration
from autorecur.metrics import Metric
from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.cost import TRAINING_FACTOR, multiply_adds
from autorecur.nets.defaults import full_steps
from autorecur.nets.order import Fit, Order
from autorecur.nets.shape import Shape
from autorecur.nets.train import train
from autorecur.search.budget import Budget, Shares, divide_trainings
from autorecur.search.rungs import FACTOR, brackets
from autorecur.search.workers import WorkerPool

__all__ = ["Expectation", "Pace", "expectation", "expected", "measured"]

STEPS = 60  # of each cell's trial
LONGEST_SECONDS = 20.0  # of measuring, workers' start included
NOT_FORESEEN = f"not foreseen: nothing was trained within {LONGEST_SECONDS:.0f} s"
WAIT_SECONDS = 10.0  # more, for workers that do not answer at all
END_SECONDS = 5.0  # for a report
MOST_BRACKETS = 100_000  # that are counted: nobody waits for so many
NEVER = float("inf")
START_SECONDS = 5.0  # from a run's beginning until its first training: reading, and workers' start


@dataclass(frozen=True)
class Pace:
    """What trainings take on this machine: seconds a step, validations included, and to compile."""

    step_seconds: float
    compile_seconds: float


@dataclass(frozen=True)
class Expectation:
    """What a search and a duel come to; trainings are those of both cells."""

    trainings: int
    pairs: int
    rungs: int
    folds: int
    seeds: int
    seconds: float  # at most, where a time is set; about so many where none is

    def sentence(self, pace: Pace | None, now: datetime, timed: bool) -> str:
        """In words, with the time when a run that began now would end, or how long it would take.

        Without a pace only what was counted is foreseen.
        """
        duel = f"a duel on {count(self.folds, 'fold')} × {count(self.seeds, 'seed')}"
        bought = (
            f"about {count(self.trainings, 'training')}{' or more' * timed}: "
            f"{count(self.pairs, 'pair')} in the search, on up to {count(self.rungs, 'rung')}; "
            f"{duel if self.folds else 'no duel'}; "
        )
        if pace is None:
            return f"{bought}how long that takes is {NOT_FORESEEN}"
        ends = f"it takes about {duration(self.seconds)}"
        if timed:
            ends = f"begun now, it ends by {now + timedelta(seconds=self.seconds):%H:%M:%S}"
        return (
            f"{bought}{ends} (measured: {1e3 * pace.step_seconds:.2g} ms a step with its "
            f"validations, {pace.compile_seconds:.1f} s to compile a network)"
        )


def measured(dataset: Dataset, first: Candidate, metric: Metric, workers: int) -> Pace | None:
    """The pace of the sound default, both cells at once; None where it failed or took too long."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, WorkerPool(min(workers, len(CELLS))) as pool:
        shared = str(arrays.save(dataset, Path(folder)))
        futures = [
            pool.submit(train, _trial(shared, first.with_cell(cell), metric, begin))
            for cell in CELLS
        ]
        # A training keeps its deadline; a worker that hangs keeps none.
        answered, _ = wait(futures, timeout=LONGEST_SECONDS + WAIT_SECONDS)
        done = [future for future in futures if future in answered]
        fits: list[Fit] = [future.result() for future in done if future.exception() is None]
        pool.shutdown(wait=False, cancel_futures=True)
    timed = [fit for fit in fits if fit.score is not None and fit.timed_steps]
    if not timed:
        return None
    return Pace(
        max(fit.working_seconds / fit.timed_steps for fit in timed),
        max(fit.ledger["compile"] + fit.ledger["other"] for fit in timed),
    )


def _trial(shared: str, candidate: Candidate, metric: Metric, begin: float) -> Order:
    return Order(
        id=f"pace-{candidate.cell}",
        arrays=shared,
        candidate=candidate,
        fold="selection",
        seed=1,
        steps=STEPS,
        metric=metric.name,
        deadline=begin + LONGEST_SECONDS,
    )


def expected(
    dataset: Dataset, first: Candidate, pace: Pace, budget: Budget, workers: int
) -> Expectation:
    """What `budget` comes to at `pace`: of several limits, the first that is reached."""
    shares, folds = Shares.of(budget.seconds), len(dataset.split.duel)
    steps, at_once = full_steps(dataset, first), workers / len(CELLS)  # pairs side by side
    full = steps * pace.step_seconds
    searching, dueling = divide_trainings(
        budget.trainings, len(CELLS), FEWEST_FOLDS, MOST_SEEDS * folds
    )
    shape = Shape.of(dataset)
    adds = sum(multiply_adds(first.with_cell(cell), shape) for cell in CELLS)
    paid = NEVER  # full trainings of both cells that the multiply-adds pay for
    if budget.multiply_adds is not None:
        paid = budget.multiply_adds / (adds * TRAINING_FACTOR * first.batch * steps)
    found = _Searched(
        seconds=(shares.search - START_SECONDS) * at_once,
        trainings=NEVER if searching is None else searching // len(CELLS),
        fulls=paid / 2,
    )
    found.count(full, pace)
    timed = budget.seconds is not None and budget.trainings is None and paid == NEVER
    rounds = (SEEDS_IN_TIME if timed else MOST_SEEDS) * folds
    if budget.seconds is not None:
        each = max(full, 1e-6)
        rounds = max(1, min(rounds, int((shares.duel - shares.search) * at_once / each)))
    if dueling is not None:
        rounds = min(rounds, dueling // len(CELLS))
    if paid < NEVER:
        rounds = min(rounds, max(0, int(paid - found.fulls_spent - 1)))  # 1 is the refit
    most = len(CELLS) * (found.placements + rounds + 1)
    takes = (found.seconds_spent + (rounds + 1) * full) / at_once + START_SECONDS + END_SECONDS
    return Expectation(
        trainings=most if budget.trainings is None else min(most, budget.trainings),
        pairs=found.pairs,
        rungs=found.rungs,
        folds=min(folds, rounds),
        seeds=max(1, rounds // folds),
        seconds=takes if budget.seconds is None else budget.seconds,
    )


@dataclass
class _Searched:
    """How far a search comes within its limits, of which one at least is finite."""

    seconds: float
    trainings: float  # of pairs
    fulls: float  # of multiply-adds, in full trainings of a pair
    pairs: int = 0
    placements: int = 0
    rungs: int = 0
    seconds_spent: float = 0.0
    fulls_spent: float = 0.0

    def count(self, full: float, pace: Pace) -> None:
        """Go through the brackets; `full` is the seconds of a full training."""
        for bracket in islice(brackets(), MOST_BRACKETS):
            alive, before = len(bracket.pairs), 0.0
            for rung, fraction in enumerate(bracket.fractions):
                # Every third pair of a first rung is another network, whose program is not there.
                compiling = pace.compile_seconds / (FACTOR if rung == 0 else len(bracket.pairs))
                part = fraction - before
                begun = self._begun(alive, part * full + compiling, part)
                self.pairs += begun if rung == 0 else 0
                self.placements += begun
                self.rungs = max(self.rungs, rung + 1) if begun else self.rungs
                self.seconds_spent += begun * (part * full + compiling)
                self.fulls_spent += begun * part
                if begun < alive:
                    return
                alive, before = max(1, alive // FACTOR), fraction

    def _begun(self, alive: int, seconds: float, part: float) -> int:
        """How many of `alive` are begun: the last one while a limit is still ahead."""
        left = self.seconds - self.seconds_spent, self.fulls - self.fulls_spent
        for most, each in zip(left, (max(seconds, 1e-6), part), strict=True):
            if most < NEVER:
                alive = min(alive, math.ceil(most / each))
        # One pair is trained whatever its time: without it there is no network.
        least = 0 if self.placements else 1
        return max(least, int(min(alive, self.trainings - self.placements)))


def expectation(
    dataset: Dataset, first: Candidate, metric: Metric, budget: Budget, workers: int
) -> str:
    """What `budget` is expected to buy, in one sentence; it takes seconds to measure."""
    pace = measured(dataset, first, metric, workers)
    timed = budget.seconds is not None
    if pace is None and timed:
        return NOT_FORESEEN
    bought = expected(dataset, first, pace or Pace(0.0, 0.0), budget, workers)
    return bought.sentence(pace, datetime.now(), timed)
