"""What a budget is expected to buy on this machine: both cells tried for seconds, the rest counted.

A search follows a fixed plan (`search.rungs`), so a step's and a program's measured seconds say how
far it comes. Trainings that stop early leave time for more.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from autorecur.data import arrays
from autorecur.data.dataset import Dataset
from autorecur.judge.outcome import SEEDS_IN_TIME
from autorecur.judge.wording import count
from autorecur.metrics import Metric
from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.defaults import full_steps
from autorecur.nets.order import Fit, Order
from autorecur.nets.train import train
from autorecur.nets.training import CHUNK
from autorecur.search.budget import Budget, Shares
from autorecur.search.rungs import FACTOR, brackets
from autorecur.search.workers import WorkerPool

__all__ = ["Expectation", "Pace", "expectation", "expected", "measured"]

STEPS = 60  # of each cell's trial
LONGEST_SECONDS = 20.0  # of measuring, workers' start included
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

    def sentence(self, pace: Pace, now: datetime, seconds: float) -> str:
        """In words, with the time when a run that began now would end."""
        duel = f"{count(self.folds, 'fold')} × {count(self.seeds, 'seed')}"
        end = (now + timedelta(seconds=seconds)).strftime("%H:%M:%S")
        return (
            f"about {count(self.trainings, 'training')} or more: {count(self.pairs, 'pair')} in "
            f"the search, on up to {count(self.rungs, 'rung')}; a duel on {duel}; begun now, it "
            f"ends by {end} (measured: {1e3 * pace.step_seconds:.2g} ms a step with its "
            f"validations, {pace.compile_seconds:.1f} s to compile a network)"
        )


def measured(dataset: Dataset, first: Candidate, metric: Metric, workers: int) -> Pace | None:
    """The pace of the sound default, both cells at once; None where that failed or took too long.

    The first chunk of steps compiles, and says nothing of the pace.
    """
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, WorkerPool(min(workers, len(CELLS))) as pool:
        shared = str(arrays.save(dataset, Path(folder)))
        futures = [
            pool.submit(train, _trial(shared, first.with_cell(cell), metric, begin))
            for cell in CELLS
        ]
        fits: list[Fit] = [future.result() for future in futures if future.exception() is None]
        pool.shutdown(wait=False, cancel_futures=True)
    timed = [fit for fit in fits if fit.score is not None and fit.steps_done > CHUNK]
    if not timed:
        return None
    return Pace(
        max((f.ledger["steps"] + f.ledger["validation"]) / (f.steps_done - CHUNK) for f in timed),
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
    dataset: Dataset,
    first: Candidate,
    pace: Pace,
    seconds: float,
    workers: int,
    trainings: int | None = None,
) -> Expectation:
    """What a budget of so many seconds, and trainings at most, comes to at `pace`."""
    shares, folds = Shares.of(seconds), len(dataset.split.duel)
    full = full_steps(dataset, first) * pace.step_seconds
    at_once = max(1.0, workers / len(CELLS))  # pairs that train side by side
    pairs, placements, rungs = _search((shares.search - START_SECONDS) * at_once, full, pace)
    rounds = int((shares.duel - shares.search) * at_once / max(full, 1e-6))
    rounds = max(1, min(rounds, SEEDS_IN_TIME * folds))
    most = len(CELLS) * (placements + rounds + 1)  # and the refit
    return Expectation(
        trainings=most if trainings is None else min(most, trainings),
        pairs=pairs,
        rungs=rungs,
        folds=min(folds, rounds),
        seeds=max(1, rounds // folds),
    )


def _search(seconds: float, full: float, pace: Pace) -> tuple[int, int, int]:
    """Pairs, trainings of pairs, and rungs that are begun within `seconds`."""
    pairs = placements = rungs = 0
    for bracket in brackets():
        alive, before = len(bracket.pairs), 0.0
        for rung, fraction in enumerate(bracket.fractions):
            # Every third pair of a first rung is another network, whose program is not there yet.
            compiling = pace.compile_seconds / (FACTOR if rung == 0 else len(bracket.pairs))
            each = (fraction - before) * full + compiling
            begun = min(alive, int(seconds / max(each, 1e-6)) + 1)
            pairs += begun if rung == 0 else 0
            placements, rungs = placements + begun, max(rungs, rung + 1)
            seconds -= begun * each
            if seconds <= 0:
                return pairs, placements, rungs
            alive, before = max(1, alive // FACTOR), fraction
    raise AssertionError("brackets never end")  # pragma: no cover


def expectation(
    dataset: Dataset, first: Candidate, metric: Metric, budget: Budget, workers: int
) -> str:
    """What `budget` is expected to buy, in one sentence; it takes seconds to measure."""
    if budget.seconds is None:
        return f"what was counted: {budget.text}, however long that takes"
    pace = measured(dataset, first, metric, workers)
    if pace is None:
        return f"not foreseen: nothing was trained within {LONGEST_SECONDS:.0f} s"
    bought = expected(dataset, first, pace, budget.seconds, workers, budget.trainings)
    return bought.sentence(pace, datetime.now(), budget.seconds)
