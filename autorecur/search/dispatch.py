"""Orders to workers, fits back: every worker busy, no deadline missed, no exception let through.

A training that fails, dies or does not answer comes back as a Fit whose status says so, and the
search goes on.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from autorecur.nets.candidate import CELLS
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.train import companions, train_together
from autorecur.search.balance import Balance
from autorecur.search.budget import Meter
from autorecur.search.events import Event, Listener
from autorecur.search.heart import Heart
from autorecur.search.journal import Journal
from autorecur.search.replay import Replay, asked, told
from autorecur.search.running import Answer, Flight, Running
from autorecur.search.timeline import Trained
from autorecur.search.uses import LOST, start_ups

__all__ = ["SLACK_SECONDS", "Dispatcher"]

# Past its deadline; a training stops itself, so only a hanging one is ever ended.
GRACE_SECONDS = 3.0
LAST_GRACE_SECONDS = 0.4  # of what runs last before the report, which has no seconds to lose
BEAT_SECONDS = 5.0  # between words to the journal: what a kill cannot take from the time spent
START_SECONDS = 30.0  # more, past its longest time: a fresh worker imports and compiles first
UNKNOWN_SHARE = 0.6  # of the time that is left, for the first training of all
POLL_SECONDS = 0.2
# Without a sign of life for so long a worker is ended, whatever the budget counts. One that is well
# is silent for longest while it compiles a large network, beside busy processes.
SILENT_SECONDS = 600.0
KILL_SECONDS = 2.0  # that a worker may take to end, until it is not waited for any longer
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


_Flying = dict[Answer, Flight]


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
    cell_seconds: dict[str, float] = field(default_factory=dict)  # of steps and validations
    cell_trainings: dict[str, int] = field(default_factory=dict)
    balance: Balance = field(default_factory=Balance)
    running: Running = field(default_factory=Running)
    timeline: list[Trained] = field(default_factory=list)  # as they ended
    uses: dict[str, Counter[str]] = field(default_factory=dict)  # by stage, seconds of all workers
    engine: str | None = None  # what the workers train by, as they say
    device: str | None = None  # … and on
    replay: Replay = field(default_factory=Replay)  # what was trained before, of a resumed run
    last: bool = False  # whether nothing but the report comes after what runs now
    members: int = 1  # trainings of one program that a worker carries out side by side
    _longest: dict[str, float] = field(default_factory=dict)  # seconds of a training, by stage
    _flights: int = 0  # so far
    _beat_at: float = 0.0
    _seconds: float = 0.0  # that were lost on each of the orders that have just landed
    _entered: list[tuple[str, float]] = field(default_factory=lambda: [("reading", 0.0)])
    _killed: dict[Answer, float] = field(default_factory=dict)  # when each was told to end
    _drawn: deque[Order] = field(default_factory=deque)  # ahead, to find companions among them

    def __post_init__(self) -> None:
        if self.replay.uses:
            self.uses["before"] = Counter(self.replay.uses)

    def run(
        self,
        next_order: Callable[[], Order | None],
        done: Callable[[Order, Fit], Mapping[str, Any] | None],
        rung: Callable[[Order], int | None] = lambda order: None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Until `next_order` gives None while nothing runs; one training may unlock the next.

        What `done` returns is noted in the journal beside the training. `meanwhile` is called again
        and again while every worker is busy: for what this process can do then.
        """

        def next_fresh() -> Order | None:
            """The next order that the journal has no answer to."""
            while (order := next_order()) is not None:
                ended = self.replay.ended_seconds(order)
                if (fit := self.replay.take(order)) is None:
                    return order
                done(order, fit)
                self._account(order, fit, rung(order), ended)
            return None

        flying: _Flying = {}
        try:
            while True:
                while len(flying) < self._most() and (orders := self._companions(next_fresh)):
                    for order in orders:
                        begun = {"order": order.id, "at_seconds": self.meter.spent_seconds}
                        self.journal.write("start", begun)
                    flight = self._flight(orders, self._latest(orders, flying))
                    flying[self._submitted(flight)] = flight
                if not flying:
                    return
                self._notice(flying, rung)
                if len(flying) >= self.workers:
                    meanwhile()
                landed, _ = wait(flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in landed | self._given_up(flying):
                    self.running.over(future)
                    orders = self._landed(future, flying.pop(future))
                    for order, fit in zip(orders, self._fits(orders, future), strict=False):
                        noted = done(order, fit) or {}
                        self._write(order, fit, noted)
                        self._account(order, fit, rung(order), self.meter.spent_seconds)
                self._end_hanging(flying)
                self._beat()
        except BaseException:
            self._drawn.clear()
            self.running.clear()
            for future in flying:
                self._kill(future)
                self._lost(future)
            raise

    @property
    def _grace_seconds(self) -> float:
        return LAST_GRACE_SECONDS if self.last else GRACE_SECONDS

    def _beat(self) -> None:
        """Tell the journal the time while trainings go on, for a run that is resumed to charge."""
        if (now := self.meter.spent_seconds) >= self._beat_at:
            self.journal.write("beat", {"at_seconds": now})
            self._beat_at = now + BEAT_SECONDS

    def _flight(self, orders: list[Order], latest: float) -> Flight:
        """Its file lies with the arrays, a folder that all workers share and that goes in the end.

        Of another's workers none is asked for a sign: they cannot be ended, and may be elsewhere.
        """
        if not hasattr(self.executor, "kill"):
            return Flight(orders, latest, None)
        self._flights += 1
        heart = Heart(Path(orders[0].arrays) / f"heart-{self._flights}")
        return Flight([replace(o, heart=str(heart.file)) for o in orders], latest, heart)

    def _landed(self, future: Answer, flight: Flight) -> list[Order]:
        answered = future.done() and not future.cancelled() and future.exception() is None
        self._seconds = 0.0 if answered else self._lost(future) / len(flight.orders)
        if flight.heart is not None:
            flight.heart.forget()
        return flight.orders

    def _lost(self, future: Answer) -> float:
        """Book what a worker of ours spent on what it never answered."""
        begun = getattr(future, "begun", None)
        seconds = 0.0 if begun is None else max(0.0, self.meter.clock() - begun)
        self._used({LOST: seconds})
        return seconds

    def _used(self, seconds: Mapping[str, float]) -> None:
        self.uses.setdefault(self.stage, Counter()).update(seconds)

    def start_ups(self) -> Mapping[str, float]:
        """The seconds in which our workers started, by stage; those before the search's, reading's.

        A worker that never came to be ready is not in it: it was lost, or nobody waited for it.
        """
        return start_ups(getattr(self.executor, "starts", ()), self._entered)

    def _submitted(self, flight: Flight) -> Answer:
        """On its way; an executor that breaks in the midst of a run costs these orders alone.

        One that has never trained anything is for the user to repair.
        """
        try:
            return self.executor.submit(train_together, flight.orders)
        except (OSError, RuntimeError) as error:
            if self.engine is None:
                raise
            time.sleep(POLL_SECONDS)  # a search would otherwise fail thousands of them at once
            refused: Answer = Future()
            refused.set_exception(error)
            return refused

    def _notice(self, flying: _Flying, rung: Callable[[Order], int | None]) -> None:
        """Tell the listener what workers have begun, or how far they are."""
        if self.running.began(flying, rung, self.meter.spent_seconds):
            self.tell("start")
        elif self.running.moved(flying):
            self.tell("step")

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
            begin = max(begin, min(each.latest for each in flying.values()) + self._grace_seconds)
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
        self.balance.forget(order for order in self._drawn if now >= order.deadline)
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

    def _fits(self, orders: list[Order], future: Answer) -> list[Fit]:
        """What came of `orders`; nothing yet where too many went together and are tried again."""
        killed = future in self._killed
        self._killed.pop(future, None)
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
        for future, flight in flying.items():
            heart = flight.heart
            silent = heart.silent_seconds(now, future.running()) if heart else 0.0
            late = now > flight.latest + self._grace_seconds or silent > SILENT_SECONDS
            if late and future not in self._killed:
                self._kill(future)

    def _given_up(self, flying: _Flying) -> set[Answer]:
        """Those that were told to end and may never say so: cancelled, beyond our reach, late."""
        own, late = hasattr(self.executor, "kill"), time.monotonic() - KILL_SECONDS
        told = [(future, when) for future, when in self._killed.items() if future in flying]
        return {f for f, when in told if f.cancelled() or not own or when < late}

    def _kill(self, future: Answer) -> None:
        """Only our own pool can end one worker; any other executor is asked to cancel."""
        self._killed[future] = time.monotonic()
        kill = getattr(self.executor, "kill", None)
        if kill is None or not future.running():
            future.cancel()
        else:
            kill(future)

    def _write(self, order: Order, fit: Fit, noted: Mapping[str, Any]) -> None:
        """All that a resumed run needs to know of a training, and what its worker did in it."""
        self._used(fit.ledger or {"other": fit.seconds})
        self.journal.write(
            "training",
            {
                "order": order.id,
                "stage": self.stage,
                **asked(order),
                **told(fit),
                "noted": noted,
                LOST: self._seconds,
                "at_seconds": self.meter.spent_seconds,
            },
        )

    def _account(self, order: Order, fit: Fit, rung: int | None, ended: float) -> None:
        cell = order.candidate.cell
        if not order.aside:
            self.balance.book(order, fit)
        self.timeline.append(Trained.of(order, fit, self.stage, ended))
        # Of one that went wrong nobody knows how far it came: it may have come to its end.
        self.meter.charge(1, order.step_work * (fit.steps_done if fit.cost else order.steps))
        self._longest[self.stage] = max(self._longest.get(self.stage, 0.0), fit.seconds)
        if self.device is None and fit.engine == "jax" and not str(fit.device).startswith("CPU"):
            self.members = MOST_MEMBERS  # a core is busy with one small network, a GPU idles
        self.engine, self.device = fit.engine or self.engine, fit.device or self.device
        if not order.aside:
            self.cell_seconds[cell] = self.cell_seconds.get(cell, 0.0) + fit.working_seconds
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

    def evened(self, order: Order) -> Order:
        """`order`, longer by what its cell is behind by; where nothing is counted but time."""
        if order.aside or not self.meter.budget.by_time_alone:
            return order
        return self.balance.evened(order)

    def enter(self, stage: str) -> None:
        """What is carried out from now on belongs to `stage`."""
        self.stage = stage
        self._entered.append((stage, self.meter.clock()))
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
                under_way=self.running.now(self.workers),
                **more,
            )
        )
