"""Many at once: each member is what it would have been alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tables

from autorecur.data import arrays
from autorecur.nets.batches import batches
from autorecur.nets.block import block_of
from autorecur.nets.build import core
from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.engine import Program
from autorecur.nets.order import Order, Status
from autorecur.nets.population import Population
from autorecur.nets.programs import program
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.train import companions, train, train_together

SMALL = Candidate("gru", width=6, lookback=12, batch=16, learning_rate=0.01, dropout=0.2)
NEVER = float("inf")


@pytest.mark.parametrize("cell", CELLS)
def test_fifty_steps_of_a_member_are_those_of_the_same_candidate_alone(
    cell: str, seasonal: Any
) -> None:
    dataset, candidate = seasonal.dataset, replace(SMALL, cell=cell, depth=2)
    shape, fold = Shape.of(dataset), dataset.split.selection
    made = program(candidate, shape, "mean_absolute_error")
    assert isinstance(made, Program)
    block = block_of(dataset, fold, Scaler.fit(dataset, fold), shape, scaled=False)
    settings = [(1, 0.01, 0.1), (2, 0.002, 0.5), (2, 0.01, 0.1)]  # seed, learning rate, dropout
    starts, drawn = [], []
    for seed, rate, dropout in settings:
        one = replace(candidate, learning_rate=rate, dropout=dropout)
        starts.append(made.start(core(one, shape, seed), one))
        drawn.append(batches(fold.train[fold.train >= 12], 16, seed, 0, 50))
    population = Population(made, starts)
    losses = np.concatenate(
        [population.advance(block, np.stack(drawn)[:, at : at + 10]) for at in range(0, 50, 10)],
        axis=1,
    )
    answers = population.forecast(block, fold.validation)
    for place, (start, mine) in enumerate(zip(starts, drawn, strict=True)):
        state, alone = made.advance(start, block, mine)
        np.testing.assert_allclose(losses[place], alone, atol=1e-5)
        forecast = made.forecast(population.member(place), block, fold.validation)
        np.testing.assert_allclose(answers[place], forecast, atol=1e-5)
        np.testing.assert_allclose(
            answers[place], made.forecast(state, block, fold.validation), atol=1e-4
        )
    assert len({tuple(row) for row in losses.tolist()}) == 3


def order_of(folder: str, candidate: Candidate, seed: int, **rest: Any) -> Order:
    return Order(f"seed {seed}", folder, candidate, "selection", seed, 120, "mae", NEVER, **rest)


@pytest.mark.parametrize("cell", CELLS)
def test_a_member_is_what_it_is_alone(cell: str, seasonal: Any) -> None:
    """Seeds, learning rates and rates of dropout differ; one member diverges, one stops early."""
    rates = [(0.01, 0.2), (0.003, 0.5), (0.05, 0.1), (1e-7, 0.2), (0.01, 0.2)]
    orders = [
        order_of(
            seasonal.folder,
            replace(SMALL, cell=cell, learning_rate=rate, dropout=dropout),
            seed,
            forecast=True,
        )
        for seed, (rate, dropout) in enumerate(rates)
    ]
    assert all(companions(orders[0], other) for other in orders)
    together = train_together(orders)
    for order, fit in zip(orders, together, strict=True):
        alone = train(order)
        assert (fit.order, fit.status, fit.steps) == (order.id, alone.status, alone.steps)
        # What rounding does to the first digits, a hundred steps of training make more of.
        np.testing.assert_allclose(fit.curve, alone.curve, rtol=1e-3)
        np.testing.assert_allclose(fit.forecasts, alone.forecasts, rtol=1e-2, atol=1e-2)
        assert fit.best_step == alone.best_step
        assert fit.cost == alone.cost


def test_each_member_stops_on_its_own(seasonal: Any) -> None:
    """One cannot learn and stops, one is thrown out of bounds and ends, one goes on to the end."""
    still, fine, wild = (replace(SMALL, learning_rate=rate) for rate in (0.0, 0.005, 3e38))
    orders = [order_of(seasonal.folder, one, 3) for one in (still, fine, wild)]
    orders = [replace(order, steps=300) for order in orders]
    stopped, going, diverged = train_together(orders)
    assert stopped.status is Status.STOPPED and stopped.steps < 300
    assert going.status is Status.FINISHED and going.steps == 300
    assert diverged.status is Status.DIVERGED


def test_two_padded_lengths_in_a_population(tmp_path: Any) -> None:
    dataset = tables.unequal()
    folder = str(arrays.save(dataset, tmp_path))
    candidate = Candidate("lstm", width=4, lookback=19, batch=8, pooling="max")
    orders = [
        Order(str(seed), folder, candidate, "test", seed, 60, "accuracy", NEVER) for seed in (1, 2)
    ]
    for order, fit in zip(orders, train_together(orders), strict=True):
        alone = train(order)
        assert fit.watched == pytest.approx(alone.watched, rel=1e-4)
        np.testing.assert_allclose(fit.curve, alone.curve, atol=1e-6)


def test_what_cannot_go_together(seasonal: Any) -> None:
    one = order_of(seasonal.folder, SMALL, 1)
    assert companions(one, replace(one, seed=9))
    assert companions(one, replace(one, candidate=replace(SMALL, learning_rate=1.0, dropout=0.5)))
    for other in (
        replace(one, candidate=replace(SMALL, width=7)),
        replace(one, candidate=replace(SMALL, batch=8)),
        replace(one, candidate=replace(SMALL, dropout=0.0)),
        replace(one, candidate=SMALL.with_cell("lstm")),
        replace(one, steps=60),
        replace(one, fold="holdout"),
        replace(one, resume_from="somewhere"),
    ):
        assert not companions(one, other)
