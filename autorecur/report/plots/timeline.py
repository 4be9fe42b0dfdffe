"""When each training ran, and on how many workers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from autorecur.record import Record

__all__ = ["MOST", "Ran", "TimelineInfo", "timeline_info"]

MOST = 80  # trainings, the longest ones
# Of a second: an answer is heard of a little after its training has ended, and may seem to overlap
# the worker's next one.
LATE = 0.3


@dataclass(frozen=True)
class Ran:
    """One training, in seconds since the call."""

    begin: float
    end: float
    lane: int  # those of one lane followed each other
    stage: str
    cell: str
    title: str
    seed: int
    status: str

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    @property
    def came_to_nothing(self) -> bool:
        return self.status in ("failed", "killed", "diverged")


@dataclass(frozen=True)
class TimelineInfo:
    """The trainings as they began."""

    ran: tuple[Ran, ...]
    of: int  # how many there were
    lanes: int
    busy: float  # of the lanes' time from the first training to the last, the share in trainings
    stages: tuple[tuple[str, float], ...]  # that trained, and when each began
    limit: float | None


def timeline_info(record: Record) -> TimelineInfo | None:
    """None where no training ran, or an older record does not tell."""
    told = record.budget.get("timeline") or ()
    ran = _in_lanes(told, record.environment["workers"])
    if not ran:
        return None
    first, last = ran[0].begin, max(each.end for each in ran)
    lanes = 1 + max(each.lane for each in ran)
    longest = sorted(range(len(ran)), key=lambda at: -ran[at].seconds)[:MOST]
    return TimelineInfo(
        ran=tuple(ran[at] for at in sorted(longest)),
        of=len(ran),
        lanes=lanes,
        busy=min(1.0, sum(each.seconds for each in ran) / (lanes * (last - first) or 1.0)),
        stages=tuple(_stages(record.budget["ledger"], {each.stage for each in ran})),
        limit=record.budget["limit_seconds"],
    )


def _in_lanes(told: Sequence[Mapping[str, Any]], workers: int) -> list[Ran]:
    """Each where the lane is free that was busy last, so that one lane is one worker's mostly."""
    ends: list[float] = []
    ran = []
    for row in sorted(told, key=lambda row: (row["ended_seconds"] - row["seconds"], row["seed"])):
        begin, end = row["ended_seconds"] - row["seconds"], row["ended_seconds"]
        free = [lane for lane, until in enumerate(ends) if until <= begin + LATE]
        if free:
            lane = max(free, key=lambda each: ends[each])
        elif len(ends) < workers:
            ends.append(0.0)
            lane = len(ends) - 1
        else:
            lane = min(range(len(ends)), key=lambda each: ends[each])
        begin = min(max(begin, ends[lane]), end)
        ends[lane] = end
        names = {name: row[name] for name in ("stage", "cell", "title", "seed", "status")}
        ran.append(Ran(begin, end, lane, **names))
    return ran


def _stages(ledger: Sequence[Mapping[str, Any]], trained: set[str]) -> list[tuple[str, float]]:
    begins = accumulate((entry["seconds"] for entry in ledger), initial=0.0)
    named = zip((entry["stage"] for entry in ledger), begins, strict=False)
    return [(stage, begin) for stage, begin in named if stage in trained]
