"""Budgets in multiply-adds: what is counted, and what cannot pay for a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autorecur.errors import BudgetError
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.cost import Cost
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.shape import Shape
from autorecur.search.budget import Budget
from autorecur.search.rungs import Draw, Placement
from autorecur.search.work import Account, check_least, pair_work, refit_work, step_work

SHAPE = Shape(1, 1, 0, 2, 1)
FIRST = Candidate("lstm", width=8, lookback=10, batch=32)


def test_a_pair_is_its_cells() -> None:
    cells = ("lstm", "gru")
    each = [step_work(FIRST.with_cell(cell), SHAPE) for cell in cells]
    assert each[0] > each[1] > 0
    assert pair_work(FIRST, cells, SHAPE, 50) == 50 * sum(each)
    finalists = [FIRST.with_cell(cell) for cell in cells]
    assert refit_work(finalists, Space(), SHAPE, 50) == 50 * sum(each)
    plain = step_work(FIRST.with_cell("rnn"), SHAPE)
    three = Space(cells=("lstm", "gru", "rnn"))
    assert refit_work(finalists, three, SHAPE, 50) == 50 * (sum(each) + plain)
    assert refit_work([], three, SHAPE, 50) == 0


@pytest.mark.parametrize(
    ("budget", "cells", "refused"),
    [
        ("4trainings", ("lstm", "gru"), None),
        ("4trainings", ("lstm", "gru", "rnn"), "at least 5trainings"),
        ("5trainings", ("lstm", "gru", "rnn"), None),
        ("4trainings", ("gru",), None),
        ("1e3flop", ("lstm", "gru"), r"at least [\d.]+e\d+flop$"),
        ("10min, 1e3flop", ("lstm", "gru"), "cannot train one pair and its refits"),
        ("1e12flop", ("lstm", "gru"), None),
        ("10min", ("lstm", "gru"), None),
    ],
)
def test_a_budget_pays_for_one_pair_and_its_refits(
    budget: str, cells: tuple[str, ...], refused: str | None
) -> None:
    asked = Budget.parse(budget), Space(cells=cells), FIRST, SHAPE, 100
    if refused is None:
        check_least(*asked)
    else:
        with pytest.raises(BudgetError, match=refused) as error:
            check_least(*asked)
        enough = Budget.parse(str(error.value).rpartition(" ")[2])
        check_least(enough, *asked[1:])


def order(name: str, cell: str, steps: int = 100) -> Order:
    candidate = FIRST.with_cell(cell)
    return Order(
        *(name, "arrays", candidate, "selection", 1, steps, "mae", float("inf")),
        step_work=step_work(candidate, SHAPE),
    )


def test_what_is_under_way_counts_as_planned_and_what_went_before_as_it_was() -> None:
    """So one worker and two, which have not as much under way, come to the same pairs."""
    each = step_work(FIRST, SHAPE)

    def draw(pair: int, steps: int, width: int = 8) -> Draw:
        candidate = replace(FIRST, width=width)
        return Draw(Placement(pair, 0), False, steps / 100, candidate)

    account = Account(1_000 * each, 5, ("lstm",), SHAPE, 100)
    first, beside, later = 0, 1, 4  # in a bracket: the first alone, 1 to 3, 4 to 12
    assert account.pays(draw(first, 2_000), {})  # without the first pair there is nothing
    account.begin(order("a", "lstm"), draw(beside, 100), {})
    fit = Fit("a", Status.STOPPED, "", steps_done=40, cost=Cost.of(FIRST, SHAPE))
    for under_way in (True, False):
        assert account.pays(draw(beside + 1, 400), {})
        assert not account.pays(draw(beside + 1, 401), {})  # half of it is for the search
        if under_way:
            assert not account.pays(draw(later, 401), {})
            account.end(order("a", "lstm"), fit)
    assert account.pays(draw(later, 460), {})
    assert not account.pays(draw(later, 461), {})
    assert not account.pays(draw(later, 1, width=16), {})  # its duel could not be paid for
    account.end(order("a", "lstm"), Fit("a", Status.KILLED, ""))
    assert account.pays(draw(later, 460), {})


def test_a_survivor_pays_for_its_further_steps_alone() -> None:
    each = step_work(FIRST, SHAPE)
    account = Account(1_000 * each, 5, ("lstm",), SHAPE, 500)
    account.begin(order("a", "lstm", 160), Draw(Placement(4, 0), False, 1 / 3, FIRST), {})
    account.end(order("a", "lstm", 160), Fit("a", Status.FINISHED, "", steps_done=160))
    goes_on = Draw(Placement(4, 1), True, 1.0, FIRST)
    assert not account.pays(goes_on, {})
    account = Account(6_000 * each, 5, ("lstm",), SHAPE, 500)
    account.begin(order("a", "lstm", 160), Draw(Placement(4, 0), False, 1 / 3, FIRST), {})
    assert account.pays(goes_on, {(4, "lstm"): 160})
