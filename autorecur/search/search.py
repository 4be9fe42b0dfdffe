"""The loop: pairs from the oracle, both cells of each to the workers, scores back to the oracle.

Both cells of a pair get the same seed, the same steps, the same data order and the same limits. The
best network so far is on disk from the first finished training on.
"""

from __future__ import annotations

import importlib
import os
import statistics
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autorecur.metrics import Metric
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.cost import multiply_adds
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.shape import Shape
from autorecur.nets.training import CHUNK
from autorecur.search.dispatch import SLACK_SECONDS, Dispatcher
from autorecur.search.limits import Limits, no_smaller
from autorecur.search.rungs import Draw, Placement, first_beside, rung_of
from autorecur.search.trial import Trial, best_scores

__all__ = ["MODEL_FILE", "Plan", "Search", "best_trial"]

MODEL_FILE = "model.keras"
SPARE = 1.3  # a duel is reckoned with so many times what its trainings took in the search
TOO_SLOW = 1.5  # times the longest time that a training may take
LEAST_WORK = 100_000  # multiply-adds that the bookkeeping of one example's forecast is worth
# Of what the other cell lacks, where a cell's finalist is chosen: best where settings are worth
# about as much as the luck of a seed, and three times what one cell alone makes of them.
OTHER_SHARE = 0.5
COMPILE_SECONDS = 2.0  # what a new shape costs besides its steps
MOST_SKIPPED = 200  # draws in a row: then there is nothing left that could be trained


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
    multiply_adds: float | None  # in all, by the end of the search
    longest_seconds: float  # of one training: what the duel will be able to afford
    limits: Limits
    text_bytes: int  # that the vocabulary will add to a network's file

    @property
    def by_time_alone(self) -> bool:
        """Whether nothing but time ends the search.

        With a number of trainings it is the same with any number of workers.
        """
        return self.trainings is None and self.multiply_adds is None


@dataclass
class _Pair:
    """A pair on a rung whose trainings are not all back."""

    draw: Draw
    scores: dict[str, float | None] = field(default_factory=dict)


