"""Limits: what a network may weigh and take. Nothing beyond them is kept or recommended.

Weights are counted before anything is trained. The size of the file and the time of a forecast are
measured on every candidate, after its training; what is in no respect smaller than one that was
found to be beyond them is not tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from numbers import Real
from typing import Any

from autorecur.data.dataset import Dataset
from autorecur.errors import SettingError
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.cost import BYTES_PER_WEIGHT, parameters
from autorecur.nets.defaults import first_candidate
from autorecur.nets.shape import Shape

__all__ = ["Limits", "first_within"]

_TITLES = {"parameters": "weights", "bytes": "bytes", "latency_ms": "latency"}
# What makes a network larger, of two that are alike in all else.
_SIZES = ("depth", "width", "lookback", "embedding", "bidirectional", "linear")


@dataclass(frozen=True)
class Limits:
    """The most that a network may have; None where nothing was asked for.

    `bytes` are those of the saved file; `latency_ms` is the median time of one forecast alone.

    >>> Limits(parameters=20_000, latency_ms=0.5).text
    'at most 20,000 weights, 0.5 ms a forecast'
    """

    parameters: int | None = None
    bytes: int | None = None
    latency_ms: float | None = None

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            number = isinstance(value, Real) and not isinstance(value, bool)
            if value is not None and not (number and 0 < value < float("inf")):
                raise SettingError(
                    f"the limit on {_TITLES[name]} is {value!r}: give a number above 0"
                )

    @classmethod
    def of(cls, given: Limits | Mapping[str, Any] | None) -> Limits:
        """From what `fit` was given.

        >>> Limits.of({"parameters": 500}).parameters
        500
        """
        if isinstance(given, Limits):
            return given
        if given is not None and not isinstance(given, Mapping):
            raise SettingError(f"limits is {given!r:.60}: give a dict such as {{'bytes': 500_000}}")
        names = [field.name for field in fields(cls)]
        unknown = [str(name) for name in given or () if name not in names]
        if unknown:
            raise SettingError(f"unknown limit {unknown[0]!r:.60}: use {', '.join(names)}")
        return cls(**(given or {}))

    @property
    def measured(self) -> bool:
        """Whether a candidate must be trained to see whether it keeps them."""
        return self.bytes is not None or self.latency_ms is not None

    @property
    def text(self) -> str:
        """What was asked for, in words; empty where nothing was."""
        said = []
        if self.parameters is not None:
            said.append(f"{self.parameters:,} weights")
        if self.bytes is not None:
            said.append(f"{self.bytes:,} bytes")
        if self.latency_ms is not None:
            said.append(f"{self.latency_ms:g} ms a forecast")
        return f"at most {', '.join(said)}" if said else ""

    def counted(self, candidate: Candidate, shape: Shape) -> str:
        """What `candidate` has too much of before it is trained, in words; empty where nothing."""
        weights = parameters(candidate, shape)
        if self.parameters is not None and weights > self.parameters:
            return f"{weights:,} weights, and at most {self.parameters:,} are allowed"
        if self.bytes is not None and weights * BYTES_PER_WEIGHT > self.bytes:
            size = weights * BYTES_PER_WEIGHT
            return f"{size:,} bytes of weights alone, and at most {self.bytes:,} are allowed"
        return ""

    def found(self, size: int | None, latency_ms: float | None) -> str:
        """What a trained network has too much of, in words; empty where nothing."""
        if self.bytes is not None and size is not None and size > self.bytes:
            return f"{size:,} bytes, and at most {self.bytes:,} are allowed"
        if self.latency_ms is not None and latency_ms is not None and latency_ms > self.latency_ms:
            return f"{latency_ms:.2g} ms a forecast, and at most {self.latency_ms:g} are allowed"
        return ""


def no_smaller(candidate: Candidate, other: Candidate) -> bool:
    """Whether `candidate` is in no respect smaller than `other`, which has its cell.

    >>> no_smaller(Candidate("gru", width=64), Candidate("gru", width=32))
    True
    >>> no_smaller(Candidate("gru", width=64), Candidate("gru", width=32, lookback=48))
    False
    """
    return candidate.cell == other.cell and all(
        getattr(candidate, name) >= getattr(other, name) for name in _SIZES
    )


def first_within(dataset: Dataset, space: Space, limits: Limits) -> Candidate:
    """The sound default, or where it has too many weights, what comes nearest to it in `space`.

    Both cells must keep the limits, since they are compared at the same settings.
    `SettingError` where nothing in the space does.
    """
    first, shape = first_candidate(dataset, space), Shape.of(dataset)

    def excess(candidate: Candidate) -> str:
        said = (limits.counted(candidate.with_cell(cell), shape) for cell in space.pair)
        return next(filter(None, said), "")

    if not excess(first):
        return first
    networks = list(_networks(first, space))
    fitting = [each for each in networks if not excess(each)]
    if fitting:
        return min(fitting, key=lambda each: _distance(each, first))

    def larger(candidate: Candidate) -> Candidate:
        cells = (candidate.with_cell(cell) for cell in space.pair)
        return max(cells, key=lambda each: parameters(each, shape))

    least = min(map(larger, networks), key=lambda each: parameters(each, shape))
    raise SettingError(
        f"no network of the space keeps the limits with every cell: the smallest, {least.title}, "
        f"has {limits.counted(least, shape)}; raise the limit, or allow smaller widths"
    )


def _networks(first: Candidate, space: Space) -> Iterator[Candidate]:
    """Every network of the space that differs from `first` in what moves its number of weights."""
    names = (*_SIZES, "pooling")
    for values in product(*(sorted(set(getattr(space, name))) for name in names)):
        yield replace(first, **dict(zip(names, values, strict=True)))


def _distance(candidate: Candidate, first: Candidate) -> tuple[int, int, int, str]:
    """How far from `first`: fields that differ, then how much narrower it is."""
    different = sum(
        getattr(candidate, name) != getattr(first, name) for name in (*_SIZES, "pooling")
    )
    narrower = abs(candidate.width - first.width)
    return different, narrower, abs(candidate.lookback - first.lookback), candidate.pooling
