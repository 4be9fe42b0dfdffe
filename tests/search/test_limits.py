"""Limits on the model: what is read, what is counted before a training and found after it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import autorecur
from autorecur import cli
from autorecur.errors import SettingError
from autorecur.nets.candidate import CELLS, Candidate, Space
from autorecur.nets.cost import parameters
from autorecur.nets.defaults import first_candidate, space_for
from autorecur.nets.shape import Shape
from autorecur.search.limits import Limits, first_within, no_smaller
from autorecur.search.oracle import PairOracle
from autorecur.tables import bundled

CO2 = bundled("co2_weekly")
SHAPE = Shape(1, 1, 0, 2, 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"parameters": 0}, "the limit on weights is 0: give a number above 0"),
        ({"latency_ms": -1.5}, "the limit on latency is -1.5"),
        ({"bytes": float("nan")}, "the limit on bytes is nan"),
        ({"parameters": True}, "the limit on weights is True"),
        ({"bytes": "1MB"}, "the limit on bytes is '1MB'"),
        ({"weights": 5}, "unknown limit 'weights': use parameters, bytes, latency_ms"),
        (20_000, "limits is 20000: give a dict such as {'bytes': 500_000}"),
    ],
)
def test_what_is_no_limit_is_refused(given: Any, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        Limits.of(given)
    assert str(refused.value).startswith(message)


def test_weights_are_counted_and_the_rest_is_measured() -> None:
    small = Candidate("gru", width=8)
    weights = parameters(small, SHAPE)
    assert Limits(parameters=weights).counted(small, SHAPE) == ""
    assert Limits(parameters=weights - 1).counted(small, SHAPE) == (
        f"{weights:,} weights, and at most {weights - 1:,} are allowed"
    )
    assert "bytes of weights alone" in Limits(bytes=100).counted(small, SHAPE)
    limits = Limits(bytes=1000, latency_ms=0.5)
    assert limits.found(1000, 0.5) == limits.found(None, None) == ""
    assert limits.found(1001, 0.1) == "1,001 bytes, and at most 1,000 are allowed"
    assert limits.found(10, 0.61) == "0.61 ms a forecast, and at most 0.5 are allowed"
    assert not Limits(parameters=5).measured and limits.measured and not Limits().text


def test_only_what_is_smaller_in_some_respect_may_be_quicker() -> None:
    slow = Candidate("gru", width=32, depth=2, lookback=24)
    assert no_smaller(slow, slow) and no_smaller(replace(slow, lookback=48, width=64), slow)
    assert not no_smaller(replace(slow, depth=1, width=128), slow)
    assert not no_smaller(slow.with_cell("lstm"), slow)


def test_the_first_candidate_keeps_the_limits_with_both_cells(seasonal: Any) -> None:
    dataset, shape = seasonal.dataset, Shape.of(seasonal.dataset)
    space = space_for(dataset)
    usual = first_candidate(dataset, space)
    assert first_within(dataset, space, Limits()) == usual
    most = parameters(usual.with_cell("lstm"), shape)
    assert first_within(dataset, space, Limits(parameters=most)) == usual
    for limit in (most - 1, most // 4):
        first = first_within(dataset, space, Limits(parameters=limit))
        assert all(parameters(first.with_cell(cell), shape) <= limit for cell in CELLS)
        assert first.learning_rate == usual.learning_rate and first.depth == usual.depth
    with pytest.raises(SettingError, match=r"the smallest, LSTM 1 × 8, has [\d,]+ weights, and at"):
        first_within(dataset, space, Limits(parameters=5))


def test_nothing_is_drawn_that_is_not_allowed() -> None:
    space, limits = Space(), Limits(parameters=5_000)

    def allowed(candidate: Candidate, before: int = 0) -> bool:
        return not any(limits.counted(candidate.with_cell(cell), SHAPE) for cell in CELLS)

    oracle = PairOracle(space, Candidate("lstm", width=8), 3, allowed=allowed)
    drawn = [oracle.pair(number) for number in range(40)]
    assert all(pair is not None and allowed(pair) for pair in drawn)
    assert len({pair.width for pair in drawn if pair}) > 1
    nothing = PairOracle(
        space, Candidate("lstm", width=8), 3, allowed=lambda candidate, before: False
    )
    assert nothing.pair(0) is not None and nothing.pair(1) is None
    trials = [nothing.create_trial(f"tuner {number}") for number in range(2)]
    assert trials[0].status == "RUNNING"


def fitted(folder: Path, **limits: Any) -> autorecur.Run:
    return autorecur.fit(
        CO2, "co2", horizon=4, budget="20trainings", seed=3, workers=2, out=folder, limits=limits
    )


def test_what_is_recommended_keeps_every_limit(tmp_path: Path) -> None:
    run = fitted(tmp_path / "run", parameters=4_000, bytes=120_000, latency_ms=40.0)
    record = run.record
    assert (
        record.budget["limits"]["text"] == "at most 4,000 weights, 120,000 bytes, 40 ms a forecast"
    )
    assert record.model is not None
    assert record.model["parameters"] <= 4_000
    assert record.model["bytes"] == (run.folder / "model.keras").stat().st_size <= 120_000
    assert record.model["latency_ms"]["p50"] <= 40.0
    shape_of = {trial["cell"]: trial["candidate"] for trial in record.trials}
    assert set(shape_of) == set(CELLS)
    assert "--max-parameters 4000 --max-bytes 120000 --max-latency 40" in record.run["command"]
    (check,) = [check for check in record.checks if check["code"] == "AR115"]
    assert check["level"] == "passed"
    assert "at most 4,000 weights" in (run.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_where_nothing_keeps_them_nothing_is_recommended(tmp_path: Path) -> None:
    run = fitted(tmp_path / "run", latency_ms=1e-6)
    record = run.record
    assert record.model is None and not (run.folder / "model.keras").exists()
    assert record.verdict["outcome"] == "INCOMPLETE" and record.verdict["recommended"] is None
    assert 2 <= len(record.trials) <= 20
    assert all("ms a forecast, and at most 1e-06" in t["sentence"] for t in record.trials[:2])
    (check,) = [check for check in record.checks if check["code"] == "AR115"]
    assert check["level"] == "issue"
    assert check["sentence"].startswith("No network keeps the limits: at most 1e-06 ms a forecast.")


def test_a_limit_that_nothing_can_keep_is_refused_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    table = ["--target", "co2", "--horizon", "4", "--out", str(out)]
    assert cli.main(["fit", str(CO2), *table, "--max-parameters", "10"]) == 2
    told = capsys.readouterr().err
    assert "the smallest, LSTM 1 × 8, has" in told and told.count("\n") == 1
    assert not out.exists()
    assert cli.main(["fit", str(CO2), *table, "--max-latency", "0"]) == 2
    assert cli.main(["plan", str(CO2), "--quick", "--max-bytes", "200000"]) == 0
    assert "limits    at most 200,000 bytes" in capsys.readouterr().out
