"""Successive halving in pairs: who goes on, and when."""

from __future__ import annotations

import random
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autorecur.search.rungs import (
    FACTOR,
    Bracket,
    Placement,
    Scores,
    brackets,
    fraction,
    ready,
    survivors,
)

score = st.one_of(st.none(), st.integers(-50, 50).map(float))
of_pairs = st.dictionaries(
    st.integers(0, 30),
    st.fixed_dictionaries({"lstm": score, "gru": score}),
    min_size=1,
    max_size=12,
)


def bracket_of(pair: int) -> Bracket:
    return next(bracket for bracket in brackets() if pair in bracket.pairs)


def test_the_first_brackets() -> None:
    first, small, full, next_full = islice(brackets(), 4)
    assert (first.pairs, first.fractions) == ((0,), (1.0,))
    assert (small.pairs, small.fractions) == ((1, 2, 3), (1 / 3, 1.0))
    assert full.pairs == tuple(range(4, 13)) and full.fractions == (1 / 9, 1 / 3, 1.0)
    assert next_full.pairs == tuple(range(13, 22)) and next_full.top == 2
    assert [fraction(Placement(8, rung)) for rung in range(3)] == [1 / 9, 1 / 3, 1.0]


@given(scores=of_pairs, keep=st.integers(1, 6), better=st.sampled_from(["lower", "higher"]))
def test_survivors(scores: dict[int, Scores], keep: int, better: str) -> None:
    kept = survivors(scores, keep, better)
    scored = {p for p, cells in scores.items() if any(v is not None for v in cells.values())}
    assert set(kept) <= scored  # a pair that failed with both cells never goes on
    assert len(kept) == min(keep, len(scored)) and list(kept) == sorted(set(kept))
    shuffled = list(scores.items())
    random.Random(keep).shuffle(shuffled)
    assert survivors(dict(shuffled), keep, better) == kept
    best = min if better == "lower" else max
    for cell in ("lstm", "gru"):
        values = [cells[cell] for cells in scores.values() if cells[cell] is not None]
        if keep >= 2 and values:  # the best of each cell stays in the race
            assert best(values) in [scores[pair][cell] for pair in kept]


@given(scores=of_pairs, keep=st.integers(1, 6))
def test_turning_the_scores_round_turns_the_direction_round(
    scores: dict[int, Scores], keep: int
) -> None:
    turned = {
        pair: {cell: None if v is None else -v for cell, v in cells.items()}
        for pair, cells in scores.items()
    }
    assert survivors(scores, keep, "lower") == survivors(turned, keep, "higher")


def play(
    seed: int, trials: int, fails: float = 0.2, ahead: bool = False
) -> list[tuple[Placement, bool]]:
    """A search of so many trials; up to three run at once, and end in an order of chance."""
    chance = random.Random(seed)
    finished: dict[Placement, Scores] = {}
    started: set[Placement] = set()
    running: list[Placement] = []
    history: list[tuple[Placement, bool]] = []
    while len(history) < trials:
        place = ready(finished, started, ahead=ahead) if len(running) < 3 else None
        if place is not None:
            check(place[0], place[1], finished, started)
            started.add(place[0])
            running.append(place[0])
            history.append(place)
            continue
        assert running, "nothing runs and nothing is ready: the search would hang"
        assert not ahead or len(running) == 3, "a worker waits, and was to begin on something"
        ended = running.pop(chance.randrange(len(running)))
        own = random.Random(1000 * ended.pair + ended.rung)  # scores do not depend on the order
        finished[ended] = {
            cell: None if own.random() < fails else own.random() for cell in ("lstm", "gru")
        }
    return history


def check(
    place: Placement, top: bool, finished: dict[Placement, Scores], started: set[Placement]
) -> None:
    bracket = bracket_of(place.pair)
    assert place not in started
    assert top is (place.rung == bracket.top)
    if place.rung == 0:
        return
    below = [p for p in started if p.rung == place.rung - 1 and p.pair in bracket.pairs]
    assert all(p in finished for p in below)  # the whole rung below is finished
    assert place.pair in [p.pair for p in below]
    if place.rung == 1:
        assert {p.pair for p in below} == set(bracket.pairs)
    keep = max(1, len(below) // FACTOR)
    assert place.pair in survivors({p.pair: finished[p] for p in below}, keep)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), ahead=st.booleans())
def test_rungs_are_finished_before_anyone_goes_on(seed: int, ahead: bool) -> None:
    history = play(seed, trials=60, ahead=ahead)
    assert history[0] == (Placement(0, 0), True)
    assert sum(place.rung == 2 for place, _ in history) >= 2


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 10**6), ahead=st.booleans())
def test_who_is_trained_does_not_depend_on_which_worker_is_faster(seed: int, ahead: bool) -> None:
    """Of brackets that are over; ahead of them, more or less of the next one has begun."""
    one, other = play(0, trials=43), play(seed, trials=60, ahead=ahead)
    whole = {place for place, _ in one if place.pair <= 12}
    assert whole == {place for place, _ in other if place.pair <= 12}


def test_failing_throughout_does_not_end_a_search() -> None:
    history = play(3, trials=60, fails=1.0)
    assert {place.rung for place, _ in history} == {0}  # nobody goes on, new pairs are drawn
    assert len({place.pair for place, _ in history}) == 60


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_ready_heeds_the_direction(better: str) -> None:
    finished: dict[Placement, Scores] = {Placement(0, 0): {"lstm": 1.0, "gru": 1.0}}
    for pair in (1, 2, 3):
        finished[Placement(pair, 0)] = {"lstm": float(pair), "gru": float(pair)}
    place = ready(finished, set(finished), better)
    assert place == (Placement(1 if better == "lower" else 3, 1), True)
