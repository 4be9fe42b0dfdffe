"""Orders to workers, fits back: every worker busy, no deadline missed, no exception let through.

A training that fails, dies or does not answer comes back as a Fit whose status says so, and the
search goes on.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

from autorecur.nets.candidate import CELLS
from autorecur.nets.cost import TRAINING_FACTOR
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.train import companions, train_together
from autorecur.search.budget import Meter
from autorecur.search.events import Event, Listener, UnderWay
from autorecur.search.journal import Journal
from autorecur.search.replay import Replay, asked, told

__all__ = ["SLACK_SECONDS", "Dispatcher"]

# Past its deadline; a training stops itself, so only a hanging one is ever ended.
GRACE_SECONDS = 3.0
START_SECONDS = 30.0  # more, past its longest time: a fresh worker imports and compiles first
UNKNOWN_SHARE = 0.6  # of the time that is left, for the first training of all
POLL_SECONDS = 0.2
# Past the time by which a pair must be begun: so that its second cell is not left out, nor cut
# shorter than the first, for a worker that comes free a moment later.
SLACK_SECONDS = 1.0
LONGEST_MESSAGE = 200
MOST_MEMBERS = 64  # of a population, on a device that pays for them
# While a stage has so many times its longest training left, an order more than there are workers is
# under way, so that none of them waits for this process; then what begins last is reckoned closely.
PLENTY = 4.0


class _Killable(Protocol):
    def kill(self, future: Future[Any]) -> None: ...


_Future = Future[list[Fit]]
_Flying = dict[_Future, tuple[list[Order], float]]  # with the latest time of an answer


@dataclass
class Dispatcher:
    """Carries out orders on an executor; keeps the meter, the journal and the listener informed."""

    executor: Executor
    workers: int
    meter: Meter
    journal: Journal
    listener: Listener
    metric: str
    better: str = ""
    unit: str = ""
    stage: str = "search"
    best: dict[str, float] = field(default_factory=dict)
    cell_seconds: dict[str, float] = field(default_factory=dict)
    cell_trainings: dict[str, int] = field(default_factory=dict)
    uses: dict[str, Counter[str]] = field(default_factory=dict)  # by stage, seconds of all workers
    engine: str | None = None  # what the workers train by, as they say
    device: str | None = None  # … and on
    replay: Replay = field(default_factory=Replay)  # what was trained before, of a resumed run
    members: int = 1  # trainings of one program that a worker carries out side by side
    _longest: dict[str, float] = field(default_factory=dict)  # seconds of a training, by stage
    _begun: dict[_Future, tuple[UnderWay, ...]] = field(default_factory=dict)
    _killed: set[_Future] = field(default_factory=set)
    _drawn: deque[Order] = field(default_factory=deque)  # ahead, to find companions among them

    def run(
        self,
        next_order: Callable[[], Order | None],
        done: Callable[[Order, Fit], Mapping[str, Any] | None],
        rung: Callable[[Order], int | None] = lambda order: None,
    ) -> None:
        """Until `next_order` gives None while nothing runs; one training may unlock the next.

        What `done` returns is noted in the journal beside the training.
        """

        def next_fresh() -> Order | None:
            """The next order that the journal has no answer to."""
            while (order := next_order()) is not None:
                if (fit := self.replay.take(order)) is None:
                    return order
                done(order, fit)
                self._account(order, fit, rung(order))
            return None

        flying: _Flying = {}
        try:
            while True:
                while len(flying) < self._most() and (orders := self._companions(next_fresh)):
                    for order in orders:
                        begun = {"order": order.id, "at_seconds": self.meter.spent_seconds}
                        self.journal.write("start", begun)
                    latest = self._latest(orders, flying)
                    flying[self.executor.submit(train_together, orders)] = orders, latest
                if not flying:
                    return
                self._notice(flying, rung)
                landed, _ = wait(flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in landed | self._given_up(flying):
                    orders, _ = flying.pop(future)
                    self._begun.pop(future, None)
                    for order, fit in zip(orders, self._fits(orders, future), strict=False):
                        noted = done(order, fit) or {}
                        self._write(order, fit, noted)
                        self._account(order, fit, rung(order))
                self._end_hanging(flying)
        except BaseException:
            self._drawn.clear()
            self._begun.clear()
            for future in flying:
                self._kill(future)
            raise

    def _notice(self, flying: _Flying, rung: Callable[[Order], int | None]) -> None:
        """Tell the listener of orders that a worker has begun: some wait in line first."""
        now = self.meter.spent_seconds
        begun = {
            future: tuple(
                UnderWay(order.candidate.title, order.seed, rung(order), now) for order in orders
            )
            for future, (orders, _) in flying.items()
            if future not in self._begun and future.running()
        }
        if begun:
            self._begun |= begun
            self.tell("start")

    def _most(self) -> int:
        """How many orders may be under way."""
        longest = self._longest.get(self.stage)
        own = hasattr(self.executor, "kill") and self.members == 1
        if not own or longest is None or self.meter.left(self.stage) < PLENTY * longest:
            return self.workers
        return self.workers + 1

    def _latest(self, orders: list[Order], flying: _Flying) -> float:
        """When an answer must have come, of orders that may have to wait for a worker first."""
        begin = self.meter.clock()
        if len(flying) >= self.workers:
            begin = max(begin, min(latest for _, latest in flying.values()) + GRACE_SECONDS)
        patience = max(order.longest_seconds for order in orders) + START_SECONDS
        deadline = max(order.deadline for order in orders)
        if not self._longest and math.isfinite(deadline):
            # Beside busy processes a worker's start may take many times as long.
            patience = max(patience, UNKNOWN_SHARE * (deadline - begin))
        return min(deadline, begin + patience)

    def _companions(self, next_order: Callable[[], Order | None]) -> list[Order]:
        """What one worker takes next: an order, and those that go with it.

        Orders whose time has run out, since they were drawn or before a run was resumed, are not
        begun.
        """
        now = self.meter.clock()
        self._drawn = deque(order for order in self._drawn if now < order.deadline)
        ahead = 1 if self.members == 1 else len(CELLS) * self.members
        while len(self._drawn) < ahead and (order := next_order()) is not None:
            if now < order.deadline:
                self._drawn.append(order)
        if not self._drawn:
            return []
        first = self._drawn.popleft()
        beside = [order for order in self._drawn if companions(first, order)][: self.members - 1]
        for order in beside:
            self._drawn.remove(order)
        return [first, *beside]

    def _fits(self, orders: list[Order], future: _Future) -> list[Fit]:
        """What came of `orders`; nothing yet where too many went together and are tried again."""
        killed = future in self._killed
        self._killed.discard(future)
        answered = future.done() and not future.cancelled()
        error = future.exception() if answered else None
        if answered and error is None:
            return future.result()
        if error is None or killed:
            return [Fit(order.id, Status.KILLED, Status.KILLED.value) for order in orders]
        if len(orders) > 1:
            self.members = len(orders) // 2  # most likely the device has no room for so many
            self._drawn.extendleft(reversed(orders))
            return []
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_MESSAGE]
        return [Fit(order.id, Status.FAILED, f"failed ({reason})") for order in orders]

    def _end_hanging(self, flying: _Flying) -> None:
        now = self.meter.clock()
        for future, (_, latest) in flying.items():
            if now > latest + GRACE_SECONDS and future not in self._killed:
                self._kill(future)

    def _given_up(self, flying: _Flying) -> set[_Future]:
        """Those that were told to end and may never say so: cancelled, or beyond our reach."""
        told = self._killed.intersection(flying)
        return {f for f in told if f.cancelled() or not hasattr(self.executor, "kill")}

    def _kill(self, future: _Future) -> None:
        """Only our own pool can end one worker; any other executor is asked to cancel."""
        self._killed.add(future)
        kill = getattr(self.executor, "kill", None)
        if kill is None or not future.running():
            future.cancel()
        else:
            kill(future)

    def _write(self, order: Order, fit: Fit, noted: Mapping[str, Any]) -> None:
        """All that a resumed run needs to know of a training, and what its worker did in it."""
        self.uses.setdefault(self.stage, Counter()).update(fit.ledger or {"other": fit.seconds})
        self.journal.write(
            "training",
            {
                "order": order.id,
                "stage": self.stage,
                **asked(order),
                **told(fit),
                "noted": noted,
                "at_seconds": self.meter.spent_seconds,
            },
        )

    def _account(self, order: Order, fit: Fit, rung: int | None) -> None:
        cell = order.candidate.cell
        work = 0.0
        if fit.cost is not None:
            each = fit.cost.multiply_adds * TRAINING_FACTOR
            work = float(each) * order.candidate.batch * fit.steps_done
        self.meter.charge(1, work)
        self._longest[self.stage] = max(self._longest.get(self.stage, 0.0), fit.seconds)
        if self.device is None and fit.engine == "jax" and not str(fit.device).startswith("CPU"):
            self.members = MOST_MEMBERS  # a core is busy with one small network, a GPU idles
        self.engine, self.device = fit.engine or self.engine, fit.device or self.device
        if not order.aside:
            self.cell_seconds[cell] = self.cell_seconds.get(cell, 0.0) + fit.seconds
            self.cell_trainings[cell] = self.cell_trainings.get(cell, 0) + 1
        self._say(
            "training",
            rung=rung,
            title=order.candidate.title,
            seed=order.seed,
            score=fit.score,
            status=fit.status.name.lower(),
            training_seconds=fit.seconds,
        )

    def _under_way(self) -> tuple[UnderWay, ...]:
        """Of no more workers than there are: one may begin the next before we hear of the last."""
        running = [orders for future, orders in self._begun.items() if not future.done()]
        return tuple(each for orders in running[-self.workers :] for each in orders)

    def enter(self, stage: str) -> None:
        """What is carried out from now on belongs to `stage`."""
        self.stage = stage
        self.journal.write("stage", {"stage": stage, "at_seconds": self.meter.spent_seconds})
        self.tell("stage")

    def tell(self, kind: str, text: str = "") -> None:
        """A word to the listener that no training comes with."""
        self._say(kind, text=text)

    def _say(self, kind: str, **more: Any) -> None:
        """To the listener: what happened, and how things stand."""
        self.listener(
            Event(
                kind,
                self.meter.spent_seconds,
                self.meter.budget.seconds,
                stage=self.stage,
                done=self.meter.trainings,
                expected=self.meter.budget.trainings,
                metric=self.metric,
                better=self.better,
                unit=self.unit,
                best=dict(self.best),
                under_way=self._under_way(),
                **more,
            )
        )
