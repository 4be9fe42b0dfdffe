"""Which trainings the workers are at, and how far each of them says it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from autorecur.nets.order import Fit, Order
from autorecur.search.events import UnderWay
from autorecur.search.heart import Heart

__all__ = ["Answer", "Flight", "Running"]

Answer = Future[list[Fit]]


@dataclass
class Flight:
    """What is under way for some orders, or waits for a worker."""

    orders: list[Order]
    latest: float  # time of an answer
    heart: Heart | None  # of the worker, where one can be ended


@dataclass
class Running:
    """Of what is under way, what a worker has begun: some wait in line first."""

    _begun: dict[Answer, tuple[UnderWay, ...]] = field(default_factory=dict)

    def began(
        self,
        flying: Mapping[Answer, Flight],
        rung: Callable[[Order], int | None],
        seconds: float,
    ) -> bool:
        """Take note of what has begun by now; whether anything has."""
        begun = {
            future: tuple(
                UnderWay(order.candidate.title, order.seed, rung(order), seconds, order.id)
                for order in flight.orders
            )
            for future, flight in flying.items()
            if future not in self._begun and future.running()
        }
        self._begun |= begun
        return bool(begun)

    def moved(self, flying: Mapping[Answer, Flight]) -> bool:
        """Take note of how far the trainings are; whether any of them said something new."""
        new = False
        for future, known in self._begun.items():
            flight = flying.get(future)
            if flight is None or flight.heart is None or (pulse := flight.heart.pulse()) is None:
                continue
            now = tuple(replace(o, pulse=pulse) if o.order == pulse.order else o for o in known)
            new |= now != known
            self._begun[future] = now
        return new

    def over(self, future: Answer) -> None:
        self._begun.pop(future, None)

    def clear(self) -> None:
        self._begun.clear()

    def now(self, workers: int) -> tuple[UnderWay, ...]:
        """Of no more workers than there are: one may begin the next before we hear of the last."""
        running = [orders for future, orders in self._begun.items() if not future.done()]
        return tuple(each for orders in running[-workers:] for each in orders)
