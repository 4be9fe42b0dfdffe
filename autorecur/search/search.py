"""The loop: pairs from the oracle, both cells of each to the workers, scores back to the oracle.

Both cells of a pair get the same seed, the same steps, the same data order and the same limits. The
best network so far is on disk from the first finished training on.

Equal steps are not yet equal seconds. What differs is compiling, which falls to whichever cell has
the new program and which no network gains by; the seconds of a step, which the wide LSTM has more
of; and that one cell stops early where the other still learns. So what a cell is given is counted
in seconds of steps and validations, and compiling stands apart. Where time alone ends the search
the cell that has had less of them is waited for longer before it stops early: what its rival used,
it may use to look further. No pair is trained apart for it, and what is counted in trainings or
multiply-adds stays the same on every machine.
"""

from __future__ import annotations

import importlib
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.training import CHUNK
from autorecur.search.dispatch import SLACK_SECONDS, Dispatcher
from autorecur.search.limits import no_smaller
from autorecur.search.plan import Plan
from autorecur.search.pricing import Prices, duel_seconds
from autorecur.search.rungs import Draw, Placement, first_beside, fraction, rung_of
from autorecur.search.trial import Trial, best_scores
from autorecur.search.work import Account, step_work

__all__ = ["MODEL_FILE", "Search"]

