"""The duel: both finalists trained on the same fresh folds, with the same seeds, steps and limits.

The folds come after everything that the search saw. The latest folds are trained first, and seeds
are the outer round: a duel that time cuts short has every fold once before any has two. Each fold
has seeds of its own, the same ones for both cells: initial weights hang on the seed alone, and the
luck of one seed on all folds would move them together, which no spread between folds could show.
It can be run again with a later deadline, and then goes on where it stopped. With time to spare it
asks what other ways to be fair, and fewer data, would have made of both. In a budget of time it
ends early where the comparison is clear: see `judge.stopping`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from autorecur.data.dataset import Dataset
from autorecur.judge.learning import SHARES
from autorecur.judge.outcome import FEWEST_FOLDS, MOST_SEEDS, SEEDS_IN_TIME
from autorecur.judge.regimes import EQUAL_SECONDS, Met, partners
from autorecur.judge.stopping import next_look, whole_seeds
from autorecur.judge.tally import Round, Tally
from autorecur.metrics import Metric
from autorecur.nets.candidate import CELLS, Candidate, other_cell
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.shape import Shape
from autorecur.search.dispatch import SLACK_SECONDS, Dispatcher
from autorecur.search.work import step_work

__all__ = [
    "ENDED_CLEAR",
    "Duel",
    "affordable_seconds",
]

ENDED_CLEAR = "a clear comparison"  # is why a run ended
CURVE_FOLDS = 4  # on which parts of the data are trained on too
USUAL = 0.75  # of the trainings so far took no longer than what one more is reckoned with


def affordable_seconds(
    share_seconds: float, workers: int, folds: int, overhead_seconds: float = 0.0
) -> float:
    """The longest that one training may take so that every fold can be trained with both cells.

    `overhead_seconds` is what a training costs besides its steps and validations.

    >>> affordable_seconds(80.0, workers=2, folds=8, overhead_seconds=2.0)
    8.0
    """
    each = share_seconds * workers / (len(CELLS) * max(1, folds))
    return max(each - overhead_seconds, each / 4)


def _useful_seconds(fit: Fit) -> float:
    """What a training took up to its best step, and to hand its forecasts back; not to compile."""
    working = fit.ledger["steps"] + fit.ledger["validation"]
    return working * fit.best_step / max(1, fit.steps) + fit.ledger["other"]


class Duel:
    """One duel: `run` it, then ask its `tally` what came of it."""

    def __init__(
        self,
        dataset: Dataset,
        arrays: Path,
        finalists: Mapping[str, Candidate],
        anchor: str | None,  # the cell whose finalist led the search
        metric: Metric,
        seed: int,
        steps: int,
        trainings: int | None,
        dispatcher: Dispatcher,
        expected_seconds: float,  # of one pair of trainings, from the search
        overhead_seconds: float,  # of one training, before its first step
        # Whether the cells need not be compared any further; None where that is not known yet.
        is_clear: Callable[[Tally], bool | None],
    ) -> None:
        self.dataset, self.arrays, self.finalists, self.metric = dataset, arrays, finalists, metric
        self.steps, self.dispatcher = steps, dispatcher
        self.deadline, self.slack = dispatcher.meter.deadline("duel"), SLACK_SECONDS
        self.folds = dataset.split.duel
        self._partners: dict[str, Candidate] = {}
        if anchor is not None and len(finalists) == len(CELLS):
            self._partners = partners(finalists[anchor], Shape.of(dataset))
        self.overhead_seconds = overhead_seconds
        self._planned = self._planned_folds(trainings, expected_seconds)
        # With a number of trainings the same comes of it however many workers there are: no look.
        self._timed = trainings is None and bool(np.isfinite(self.deadline))
        self._is_clear, self._look_at, self.clear = is_clear, next_look(0), False
        self._late = False  # whether a round was left out for want of time
        seeds = SEEDS_IN_TIME if self._timed else MOST_SEEDS
        # In the order in which they are begun, by which they are sorted later on.
        latest = [fold.name for fold in reversed(self.folds)] * seeds
        self._rounds = [Round(name, seed * 7919 + place) for place, name in enumerate(latest)]
        if self._timed:
            # Once a verdict has its usual evidence.
            usual = MOST_SEEDS * len(self.folds)
            self._rounds[usual:usual] = self._asides(self._rounds[: len(self.folds)])
        if trainings is not None:
            self._rounds = self._rounds[: trainings // len(CELLS)]
        # At least: in a budget of time every fold once, and more seeds where time is left.
        self.planned_pairs = len(self.folds) if self._timed else len(self._rounds)
        self._warm: str | None = None  # the cell of the training that ended last
        self._waiting: list[Order] = []  # of the round whose first training was started
        self.tally = Tally(dataset, metric)
        self._places: dict[str, Round] = {}
        self._started = 0

    def _asides(self, firsts: Sequence[Round]) -> list[Round]:
        """What is no evidence for the verdict: the other regimes, and parts of the data.

        With the seeds that each fold has first, so that the anchor's trainings are there.
        """
        met = [name for name, rival in self._partners.items() if not self._is_duel(name, rival)]
        return [
            *(replace(first, regime=name) for name in met for first in firsts),
            *(replace(first, share=share) for first in firsts[:CURVE_FOLDS] for share in SHARES),
        ]

    def _is_duel(self, name: str, rival: Candidate) -> bool:
        """Whether the finalists themselves are what the regime compares."""
        return name != EQUAL_SECONDS and rival == self.finalists[rival.cell]

    def met(self) -> list[Met]:
        """Each regime: its networks, and its comparison as far as it was trained."""
        return [
            Met(
                name,
                {**self.finalists, rival.cell: rival},
                self.tally.comparison({}, "" if self._is_duel(name, rival) else name),
            )
            for name, rival in self._partners.items()
        ]

    def _planned_folds(self, trainings: int | None, expected_seconds: float) -> int:
        """As many folds as the share pays for, and no fewer than a verdict needs."""
        many = len(self.folds)
        share = self.deadline - self.dispatcher.meter.clock()
        if np.isfinite(share) and expected_seconds > 0:
            many = min(many, int(share * self.dispatcher.workers / expected_seconds))
        if trainings is not None:
            many = min(many, trainings // len(CELLS))
        return max(FEWEST_FOLDS, many)

    def _most_seconds(self) -> float:
        """What each training of the next pair may take; the folds planned after it get as much.

        Both cells of a pair get the same; what trainings cost besides their steps is learnt on the
        way.
        """
        fits = self.tally.fits
        overhead = self.overhead_seconds
        if fits:
            overhead = sum(fit.ledger["compile"] + fit.ledger["other"] for fit in fits) / len(fits)
        left = max(0.0, self.deadline - self.dispatcher.meter.clock())
        folds = max(1, self._planned - self._started)
        return affordable_seconds(left, self.dispatcher.workers, folds, overhead)

    def run(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Train what time and trainings allow; `meanwhile` as in `Dispatcher.run`."""
        self.dispatcher.run(self._next, self._done, meanwhile=meanwhile)

    @property
    def ended_early(self) -> bool:
        """Whether it had nothing left to do, for the comparison is clear."""
        return self.clear and not self._late and self._started >= len(self._rounds)

    def _look(self) -> None:
        """Leave out the seeds that were still to come, where they would change nothing."""
        if not self._timed or self.clear:
            return
        whole = whole_seeds(self.tally.comparison({}))
        if whole < self._look_at or (clear := self._is_clear(self.tally)) is None:
            return
        self._look_at, self.clear = next_look(whole), clear
        if clear:
            later = self._rounds[self._started :]
            self._rounds[self._started :] = [r for r in later if r.aside or self._is_known(r)]

    def _is_known(self, place: Round) -> bool:
        """Whether the journal of a resumed run tells of it: what is paid for is evidence."""
        return any(map(self.dispatcher.replay.knows, self._orders(place)))

    def _next(self) -> Order | None:
        replay = self.dispatcher.replay
        if self._waiting:
            order = replace(self._waiting[-1], deadline=self.deadline + self.slack)
            if self.tally.owes_nothing(self._places[order.id]) and not replay.knows(order):
                self._waiting.clear()  # the end has cut the first half: no pair comes of it
                return self._next()
            if self.dispatcher.meter.clock() < order.deadline or replay.knows(order):
                self._waiting.pop()
                return self.dispatcher.evened(order)
            if replay.last_seed(self.dispatcher.stage) is None:
                return None  # the other half of its pair is there: with a later deadline it follows
            self._waiting.clear()
        while len(self.finalists) == len(CELLS) and self._started < len(self._rounds):
            orders = self._orders(self._rounds[self._started])
            late = self._too_late() and not any(map(replay.knows, orders))
            self._late = self._late or late
            if late and replay.last_seed(self.dispatcher.stage) is None:
                return None
            # A round that is left out has no scores; the journal tells of later ones.
            self._started += 1
            if not late:
                first, *self._waiting = orders
                return self.dispatcher.evened(first)
        return None

    def _too_late(self) -> bool:
        """Whether no other pair is to be begun."""
        if self.dispatcher.meter.clock() >= self.deadline:
            return True
        return self._started >= FEWEST_FOLDS and not self._time_for_another()

    def _orders(self, place: Round) -> list[Order]:
        """The trainings of a round: of a regime the anchor's is there."""
        most = self._most_seconds()
        if place.regime:
            rival = self._partners[place.regime]
            if place.regime == EQUAL_SECONDS:
                most = self.tally.working_seconds(replace(place, regime=""), other_cell(rival.cell))
            return [self._order(place, rival, most)]
        # To the worker that came free the cell goes whose program it has: compiling takes seconds.
        cells = sorted(CELLS, key=lambda cell: cell != self._warm)
        return [self._order(place, self.finalists[cell], most) for cell in cells]

    def _time_for_another(self) -> bool:
        meter = self.dispatcher.meter
        return not self.tally.fits or meter.clock() + self.another_seconds < self.deadline

    @property
    def another_seconds(self) -> float:
        """Until one more pair has reached what would be kept of it: its best weights.

        What a training does after its best step changes nothing in its score, so that a deadline
        which falls there costs nothing, and the time before it is not left idle.
        """
        fits = self.tally.fits
        if not fits:
            return 0.0
        useful = float(np.quantile([_useful_seconds(fit) for fit in fits], USUAL))
        # Programs are mostly there by then; where one is not, it is in the cache on the disk.
        useful += float(np.median([fit.ledger["compile"] for fit in fits]))
        return useful if self.dispatcher.workers > 1 else 2.0 * useful

    def _order(self, place: Round, candidate: Candidate, most_seconds: float) -> Order:
        part = "" if place.share == 1.0 else f"part-{place.share:g}-"
        part += place.regime.replace(" ", "-") + "-" * bool(place.regime)
        name = f"duel-{place.fold.replace(' ', '-')}-seed-{place.seed}-{part}{candidate.cell}"
        self._places[name] = place
        return Order(
            id=name,
            arrays=str(self.arrays),
            candidate=candidate,
            fold=place.fold,
            seed=place.seed,
            step_work=step_work(candidate, Shape.of(self.dataset)),
            train_share=place.share,
            # Seconds are the limit there, so that the faster cell may take more steps.
            steps=2 * self.steps if place.regime == EQUAL_SECONDS else self.steps,
            metric=self.metric.name,
            deadline=self.deadline + self.slack,
            longest_seconds=most_seconds,
            forecast=True,
            aside=bool(place.regime),
        )

    def _done(self, order: Order, fit: Fit) -> dict[str, float | None]:
        self._warm = order.candidate.cell
        if fit.status is Status.KILLED and self.dispatcher.meter.clock() >= order.deadline:
            fit = replace(fit, late=True)  # the end came before its first answer: no failure of it
        noted = self.tally.add(self._places[order.id], order.candidate.cell, fit)
        self._look()
        return noted
