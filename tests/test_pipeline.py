"""The whole way, with real trainings in real workers: a table goes in, a run folder comes out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

import autorecur
from autorecur import cli
from autorecur.errors import SettingError
from autorecur.report import __file__ as report_file
from autorecur.report import undone
from autorecur.search.journal import Journal
from autorecur.tables import bundled

CO2 = bundled("co2_weekly")
SCHEMA = json.loads((Path(report_file).parent / "record.schema.json").read_text())
SMALL = {"width": (8,), "depth": (1,), "lookback": (52,)}


@pytest.fixture(scope="session")
def co2_run(tmp_path_factory: pytest.TempPathFactory) -> autorecur.Run:
    """A finished run on the bundled table: small, but with every stage in it."""
    folder = tmp_path_factory.mktemp("runs") / "co2"
    return autorecur.fit(
        CO2, "co2", horizon=4, budget="14trainings", space=SMALL, seed=3, workers=2, out=folder
    )


def test_a_run_leaves_its_whole_folder(co2_run: autorecur.Run) -> None:
    left = sorted(path.name for path in co2_run.folder.iterdir())
    assert left == ["journal.jsonl", "model.keras", "predictions.csv", "record.json", "report.html"]


def test_the_record_is_whole_and_true_to_itself(co2_run: autorecur.Run) -> None:
    assert undone.untold(co2_run.record) == (), "or the report takes it for an earlier one"
    record = json.loads((co2_run.folder / "record.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(record)
    budget = record["budget"]
    assert sum(entry["seconds"] for entry in budget["ledger"]) == pytest.approx(
        budget["spent_seconds"]
    )
    assert budget["trainings"] == 14
    assert budget["trainings"] == sum(entry["trainings"] for entry in budget["ledger"])
    assert budget["ended_by"] == "trainings"
    assert record["verdict"]["evidence"]["folds"] >= 4
    names = {"naive", "seasonal naive", "seasonally adjusted naive", "drift"}
    names |= {"exponential smoothing", "ridge on lags", "boosting on lags"}
    assert set(record["score"]["baselines"]) == names
    assert all(score > 0 for score in record["score"]["baselines"].values())
    assert {entry["name"] for entry in record["baselines"]} == names
    share = sum(record["verdict"]["probability"].values())
    assert share == pytest.approx(1.0)


def test_both_cells_of_a_pair_get_the_same(co2_run: autorecur.Run) -> None:
    pairs: dict[Any, dict[str, Any]] = {}
    for trial in co2_run.record.trials:
        pairs.setdefault((trial["pair"], trial["rung"]), {})[trial["cell"]] = trial
    for pair in pairs.values():
        lstm, gru = pair["lstm"], pair["gru"]
        assert lstm["seed"] == gru["seed"]
        assert {**lstm["candidate"], "cell": ""} == {**gru["candidate"], "cell": ""}
        assert 0 < gru["parameters"] < lstm["parameters"], "three gates, and not four"


def test_the_duel_trains_both_finalists_on_the_same_folds(co2_run: autorecur.Run) -> None:
    orders = [
        event
        for event in Journal.read(co2_run.folder / "journal.jsonl")
        if event["event"] == "training" and event["stage"] == "duel"
    ]
    seen: dict[str, list[tuple[str, int]]] = {"lstm": [], "gru": []}
    for event in orders:
        seen[event["candidate"]["cell"]].append((event["fold"], event["seed"]))
    assert sorted(seen["lstm"]) == sorted(seen["gru"])
    assert len({fold for fold, _ in seen["lstm"]}) >= 4


def test_the_holdout_score_is_the_score_of_what_was_written(co2_run: autorecur.Run) -> None:
    table = pd.read_csv(co2_run.folder / "predictions.csv")
    error = (table["forecast"] - table["actual"]).abs().mean()
    assert error == pytest.approx(co2_run.record.score["holdout"], rel=1e-5)


def test_predict_goes_on_where_the_table_ends(co2_run: autorecur.Run) -> None:
    forecast = co2_run.predict(CO2)
    assert list(forecast["date"]) == list(pd.date_range("2002-01-05", periods=4, freq="W-SAT"))
    assert forecast["co2"].between(360, 385).all()


def test_predict_takes_a_table_shorter_than_the_window(co2_run: autorecur.Run) -> None:
    short = pd.read_csv(CO2).tail(3)
    assert co2_run.predict(short)["co2"].between(360, 385).all()


def test_predict_ignores_more_columns(co2_run: autorecur.Run) -> None:
    table = pd.read_csv(CO2)
    more = table.assign(note="=1+1", zero=0.0)
    pd.testing.assert_frame_equal(co2_run.predict(more), co2_run.predict(table))


def test_evaluate_by_command_and_by_call_agree(
    co2_run: autorecur.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "forecasts.csv"
    code = cli.main(["evaluate", str(co2_run.folder), str(CO2), "--json", "--out", str(out)])
    printed = json.loads(capsys.readouterr().out)
    evaluation = co2_run.evaluate(CO2)
    assert code == 0
    for name, score in evaluation.scores.items():
        assert printed[name] == pytest.approx(score, abs=1e-6)
    written = pd.read_csv(out)
    assert list(written.columns) == ["origin", "time", "step", "forecast", "actual"]
    assert len(written) == 4 * evaluation.scores["origins"]


def test_evaluate_takes_every_origin_with_stride_one(co2_run: autorecur.Run) -> None:
    table = pd.read_csv(CO2).tail(100)
    by_one, by_horizon = co2_run.evaluate(table, stride=1), co2_run.evaluate(table)
    assert by_one.scores["origins"] == 100 - 52 - 4 + 1
    assert by_horizon.scores["origins"] == -(-by_one.scores["origins"] // 4)


def test_the_model_reproduces_the_forecasts_in_a_fresh_process(co2_run: autorecur.Run) -> None:
    """Loaded by Keras alone, safe mode on, under the backend that users have by default."""
    forecast = co2_run.predict(CO2)["co2"].to_numpy()
    prepared = co2_run.inputs(CO2)
    script = """
