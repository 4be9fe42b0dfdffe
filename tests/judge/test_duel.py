"""What a duel means to train, before anything is, and which half of a pair it owes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autorecur.judge.duel import Duel
from autorecur.judge.outcome import SEEDS_IN_TIME
from autorecur.metrics import METRICS
from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.order import Fit, Status
from autorecur.search.budget import Budget, Meter
from autorecur.search.dispatch import SLACK_SECONDS, Dispatcher
from autorecur.search.journal import Journal

FINALISTS = {cell: Candidate(cell, width=32) for cell in CELLS}


@pytest.mark.parametrize(
    ("budget", "trainings", "pairs"),
    [
        ("10min", None, 8),  # every fold once, whatever time has room for
        ("40trainings", 14, 7),
        ("10min, 90trainings", 60, 24),  # every fold with three seeds is all that is counted
        ("2e14flop", None, 24),
    ],
)
def test_how_many_pairs_are_planned(
    budget: str, trainings: int | None, pairs: int, co2: Any, tmp_path: Path
) -> None:
    assert len(co2.dataset.split.duel) == 8
    meter = Meter(Budget.parse(budget))
    with _duel(co2, tmp_path, meter, trainings, {}) as duel:
        assert duel.planned_pairs == pairs


def test_the_second_half_of_a_pair_waits_for_a_later_deadline(co2: Any, tmp_path: Path) -> None:
    now = [0.0]
    meter = Meter(Budget.parse("10min"), clock=lambda: now[0], started=0.0)
    with _duel(co2, tmp_path, meter, None, FINALISTS) as duel:
        first = duel._next()
        now[0] = duel.deadline + SLACK_SECONDS / 2  # no other pair is begun, this one is completed
        second = duel._next()
        assert first is not None and second is not None
        assert (second.fold, second.seed) == (first.fold, first.seed)
        assert {first.candidate.cell, second.candidate.cell} == set(CELLS)
        assert duel._next() is None

        now[0] = 0.0
        third = duel._next()
        now[0] = duel.deadline + 2 * SLACK_SECONDS
        assert third is not None and duel._next() is None
        duel.deadline += 10.0  # the refit left some of its time
        fourth = duel._next()
        assert fourth is not None and fourth.deadline == duel.deadline + SLACK_SECONDS
        assert (fourth.fold, fourth.seed) == (third.fold, third.seed)
        assert fourth.candidate.cell != third.candidate.cell


def test_a_half_that_the_end_has_cut_gets_no_other_half(co2: Any, tmp_path: Path) -> None:
    """It would be trained in full, and the pair left out then."""
    now = [0.0]
    meter = Meter(Budget.parse("10min"), clock=lambda: now[0], started=0.0)
    with _duel(co2, tmp_path, meter, None, FINALISTS) as duel:
        first = duel._next()
        assert first is not None
        now[0] = duel.deadline + 2 * SLACK_SECONDS
        duel._done(first, Fit(first.id, Status.DEADLINE, "", late=True))
        assert duel._next() is None
        duel.deadline += 10.0
        following = duel._next()
        assert following is not None and following.fold != first.fold


def test_no_two_folds_share_the_luck_of_a_seed(co2: Any, tmp_path: Path) -> None:
    """Both cells of a pair do; and what is asked aside has the seed of its fold's first pair."""
    meter = Meter(Budget.parse("10min"))
    with _duel(co2, tmp_path, meter, None, FINALISTS, anchor="lstm") as duel:
        rounds = [each for each in duel._rounds if not each.aside]
        folds = [fold.name for fold in co2.dataset.split.duel]
        assert len({each.seed for each in rounds}) == len(rounds) == SEEDS_IN_TIME * len(folds)
        assert [each.fold for each in rounds[: len(folds)]] == folds[::-1]
        assert [each.seed for each in rounds] == sorted(each.seed for each in rounds)
        firsts = {each.fold: each.seed for each in reversed(rounds)}
        asides = [each for each in duel._rounds if each.aside]
        assert {bool(each.regime) for each in asides} == {True, False}
        assert all(each.seed == firsts[each.fold] for each in asides)
        one, other = (duel._next() for _ in CELLS)
        assert one is not None and other is not None and one.seed == other.seed


@contextmanager
def _duel(
    co2: Any,
    folder: Path,
    meter: Meter,
    trainings: int | None,
    finalists: dict[str, Candidate],
    anchor: str | None = None,
) -> Iterator[Duel]:
    meter.enter("duel")
    with ThreadPoolExecutor(1) as executor:
        journal = Journal(folder / "journal.jsonl")
        yield Duel(
            dataset=co2.dataset,
            arrays=Path(co2.folder),
            finalists=finalists,
            anchor=anchor,
            metric=METRICS["mae"],
            seed=1,
            steps=100,
            trainings=trainings,
            dispatcher=Dispatcher(executor, 1, meter, journal, lambda event: None, "mae"),
            expected_seconds=1.0,
            overhead_seconds=0.0,
            is_clear=lambda tally: None,
        )
        journal.close()
