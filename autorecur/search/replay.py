"""What a journal says was trained already: a resumed run takes that, and trains the rest.

A run decides by scores alone, so it asks for the same trainings again, in the same order. Those
that its journal holds are answered from there at once; one that failed, for want of memory, room
or time perhaps, is tried again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import Cost, Latency
from autorecur.nets.order import Fit, Order, Status
from autorecur.search.journal import INTERRUPT, plain

__all__ = ["Replay", "asked", "told"]

Event = Mapping[str, Any]

LOST = (Status.FAILED, Status.KILLED)
# Of a Fit, what a journal holds under the same name and as it is.
_AS_IT_IS = (
    *("sentence", "score", "watched", "steps", "best_step", "steps_done"),
    *("timed_steps", "train_score", "seconds", "ledger", "engine", "device", "late"),
)


class Replay:
    """Answers to orders, from the events of a journal; of none, no answer."""

    def __init__(self, events: Iterable[Event] = (), budget: str = "") -> None:
        events = list(events)
        self.uses = _used(events)  # seconds of the workers, whatever came of them
        self._lines: dict[str, Event] = {}
        self._candidates: dict[tuple[str, int], Event] = {}  # by stage and seed
        self.spent_seconds = 0.0
        over: set[str] = set()
        same, stage = False, ""  # whether it had this budget: with another a stage may go on
        ending = False  # whether it was interrupted, and left the stage that it was in
        for event in events:
            self.spent_seconds = max(self.spent_seconds, event.get("at_seconds", 0.0))
            if event["event"] in ("begin", "resume"):
                same, stage, ending = event.get("budget") == budget, "", False
            elif event["event"] == "stage":
                over |= {stage} if same and stage and not ending else set()
                stage = event["stage"]
            elif event["event"] == INTERRUPT:
                ending = True
            elif event["event"] == "training":
                self._candidates[event["stage"], event["seed"]] = event["candidate"]
                if not _lost(event, same):
                    self._lines[event["order"]] = event
        self.over = frozenset(over)  # the stages that had come to their end

    def knows(self, order: Order) -> bool:
        """Whether it is told here what came of `order`, and what that left behind is there.

        The same name may stand for another training where a longer budget has found other
        finalists.
        """
        if (line := self._lines.get(order.id)) is None:
            return False
        wanted = json.loads(json.dumps(asked(order), default=plain))
        same = all(line.get(name) == value for name, value in wanted.items())
        return same and _files_there(line)

    def take(self, order: Order) -> Fit | None:
        """What came of `order`; None where it is not known."""
        return _fit(self._lines.pop(order.id)) if self.knows(order) else None

    def ended_seconds(self, order: Order) -> float:
        """When the training that `order` asks for had ended, by the meter, which goes on."""
        ended: float = self._lines.get(order.id, {}).get("at_seconds", 0.0)
        return ended

    def candidate(self, stage: str, seed: int) -> Candidate | None:
        """What was trained with that seed in that stage, whatever came of it."""
        found = self._candidates.get((stage, seed))
        return None if found is None else Candidate(**found)

    def last_seed(self, stage: str) -> int | None:
        """The largest seed of those of the stage's answers that are left; None where none is."""
        seeds = (line["seed"] for line in self._lines.values() if line["stage"] == stage)
        return max(seeds, default=None)


def _lost(line: Event, same: bool) -> bool:
    """Whether a training came to nothing that more time or room might not mend.

    One that was cut short is not done: with another budget it has another deadline.
    """
    status = Status[line["status"]]
    return status in LOST or (status is Status.DEADLINE and (line["score"] is None or not same))


def _used(events: Iterable[Event]) -> Counter[str]:
    """As `Dispatcher.uses` has them of a stage."""
    seconds: Counter[str] = Counter()
    for event in events:
        if event["event"] == "training":
            seconds.update(event.get("ledger") or {"other": event.get("seconds", 0.0)})
            seconds.update({"lost": event.get("lost", 0.0)})
    return seconds


def asked(order: Order) -> dict[str, Any]:
    """What of `order` its result depends on, as a journal holds it."""
    part = {} if order.train_share == 1.0 else {"train_share": order.train_share}
    return {
        "candidate": order.candidate,
        "fold": order.fold,
        "seed": order.seed,
        "asked_steps": order.steps,
        "metric": order.metric,
        **part,
    }


def _files_there(line: Event) -> bool:
    return all(Path(file).is_file() for file in line["noted"].get("files", ()))


def told(fit: Fit) -> dict[str, Any]:
    """What came of a training, as a journal holds it: `_fit` reads it again."""
    as_it_is = {name: getattr(fit, name) for name in _AS_IT_IS}
    return {"status": fit.status, "curve": list(fit.curve), "cost": fit.cost, **as_it_is}


def _fit(line: Event) -> Fit:
    return Fit(
        order=line["order"],
        status=Status[line["status"]],
        curve=tuple(line["curve"]),
        cost=_cost(line["cost"]),
        noted=line["noted"],
        **{name: line[name] for name in _AS_IT_IS if name in line},
    )


def _cost(found: Mapping[str, Any] | None) -> Cost | None:
    if found is None:
        return None
    latency = found["latency"]
    return Cost(**{**found, "latency": Latency(**latency) if latency else None})
