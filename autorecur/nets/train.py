"""One training under limits, or several side by side: an Order in, a Fit out.

The order names everything that the result may depend on; the same order gives the same fit,
whichever worker runs it, alone or in company. A training stops by itself at the step that its
deadline falls in, and hands back its best weights, not its last ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from autorecur.nets import heap
from autorecur.nets.compiled import forget
from autorecur.nets.engine import Program
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.population import Population
from autorecur.nets.programs import engine_name
from autorecur.nets.training import Training

__all__ = ["companions", "train", "train_together"]

Clock = Callable[[], float]


def train(order: Order, clock: Clock = time.monotonic) -> Fit:
    """Carry out `order`."""
    training = Training(order, clock)
    progress, made, block = training.progress, training.program, training.block

    def validate() -> None:
        begin = clock()
        given = made.forecast(progress.state, block, training.fold.validation)
        factor = training.judged(given, lambda: clock() - begin)
        if factor != 1.0:
            progress.state = made.with_rate(progress.state, factor)

    while training.going and training.in_time():
        begin = clock()
        drawn = training.drawn()
        progress.state, losses = made.advance(progress.state, block, drawn)
        training.stepped(len(drawn), float(losses[-1]), clock() - begin)
        if training.due():
            validate()
    if progress.score is None and training.status is Status.DEADLINE and progress.steps:
        validate()  # a deadline before the first validation: the score of what there is
    return training.result()


def companions(one: Order, other: Order) -> bool:
    """Whether two orders can be carried out side by side: one program, one fold, one length.

    Their limits may differ: each member of a population stops on its own.
    """
    alike = ("arrays", "fold", "steps", "metric", "resume_from", "train_share")
    return (
        one.resume_from is None
        and one.candidate.program_key == other.candidate.program_key
        and one.candidate.batch == other.candidate.batch
        and all(getattr(one, name) == getattr(other, name) for name in alike)
    )


def train_together(orders: Sequence[Order], clock: Clock = time.monotonic) -> list[Fit]:
    """Carry out orders that are `companions` of each other, as one population.

    Each member stops on its own, and its fit is the one that it would have had alone.
    """
    try:
        if len(orders) == 1 or engine_name() != "jax":
            return [train(order, clock) for order in orders]
        return _side_by_side(orders, clock)
    finally:
        forget()
        heap.give_back()


def _side_by_side(orders: Sequence[Order], clock: Clock) -> list[Fit]:
    trainings = [Training(order, clock) for order in orders]
    first = trainings[0]
    assert isinstance(first.program, Program)
    population = Population(first.program, [each.progress.state for each in trainings])

    def validate(due: Sequence[int]) -> None:
        begin = clock()
        given = population.forecast(first.block, first.fold.validation)
        factors = np.ones(len(trainings), np.float32)
        for place in due:
            trainings[place].progress.state = population.member(place)
            factors[place] = trainings[place].judged(
                given[place], lambda: (clock() - begin) / len(due)
            )
        if (factors != 1.0).any():
            population.scale_rates(factors)

    while going := [place for place, each in enumerate(trainings) if each.going]:
        going = [place for place in going if trainings[place].in_time()]
        if not going:
            break
        begin = clock()
        steps = trainings[going[0]].chunk()
        drawn = np.stack([each.batches_of(steps) for each in trainings])
        losses = population.advance(first.block, drawn)
        for place in going:
            trainings[place].stepped(
                steps, float(losses[place, -1]), (clock() - begin) / len(going)
            )
        if due := [place for place in going if trainings[place].due()]:
            validate(due)
    unseen = [
        place
        for place, each in enumerate(trainings)
        if each.status is Status.DEADLINE and each.progress.score is None and each.progress.steps
    ]
    if unseen:
        validate(unseen)
    return [each.result() for each in trainings]
