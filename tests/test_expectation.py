"""What a plan foresees, and whether a run keeps to it."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import autorecur
from autorecur import cli, expectation
from autorecur.expectation import Expectation, Pace, expected
from autorecur.judge.outcome import FEWEST_FOLDS, MOST_SEEDS, SEEDS_IN_TIME
from autorecur.metrics import METRICS
from autorecur.nets.candidate import CELLS
from autorecur.nets.cost import multiply_adds
from autorecur.nets.defaults import first_candidate, full_steps, space_for
from autorecur.nets.shape import Shape
from autorecur.search.budget import Budget, divide_trainings
from autorecur.tables import bundled

CO2 = bundled("co2_weekly")


def test_more_time_and_a_quicker_machine_buy_more(seasonal: Any) -> None:
    dataset = seasonal.dataset
    first = first_candidate(dataset, space_for(dataset))
    slow, quick = Pace(0.02, 4.0), Pace(0.002, 1.0)

    def trainings(pace: Pace, seconds: int, workers: int = 2) -> int:
        return bought(pace, f"{seconds}s", workers).trainings

    def bought(pace: Pace, budget: str, workers: int = 2) -> Expectation:
        return expected(dataset, first, pace, Budget.parse(budget), workers)

    assert trainings(slow, 60) < trainings(slow, 600) < trainings(quick, 600)
    assert trainings(slow, 600, workers=2) < trainings(slow, 600, workers=8)
    made = bought(slow, "20s")
    assert (made.pairs, made.folds, made.seeds, made.rungs) == (1, 1, 1, 1)
    made = bought(quick, "100000s")
    assert made.folds == len(dataset.split.duel) and made.seeds == SEEDS_IN_TIME and made.rungs == 3
    assert full_steps(dataset, first) > 0


def test_what_is_counted_is_foreseen_too(seasonal: Any) -> None:
    dataset = seasonal.dataset
    first = first_candidate(dataset, space_for(dataset))
    pace, slow, folds = Pace(0.002, 1.0), Pace(0.2, 1.0), len(dataset.split.duel)

    def bought(budget: str, pace: Pace = pace) -> Expectation:
        return expected(dataset, first, pace, Budget.parse(budget), 2)

    # One pair and its refit; the brackets have 1, 3 and 9 pairs, the second one goes on with 1.
    made = bought("4trainings")
    assert (made.trainings, made.pairs, made.rungs, made.folds) == (4, 1, 1, 0)
    made = bought("40trainings")
    searching, dueling = divide_trainings(40, 2, FEWEST_FOLDS, MOST_SEEDS * folds)
    assert made.trainings == 40 and searching and dueling
    assert (made.pairs, made.rungs) == (searching // 2 - 1, 2)
    assert (made.folds, made.seeds) == (min(folds, dueling // 2), max(1, dueling // 2 // folds))
    # A time beside it cuts short, and is cut short by it.
    both = bought("10min, 8trainings")
    assert (both.trainings, both.pairs) == (8, bought("8trainings").pairs)
    assert both.folds == bought("8trainings").folds < bought("10min").folds
    assert both.pairs < bought("10min").pairs
    assert bought("20s, 40trainings", slow).pairs == bought("20s", slow).pairs == 1
    # Multiply-adds, in full trainings of both cells.
    shape, steps = Shape.of(dataset), full_steps(dataset, first)
    adds = sum(multiply_adds(first.with_cell(cell), shape) for cell in CELLS)
    pair = adds * 3 * first.batch * steps
    made = bought(f"{8 * pair:.9e}flop".replace("e+", "e"))
    assert made.pairs > 1 and made.rungs == 2 and 1 <= made.folds <= 4
    assert bought(f"{2e4 * pair:.9e}flop".replace("e+", "e")).rungs == 3
    assert bought(f"1min, {2 * pair:.9e}flop".replace("e+", "e")).pairs == 1
    # Without a time, the time is foreseen.
    assert bought("40trainings", slow).seconds > 10 * bought("40trainings").seconds
    said = bought("40trainings").sentence(pace, datetime.now(), timed=False)
    assert said.startswith("about 40 trainings: ") and "; it takes about " in said
    assert "no duel" in bought("4trainings").sentence(pace, datetime.now(), timed=False)


def test_measuring_waits_for_no_worker_for_ever(
    seasonal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expectation, "WAIT_SECONDS", 0.5)
    monkeypatch.setattr(expectation, "LONGEST_SECONDS", 0.5)

    class Asleep(ThreadPoolExecutor):
        def submit(self, *given: Any, **named: Any) -> Future[Any]:
            return Future()

    monkeypatch.setattr(expectation, "WorkerPool", Asleep)
    dataset = seasonal.dataset
    first = first_candidate(dataset, space_for(dataset))
    said = expectation.expectation(dataset, first, METRICS["mae"], Budget.parse("1min"), 2)
    assert said.startswith("not foreseen: nothing was trained within ")
    said = expectation.expectation(dataset, first, METRICS["mae"], Budget.parse("8trainings"), 2)
    assert said.startswith("about 8 trainings: ") and "takes is not foreseen" in said


@pytest.mark.slow
def test_a_plan_says_what_a_run_then_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = [str(CO2), "--target", "co2", "--horizon", "13", "--budget", "45s"]
    assert cli.main(["plan", *table, "--json"]) == 0
    (said,) = json.loads(capsys.readouterr().out)["expected"]
    found = re.fullmatch(
        r"about (\d+) trainings or more: (\d+) pairs? in the search, on up to \d rungs?; a duel on "
        r"\d folds? × \d seeds?; begun now, it ends by \d\d:\d\d:\d\d \(measured: [\d.]+ ms a step "
        r"with its validations, [\d.]+ s to compile a network\)",
        said,
    )
    assert found, said
    run = autorecur.fit(CO2, "co2", horizon=13, budget="45s", workers=2, out=tmp_path / "run")
    done = run.record.budget["trainings"]
    assert done / 3 <= int(found[1]) <= done * 3  # machines are busy with other things too
    assert cli.main(["plan", *table, "--quick"]) == 0
    assert "expected" not in capsys.readouterr().out
