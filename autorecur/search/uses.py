"""What the workers did with their seconds, where a training's own books do not say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

__all__ = ["LOST", "START", "start_ups"]

LOST = "lost"  # on trainings that failed, or whose worker was ended
START = "start-up"  # of workers: their imports


def start_ups(
    starts: Iterable[tuple[float, float]], stages: Sequence[tuple[str, float]]
) -> Counter[str]:
    """Seconds of starting workers by stage; `stages` says when each was entered, in order.

    >>> start_ups([(0.0, 5.0), (8.0, 9.0)], [("reading", 0.0), ("search", 2.0)])
    Counter({'search': 4.0, 'reading': 2.0})
    """
    ends = [*(begin for _, begin in stages[1:]), float("inf")]
    found: Counter[str] = Counter()
    for begin, end in starts:
        for (stage, entered), left in zip(stages, ends, strict=True):
            within = min(end, left) - max(begin, entered)
            if within > 0:
                found[stage] += within  # type: ignore[assignment]
    return found
