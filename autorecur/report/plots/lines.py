"""Lines of a figure, and which of their points are drawn."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["POINTS", "Points", "kept"]

POINTS = 400  # of a line; beyond, each bucket keeps its lowest and its highest

Points = tuple[float | None, ...]


def kept(values: Sequence[float | None], points: int = POINTS) -> tuple[int, ...]:
    """The places that a line of at most `points` keeps: each bucket's lowest and highest.

    >>> kept((1.0, 5.0, 2.0, 3.0, 0.0, 4.0), points=4)
    (0, 1, 4, 5)
    """
    if len(values) <= points:
        return tuple(range(len(values)))
    buckets = points // 2
    places = set()
    for bucket in range(buckets):
        first, last = bucket * len(values) // buckets, (bucket + 1) * len(values) // buckets
        numbers = [(v, at) for at, v in enumerate(values[first:last], first) if v is not None]
        places |= {min(numbers)[1], max(numbers)[1]} if numbers else {first}
    return tuple(sorted(places))
