"""What a resumed run takes from its journal, and what it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import Cost
from autorecur.nets.order import Order, Status
from autorecur.search.journal import plain
from autorecur.search.replay import Replay, asked

ORDER = Order("one", "arrays", Candidate("gru"), "selection", 7, 100, "mae", 5.0)


def line(order: Order = ORDER, stage: str = "search", **more: Any) -> dict[str, Any]:
    """As the journal holds a training."""
    told = {
        "event": "training",
        "order": order.id,
        "stage": stage,
        **asked(order),
        "status": Status.FINISHED,
        "sentence": "",
        "score": 1.5,
        "watched": 1.4,
        "curve": [1.6, 1.5],
        "steps": 100,
        "best_step": 90,
        "steps_done": 100,
        "seconds": 2.0,
        "ledger": {"steps": 2.0},
        "cost": Cost(10, 40, 100),
        "engine": "jax",
        "device": "CPU",
        "noted": {},
        "at_seconds": 12.0,
    }
    made: dict[str, Any] = json.loads(json.dumps({**told, **more}, default=plain))
    return made


def begun(budget: str = "1min", event: str = "begin") -> dict[str, Any]:
    return {"event": event, "budget": budget}


def entered(stage: str) -> dict[str, Any]:
    return {"event": "stage", "stage": stage, "at_seconds": 1.0}


def test_an_answer_is_given_once() -> None:
    replay = Replay([line()])
    assert replay.knows(ORDER) and replay.spent_seconds == 12.0
    fit = replay.take(ORDER)
    assert fit is not None
    assert (fit.score, fit.status, fit.curve) == (1.5, Status.FINISHED, (1.6, 1.5))
    assert replay.take(ORDER) is None and not replay.knows(ORDER)
    assert not fit.late  # of a journal that does not say what ended it
    cut = Replay([begun(), line(status="DEADLINE", late=True)], "1min").take(ORDER)
    assert cut is not None and cut.late


@pytest.mark.parametrize(
    "change",
    [
        {"candidate": Candidate("gru", width=7)},
        {"fold": "duel 1"},
        {"seed": 8},
        {"steps": 200},
        {"metric": "rmse"},
    ],
    ids=str,
)
def test_another_training_of_the_same_name_is_no_answer(change: dict[str, Any]) -> None:
    replay = Replay([line()])
    assert not replay.knows(replace(ORDER, **change))
    assert replay.knows(replace(ORDER, deadline=99.0, longest_seconds=0.5))  # that is no difference


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({"status": "FAILED", "score": None}, False),
        ({"status": "KILLED", "score": None}, False),
        ({"status": "DEADLINE", "score": None}, False),
        ({"status": "DEADLINE"}, True),
        ({"status": "DIVERGED", "score": None}, True),
        ({"status": "STOPPED"}, True),
    ],
    ids=str,
)
def test_what_failed_for_want_of_something_is_tried_again(
    told: dict[str, Any], known: bool
) -> None:
    assert Replay([begun(), line(**told)], "1min").knows(ORDER) is known


def test_what_was_cut_short_is_trained_on_where_the_budget_is_another() -> None:
    cut = line(status="DEADLINE")
    assert not Replay([begun("1min"), cut], "2min").knows(ORDER)
    assert Replay([begun("1min"), line()], "2min").knows(ORDER)
    again = [begun("1min"), cut, begun("2min", "resume"), line(status="DEADLINE", score=1.2)]
    fit = Replay(again, "2min").take(ORDER)
    assert fit is not None and fit.score == 1.2


def test_the_stage_that_was_interrupted_goes_on() -> None:
    """The stages that it was led through after that, to its report, were not carried out."""
    events = [begun(), entered("search"), entered("duel"), {"event": "interrupt"}]
    left = [*events, entered("report"), {"event": "end", "why": "interrupt"}]
    assert Replay(left, "1min").over == {"search"}
    assert Replay([*events[:-1], entered("refit")], "1min").over == {"search", "duel"}


def test_what_it_left_behind_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "answers.npz"
    replay = Replay([line(noted={"files": [str(file)]})])
    assert not replay.knows(ORDER)
    file.write_bytes(b"")
    assert replay.knows(ORDER)


def test_the_last_seed_is_of_what_is_left_in_the_stage() -> None:
    late = replace(ORDER, id="late", seed=12)
    replay = Replay([line(), line(late), line(replace(ORDER, id="duel", seed=99), "duel")])
    assert replay.last_seed("search") == 12
    replay.take(late)
    assert replay.last_seed("search") == 7
    replay.take(ORDER)
    assert replay.last_seed("search") is None


def test_which_stages_were_over() -> None:
    stages = [entered("search"), entered("duel")]
    assert Replay([begun(), *stages], "1min").over == {"search"}
    assert Replay([begun(), entered("search")], "1min").over == set()
    # With another budget the search may go on.
    assert Replay([begun(), *stages], "2min").over == set()
    again = [begun(), *stages, begun("2min", "resume"), entered("search")]
    assert Replay(again, "2min").over == set()
    assert Replay([*again, entered("duel")], "2min").over == {"search"}


def test_what_was_drawn_is_known_whatever_came_of_it() -> None:
    lost = line(replace(ORDER, id="two", seed=8), status=Status.FAILED, score=None)
    replay = Replay([line(), lost])
    assert replay.take(ORDER) is not None
    assert replay.candidate("search", 7) == replay.candidate("search", 8) == ORDER.candidate
    assert replay.candidate("search", 9) is replay.candidate("duel", 7) is None
