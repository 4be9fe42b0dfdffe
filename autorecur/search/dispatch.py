"""Orders to workers, fits back: every worker busy, no deadline missed, no exception let through.

A training that fails, dies or does not answer comes back as a Fit whose status says so, and the
search goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

from autorecur.nets.cost import TRAINING_FACTOR
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.train import train
from autorecur.search.budget import Meter
from autorecur.search.events import Event, Listener
from autorecur.search.journal import Journal

__all__ = ["Dispatcher"]

GRACE_SECONDS = (
    3.0  # past its deadline; a training stops itself, so only a hanging one is ever ended
)
START_SECONDS = 30.0  # more, past its longest time: a fresh worker imports and compiles first
POLL_SECONDS = 0.2
LONGEST_MESSAGE = 200


class _Killable(Protocol):
    def kill(self, future: Future[Any]) -> None: ...


@dataclass
class Dispatcher:
    """Carries out orders on an executor; keeps the meter, the journal and the listener informed."""

    executor: Executor
    workers: int
    meter: Meter
    journal: Journal
    listener: Listener
    metric: str
    stage: str = "search"
    expected: int | None = None
    best: dict[str, float] = field(default_factory=dict)
    cell_seconds: dict[str, float] = field(default_factory=dict)
    cell_trainings: dict[str, int] = field(default_factory=dict)
    engine: str | None = None  # what the workers train by, as they say
    _killed: set[Future[Fit]] = field(default_factory=set)

    def run(
        self,
        next_order: Callable[[], Order | None],
        done: Callable[[Order, Fit], None],
        rung: Callable[[Order], int | None] = lambda order: None,
    ) -> None:
        """Until `next_order` gives None while nothing runs; one training may unlock the next."""
        flying: dict[Future[Fit], tuple[Order, float]] = {}
        try:
            while True:
                while len(flying) < self.workers and (order := next_order()) is not None:
                    self.journal.write("start", {"order": order.id})
                    patience = order.longest_seconds + START_SECONDS
                    latest = min(order.deadline, self.meter.clock() + patience)
                    flying[self.executor.submit(train, order)] = order, latest
                if not flying:
                    return
                landed, _ = wait(flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in landed | self._given_up(flying):
                    order, _ = flying.pop(future)
                    fit = self._fit(order, future)
                    self._account(order, fit, rung(order))
                    done(order, fit)
                self._end_hanging(flying)
        except BaseException:
            for future in flying:
                self._kill(future)
            raise

    def _fit(self, order: Order, future: Future[Fit]) -> Fit:
        killed = future in self._killed
        self._killed.discard(future)
        if future.cancelled() or not future.done():
            return Fit(order.id, Status.KILLED, Status.KILLED.value)
        error = future.exception()
        if error is None:
            return future.result()
        if killed:
            return Fit(order.id, Status.KILLED, Status.KILLED.value)
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_MESSAGE]
        return Fit(order.id, Status.FAILED, f"failed ({reason})")

    def _end_hanging(self, flying: Mapping[Future[Fit], tuple[Order, float]]) -> None:
        now = self.meter.clock()
        for future, (_, latest) in flying.items():
            if now > latest + GRACE_SECONDS and future not in self._killed:
                self._kill(future)

    def _given_up(self, flying: Mapping[Future[Fit], Any]) -> set[Future[Fit]]:
        """Those that were told to end and may never say so: cancelled, or beyond our reach."""
        told = self._killed.intersection(flying)
        return {f for f in told if f.cancelled() or not hasattr(self.executor, "kill")}

    def _kill(self, future: Future[Fit]) -> None:
        """Only our own pool can end one worker; any other executor is asked to cancel."""
        self._killed.add(future)
        kill = getattr(self.executor, "kill", None)
        if kill is None or not future.running():
            future.cancel()
        else:
            kill(future)

    def _account(self, order: Order, fit: Fit, rung: int | None) -> None:
        cell = order.candidate.cell
        work = 0.0
        if fit.cost is not None:
            each = fit.cost.multiply_adds * TRAINING_FACTOR
            work = float(each) * order.candidate.batch * fit.steps_done
        self.meter.charge(1, work)
        self.engine = fit.engine or self.engine
        self.cell_seconds[cell] = self.cell_seconds.get(cell, 0.0) + fit.seconds
        self.cell_trainings[cell] = self.cell_trainings.get(cell, 0) + 1
        self.journal.write(
            "training",
            {
                "order": order.id,
                "stage": self.stage,
                "candidate": order.candidate,
                "fold": order.fold,
                "seed": order.seed,
                "status": fit.status,
                "score": fit.score,
                "curve": list(fit.curve),
                "steps": fit.steps,
                "best_step": fit.best_step,
                "steps_done": fit.steps_done,
                "seconds": fit.seconds,
                "ledger": fit.ledger,
                "at_seconds": self.meter.spent_seconds,
            },
        )
        self.listener(
            Event(
                "training",
                self.meter.spent_seconds,
                self.meter.budget.seconds,
                stage=self.stage,
                done=self.meter.trainings,
                expected=self.expected,
                rung=rung,
                title=order.candidate.title,
                seed=order.seed,
                score=fit.score,
                status=fit.status.name.lower(),
                metric=self.metric,
                best=dict(self.best),
                training_seconds=fit.seconds,
            )
        )

    def tell(self, kind: str, text: str = "") -> None:
        """A word to the listener that no training comes with."""
        self.listener(
            Event(
                kind,
                self.meter.spent_seconds,
                self.meter.budget.seconds,
                text=text,
                stage=self.stage,
                done=self.meter.trainings,
                expected=self.expected,
                metric=self.metric,
                best=dict(self.best),
            )
        )
