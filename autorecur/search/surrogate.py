"""What pairs that were not trained are expected to be worth: a Gaussian process over settings.

A pair counts, not a cell: both share what their settings are worth, and not their luck. What is
believed rests on the literature's order (learning rate before width before the rest), which stands
in how far a score tells of its neighbours. A pair that went on from rung to rung has a score on
each; what a rung is worth is learnt from those, and all are compared as if trained to the end.

(A whole network of the second bracket for the best one's neighbours in width was tried as well:
over made-up tables, see `tests/benchmarks/surrogate.py`, it was one network too few.)

The next pair is the best by one draw from what is believed (Thompson sampling): a whole bracket is
drawn before any of it is scored, and draws differ where the belief is vague. Pure functions of
numpy arrays: the same scores and the same seed give the same draw on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autorecur.metrics import sign
from autorecur.nets.candidate import Candidate, Space
from autorecur.search.rungs import Placement, Scores, fraction

__all__ = ["FEWEST", "Seen", "evidence", "ordered"]

FEWEST = 4  # pairs with a score, before anything is believed
MOST = 150  # scores, the latest: a draw takes milliseconds
# How far apart two values are that tell nothing of each other, of the space's whole range.
REACHES = {"learning_rate": 0.35, "width": 0.6, "lookback": 1.0, "depth": 1.0, "dropout": 1.2}
USUAL_REACH = 1.5
OTHER_REACH = 1.2  # between two choices that have no order
RUNG_REACH = 2.0  # rungs
LOGARITHMIC = ("learning_rate", "width", "lookback", "batch", "embedding")
CHOICES = ("normalisation", "pooling")
STRETCHES = (0.6, 1.0, 1.7)  # of all reaches, and …
NOISES = (0.03, 0.1, 0.3)  # … what variance is luck: the likeliest of each
BAD = 2.0  # times the way from the best to the middle: how much worse than that matters not
BOLDNESS = 0.7  # of the spread of what is believed, in a draw

Array = NDArray[np.floating[Any]]


class Seen(NamedTuple):
    """A pair's score on a rung, lower is better; None: it was tried and has none."""

    pair: int
    candidate: Candidate
    rung: float  # nought at the top, minus one at a third of a full training
    score: float | None


def evidence(
    pairs: Sequence[Candidate | None],
    finished: Mapping[Placement, Scores],
    better: str,
    before: int | None = None,
) -> list[Seen]:
    """What is known, in the order of the pairs; of those from `before` on nothing.

    A pair that was never trained has no scores, and none that is missing.
    """
    found = []
    for place in sorted(finished):
        scores, candidate = finished[place], pairs[place.pair]
        if scores and candidate is not None and (before is None or place.pair < before):
            known = [sign(better) * score for score in scores.values() if score is not None]
            mean = None if not known else sum(map(_scaled, known)) / len(known)
            found.append(Seen(place.pair, candidate, math.log(fraction(place), 3), mean))
    return found


def _scaled(score: float) -> float:
    """Losses by their logarithm, for they range over powers of ten; what can be negative as is."""
    return math.log(score) if score > 0 else score


def ordered(
    seen: Sequence[Seen],
    columns: Mapping[str, NDArray[np.generic]],
    space: Space,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """The places of the candidates in `columns`, the most promising first."""
    seen = seen[-MOST:]
    rows = [vars(each.candidate) for each in seen]
    known = _features({name: np.array([row[name] for row in rows]) for name in columns}, space)
    rungs = np.array([each.rung for each in seen])
    values = _targets(seen, rungs)
    asked = _features(columns, space)
    between = _squares(known, known), (rungs[:, None] - rungs) ** 2
    stretch, noise = _likeliest(between, values)
    root = _root(between, stretch, noise)
    across = _kernel(_squares(asked, known), rungs[None, :] ** 2, stretch)
    half = np.linalg.solve(root, across.T)
    mean = half.T @ np.linalg.solve(root, values)
    spread = _kernel(_squares(asked, asked), 0.0, stretch) - half.T @ half
    jitter = 1e-6 * np.eye(len(asked))
    draw = np.linalg.cholesky(spread + jitter) @ rng.standard_normal(len(asked))
    return np.argsort(mean + BOLDNESS * draw, kind="stable")


def _targets(seen: Sequence[Seen], rungs: Array) -> Array:
    """Scores as if at the top, of mean nought and spread one; how bad the bad ones are is cut."""
    scores = np.array([math.nan if each.score is None else each.score for each in seen])
    scores = np.where(np.isfinite(scores), scores, np.nan)
    scores = scores - _gain_of_a_rung(seen, scores, rungs) * rungs
    if not np.isfinite(scores).any():
        return np.zeros(len(scores))
    best, middle = float(np.nanmin(scores)), float(np.nanmedian(scores))
    worst = middle + BAD * (middle - best) + 1e-9
    cut: Array = np.minimum(np.where(np.isnan(scores), worst, scores), worst)
    centred: Array = cut - cut.mean()
    return centred / float(cut.std() + 1e-9)


def _gain_of_a_rung(seen: Sequence[Seen], scores: Array, rungs: Array) -> float:
    """The slope over rungs within pairs that went on; nought where none did."""
    over, under = 0.0, 1e-3
    pairs = np.array([each.pair for each in seen])
    for pair in np.unique(pairs):
        own = (pairs == pair) & np.isfinite(scores)
        if own.sum() > 1:
            apart = rungs[own] - rungs[own].mean()
            over += float(apart @ scores[own])
            under += float(apart @ apart)
    return over / under


def _features(columns: Mapping[str, NDArray[np.generic]], space: Space) -> Array:
    """A row a candidate; a distance of one is a reach."""
    parts = []
    for name, column in columns.items():
        choices = getattr(space, name)
        if name in CHOICES:
            parts += [(column == choice) / (math.sqrt(2) * OTHER_REACH) for choice in set(choices)]
            continue
        ends = np.array([min(choices), max(choices)], dtype=float)
        values = column.astype(float)
        if name in LOGARITHMIC:
            ends, values = np.log(ends + 1e-9), np.log(values + 1e-9)
        if ends[1] > ends[0]:
            unit = (values - ends[0]) / (ends[1] - ends[0])
            parts.append(unit / REACHES.get(name, USUAL_REACH))
    return np.stack(parts, axis=1) if parts else np.zeros((len(column), 1))


def _squares(one: Array, other: Array) -> Array:
    """Squared distances between rows."""
    sums = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)
    squares: Array = np.maximum(sums - 2 * one @ other.T, 0.0)
    return squares


def _kernel(squares: Array, rungs: Array | float, stretch: float) -> Array:
    kernel: Array = np.exp(-0.5 * (squares / stretch**2 + rungs / RUNG_REACH**2))
    return kernel


def _root(between: tuple[Array, Array], stretch: float, noise: float) -> Array:
    root: Array = np.linalg.cholesky(_kernel(*between, stretch) + noise * np.eye(len(between[0])))
    return root


def _likeliest(between: tuple[Array, Array], values: Array) -> tuple[float, float]:
    """The stretch and the noise under which what was seen is likeliest."""

    def unlikely(stretch: float, noise: float) -> float:
        root = _root(between, stretch, noise)
        fitted = np.linalg.solve(root, values)
        return float(0.5 * fitted @ fitted + np.log(np.diag(root)).sum())

    return min(
        ((stretch, noise) for stretch in STRETCHES for noise in NOISES),
        key=lambda each: unlikely(*each),
    )
