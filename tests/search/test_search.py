"""Which trial stands for its cell in the duel."""

from __future__ import annotations

from dataclasses import replace

from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Status
from autorecur.search.search import best_trial
from autorecur.search.trial import Trial


def trial(name: str, watched: float | None, top: bool = False, cell: str = "gru") -> Trial:
    status = Status.DEADLINE if watched is None else Status.FINISHED
    return Trial(name, 0, int(top), top, Candidate(cell), 1, status, "", watched=watched)


def test_the_best_score_is_the_finalist_whatever_its_rung() -> None:
    trials = [trial("a", 1.2, top=True), trial("b", 1.1), trial("c", None), trial("d", 1.3)]
    best = best_trial(trials, "gru")
    assert best is not None and best.id == "b"


def test_of_equal_scores_the_one_trained_further_is_the_finalist() -> None:
    trials = [trial("a", 1.1), trial("b", 1.1, top=True), trial("z", 0.9, cell="lstm")]
    best = best_trial(trials, "gru")
    assert best is not None and best.id == "b"


def test_a_cell_without_a_score_has_no_finalist() -> None:
    assert best_trial([trial("a", None)], "gru") is None
    assert best_trial([trial("a", 1.0)], "lstm") is None


def test_a_share_of_right_answers_does_not_choose_where_something_finer_is_watched() -> None:
    lucky = replace(trial("a", 0.61), score=0.848)
    sound = replace(trial("b", 0.55), score=0.836)
    best = best_trial([lucky, sound], "gru")
    assert best is not None and best.id == "b"