import sys, json, numpy as np, keras
folder = sys.argv[1]
inputs = [np.array(values, "float32") for values in json.load(sys.stdin)]
model = keras.models.load_model(folder + "/model.keras", safe_mode=True)
assert keras.backend.backend() == "tensorflow"
print(json.dumps(np.asarray(model(inputs)).ravel().tolist()))
"""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(co2_run.folder)],
        input=json.dumps([values.tolist() for values in prepared]),
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    np.testing.assert_allclose(json.loads(done.stdout), forecast, rtol=1e-5)


def test_load_gives_the_same_run_again(co2_run: autorecur.Run) -> None:
    again = autorecur.load(co2_run.folder)
    assert again.record == co2_run.record
    assert str(again.verdict) == co2_run.record.verdict["sentence"]


def test_the_report_can_be_written_in_every_form(co2_run: autorecur.Run, tmp_path: Path) -> None:
    for suffix in (".html", ".md", ".json"):
        path = co2_run.report(tmp_path / f"report{suffix}")
        assert path.stat().st_size > 1000


def test_a_second_run_never_touches_the_first(co2_run: autorecur.Run) -> None:
    before = (co2_run.folder / "record.json").read_bytes()
    with pytest.raises(autorecur.AutorecurError, match="not empty"):
        autorecur.fit(CO2, "co2", budget="4trainings", out=co2_run.folder)
    assert (co2_run.folder / "record.json").read_bytes() == before


def _process(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    # Tests that run in the background ignore Ctrl-C, and their children would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "autorecur", *arguments],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_budget_in_time_is_kept_by_the_whole_process(tmp_path: Path) -> None:
    begin = time.monotonic()
    process = _process(
        "fit", str(CO2), "--target", "co2", "--horizon", "4", "--budget", "30s",
        "--width", "8", "--depth", "1", "--out", "run", cwd=tmp_path,
    )  # fmt: skip
    out, err = process.communicate(timeout=120)
    seconds = time.monotonic() - begin
    assert process.returncode == 0, err
    assert 24 <= seconds <= 31, f"{seconds:.1f} s for a budget of 30 s\n{err}"
    journal = Journal.read(tmp_path / "run" / "journal.jsonl")
    stages = [event["stage"] for event in journal if event["event"] == "stage"]
    # What the refit leaves goes to more seeds, where that is enough for some.
    assert stages == ["search", "duel", "refit", "duel", "report"]
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    entered = [entry["stage"] for entry in record["budget"]["ledger"]]
    assert entered == ["start-up", "reading", "search", "duel", "refit", "report"]
    assert record["budget"]["spent_seconds"] <= 30
    assert record["model"] is not None
    assert "Saved" in out
    # A line on the table, and one a training.
    assert len(err.splitlines()) == 1 + record["budget"]["trainings"]


@pytest.mark.parametrize(
    ("number", "stage"),
    [
        (signal.SIGINT, "search"),
        (signal.SIGTERM, "duel"),
        pytest.param(signal.SIGINT, "refit", marks=pytest.mark.slow),
    ],
)
def test_an_interrupt_ends_cleanly_with_what_there_is(
    number: signal.Signals, stage: str, tmp_path: Path
) -> None:
    """In any stage; and the run goes on afterwards, with the budget that it had."""
    command = (
        "fit", str(CO2), "--target", "co2", "--horizon", "4", "--budget", "16trainings",
        "--width", "8", "--depth", "1", "--out", "run",
    )  # fmt: skip
    process = _process(*command, cwd=tmp_path)
    journal = tmp_path / "run" / "journal.jsonl"
    end = time.monotonic() + 120
    while not _begun(journal, stage) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted, and judged from what there was by then" in out
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(record)
    assert record["budget"]["ended_by"] == "interrupt"
    assert record["budget"]["trainings"] < 16
    assert (tmp_path / "run" / "model.keras").is_file()
    assert (tmp_path / "run" / "report.html").is_file()
    assert "Traceback" not in err

    out, err = _process(*command, "--resume", "--quiet", cwd=tmp_path).communicate(timeout=240)
    lines = [line for line in Journal.read(journal) if line["event"] == "training"]
    assert len({line["order"] for line in lines}) == 16, err
    finished = Counter(line["order"] for line in lines if line["status"] in ("FINISHED", "STOPPED"))
    assert set(finished.values()) == {1}
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["budget"]["ended_by"] == "trainings"


def _begun(journal: Path, stage: str) -> bool:
    """Whether two trainings are done, and one is under way in the stage."""
    lines = list(Journal.read(journal)) if journal.is_file() else []
    stages = [line["stage"] for line in lines if line["event"] == "stage"]
    trained = sum(line["event"] == "training" for line in lines)
    return trained > 1 and stages[-1] == stage and lines[-1]["event"] == "start"


def test_a_plain_script_needs_no_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import autorecur\n"
        f"run = autorecur.fit({str(CO2)!r}, 'co2', horizon=2, budget='4trainings', workers=2,\n"
        f"                    space={SMALL!r}, out='run')\n"
        "print('verdict:', run.verdict)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("verdict:") == 1


@pytest.mark.slow
def test_tensorflow_as_the_engine(tmp_path: Path) -> None:
    """The other engine, whole; the record names it, and the network is the same stock file."""
    run = autorecur.fit(
        CO2,
        "co2",
        horizon=4,
        budget="6trainings",
        space={**SMALL, "cells": ("gru",), "dropout": (0.1,), "lookback": (26,)},
        engine="tensorflow",
        workers=1,
        out=tmp_path / "run",
    )
    environment = run.record.environment
    assert environment["engine"] == "tensorflow"
    assert "--engine tensorflow" in run.record.run["command"]
    forecast = run.predict(CO2)
    assert len(forecast) == 4 and forecast["co2"].between(300, 450).all()
    layers = {type(layer).__module__.split(".")[0] for layer in run.model.layers}
    assert layers == {"keras"}


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="unknown engine 'torch': use one of auto"):
        autorecur.fit(CO2, engine="torch", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def _table(folder: Path, text: str) -> str:
    path = folder / "table.csv"
    path.write_text(text)
    return str(path)


def _rows(rows: int, value: Callable[[int], object] = lambda row: row % 7) -> str:
    days = pd.date_range("2020-01-01", periods=rows).strftime("%Y-%m-%d")
    return "day,y\n" + "".join(f"{day},{value(row)}\n" for row, day in enumerate(days))


BAD: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "a missing file": (lambda folder: [str(folder / "none.csv")], "none.csv"),
    "an empty file": (lambda folder: [_table(folder, "")], "empty"),
    "a header only": (lambda folder: [_table(folder, "day,y\n")], "no rows"),
    "a column that does not exist": (
        lambda folder: [_table(folder, _rows(300)), "--target", "Y"],
        "did you mean 'y'",
    ),
    "a target that is not numeric": (
        lambda folder: [
            _table(folder, _rows(300, lambda row: "much" if row == 40 else 1.5 + row)),
            "--target",
            "y",
        ],
        "'much'",
    ),
    "too few rows": (
        lambda folder: [_table(folder, _rows(60)), "--target", "y", "--horizon", "12"],
        "at least 119 are needed",
    ),
    "a time that does not parse": (
        lambda folder: [
            _table(folder, _rows(300).replace("2020-02-03", "soon")),
            "--target",
            "y",
            "--time",
            "day",
        ],
        "'soon'",
    ),
    "duplicate time stamps": (
        lambda folder: [
            _table(folder, _rows(300).replace("2020-02-03", "2020-02-04")),
            "--target",
            "y",
        ],
        "2020-02-04",
    ),
    "an infinite value": (
        lambda folder: [
            _table(folder, _rows(300, lambda row: "inf" if row == 40 else 1.5 + row)),
            "--target",
            "y",
        ],
        "infinite",
    ),
    "a budget that does not parse": (
        lambda folder: [_table(folder, _rows(300)), "--target", "y", "--budget", "a while"],
        "'a while'",
    ),
    "a budget shorter than start-up": (
        lambda folder: [_table(folder, _rows(300)), "--target", "y", "--budget", "3s"],
        "at least 15s",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_exit_code_2(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, word = BAD[name]
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    code = cli.main(["fit", *arguments(tmp_path)])
    printed = capsys.readouterr()
    assert code == 2, printed
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert word in printed.err
    assert list(work.iterdir()) == []  # nothing written but the message


@pytest.mark.slow
def test_the_airline_forecast_goes_on_upwards(
    shared_table: Callable[[str], Path], tmp_path: Path
) -> None:
    table = shared_table("airline_passengers.csv")
    run = autorecur.fit(
        table, "passengers", time="month", horizon=12, budget="24trainings", out=tmp_path / "run"
    )
    last = pd.read_csv(table)["passengers"].tail(12).mean()
    assert run.predict(table)["passengers"].mean() > last


def test_a_clear_comparison_ends_early_and_says_so(tmp_path: Path) -> None:
    """So wide a margin that nothing could be outside it: more seeds would tell nothing."""
    steps, rng = np.arange(400), np.random.default_rng(3)
    wave = 20 + 3 * np.sin(2 * np.pi * steps / 12) + rng.normal(0, 0.5, 400)
    months = pd.date_range("1980-01-01", periods=400, freq="MS")
    run = autorecur.fit(
        pd.DataFrame({"month": months, "y": wave.round(4)}),
        "y",
        time="month",
        horizon=6,
        budget="60s",
        margin=0.9,
        space={"width": (8,), "depth": (1,), "lookback": (12,)},
        out=tmp_path / "run",
    )
    record = run.record
    assert record.budget["ended_by"] == "a clear comparison"
    (cut,) = [check for check in record.checks if check["code"] == "AR113"]
    assert cut["level"] == "passed" and cut["sentence"].startswith("The comparison was clear")
    assert record.budget["spent_seconds"] < 57
    assert record.verdict["evidence"]["seeds"] < 3
    assert record.verdict["probability"]["equivalent"] > 0.99
