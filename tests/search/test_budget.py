"""What may be spent, how it is divided, and what was spent, by an injected clock."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autorecur.errors import BudgetError, SettingError
from autorecur.search.budget import Budget, Meter, Shares, divide_trainings

HELP = "use a time such as 90s, 10min or 2h, a number of trainings such as 40trainings, or 2e14flop"


class Clock:
    def __init__(self, now: float = 100.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", (90.0, None, None)),
        ("90 s", (90.0, None, None)),
        ("15s", (15.0, None, None)),
        ("10min", (600.0, None, None)),
        ("10 MIN", (600.0, None, None)),
        ("10m", (600.0, None, None)),
        ("2h", (7200.0, None, None)),
        ("1.5h", (5400.0, None, None)),
        ("1h 30min", (5400.0, None, None)),
        ("1h30min", (5400.0, None, None)),
        ("40trainings", (None, 40, None)),
        ("40 trainings", (None, 40, None)),
        ("4trainings", (None, 4, None)),
        ("1e2trainings", (None, 100, None)),
        ("2e14flop", (None, None, 2e14)),
        ("2.5e9 flops", (None, None, 2.5e9)),
        ("10min, 40trainings", (600.0, 40, None)),
        ("10min,40trainings,2e14flop", (600.0, 40, 2e14)),
    ],
)
def test_budgets_that_can_be_read(
    text: str, expected: tuple[float | None, int | None, float | None]
) -> None:
    budget = Budget.parse(text)
    assert (budget.seconds, budget.trainings, budget.multiply_adds) == expected
    assert budget.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "10",
        "10 minutes",
        "-5min",
        "10min of it",
        "min",
        "10min,",
        "1e",
        "ten min",
        "1e999h",
        "1e999trainings",
    ],
)
def test_budgets_that_cannot_be_read(text: str) -> None:
    with pytest.raises(SettingError, match=f"^{re.escape(f'the budget {text!r} cannot be read')}"):
        Budget.parse(text)


def test_the_exact_sentences() -> None:
    with pytest.raises(SettingError) as unread:
        Budget.parse("soon")
    assert str(unread.value) == f"the budget 'soon' cannot be read: {HELP}"
    with pytest.raises(BudgetError) as short:
        Budget.parse("5s")
    assert str(short.value) == ("a budget of 5s is shorter than start-up can be: give at least 15s")
    with pytest.raises(BudgetError) as few:
        Budget.parse("3trainings")
    assert str(few.value) == (
        "a budget of 3trainings cannot train one pair and its refits: give at least 4trainings"
    )


@pytest.mark.parametrize("text", ["0s", "0min", "0trainings", "0flop", "10min, 0flop"])
def test_nothing_is_no_budget(text: str) -> None:
    with pytest.raises((BudgetError, SettingError)):
        Budget.parse(text)


def test_a_long_text_is_cut_in_its_error() -> None:
    with pytest.raises(SettingError) as error:
        Budget.parse("x" * 5000)
    assert len(str(error.value)) < 200


@given(limit=st.floats(15, 1e6))
def test_shares_follow_each_other_and_fill_the_limit(limit: float) -> None:
    shares = Shares.of(limit)
    assert 0 < shares.search < shares.duel < shares.refit < shares.report < limit
    assert limit - shares.report <= 0.3 + 1e-9 * limit
    assert 2.0 <= limit - shares.refit <= max(20.0, 0.05 * limit)  # to draw the report in


def test_without_a_limit_no_stage_ends() -> None:
    shares = Shares.of(None)
    assert {shares.search, shares.duel, shares.refit, shares.report} == {float("inf")}
    meter = Meter(Budget.parse("40trainings"), Clock())
    assert meter.left("search") == meter.deadline("report") == float("inf")
    meter.enter("search")
    meter.enter("duel")
    assert {entry.planned_seconds for entry in meter.ledger()} == {None}


def test_left_and_deadline_follow_the_clock() -> None:
    clock = Clock(100.0)
    meter = Meter(Budget.parse("100s"), clock, started=95.0)
    assert meter.spent_seconds == 5.0
    share = meter.shares.search
    assert meter.deadline("search") == 95.0 + share
    assert meter.left("search") == share - 5.0
    clock.now = 95.0 + share - 1.0
    assert meter.left("search") == pytest.approx(1.0)
    clock.now += 50.0
    assert meter.left("search") == 0.0


def spend(meter: Meter, clock: Clock, stage: str, seconds: float, trainings: int) -> None:
    meter.enter(stage)
    clock.now += seconds
    meter.charge(trainings, 10.0 * trainings)


def test_the_ledger_is_contiguous() -> None:
    clock = Clock()
    meter = Meter(Budget.parse("100s"), clock)
    clock.now += 2.0
    spend(meter, clock, "search", 30.0, 6)
    spend(meter, clock, "duel", 20.0, 8)
    spend(meter, clock, "search", 1.0, 1)  # a stage may be entered again
    entries = {entry.stage: entry for entry in meter.ledger()}
    assert list(entries) == ["start-up", "search", "duel"]
    assert [entry.seconds for entry in entries.values()] == [2.0, 31.0, 20.0]
    assert [entry.trainings for entry in entries.values()] == [0, 7, 8]
    assert entries["start-up"].planned_seconds is None
    assert entries["search"].planned_seconds == pytest.approx(meter.shares.search - 2.0)
    assert entries["duel"].planned_seconds == pytest.approx(meter.shares.duel - 32.0)
    assert (meter.trainings, meter.multiply_adds) == (15, 150.0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["search", "duel", "refit", "report", "other"]),
            st.integers(0, 1000),
            st.integers(0, 5),
            st.booleans(),
        )
    )
)
def test_the_ledger_sums_to_what_was_spent(
    stretches: list[tuple[str, int, int, bool]],
) -> None:
    clock = Clock()
    meter = Meter(Budget.parse("100s"), clock)
    for stage, seconds, trainings, looked_at in stretches:
        spend(meter, clock, stage, seconds, trainings)
        if looked_at:  # looking must change nothing
            meter.ledger()
    ledger = meter.ledger()
    assert ledger == meter.ledger()
    assert sum(entry.seconds for entry in ledger) == meter.spent_seconds
    assert sum(entry.trainings for entry in ledger) == meter.trainings
    assert len({entry.stage for entry in ledger}) == len(ledger)


@given(
    trainings=st.integers(4, 5000),
    cells=st.integers(1, 2),
    fewest=st.integers(1, 8),
    rounds=st.integers(8, 64),
)
def test_trainings_are_divided(trainings: int, cells: int, fewest: int, rounds: int) -> None:
    search, duel = divide_trainings(trainings, cells, fewest, rounds)
    assert search is not None and duel is not None
    assert search + duel + cells == trainings  # the refit takes one a cell
    assert search >= cells and duel >= 0 and duel % cells == 0
    assert duel <= rounds * cells
    if trainings >= (2 + fewest) * cells:
        assert duel >= fewest * cells
    if duel > fewest * cells:
        assert duel <= 0.4 * (trainings - 2 * cells)


@given(trainings=st.integers(4, 500), more=st.integers(1, 50))
def test_more_trainings_never_mean_less_of_anything(trainings: int, more: int) -> None:
    def divided(many: int) -> tuple[int, int]:
        search, duel = divide_trainings(many, 2, 4, 24)
        assert search is not None and duel is not None
        return search, duel

    fewer, larger = divided(trainings), divided(trainings + more)
    assert larger[1] >= fewer[1]
    assert larger[0] >= fewer[0] - 1  # a duel's round is two trainings at once


def test_no_number_of_trainings_sets_no_limit() -> None:
    assert divide_trainings(None, 2, 4, 24) == (None, None)


def test_the_clock_can_be_any_callable() -> None:
    clock: Callable[[], float] = Clock(7.0)
    assert Meter(Budget.parse("40trainings"), clock).started == 7.0


def test_what_the_duel_will_not_need_the_search_gets() -> None:
    meter = Meter(Budget.parse("100s"), Clock())
    planned = meter.shares
    meter.expect_duel(10.0)
    assert meter.shares.search == pytest.approx(planned.duel - 10.0)
    meter.expect_duel(1e6)  # slower than thought: the search never gets less than was promised
    assert meter.shares == planned
    meter.expect_duel(0.0)
    assert meter.shares.search == planned.duel == meter.shares.duel


def test_what_the_refit_will_not_need_the_duel_gets() -> None:
    meter = Meter(Budget.parse("100s"), Clock())
    planned = meter.shares
    meter.expect_refit(1e6)
    assert meter.shares == planned
    meter.expect_refit(4.0)
    assert meter.shares.duel == pytest.approx(planned.refit - 4.0)
    assert (meter.shares.search, meter.shares.refit) == (planned.search, planned.refit)


def test_what_the_report_will_not_need_goes_to_the_stages_before_it() -> None:
    meter = Meter(Budget.parse("100s"), Clock())
    meter.reserve(2.0)
    planned = meter.shares
    meter.expect_report(1e6)  # slower than thought: what was promised stays promised
    assert meter.shares == planned
    meter.expect_report(1.0)
    assert meter.shares.refit == pytest.approx(planned.report - 1.0)
    assert (meter.shares.duel, meter.shares.report) == (planned.duel, planned.report)


@given(limit=st.floats(30, 1e6), seconds=st.floats(0, 10), duel=st.floats(0, 1e6))
def test_a_reserve_is_set_aside_from_every_stage(limit: float, seconds: float, duel: float) -> None:
    meter = Meter(Budget("", limit), Clock())
    before = meter.shares
    meter.reserve(seconds)
    assert meter.shares.refit == pytest.approx(before.refit - seconds)
    assert meter.shares.report == before.report
    meter.expect_duel(duel)
    shares = meter.shares
    assert Shares.of(limit, seconds).search <= shares.search <= shares.duel <= shares.refit


def test_without_a_limit_there_is_nothing_to_hand_on() -> None:
    meter = Meter(Budget.parse("40trainings"), Clock())
    meter.reserve(5.0)
    meter.expect_duel(3.0)
    meter.expect_refit(3.0)
    meter.expect_report(3.0)
    assert meter.shares == Shares()
