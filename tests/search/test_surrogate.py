"""What is believed of pairs that were not trained, and what the oracle draws by it."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import numpy as np
import pytest

from autorecur.nets.candidate import Candidate, Space
from autorecur.search.oracle import PairOracle
from autorecur.search.rungs import FACTOR, Placement, Scores
from autorecur.search.surrogate import Seen, evidence, ordered

SPACE = Space(lookback=(12, 24, 48))
FIRST = Candidate("lstm", width=32, lookback=24, learning_rate=2e-3)
BEST_RATE, BEST_WIDTH = 6e-3, 64


def loss(candidate: Candidate) -> float:
    rate = np.log(candidate.learning_rate / BEST_RATE)
    width = np.log2(candidate.width / BEST_WIDTH)
    return float(np.exp(0.3 * rate**2 + 0.05 * width**2 + 0.3 * (candidate.pooling == "last")))


def scores(candidate: Candidate, cells: tuple[str, ...] = ("lstm", "gru")) -> Scores:
    return {cell: loss(candidate) * (1.0 + 0.02 * (cell == "gru")) for cell in cells}


def some(many: int, seed: int = 1) -> list[Seen]:
    rng = np.random.default_rng(seed)
    drawn = (SPACE.draw(rng) for _ in range(many))
    return [Seen(n, one, 0.0, float(np.log(loss(one)))) for n, one in enumerate(drawn)]


def test_what_promises_most_is_near_the_best_and_not_far_from_it() -> None:
    columns = SPACE.columns(np.random.default_rng(2), 256)
    every = [loss(SPACE.at(columns, place)) for place in range(256)]
    places = [ordered(some(20), columns, SPACE, np.random.default_rng(s))[0] for s in range(10)]
    assert np.mean([every[place] for place in places]) < np.percentile(every, 20)
    assert sorted(ordered(some(20), columns, SPACE, np.random.default_rng(0))) == [*range(256)]


def test_the_same_scores_and_seed_give_the_same_draw() -> None:
    columns = SPACE.columns(np.random.default_rng(2), 256)
    one, two = (ordered(some(9), columns, SPACE, np.random.default_rng(3)) for _ in range(2))
    assert (one == two).all()


def test_a_draw_takes_no_time_worth_counting() -> None:
    columns, seen = SPACE.columns(np.random.default_rng(2), 256), some(400)
    ordered(seen, columns, SPACE, np.random.default_rng(3))
    begin = time.process_time()
    for seed in range(5):
        ordered(seen, columns, SPACE, np.random.default_rng(seed))
    assert (time.process_time() - begin) / 5 < 0.5  # 15 ms; ten threads may be counted, and load


def test_scores_that_are_missing_infinite_or_all_the_same_are_survived() -> None:
    columns = SPACE.columns(np.random.default_rng(2), 32)
    odd = [
        [each._replace(score=value) for each, value in zip(some(5), values, strict=True)]
        for values in ([None] * 5, [1.0] * 5, [None, 1.0, 1e300, float("inf"), -3.0])
    ]
    for seen in odd:
        places = ordered(seen, columns, SPACE, np.random.default_rng(3))
        assert sorted(places) == [*range(32)]


def test_a_pair_counts_by_the_mean_of_both_cells_and_the_skipped_do_not() -> None:
    other = replace(FIRST, width=8)
    finished: dict[Placement, Scores] = {
        Placement(2, 0): {},
        Placement(1, 0): {"lstm": None, "gru": None},
        Placement(0, 0): {"lstm": np.e, "gru": np.e**3},
        Placement(3, 1): {"lstm": None, "gru": np.e},
    }
    seen = evidence([FIRST, FIRST, other, other], finished, "lower")
    assert [(each.pair, each.score) for each in seen] == [(0, 2.0), (1, None), (3, 1.0)]
    assert [each.pair for each in evidence([FIRST] * 4, finished, "lower", before=1)] == [0]


def test_what_a_rung_gains_is_not_taken_for_a_merit_of_who_went_on() -> None:
    """All are trained as well as each other; only some of them further."""
    base = some(12)
    seen = [each._replace(rung=-2.0, score=1.0 + 0.2) for each in base]
    seen += [each._replace(rung=0.0, score=1.0) for each in base[:6]]
    columns = SPACE.columns(np.random.default_rng(2), 200)
    draws = [ordered(seen, columns, SPACE, np.random.default_rng(s))[0] for s in range(60)]
    assert len(set(draws)) > 20  # nothing is known to be better


def played(oracle: PairOracle, many: int, shuffled: int = 0) -> list[Candidate | None]:
    """A search, in which pairs of a rung come back in an order of chance."""
    chance = random.Random(shuffled)
    running: list[Placement] = []
    while len(oracle.pairs) <= many or running:
        answer = oracle.populate_space(f"{len(oracle.placements)}")
        if answer["status"] == "RUNNING" and len(oracle.pairs) <= many:
            running.append([*oracle.placements.values()][-1][0])
        waits = answer["status"] != "RUNNING" or len(oracle.pairs) > many
        if running and (waits or len(running) > 3):
            place = running.pop(chance.randrange(len(running)))
            candidate = oracle.pair(place.pair)
            assert candidate is not None
            oracle.finished[place] = scores(candidate)
    return oracle.pairs[: many + 1]


def test_draws_do_not_hang_on_who_came_back_first() -> None:
    one, two = (played(PairOracle(SPACE, FIRST, 5), 25, shuffled) for shuffled in (1, 2))
    assert one == two


def test_guided_draws_are_better_than_random_ones() -> None:
    def mean_loss(guided: bool) -> float:
        searches = [played(PairOracle(SPACE, FIRST, s, guided=guided), 30) for s in range(4)]
        late = [one for pairs in searches for one in pairs[13:] if one]
        return float(np.mean([np.log(loss(one)) for one in late]))

    assert mean_loss(guided=True) < 0.9 * mean_loss(guided=False)


def test_the_first_bracket_tries_low_middle_and_high_learning_rates() -> None:
    first, *bracket, fourth = played(PairOracle(SPACE, FIRST, 5), 4)
    assert first == FIRST and fourth and fourth.program_key != FIRST.program_key
    assert all(one and replace(one, learning_rate=2e-3) == FIRST for one in bracket)
    low, high = np.log(SPACE.learning_rate)
    thirds = {
        int(FACTOR * (np.log(one.learning_rate) - low) / (high - low)) for one in bracket if one
    }
    assert thirds == {0, 1, 2}


@pytest.mark.parametrize("seed", range(3))
def test_many_candidates_are_drawn_as_one_is(seed: int) -> None:
    space = Space(bidirectional=(True, False), embedding=(8, 64), weight_decay=(0.0, 0.01))
    columns = space.columns(np.random.default_rng(seed), 500)
    drawn = [space.at(columns, place) for place in range(500)]
    assert {one.width for one in drawn} == set(space.width)
    assert all(type(one.bidirectional) is bool and type(one.width) is int for one in drawn)
    assert not any(one.residual and one.depth == 1 for one in drawn)
    low, high = space.learning_rate
    assert all(low <= one.learning_rate <= high for one in drawn)
    assert sum(one.depth == 3 for one in drawn) < sum(one.depth == 1 for one in drawn)
