"""Work: what trainings take in multiply-adds, by formula and so the same on every machine.

A budget in multiply-adds is kept as one in trainings is: by what was ordered, before it is begun.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autorecur.errors import BudgetError
from autorecur.nets.candidate import REFERENCE_CELL, Candidate, Space
from autorecur.nets.cost import TRAINING_FACTOR, multiply_adds
from autorecur.nets.order import Fit, Order
from autorecur.nets.shape import Shape
from autorecur.search.budget import Budget
from autorecur.search.plan import Plan
from autorecur.search.rungs import Draw, first_beside

__all__ = ["Account", "check_least", "pair_work", "refit_work", "step_work"]

SEARCH_SHARE = 0.5  # of all multiply-adds, at most
Group = tuple[int, int]  # the first pair of a bracket, and a rung


@dataclass
class Account:
    """What the pairs of a search take of a budget in multiply-adds.

    Pairs of one rung of a bracket may be under way together, and how many of them have ended
    depends on the workers. So those count with what they were planned with, whatever they took;
    all that went before is over by then, and counts with what it took.
    """

    total: float
    owed_rounds: int  # trainings of the dearest pair that the duel and the refit will want at least
    cells: tuple[str, ...]
    shape: Shape
    steps: int  # of a full training
    _planned: dict[str, tuple[Group, float]] = field(default_factory=dict)  # by order
    _taken: dict[str, float] = field(default_factory=dict)
    _dearest: float = 0.0  # of the pairs so far, trained fully

    @classmethod
    def of(cls, plan: Plan) -> Account | None:
        """None where no multiply-adds are set."""
        if plan.multiply_adds is None:
            return None
        return cls(plan.multiply_adds, plan.owed_rounds, plan.space.pair, plan.shape, plan.steps)

    def pays(self, draw: Draw, before: Mapping[tuple[int, str], int]) -> bool:
        """Whether a pair can be paid for, and after it what the dearest is owed; the first can.

        `before`: the steps so far of each pair and cell, which a survivor brings with it.
        """
        if not self._planned:
            return True
        spent = self._work(draw, before) + sum(
            planned if its == _group(draw) else self._taken.get(name, planned)
            for name, (its, planned) in self._planned.items()
        )
        owed = self.owed_rounds * max(self._dearest, self._full(draw))
        return spent <= SEARCH_SHARE * self.total and spent + owed <= self.total

    def begin(self, order: Order, draw: Draw, before: Mapping[tuple[int, str], int]) -> None:
        """`order` of a pair is begun."""
        steps = order.steps - _brought(draw, order.candidate.cell, before)
        self._planned[order.id] = _group(draw), steps * order.step_work
        self._dearest = max(self._dearest, self._full(draw))

    def _full(self, draw: Draw) -> float:
        return pair_work(draw.candidate, self.cells, self.shape, self.steps)

    def _work(self, draw: Draw, before: Mapping[tuple[int, str], int]) -> float:
        """Of the pair to its rung, from the one before."""
        return self._full(draw) * draw.fraction - sum(
            _brought(draw, cell, before) * step_work(draw.candidate.with_cell(cell), self.shape)
            for cell in self.cells
        )

    def end(self, order: Order, fit: Fit) -> None:
        """Of one that went wrong nobody knows how far it came: it counts as it was planned."""
        if fit.cost is not None:
            self._taken[order.id] = fit.steps_done * order.step_work


def _group(draw: Draw) -> Group:
    return first_beside(draw.placement.pair), draw.placement.rung


def _brought(draw: Draw, cell: str, before: Mapping[tuple[int, str], int]) -> int:
    """The steps that a survivor brings with it."""
    return before.get((draw.placement.pair, cell), 0) if draw.placement.rung else 0


def step_work(candidate: Candidate, shape: Shape) -> float:
    """Multiply-adds of one training step.

    >>> step_work(Candidate("gru", width=8, lookback=10, batch=32), Shape(1, 1, 0, 2, 1))
    208896.0
    """
    return float(TRAINING_FACTOR * multiply_adds(candidate, shape) * candidate.batch)


def pair_work(candidate: Candidate, cells: Iterable[str], shape: Shape, steps: int) -> float:
    """Multiply-adds of `steps` training steps with each of the cells."""
    return steps * sum(step_work(candidate.with_cell(cell), shape) for cell in cells)


def refit_work(finalists: Iterable[Candidate], space: Space, shape: Shape, steps: int) -> float:
    """Multiply-adds of training the finalists once more, and the plain network if asked for."""
    once = list(finalists)
    if space.reference and once:
        once.append(once[0].with_cell(REFERENCE_CELL))  # the cheapest cell of all
    return steps * sum(step_work(each, shape) for each in once)


def check_least(budget: Budget, space: Space, first: Candidate, shape: Shape, steps: int) -> None:
    """`BudgetError` where a budget cannot pay for one pair and its refit."""
    least = 2 * len(space.pair) + space.reference
    if budget.trainings is not None and budget.trainings < least:
        raise BudgetError(
            f"a budget of {budget.text} cannot train one pair and its refits with the cells "
            f"{', '.join(space.cells)}: give at least {least}trainings"
        )
    needed = 2 * pair_work(first, space.pair, shape, steps)
    if budget.multiply_adds is not None and budget.multiply_adds < needed:
        raise BudgetError(
            f"a budget of {budget.text} cannot train one pair and its refits on this table: "
            f"give at least {_written(needed)}"
        )


def _written(work: float) -> str:
    """As a budget is written, rounded up.

    >>> _written(123_456_789.0)
    '1.3e8flop'
    """
    power = math.floor(math.log10(work))
    return f"{math.ceil(work / 10 ** (power - 1)) / 10:g}e{power}flop"
