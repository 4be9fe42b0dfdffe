"""What a journal says was trained already: a resumed run takes that, and trains the rest.

A run decides by scores alone, so it asks for the same trainings again, in the same order. Those
that its journal holds are answered from there at once; one that failed, for want of memory or room
on the disk perhaps, is tried again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from autorecur.nets.cost import Cost, Latency
from autorecur.nets.order import Fit, Order, Status
from autorecur.search.journal import plain

__all__ = ["Replay"]

Event = Mapping[str, Any]

LOST = (Status.FAILED, Status.KILLED)


class Replay:
    """Answers to orders, from the events of a journal; of none, no answer."""

    def __init__(self, events: Iterable[Event] = (), workers: int = 1) -> None:
        self._lines: dict[str, Event] = {}
        self._misses: Counter[str] = Counter()
        self._most_misses = workers + 1  # that were under way when the run ended
        self.spent_seconds = 0.0
        for event in events:
            self.spent_seconds = max(self.spent_seconds, event.get("at_seconds", 0.0))
            if event["event"] == "training" and Status[event["status"]] not in LOST:
                self._lines[event["order"]] = event

    def take(self, order: Order, stage: str) -> Fit | None:
        """What came of `order` when it was carried out; None where it was not, or not so.

        The same name may stand for another training where a longer budget has found other
        finalists. What it left behind must still be there.
        """
        line = self._lines.get(order.id)
        wanted = json.loads(json.dumps(asked(order), default=plain))
        if line is None or any(line.get(name) != value for name, value in wanted.items()):
            line = None
        if line is None or not _files_there(line):
            self._misses[stage] += 1
            return None
        del self._lines[order.id]
        return _fit(line)

    def goes_on(self, stage: str) -> bool:
        """Whether the stage has answers left, so that no time needs to be left for it."""
        if self._misses[stage] > self._most_misses:
            return False
        return any(line["stage"] == stage for line in self._lines.values())


def asked(order: Order) -> dict[str, Any]:
    """What of `order` its result depends on, as a journal holds it."""
    return {
        "candidate": order.candidate,
        "fold": order.fold,
        "seed": order.seed,
        "asked_steps": order.steps,
        "metric": order.metric,
    }


def _files_there(line: Event) -> bool:
    return all(Path(file).is_file() for file in line["noted"].get("files", ()))


def _fit(line: Event) -> Fit:
    return Fit(
        order=line["order"],
        status=Status[line["status"]],
        sentence=line["sentence"],
        score=line["score"],
        watched=line["watched"],
        curve=tuple(line["curve"]),
        steps=line["steps"],
        best_step=line["best_step"],
        steps_done=line["steps_done"],
        seconds=line["seconds"],
        ledger=line["ledger"],
        cost=_cost(line["cost"]),
        engine=line["engine"],
        device=line["device"],
        noted=line["noted"],
    )


def _cost(found: Mapping[str, Any] | None) -> Cost | None:
    if found is None:
        return None
    latency = found["latency"]
    return Cost(**{**found, "latency": Latency(**latency) if latency else None})