MODEL_FILE = "model.keras"
TOO_SLOW = 1.5  # times the longest time that a training may take
MOST_SKIPPED = 200  # draws in a row: then there is nothing left that could be trained
MOST_UNFINISHABLE = 20  # draws in a row for which too little is left: then the rest is idle


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
        self._prices: tuple[int, Prices] | None = None  # and of how many trials
        self._account = Account.of(plan)
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
        skipped, unfinishable, dear = 0, 0, 0
        while not self._queue and not self.ended_by and not self._reached_limit():
            draw = self._draw()
            if draw is None:
                break
            if self._known(draw):
                self._place(draw)
            elif self._over or unfinishable == MOST_UNFINISHABLE:
                self._leave_out(draw)
            elif (why := self._against(draw)) is None:
                self._place(draw)
            else:
                self._skip(draw, why)
                skipped += 1
                unfinishable += not self._affordable(draw)
                dear += why is Status.DEAR
            if dear == MOST_UNFINISHABLE:
                self.ended_by = "multiply-adds"
            if skipped == MOST_SKIPPED:
                self.ended_by = "nothing left that could be trained"
        if not self._queue:
            return None
        # Where the size of its file is asked for, every network is saved to see it.
        rival = None if self.plan.limits.bytes is not None else self._best
        order = self._queue.popleft()
        order = self.dispatcher.evened(replace(order, model_if_better=rival))
        return self._halved(order) if self._queue and self.dispatcher.workers == 1 else order

    def _halved(self, order: Order) -> Order:
        """With half of the time that is left: one worker trains the other cell after this one.

        With the whole of it the first cell could leave the second nothing, and the pair halved.
        """
        now = self.dispatcher.meter.clock()
        return replace(order, deadline=now + (order.deadline - now) / 2)

    def _against(self, draw: Draw) -> Status | None:
        """Why the pair is not to be trained; None where nothing speaks against it."""
        if not self._allowed(draw):
            return Status.BEYOND
        if self._account and not self._account.pays(draw, self.prices.steps):
            return Status.DEAR
        fits = self._affordable(draw) and not self._too_slow(draw)
        return None if fits else Status.SKIPPED

    def _draw(self) -> Draw | None:
        """The sound default first; it trains while KerasTuner is imported for the rest."""
        if not self._started:
            return Draw(Placement(0, 0), True, 1.0, self.plan.first)
        if self._conductor is None:
            self._conductor = _conductor(
                self.plan, self._oracle, self._promising, self._drawn_before
            )
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
        return self.ended_by is not None

    def _known(self, draw: Draw) -> bool:
        """Whether the journal of a resumed run tells of the pair: it comes at no cost of time."""
        orders = (self._order(draw, draw.candidate.with_cell(c)) for c in self.plan.space.pair)
        return any(map(self.dispatcher.replay.knows, orders))

    def _last_answer(self) -> int | None:
        """The last pair that the journal of a resumed run still tells of."""
        seed = self.dispatcher.replay.last_seed(self.dispatcher.stage)
        return None if seed is None else seed - self._seed(0)

    def _drawn_before(self, pair: int) -> Candidate | None:
        """What the journal of a resumed run says was drawn as that pair.

        Draws heed what time is left and which scores have come in, so another try would differ.
        """
        return self.dispatcher.replay.candidate(self.dispatcher.stage, self._seed(pair))

    @property
    def _over(self) -> bool:
        meter, replay = self.dispatcher.meter, self.dispatcher.replay
        over = meter.clock() >= meter.deadline(self._until)
        return over or self.dispatcher.stage in replay.over

    def _leave_out(self, draw: Draw) -> None:
        """Not begun for want of time, and so the end, unless the journal tells of later pairs."""
        last = self._last_answer()
        if last is None or last < draw.placement.pair:
            self.ended_by = "time"
        self._late = True

    @property
    def prices(self) -> Prices:
        """What the trials so far tell of those to come."""
        if self._prices is None or self._prices[0] != len(self.trials):
            self._prices = len(self.trials), Prices.of(self.trials, self._shape)
        return self._prices[1]

    def _affordable(self, draw: Draw) -> bool:
        """Whether the pair can be trained to its rung before the search must end."""
        plan = self.plan
        left = self.dispatcher.meter.left(self._until)
        if not self.trials or left == float("inf"):
            return True
        how = plan.space.pair, plan.steps, self.dispatcher.workers, plan.longest_seconds
        fits = self.prices.pair_seconds(draw, *how) <= left
        self._late = self._late or not fits
        return fits

    def _promising(self, candidate: Candidate, before: int) -> bool:
        """Whether our own oracle may draw a candidate into the bracket that begins with `before`.

        Where time alone ends the search it draws what there is time for, the cheaper the later;
        any other budget has the same draws on every machine, and leaves out what comes too late.
        """
        if not self.allowed(candidate, before):
            return False
        place = Placement(before, 0)
        begun = Draw(place, False, fraction(place), candidate)
        return not self.plan.by_time_alone or self._affordable(begun)

    def _too_slow(self, draw: Draw) -> bool:
        """Whether a new pair would be cut short by the longest time that a training may take."""
        longest = self.plan.longest_seconds
        if draw.placement.rung or longest == float("inf"):
            return False
        each = max(
            self.prices.step_seconds(draw.candidate.with_cell(c)) for c in self.plan.space.pair
        )
        return draw.fraction * self.plan.steps * each > TOO_SLOW * longest

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
        self._tell(draw, {})

    def _place(self, draw: Draw) -> None:
        pair = _Pair(draw)
        for cell in sorted(self.plan.space.pair, key=lambda cell: cell != self._warm):
            order = self._order(draw, draw.candidate.with_cell(cell))
            self._pairs[order.id] = pair
            self._queue.append(order)
            if self._account:
                self._account.begin(order, draw, self.prices.steps)
        self._started += len(self.plan.space.pair)

    def _seed(self, pair: int) -> int:
        return self.plan.seed * 1009 + pair

    @staticmethod
    def _name(draw: Draw, cell: str) -> str:
        return f"pair-{draw.placement.pair:03d}-rung-{draw.placement.rung}-{cell}"

    def _order(self, draw: Draw, candidate: Candidate) -> Order:
        plan, place = self.plan, draw.placement
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
            step_work=step_work(candidate, plan.shape),
            longest_seconds=plan.longest_seconds,
            resume_from=self._checkpoint(place, candidate, place.rung - 1) if place.rung else None,
            checkpoint=None if draw.top else self._checkpoint(place, candidate, place.rung),
            model=str(plan.folder / "checkpoints" / f"{name}.keras"),
            latency=plan.limits.latency_ms is not None,
        )

    def _checkpoint(self, place: Placement, candidate: Candidate, rung: int) -> str:
        """Each rung's own: one that a kill has left untold must not be begun from its own end."""
        name = f"{place.pair}-{candidate.cell}-rung-{rung}.npz"
        return str(self.plan.folder / "checkpoints" / name)

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
        if self._account:
            self._account.end(order, fit)
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
        """What a duel will not need, the search gets."""
        plan = self.plan
        how = plan.space.pair, plan.duel_rounds, self.dispatcher.workers
        if (seconds := duel_seconds(self.trials, *how)) is not None:
            self.dispatcher.meter.expect_duel(seconds)

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


def _conductor(
    plan: Plan,
    oracle: Any,
    promising: Callable[[Candidate, int], bool],
    drawn_before: Callable[[int], Candidate | None],
) -> Any:
    """The oracle's conductor.

    Its module is loaded here because it imports KerasTuner, and with it Keras: seconds that
    `autorecur show` must not pay. It imports nothing of this module, so no circle hides here.
    """
    module = importlib.import_module("autorecur.search.oracle")
    if oracle is not None:
        return module.Conductor(oracle, plan.space, plan.metric.better)
    own = module.PairOracle(
        plan.space,
        plan.first,
        plan.seed,
        allowed=promising,
        ahead=plan.by_time_alone,
        drawn_before=drawn_before,
    )
    return module.Conductor(own, plan.space, "lower")
