"""What a plan foresees, and whether a run keeps to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import autorecur
from autorecur import cli
from autorecur.expectation import Pace, expected
from autorecur.judge.outcome import SEEDS_IN_TIME
from autorecur.nets.defaults import first_candidate, full_steps, space_for
from autorecur.tables import bundled

CO2 = bundled("co2_weekly")


def test_more_time_and_a_quicker_machine_buy_more(seasonal: Any) -> None:
    dataset = seasonal.dataset
    first = first_candidate(dataset, space_for(dataset))
    slow, quick = Pace(0.02, 4.0), Pace(0.002, 1.0)

    def trainings(pace: Pace, seconds: float, workers: int = 2) -> int:
        return expected(dataset, first, pace, seconds, workers).trainings

    assert trainings(slow, 60) < trainings(slow, 600) < trainings(quick, 600)
    assert trainings(slow, 600, workers=2) < trainings(slow, 600, workers=8)
    made = expected(dataset, first, slow, 20, 2)
    assert (made.pairs, made.folds, made.seeds, made.rungs) == (1, 1, 1, 1)
    made = expected(dataset, first, quick, 1e5, 2)
    assert made.folds == len(dataset.split.duel) and made.seeds == SEEDS_IN_TIME and made.rungs == 3
    assert full_steps(dataset, first) > 0


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