class Search:
    """One search; `run` returns its trials in the order in which they ended."""

    def __init__(self, plan: Plan, dispatcher: Dispatcher, oracle: Any = None) -> None:
        self.plan, self.dispatcher, self._oracle = plan, dispatcher, oracle
        self._conductor: Any = None
        self._untold: list[tuple[Draw, dict[str, float | None]]] = []
        self.trials: list[Trial] = []
        self.ended_by: str | None = None
        self._queue: deque[Order] = deque()
        self._pairs: dict[str, _Pair] = {}
        self._started = 0
        self._warm: str | None = None  # the cell whose program is on the worker that came free
        self._late = False  # whether a pair was left out for want of time
        self._best: float | None = None
        self._shape = plan.shape
        self._seconds_per_work = 0.0
        (plan.folder / "checkpoints").mkdir(parents=True, exist_ok=True)

    def run(self) -> tuple[Trial, ...]:
        """Search until the deadline, or until the trainings are used up."""
        self.dispatcher.run(
            self._next, self._done, lambda order: rung_of(self._pairs[order.id].draw.fraction)
        )
        left = "time" if self._late else "the oracle had nothing left"
        self.ended_by = self.ended_by or left
        return tuple(self.trials)

    def _next(self) -> Order | None:
        skipped = 0
        while not self._queue and not self.ended_by and not self._reached_limit():
            draw = self._draw()
            if draw is None:
                break
            known = self._known(draw)
            if not known and self._too_late(draw):
                self._leave_out(draw)
            elif not (known or self._allowed(draw)):
                self._skip(draw, Status.BEYOND)
                skipped += 1
            elif not known and self._too_slow(draw):
                self._skip(draw, Status.SKIPPED)
                skipped += 1
            else:
                self._place(draw)
            if skipped == MOST_SKIPPED:
                self.ended_by = "nothing left that could be trained"
        if not self._queue:
            return None
        # Where the size of its file is asked for, every network is saved to see it.
        rival = None if self.plan.limits.bytes is not None else self._best
        return replace(self._queue.popleft(), model_if_better=rival)

    def _draw(self) -> Draw | None:
        """The sound default first; it trains while KerasTuner is imported for the rest."""
        if not self._started:
            return Draw(Placement(0, 0), True, 1.0, self.plan.first)
        if self._conductor is None:
            self._conductor = _conductor(self.plan, self._oracle, self.allowed)
            for draw, scores in self._untold:
                self._conductor.tell(draw, scores)
        drawn: Draw | None = self._conductor.next(self.dispatcher.members > 1)
        return drawn

    def _tell(self, draw: Draw, scores: dict[str, float | None]) -> None:
        if self._conductor is None:
            self._untold.append((draw, scores))
        else:
            self._conductor.tell(draw, scores)

    @property
    def _until(self) -> str:
        """Whose share of the time may be used: a late network is better than none."""
        return "search" if any(trial.score is not None for trial in self.trials) else "refit"

    def _reached_limit(self) -> bool:
        plan, meter = self.plan, self.dispatcher.meter
        if meter.clock() >= meter.deadline(self._until) and self._last_answer() is None:
            self.ended_by = "time"
        elif plan.trainings is not None and self._started + len(plan.space.pair) > plan.trainings:
            self.ended_by = "trainings"
        elif plan.multiply_adds is not None and meter.multiply_adds >= plan.multiply_adds:
            self.ended_by = "multiply-adds"
        return self.ended_by is not None

    def _known(self, draw: Draw) -> bool:
        """Whether the journal of a resumed run tells of the pair: it comes at no cost of time."""
        orders = (self._order(draw, draw.candidate.with_cell(c)) for c in self.plan.space.pair)
        return any(map(self.dispatcher.replay.knows, orders))

    def _last_answer(self) -> int | None:
        """The last pair that the journal of a resumed run still tells of."""
        seed = self.dispatcher.replay.last_seed(self.dispatcher.stage)
        return None if seed is None else seed - self._seed(0)

    def _too_late(self, draw: Draw) -> bool:
        """Whether the pair could not be trained to its rung before the search must end."""
        meter, replay = self.dispatcher.meter, self.dispatcher.replay
        if self.dispatcher.stage in replay.over or meter.clock() >= meter.deadline(self._until):
            return True
        if not self.trials:
            return False
        return self._expected_seconds(draw.fraction) > meter.left(self._until)

    def _leave_out(self, draw: Draw) -> None:
        """Not begun for want of time, and so the end, unless the journal tells of later pairs."""
        last = self._last_answer()
        if last is None or last < draw.placement.pair:
            self.ended_by = "time"
        self._late = True

    def _expected_seconds(self, fraction: float) -> float:
        """Of a training to `fraction` of the full steps, from the trainings so far."""
        seconds = sum(t.seconds - t.overhead_seconds for t in self.trials if t.steps_done)
        steps = sum(trial.steps_done for trial in self.trials)
        each = seconds / steps if steps else 0.0
        waves = -(-len(self.plan.space.pair) // self.dispatcher.workers)
        overhead = [trial.overhead_seconds for trial in self.trials if trial.steps_done]
        compiling = sum(overhead) / len(overhead) if overhead else COMPILE_SECONDS
        training = min(each * fraction * self.plan.steps, self.plan.longest_seconds)
        return waves * (compiling + training)

    def _too_slow(self, draw: Draw) -> bool:
        """Whether a new pair would be cut short by the longest time that a training may take.

        Seconds a step grow with multiply-adds and batch, from those measured on the first pair.
        """
        longest = self.plan.longest_seconds
        if draw.placement.rung or not self._seconds_per_work or longest == float("inf"):
            return False
        steps = draw.fraction * self.plan.steps
        work = max(_work(draw.candidate.with_cell(c), self._shape) for c in self.plan.space.pair)
        return steps * work * self._seconds_per_work > TOO_SLOW * longest

    def _allowed(self, draw: Draw) -> bool:
        """Of a pair that goes on, its own first rung has told."""
        place = draw.placement
        return place.rung > 0 or self.allowed(draw.candidate, first_beside(place.pair))

    def allowed(self, candidate: Candidate, before: int) -> bool:
        """Whether, as far as is known, the limits are kept by both cells of a pair.

        What was found of pairs from `before` on counts only where time alone ends the search: it
        may come sooner or later, and the draws should not depend on that.
        """
        cells = [candidate.with_cell(cell) for cell in self.plan.space.pair]
        every = self.plan.by_time_alone
        beyond = [t.candidate for t in self.trials if t.excess and (every or t.pair < before)]
        return not any(self.plan.limits.counted(each, self._shape) for each in cells) and not any(
            no_smaller(each, other) for each in cells for other in beyond
        )

    def _skip(self, draw: Draw, why: Status) -> None:
        """Say what was not done, and let the oracle go on."""
        for cell in self.plan.space.pair:
            fit = Fit(self._name(draw, cell), why, why.value)
            candidate = draw.candidate.with_cell(cell)
            trial = _trial(fit, draw, candidate, seed=0)
            self.trials.append(trial)
        self._tell(draw, dict.fromkeys(self.plan.space.pair))

    def _place(self, draw: Draw) -> None:
        pair = _Pair(draw)
        for cell in sorted(self.plan.space.pair, key=lambda cell: cell != self._warm):
            order = self._order(draw, draw.candidate.with_cell(cell))
            self._pairs[order.id] = pair
            self._queue.append(order)
        self._started += len(self.plan.space.pair)

    def _seed(self, pair: int) -> int:
        return self.plan.seed * 1009 + pair

    @staticmethod
    def _name(draw: Draw, cell: str) -> str:
        return f"pair-{draw.placement.pair:03d}-rung-{draw.placement.rung}-{cell}"

    def _order(self, draw: Draw, candidate: Candidate) -> Order:
        plan, place = self.plan, draw.placement
        checkpoint = plan.folder / "checkpoints" / f"{place.pair}-{candidate.cell}.npz"
        name = self._name(draw, candidate.cell)
        return Order(
            id=name,
            arrays=str(plan.arrays),
            candidate=candidate,
            fold="selection",
            seed=self._seed(place.pair),
            steps=max(CHUNK, round(plan.steps * draw.fraction / CHUNK) * CHUNK),
            metric=plan.metric.name,
            deadline=self._deadline(place),
            longest_seconds=plan.longest_seconds,
            resume_from=str(checkpoint) if place.rung else None,
            checkpoint=None if draw.top else str(checkpoint),
            model=str(plan.folder / "checkpoints" / f"{name}.keras"),
            latency=plan.limits.latency_ms is not None,
        )

    def _deadline(self, place: Placement) -> float:
        """Of a training; the sound default's may be late, for without it there is no network."""
        meter = self.dispatcher.meter
        if not place.pair:
            return meter.deadline("refit")
        return min(meter.deadline(self._until) + SLACK_SECONDS, meter.deadline("refit"))

    def _done(self, order: Order, fit: Fit) -> dict[str, Any]:
        pair, self._warm = self._pairs[order.id], order.candidate.cell
        draw = pair.draw
        trial = _trial(fit, draw, order.candidate, order.seed)
        trial = replace(trial, excess=fit.noted.get("excess", self._excess(fit)))
        self.trials.append(trial)
        if fit.cost is not None and fit.steps_done > 0:
            work = _work(order.candidate, self._shape) * fit.steps_done
            seconds = fit.ledger["steps"] + fit.ledger["validation"]
            fastest = self._seconds_per_work or float("inf")
            self._seconds_per_work = min(fastest, seconds / work)
        self._keep_best(fit, trial.excess)
        self.dispatcher.best = best_scores(self.trials, self.plan.metric.better)
        # Our own oracle ranks by what is watched: a share of right answers moves in steps, and the
        # luck of a few examples chooses. A user's oracle has an objective of its own: the score.
        score = fit.watched if self._oracle is None else fit.score
        pair.scores[order.candidate.cell] = None if trial.excess else score
        if len(pair.scores) == len(self.plan.space.pair):
            self._foresee_duel()
            self._tell(draw, pair.scores)
        return {"excess": trial.excess}

    def _foresee_duel(self) -> None:
        """What the duel will take, from the dearest pair that was trained to the top so far.

        Both programs compile on each worker once; all other rounds cost what a training costs whose
        program was there.
        """
        scored = [trial for trial in self.trials if trial.score is not None]
        work: dict[int, float] = {}
        for trial in scored:
            spent = trial.seconds - trial.overhead_seconds
            work[trial.pair] = work.get(trial.pair, 0.0) + spent
        if tops := [work[trial.pair] for trial in scored if trial.top]:
            overheads = [trial.overhead_seconds for trial in scored]
            cells = len(self.plan.space.pair)
            each = max(tops) + cells * min(overheads)
            rounds = self.plan.duel_rounds / self.dispatcher.workers
            compiling = cells * max(overheads)
            self.dispatcher.meter.expect_duel(SPARE * rounds * each + compiling)

    def _excess(self, fit: Fit) -> str:
        """What a trained network has more of than is allowed, in words."""
        size = Path(fit.model).stat().st_size + self.plan.text_bytes if fit.model else None
        latency = fit.cost.latency.p50 if fit.cost and fit.cost.latency else None
        return self.plan.limits.found(size, latency)

    def _keep_best(self, fit: Fit, excess: str) -> None:
        """The network of a training that the journal tells of is where it was put then."""
        if fit.score is None:
            return
        better = self._best is None or self.plan.metric.gain(fit.score, self._best) > 0
        if better and not excess:
            self._best = fit.score
            if fit.model:
                os.replace(fit.model, self.plan.folder / MODEL_FILE)
        elif fit.model:
            Path(fit.model).unlink(missing_ok=True)


def _trial(fit: Fit, draw: Draw, candidate: Candidate, seed: int) -> Trial:
    return Trial.of(
        fit,
        pair=draw.placement.pair,
        rung=draw.placement.rung,
        top=draw.top,
        fraction=draw.fraction,
        candidate=candidate,
        seed=seed,
    )


def _work(candidate: Candidate, shape: Shape) -> float:
    """Multiply-adds of a training step, with a floor for what every step costs."""
    return float(candidate.batch * (multiply_adds(candidate, shape) + LEAST_WORK))


def _conductor(plan: Plan, oracle: Any, allowed: Callable[[Candidate, int], bool]) -> Any:
    """The oracle's conductor.

    Its module is loaded here because it imports KerasTuner, and with it Keras: seconds that
    `autorecur show` must not pay. It imports nothing of this module, so no circle hides here.
    """
    module = importlib.import_module("autorecur.search.oracle")
    if oracle is not None:
        return module.Conductor(oracle, plan.space, plan.metric.better)
    own = module.PairOracle(
        plan.space, plan.first, plan.seed, allowed=allowed, ahead=plan.by_time_alone
    )
    return module.Conductor(own, plan.space, "lower")


def best_trial(trials: Iterable[Trial], cell: str) -> Trial | None:
    """The cell's best trial at any rung, by what was watched; None where none has a score.

    Of many scores the best is a lucky one. The other cell, trained with the same settings as far,
    shares what they are worth and not the luck, so its score counts too: what it lacks to the other
    cell's best is added, by a share. A usual lack is the most that counts, and counts where the
    other training has no score: one that went wrong says nothing more.

    Going on from a rung mostly helps, so the best is mostly at the top. Where it is not, the ones
    above were cut short by their time or are no better, and the rung itself is no merit.
    """
    scored = [(t, t.watched) for t in trials if t.watched is not None and not t.excess]
    others = {(t.pair, t.rung): watched for t, watched in scored if t.candidate.cell != cell}
    best = min(others.values(), default=0.0)
    usual = statistics.median(others.values()) if others else 0.0

    def smoothed(trial: Trial, watched: float) -> tuple[float, bool, str]:
        beside = min(others.get((trial.pair, trial.rung), usual), usual)
        return watched + OTHER_SHARE * (beside - best), not trial.top, trial.id

    own = [(smoothed(t, watched), t) for t, watched in scored if t.candidate.cell == cell]
    return min(own, key=lambda each: each[0], default=(None, None))[1]
