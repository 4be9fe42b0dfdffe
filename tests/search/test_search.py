"""Which trial stands for its cell in the duel; until when a pair's trainings may be begun."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autorecur.metrics import METRICS
from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import Cost
from autorecur.nets.defaults import first_candidate, space_for
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.shape import Shape
from autorecur.search.budget import Budget, Meter
from autorecur.search.dispatch import SLACK_SECONDS, Dispatcher
from autorecur.search.journal import Journal
from autorecur.search.limits import Limits
from autorecur.search.plan import Plan
from autorecur.search.search import Search
from autorecur.search.trial import Trial, best_scores, best_trial, full_seconds, in_order
from autorecur.search.work import Account, pair_work


def trial(name: str, watched: float | None, top: bool = False, cell: str = "gru") -> Trial:
    status = Status.DEADLINE if watched is None else Status.FINISHED
    share = 1.0 if top else 1 / 3
    return Trial(
        name, 0, int(top), top, share, Candidate(cell), 1, status, "", watched, watched=watched
    )


def test_the_best_score_is_the_finalist_whatever_its_rung() -> None:
    trials = [trial("a", 1.2, top=True), trial("b", 1.1), trial("c", None), trial("d", 1.3)]
    best = best_trial(trials, "gru")
    assert best is not None and best.id == "b"


def test_what_a_finalist_takes_from_its_start_to_its_end() -> None:
    first = replace(trial("first", 1.2), seconds=4.0, steps=100)
    then = replace(trial("then", 1.1), rung=1, seconds=0.2, steps=300)
    others = [
        replace(first, id="other cell", candidate=Candidate("lstm"), seconds=50.0),
        replace(first, id="other pair", pair=1, seconds=70.0),
    ]
    trials = [*others, first, then]
    assert full_seconds(then, trials, 300) == 4.2
    assert full_seconds(then, trials, 900) == 4.2 * 3  # it was getting better still
    assert full_seconds(replace(then, status=Status.STOPPED), trials, 900) == 4.2
    assert full_seconds(first, trials, 300) == 4.0 * 3


def test_of_equal_scores_the_one_trained_further_is_the_finalist() -> None:
    trials = [trial("a", 1.1), trial("b", 1.1, top=True), trial("z", 0.9, cell="lstm")]
    best = best_trial(trials, "gru")
    assert best is not None and best.id == "b"


def test_the_other_cell_tells_luck_from_settings() -> None:
    def pair(number: int, gru: float, lstm: float | None) -> list[Trial]:
        scores = {"gru": gru, "lstm": lstm}
        return [
            replace(trial(f"{cell} {number}", score, cell=cell), pair=number)
            for cell, score in scores.items()
        ]

    def finalist(*pairs: list[Trial]) -> str:
        best = best_trial([each for pair in pairs for each in pair], "gru")
        assert best is not None
        return best.id

    sound, poor = pair(2, 1.10, 1.10), pair(3, 1.40, 1.45)
    assert finalist(pair(1, 1.00, 1.40), sound, poor) == "gru 2"
    assert finalist(pair(1, 0.99, None), sound, poor) == "gru 1"
    # A difference that is no luck stays one, and one that went wrong takes nothing with it.
    assert finalist(pair(1, 0.80, 1.40), sound, poor) == "gru 1"
    assert finalist(pair(1, 0.80, 1e9), sound, poor) == "gru 1"


def test_a_cell_without_a_score_has_no_finalist() -> None:
    assert best_trial([trial("a", None)], "gru") is None
    assert best_trial([trial("a", 1.0)], "lstm") is None


def test_a_share_of_right_answers_does_not_choose_where_something_finer_is_watched() -> None:
    lucky = replace(trial("a", 0.61), score=0.848)
    sound = replace(trial("b", 0.55), score=0.836)
    best = best_trial([lucky, sound], "gru")
    assert best is not None and best.id == "b"


def test_the_best_so_far_is_of_those_that_went_furthest() -> None:
    assert best_scores([], "lower") == {}
    begun = [trial("one", 0.2), trial("two", 0.3, cell="lstm")]
    assert sorted(best_scores(begun, "lower").values()) == [0.2, 0.3]
    further = [*begun, trial("three", 0.5, top=True), trial("four", 0.4, top=True)]
    assert list(best_scores(further, "lower").values()) == [0.4]
    assert list(best_scores(further, "higher").values()) == [0.5]
    assert list(best_scores([*further, trial("five", None, top=True)], "lower").values()) == [0.4]


@contextmanager
def searching(
    table: Any, folder: Path, workers: int = 1, budget: str = "10min"
) -> Iterator[tuple[Search, list[float]]]:
    """A search whose orders nobody carries out, and the seconds that its clock shows."""
    now = [0.0]
    meter = Meter(Budget.parse(budget), clock=lambda: now[0], started=0.0)
    space = replace(space_for(table.dataset, None), depth=(1, 3), width=(8, 128))
    plan = Plan(
        space=space,
        first=first_candidate(table.dataset, space),
        metric=METRICS["mae"],
        seed=1,
        steps=900,
        shape=Shape.of(table.dataset),
        arrays=Path(table.folder),
        folder=folder,
        duel_rounds=8,
        trainings=None,
        multiply_adds=None,
        owed_rounds=5,
        longest_seconds=60.0,
        limits=Limits(),
        text_bytes=0,
    )
    with ThreadPoolExecutor(1) as executor:
        journal = Journal(folder / "journal.jsonl")
        tell = Dispatcher(executor, workers, meter, journal, lambda event: None, "mae")
        yield Search(plan, tell), now
        journal.close()


def trained(order: Order, seconds: float, steps: int | None = None) -> Fit:
    done = order.steps if steps is None else steps
    ledger = {"compile": 1.0, "steps": seconds, "validation": 0.0, "other": 0.0}
    cost = Cost(10, 40, 100)
    return Fit(
        *(order.id, Status.FINISHED, ""),
        score=1.0,
        watched=1.0,
        steps=done,
        steps_done=done,
        timed_steps=done,
        seconds=seconds + 1.0,
        ledger=ledger,
        cost=cost,
    )


def test_what_there_is_no_time_for_is_not_begun_and_cheaper_pairs_are(
    co2: Any, tmp_path: Path
) -> None:
    with searching(co2, tmp_path, workers=2) as (search, now):
        for order in [search._next(), search._next()]:
            assert order is not None
            search._done(order, trained(order, 8.0))
        prices = search.prices
        now[0] = search.dispatcher.meter.shares.search - 4.0
        begun: list[Order] = []
        while (first := search._next()) is not None:
            second = search._next()  # at the same time: there are two workers
            assert second is not None
            pair = [(o, o.steps * prices.step_seconds(o.candidate)) for o in (first, second)]
            assert all(taken < search.dispatcher.meter.left("search") for _, taken in pair)
            for order, taken in pair:
                search._done(order, trained(order, taken))
            begun += [first, second]
            now[0] += max(taken for _, taken in pair) / 2
        assert len(begun) > 4 and search._late  # `run` says that it was the time
        wide = max(prices.step_seconds(replace(each.candidate, width=128)) for each in begun)
        assert wide * begun[0].steps > 4.0  # such ones would have been drawn too


@pytest.mark.parametrize(("budget", "given"), [("10min", 3.0), ("40trainings", 0.0)])
def test_the_cell_that_had_fewer_seconds_goes_on_for_longer(
    co2: Any, tmp_path: Path, budget: str, given: float
) -> None:
    """Where time alone ends the search; trainings that are counted do not hang on a clock."""
    with searching(co2, tmp_path, workers=2) as (search, _):
        search.dispatcher.meter.budget = Budget.parse(budget)
        default = [order for order in (search._next(), search._next()) if order]
        assert [order.extra_seconds for order in default] == [0.0, 0.0]
        seconds = {"lstm": 9.0, "gru": 6.0}
        for order in default:
            fit = trained(order, seconds[order.candidate.cell])
            search._done(order, fit)
            search.dispatcher.balance.book(order, fit)
        after = [order for order in (search._next(), search._next()) if order]
        extra = {order.candidate.cell: order.extra_seconds for order in after}
        assert extra == {"lstm": 0.0, "gru": given}


def test_multiply_adds_end_a_search_at_the_same_pair_whoever_is_faster(
    co2: Any, tmp_path: Path
) -> None:
    """Half of the steps of some are saved by stopping early, sooner or later known."""

    def pairs_begun(late: int, folder: Path) -> list[str]:
        folder.mkdir()
        with searching(co2, folder, workers=2) as (search, _):
            plan = search.plan
            full = pair_work(plan.first, plan.space.pair, plan.shape, plan.steps)
            search.plan = replace(plan, multiply_adds=40 * full)
            search._account = Account.of(search.plan)
            names: list[str] = []
            flying: list[Order] = []
            while not search.ended_by or flying:
                order = search._next()
                if order is not None:
                    names.append(order.id)
                    flying.append(order)
                if flying and (order is None or len(flying) > late):
                    landed = flying.pop(0)
                    steps = landed.steps // 2 if "rung-0" in landed.id else landed.steps // 3
                    search._done(landed, trained(landed, 1.0, steps))
            assert search.ended_by == "multiply-adds"
            begun = [trial.id for trial in in_order(search.trials) if trial.status.begun]
            assert begun == sorted(names)
            return sorted(names)

    one, two = pairs_begun(1, tmp_path / "one"), pairs_begun(7, tmp_path / "two")
    assert one == two and len(one) > 8


def test_one_worker_leaves_the_second_cell_as_much_time_as_the_first(
    co2: Any, tmp_path: Path
) -> None:
    with searching(co2, tmp_path, workers=1) as (search, now):
        end = search.dispatcher.meter.deadline("refit")
        now[0] = 100.0
        first, second = search._next(), search._next()
        assert first is not None and second is not None
        assert first.deadline - now[0] == (end - now[0]) / 2
        assert second.deadline == end
        for order in (first, second):
            search._done(order, trained(order, 1.0))
        after = [search._next(), search._next()]
        late = search.dispatcher.meter.deadline("search") + SLACK_SECONDS
        assert [order and order.deadline for order in after] == [now[0] + (late - now[0]) / 2, late]


def test_the_second_cell_of_the_last_pair_has_a_moment_more(co2: Any, tmp_path: Path) -> None:
    """A worker that comes free just past the end of the search takes it, and no pair is halved."""
    with searching(co2, tmp_path, workers=2) as (search, now):
        meter = search.dispatcher.meter
        default = [search._next(), search._next()]
        assert all(order and order.deadline == meter.deadline("refit") for order in default)
        search.trials = [trial("a", 1.0)]
        now[0] = meter.shares.search - 10.0
        first = search._next()
        now[0] = meter.shares.search + SLACK_SECONDS / 2
        second = search._next()
        assert first is not None and second is not None
        assert first.deadline == second.deadline == meter.deadline("search") + SLACK_SECONDS
        assert search._next() is None and search.ended_by == "time"
