"""What pairs will take is foretold by their size and by the steps that are left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.order import Status
from autorecur.nets.shape import Shape
from autorecur.search.pricing import COMPILE_SECONDS, Prices, _work, duel_seconds
from autorecur.search.rungs import Draw, Placement
from autorecur.search.trial import Trial

SHAPE = Shape(channels=1, targets=1, known=0, horizon=1, season=1)
SMALL, LARGE = Candidate("gru", width=8), Candidate("gru", depth=3, width=128)
STEPS = 900


def draw(candidate: Candidate, rung: int = 0, share: float = 1.0, pair: int = 9) -> Draw:
    return Draw(Placement(pair, rung), share == 1.0, share, candidate)


def trained(
    candidate: Candidate, seconds: float, pair: int = 0, steps: int = 300, overhead: float = 3.0
) -> Trial:
    ledger = {"compile": overhead, "steps": 0.9 * seconds, "validation": 0.1 * seconds}
    return Trial(
        *(f"{pair} {candidate.cell}", pair, 0, False, 1 / 3, candidate, 1, Status.FINISHED, ""),
        score=1.0,
        steps=steps,
        steps_done=steps,
        timed_steps=steps,
        seconds=seconds + overhead,
        ledger=ledger,
    )


def of_proportion(candidates: list[Candidate], each: float = 1e-9) -> list[Trial]:
    """Trainings whose steps take so many seconds a multiply-add."""
    steps = 300
    return [
        trained(one, each * _work(one, SHAPE) * steps, pair) for pair, one in enumerate(candidates)
    ]


def test_a_large_network_is_dearer_than_a_small_one() -> None:
    prices = Prices.of(of_proportion([SMALL]), SHAPE)
    ratio = prices.step_seconds(LARGE) / prices.step_seconds(SMALL)
    assert ratio == pytest.approx(_work(LARGE, SHAPE) / _work(SMALL, SHAPE)) and ratio > 20


def test_what_large_networks_take_less_than_in_proportion_is_learnt() -> None:
    sizes = [replace(SMALL, width=width) for width in (8, 16, 32, 64, 128)]
    seconds = [1e-4 * _work(one, SHAPE) ** 0.5 * 300 for one in sizes]
    trials = [
        trained(one, taken, pair)
        for pair, (one, taken) in enumerate(zip(sizes, seconds, strict=True))
    ]
    prices = Prices.of(trials, SHAPE)
    wanted = 1e-4 * _work(LARGE, SHAPE) ** 0.5
    assert wanted < prices.step_seconds(LARGE) < 3 * wanted
    alone = Prices.of(trials[:1], SHAPE).step_seconds(LARGE)
    assert prices.step_seconds(LARGE) < alone / 2


def test_a_moment_in_which_the_machine_was_busy_does_not_foretell_the_rest() -> None:
    sizes = [replace(SMALL, width=width, lookback=24 + width) for width in (8, 16, 32, 64, 128)]
    trials = of_proportion(sizes)
    busy = replace(trials[2], ledger={key: 20 * value for key, value in trials[2].ledger.items()})
    prices = Prices.of([*trials[:2], busy, *trials[3:]], SHAPE)
    assert prices.step_seconds(sizes[2]) == pytest.approx(1e-9 * _work(sizes[2], SHAPE), rel=0.5)


def test_of_a_survivor_only_the_steps_that_are_left_are_counted() -> None:
    trials = [replace(one, pair=4) for one in of_proportion([SMALL, SMALL.with_cell("lstm")])]
    prices = Prices.of(trials, SHAPE)
    fresh = prices.pair_seconds(draw(SMALL), CELLS, STEPS, workers=2)
    on = prices.pair_seconds(draw(SMALL, rung=1, pair=4), CELLS, STEPS, workers=2)
    assert (on - 3.0) / (fresh - 3.0) == pytest.approx((STEPS - 300) / STEPS)


def test_one_worker_trains_both_cells_one_after_the_other() -> None:
    prices = Prices.of(of_proportion([SMALL, SMALL.with_cell("lstm")]), SHAPE)
    two, one = (prices.pair_seconds(draw(SMALL), CELLS, STEPS, workers=n) for n in (2, 1))
    assert two < one <= 2 * two


def test_a_program_that_was_compiled_costs_less_to_begin() -> None:
    trials = of_proportion([SMALL])
    trials += [replace(trained(SMALL, 1.0, overhead=0.5), pair=1)]
    prices = Prices.of(trials, SHAPE)
    assert (prices.fresh_seconds, prices.known_seconds) == (3.0, 0.5)
    faster = replace(SMALL, learning_rate=0.01)
    other = replace(SMALL, normalisation="standard")
    known, new = (
        prices.pair_seconds(draw(one), ("gru",), STEPS, workers=1) for one in (faster, other)
    )
    assert new - known == pytest.approx(2.5)


def test_a_training_stops_itself_after_its_longest_time() -> None:
    prices = Prices.of(of_proportion([SMALL], each=1e-6), SHAPE)
    assert prices.pair_seconds(draw(LARGE), CELLS, STEPS, 2, longest=7.0) == 10.0


def test_before_anything_was_measured_there_is_compiling() -> None:
    prices = Prices.of([], SHAPE)
    assert prices.pair_seconds(draw(LARGE), CELLS, STEPS, workers=2) == COMPILE_SECONDS
    assert duel_seconds([], CELLS, 8, 2) is None
