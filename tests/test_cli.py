"""The commands: what they read, what they print, and the code they end with.

Trainings are no part of these tests: the library behind the commands is replaced by stand-ins that
note what they were asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from report import sample

import autorecur
from autorecur import cli
from autorecur.errors import DataError, RunError
from autorecur.output import guard_note
from autorecur.record import from_json
from autorecur.search.events import Event

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ["compare", "demo", "evaluate", "fit", "generate", "plan", "predict", "report", "show"]


def stand_in_run(outcome: str = "GRU", ended_by: str = "time") -> SimpleNamespace:
    record = SimpleNamespace(
        verdict={"outcome": outcome},
        budget={"ended_by": ended_by},
        to_json=lambda: '{"schema_version": 1}\n',
    )
    return SimpleNamespace(verdict="Use a GRU.", record=record, folder=Path("nowhere"))


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Puts a stand-in for `autorecur.fit`; its arguments, and the run it gives, are in here."""
    seen: dict[str, Any] = {"run": stand_in_run()}

    def fit(data: Any, **settings: Any) -> Any:
        seen.update(settings, data=data)
        if isinstance(seen["run"], Exception):
            raise seen["run"]
        return seen["run"]

    # Into the namespace, not through setattr: that would ask for the real one first.
    monkeypatch.setitem(vars(autorecur), "fit", fit)
    return seen


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Puts a stand-in for what `autorecur.load` gives."""
    run = SimpleNamespace(record=SimpleNamespace(data={"tokens": None}))
    monkeypatch.setitem(vars(autorecur), "load", lambda folder: run)
    return run


def process(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, as a user has it."""
    return subprocess.run(
        [sys.executable, "-m", "autorecur", *args],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# --- help ----------------------------------------------------------------------------------------


def test_help_names_every_command() -> None:
    done = process("--help")
    assert done.returncode == 0 and done.stderr == ""
    listed = done.stdout.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed if line.strip()] == COMMANDS


def test_no_arguments_is_a_question_for_help() -> None:
    assert process().stdout == process("--help").stdout


@pytest.mark.parametrize("args", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_loads_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys; from autorecur.cli import main; code = main(sys.argv[1:]);"
        "heavy = {'jax', 'keras', 'numpy', 'pandas', 'rich', 'scipy', 'tensorflow'};"
        "print('LOADED', code, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "LOADED 0 []"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"autorecur, version {autorecur.__version__}\n"


# --- what the user has to repair -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["fti", "a.csv"], "'fti'"),
        (["fit"], "Missing argument 'TABLE'"),
        (["show"], "Missing argument 'RUN'"),
        (["fit", "a.csv", "--horizont", "3"], "--horizon"),
        (["fit", "a.csv", "--horizon", "soon"], "'soon'"),
        (["fit", "a.csv", "--horizon", "-1"], "-1 is not in the range"),
        (["fit", "a.csv", "--task", "guess"], "'guess' is not one of 'auto', 'forecast'"),
        (["plan", "a.csv", "--task", "guess"], "'guess' is not one of 'auto', 'forecast'"),
        (["plan"], "Missing argument 'TABLE'"),
        (
            ["predict", "R", "a.csv", "--interval", "0"],
            "'0' is no share: write it as 90% or as 0.9",
        ),
        (["predict", "R", "a.csv", "--interval", "1.5"], "'1.5' is no share"),
        (["generate", "R", "--n", "0"], "0 is not in the range"),
        (["generate", "R", "--temperature", "-1"], "-1.0 is not in the range"),
        (["fit", "a.csv", "--margin", "tiny"], "'tiny' is no share: write it as 1% or as 0.01"),
        (["fit", "a.csv", "--margin", "3"], "'3' is no share"),
        (["fit", "a.csv", "--margin", "nan"], "'nan' is no share"),
        (["fit", "a.csv", "--depth", "3:1"], "'3:1' is no range"),
        (["fit", "a.csv", "--depth", "0:2"], "'0:2' is no range"),
        (["fit", "a.csv", "--width", "8:1000000"], "from 1 to 4096"),
        (["fit", "a.csv", "--width", "a:b"], "'a:b' is no range"),
        (["fit", "a.csv", "--workers", "0"], "'0' is no number of processes"),
        (["fit", "a.csv", "--workers", "many"], "'many' is no number of processes"),
    ],
)
def test_a_wrong_command_line_is_one_line(
    args: list[str], says: str, fitted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("autorecur: ") and err.count("\n") == 1 and says in err
    assert "data" not in fitted


def test_a_process_ends_with_that_code() -> None:
    done = process("fit", "a.csv", "--margin", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "autorecur: Invalid value for '--margin': '3' is no share: write it as 1% or as 0.01\n"
    )


def test_an_error_of_the_library_is_one_line(
    fitted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    fitted["run"] = DataError("no column 'lo\nad\x1b[31m': the nearest is 'load'")
    assert cli.main(["fit", "a.csv"]) == 2
    assert capsys.readouterr() == ("", "autorecur: no column 'lo ad [31m': the nearest is 'load'\n")


def test_debug_shows_where(fitted: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    fitted["run"] = DataError("the table is empty")
    assert cli.main(["fit", "a.csv", "--debug"]) == 2
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert err.endswith("autorecur: the table is empty\n")


def test_a_fault_of_ours_is_not_dressed_up(fitted: dict[str, Any]) -> None:
    fitted["run"] = ZeroDivisionError("division by zero")
    with pytest.raises(ZeroDivisionError):
        cli.main(["fit", "a.csv"])


@pytest.mark.parametrize("command", [["show"], ["report"]])
def test_a_missing_run_folder(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command, str(tmp_path / "nowhere")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "nowhere" in err
    assert list(tmp_path.iterdir()) == []


def test_runs_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = []
    for name, outcome in (("one", "GRU"), ("two", "BASELINE_WINS")):
        made = sample.record(outcome)
        made = replace(made, run={**made.run, "name": name})
        made.write(tmp_path / name)
        runs.append(str(tmp_path / name))
    assert cli.main(["compare", *runs]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# 2 runs of energy") and "| one |" in told and "| two |" in told
    page = tmp_path / "beside.html"
    assert cli.main(["compare", *runs, "--to", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    for wrong, said in (
        (["compare", runs[0]], "give two or more"),
        (["compare", *runs, "--to", "a.pdf"], "'.pdf'"),
        (["compare", runs[0], str(tmp_path / "nowhere")], "nowhere"),
        (["compare"], "RUN"),
    ):
        assert cli.main(wrong) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and said in err


def test_an_expanded_report_folds_nothing(tmp_path: Path) -> None:
    sample.record().write(tmp_path)
    for flags, folded in (([], True), (["--expanded"], False)):
        assert cli.main(["report", str(tmp_path), *flags]) == 0
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert ("<details>" in page) == folded and ("<details open>" in page) != folded


# --- fit and demo --------------------------------------------------------------------------------


def test_fit_hands_every_option_on(fitted: dict[str, Any]) -> None:
    line = (
        "fit a.csv --target load --time when --horizon 24 --drop id --drop note --budget 3min"
        " --series meter --text said --task forecast --known holiday --known price --static site"
        " --split part --vectors glove.txt --metric rmse --margin 2% --seed 7 --workers 2"
        " --cells GRU,lstm --depth 1:3 --engine tensorflow"
        " --width 8:100 --out R --quiet --resume"
        " --max-parameters 9000 --max-latency 2.5"
    )
    assert cli.main(line.split()) == 0
    given = {name: fitted[name] for name in fitted.keys() - {"run", "listener", "started"}}
    assert given == {
        "data": Path("a.csv"),
        "target": "load",
        "time": "when",
        "series": "meter",
        "text": "said",
        "horizon": 24,
        "task": "forecast",
        "known": ("holiday", "price"),
        "static": ("site",),
        "split": "part",
        "drop": ("id", "note"),
        "vectors": Path("glove.txt"),
        "budget": "3min",
        "metric": "rmse",
        "margin": 0.02,
        "seed": 7,
        "workers": 2,
        "engine": "tensorflow",
        "space": {"cells": ("gru", "lstm"), "depth": (1, 2, 3), "width": (8, 16, 32, 64, 100)},
        "out": Path("R"),
        "resume": True,
        "limits": {"parameters": 9000, "bytes": None, "latency_ms": 2.5},
    }


def test_fit_leaves_the_rest_to_the_library(fitted: dict[str, Any]) -> None:
    assert cli.main(["fit", "a.csv", "--quiet"]) == 0
    defaults = {name: None for name in ("target", "time", "series", "text", "horizon", "split")}
    defaults |= {"known": (), "static": (), "drop": (), "vectors": None, "space": None}
    defaults |= {
        "engine": "auto",
        "task": "auto",
        "margin": 0.01,
        "seed": 1,
        "workers": "auto",
        "out": None,
    }
    assert {name: fitted[name] for name in defaults} == defaults


def test_a_nowcast_has_no_horizon(fitted: dict[str, Any]) -> None:
    assert cli.main(["fit", "a.csv", "--horizon", "0", "--quiet"]) == 0
    assert fitted["horizon"] == 0


def test_several_targets(fitted: dict[str, Any]) -> None:
    assert cli.main(["fit", "a.csv", "--target", "a", "--target", "b", "--quiet"]) == 0
    assert fitted["target"] == ["a", "b"]


def test_the_space_takes_what_the_options_give(fitted: dict[str, Any]) -> None:
    from autorecur.nets.candidate import Space

    line = "fit a.csv --quiet --cells gru --depth 2 --width 16:16"
    assert cli.main(line.split()) == 0
    space = Space(**fitted["space"])
    assert (space.cells, space.depth, space.width) == (("gru",), (2,), (16,))


def test_demo_is_the_bundled_table_in_a_minute(fitted: dict[str, Any]) -> None:
    assert cli.main(["demo", "--quiet"]) == 0
    assert fitted["data"].read_text(encoding="utf-8").startswith("date,co2\n")
    wanted = {"target": "co2", "time": "date", "horizon": 13, "budget": "1min"}
    assert {name: fitted[name] for name in wanted} == wanted
    assert fitted["out"] == Path("runs/demo")


def test_quiet_prints_the_sentence(
    fitted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["fit", "a.csv", "--quiet"]) == 0
    assert capsys.readouterr() == ("Use a GRU.\n", "")


def test_json_prints_the_record(fitted: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fit", "a.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema_version": 1}


@pytest.mark.parametrize(
    ("outcome", "strictly"),
    [
        ("LSTM", 0),
        ("GRU", 0),
        ("EQUIVALENT", 0),
        ("LEANING", 0),
        ("BASELINE_WINS", 3),
        ("UNDECIDED", 3),
        ("INCOMPLETE", 3),
    ],
)
def test_exit_codes(outcome: str, strictly: int, fitted: dict[str, Any]) -> None:
    fitted["run"] = stand_in_run(outcome)
    assert cli.main(["fit", "a.csv", "--quiet"]) == 0
    assert cli.main(["fit", "a.csv", "--quiet", "--strict"]) == strictly


@pytest.mark.parametrize(
    ("flag", "printed"), [("--quiet", "Use a GRU.\n"), ("--json", '{"schema_version": 1}\n')]
)
def test_an_interrupted_run_prints_its_verdict_says_so_and_ends_with_130(
    flag: str, printed: str, fitted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    fitted["run"] = stand_in_run(ended_by="interrupt")
    assert cli.main(["fit", "a.csv", flag, "--strict"]) == 130
    said = "autorecur: interrupted: the verdict is from what there was by then\n"
    assert capsys.readouterr() == (printed, said)


def test_an_interrupted_run_ends_with_a_text_that_says_so(
    fitted: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = sample.record()
    made = replace(made, budget={**made.budget, "ended_by": "interrupt"})
    fitted["run"] = SimpleNamespace(record=made, folder=tmp_path)
    (tmp_path / "predictions.csv").write_text("forecast,actual\n1,2\n", encoding="utf-8")
    assert cli.main(["fit", "a.csv"]) == 130
    out, err = capsys.readouterr()
    assert "\n           interrupted, and judged from what there was by then\n" in out
    assert err == ""


def test_what_is_printed_moves_no_cursor_and_the_json_is_the_same(
    fitted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    made = sample.record(name="a\x9b2Jb\u202ec\x7f")
    fitted["run"] = SimpleNamespace(
        record=made, verdict="Use a\x1b[2J GRU \u2066.", folder=Path("nowhere")
    )
    assert cli.main(["fit", "a.csv", "--json"]) == 0
    printed = capsys.readouterr().out
    assert all(sign.isprintable() or sign == "\n" for sign in printed)
    assert "\\u009b2Jb\\u202ec\\u007f" in printed and from_json(printed) == made
    assert "\x9b" in made.to_json(), "a file has the signs themselves"
    assert cli.main(["fit", "a.csv", "--quiet"]) == 0
    assert capsys.readouterr().out == "Use a [2J GRU  .\n"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("who,forecast\n'=cmd,-1\n'@x,+1\n", "predictions.csv: 2 cells that begin with = + - @"),
        ("who,forecast\nload,-1\n'tis,+1\n", ""),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--json"], ["--quiet"], ["--quiet", "--json"]])
def test_fit_says_what_was_changed_in_the_predictions(
    flags: list[str],
    table: str,
    said: str,
    fitted: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fitted["run"] = SimpleNamespace(record=sample.record(), folder=tmp_path, verdict="Use a GRU.")
    (tmp_path / "predictions.csv").write_text(table, encoding="utf-8")
    assert cli.main(["fit", "a.csv", *flags]) == 0
    out, err = capsys.readouterr()
    assert "apostrophe" not in out
    assert err.startswith(f"autorecur: {said}") and err.count("\n") == 1 if said else err == ""


def test_what_the_progress_said_for_good_is_not_said_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "predictions.csv").write_text("who\n'=cmd\n", encoding="utf-8")
    run = SimpleNamespace(record=sample.record(), folder=tmp_path, verdict="Use a GRU.")

    def fit(data: Any, listener: Any, **settings: Any) -> Any:
        listener(Event("note", 2.0, text=guard_note(tmp_path / "predictions.csv")))
        return run

    monkeypatch.setitem(vars(autorecur), "fit", fit)
    for flags, beginning in (([], "[00:02] "), (["--quiet"], "autorecur: ")):
        assert cli.main(["fit", "a.csv", *flags]) == 0
        err = capsys.readouterr().err
        assert err.startswith(f"{beginning}predictions.csv: 1 cell that begins with = + - @ got")
        assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["report", "compare"])
def test_a_path_moves_no_cursor(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "a\x1b[2J\x9bb\u202e\nc"
    sample.record().write(run)
    for to in ([], ["--to", str(run / "b\x1b[1A.md")]):
        if to or command == "report":
            assert cli.main([command, str(run), *([str(run)] * (command == "compare")), *to]) == 0
            out = capsys.readouterr().out
            assert out.endswith("b [1A.md\n" if to else "a [2J b  c/report.html\n")
            assert out[:-1].isprintable(), "one line, and no terminal obeys it"


def test_an_interrupt_before_there_is_a_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: Any, **settings: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(vars(autorecur), "fit", interrupted)
    assert cli.main(["fit", "a.csv", "--quiet"]) == 130
    assert capsys.readouterr().err.strip() == "autorecur: interrupted"


# --- predict and evaluate ------------------------------------------------------------------------

FORECASTS = pd.DataFrame(
    {"date": ["2001-12-29", "=HYPERLINK(1)"], "@load": [-3.5, float("nan")], "step": [1, 2]}
)
AS_CSV = "date,'@load,step\n2001-12-29,-3.5,1\n'=HYPERLINK(1),,2\n"


def test_predict_prints_csv_that_no_spreadsheet_runs(
    loaded: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded.predict = lambda table, interval, tell: FORECASTS
    assert cli.main(["predict", "R", "a.csv"]) == 0
    out, err = capsys.readouterr()
    assert out == AS_CSV
    assert err.startswith("autorecur: 2 cells that begin with = + - @") and err.count("\n") == 1


def test_predict_into_a_file(
    loaded: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded.predict = lambda table, interval, tell: FORECASTS
    assert cli.main(["predict", "R", "a.csv", "--out", str(tmp_path / "f.csv")]) == 0
    assert (tmp_path / "f.csv").read_text(encoding="utf-8") == AS_CSV
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written(
    loaded: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded.predict = lambda table, interval, tell: FORECASTS
    assert cli.main(["predict", "R", "a.csv", "--out", str(tmp_path / "no" / "f.csv")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("autorecur: cannot write") and err.count("\n") == 1


def test_a_run_that_cannot_be_used(
    loaded: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    def predict(table: Path, interval: float | None, tell: Any) -> None:
        raise RunError("'R' holds no model: run fit again")

    loaded.predict = predict
    assert cli.main(["predict", "R", "a.csv"]) == 2
    assert capsys.readouterr() == ("", "autorecur: 'R' holds no model: run fit again\n")


def test_evaluate_prints_the_scores_and_writes_the_forecasts(
    loaded: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strides = []

    def evaluate(table: Path, stride: int | None, tell: Any) -> SimpleNamespace:
        strides.append(stride)
        return SimpleNamespace(scores={"mae": 1.25, "mase": float("nan")}, forecasts=FORECASTS)

    loaded.evaluate = evaluate
    assert cli.main(["evaluate", "R", "a.csv", "--out", str(tmp_path / "f.csv")]) == 0
    assert capsys.readouterr().out == "mae   1.25\nmase  –\n"
    assert (tmp_path / "f.csv").read_text(encoding="utf-8") == AS_CSV
    assert cli.main(["evaluate", "R", "a.csv", "--stride", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"mae": 1.25, "mase": None}
    assert strides == [None, 3]


def test_predict_asks_for_an_interval(loaded: SimpleNamespace) -> None:
    seen: list[float | None] = []

    def predict(table: Path, interval: float | None, tell: Any) -> pd.DataFrame:
        seen.append(interval)
        return FORECASTS

    loaded.predict = predict
    for given in ([], ["--interval", "0.9"], ["--interval", "80%"]):
        assert cli.main(["predict", "R", "a.csv", *given]) == 0
    assert seen == [None, 0.9, 0.8]


# --- plan and generate ---------------------------------------------------------------------------


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Puts a stand-in for `autorecur.pipeline.plan`; its arguments are in here."""
    seen: dict[str, Any] = {}

    def plan(data: Any, **settings: Any) -> SimpleNamespace:
        seen.update(settings, data=data)
        lines = ["table.csv: a forecast", "target  lo\x1b[31mad"]
        return SimpleNamespace(lines=lambda: lines, as_dict=lambda: {"season": 24, "unit": None})

    doors = {"pipeline": SimpleNamespace(plan=plan)}
    own = cli._own
    monkeypatch.setattr(cli, "_own", lambda module: doors.get(module) or own(module))
    return seen


def test_plan_takes_what_fit_takes_of_the_data(
    planned: dict[str, Any], fitted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    options = (
        "a.csv --target a --target b --series s --time t --known k --static c --split p --drop d"
        " --text w --task forecast --horizon 0 --vectors v --budget 1min --cells gru --metric rmse"
    )
    assert cli.main(["plan", *options.split()]) == 0
    assert capsys.readouterr().out == "table.csv: a forecast\ntarget  lo [31mad\n"
    assert cli.main(["fit", *options.split(), "--quiet"]) == 0
    assert planned["target"] == ["a", "b"] and planned["horizon"] == 0
    assert planned.pop("measure") is True
    assert planned == {name: fitted[name] for name in planned}


def test_plan_as_json(planned: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", "a.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"season": 24, "unit": None}


def test_generate_goes_on_from_a_prompt(
    loaded: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[Any, ...]] = []

    def generate(prompt: str, n: int, temperature: float, seed: int) -> str:
        seen.append((prompt, n, temperature, seed))
        return f"{prompt} and\nthen\x1b[2J"

    loaded.generate = generate
    assert cli.main(["generate", "R", "--prompt", "It was"]) == 0
    assert capsys.readouterr().out == "It was and\nthen [2J\n"
    line = "generate R --prompt x --n 5 --temperature 0 --seed 3"
    assert cli.main(line.split()) == 0
    assert seen == [("It was", 200, 1.0, 1), ("x", 5, 0.0, 3)]


# --- the process ---------------------------------------------------------------------------------


def test_keras_backend_is_set_in_the_commands_own_process_only(
    fitted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os, sys; from autorecur.cli import main; sys.argv[1:] = ['--version']; main();"
    code += "print(os.environ['KERAS_BACKEND'])"
    bare = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    for given, wanted in ((bare, "jax"), (bare | {"KERAS_BACKEND": "torch"}, "torch")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=given,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == wanted
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert cli.main(["fit", "a.csv", "--quiet"]) == 0
    assert "KERAS_BACKEND" not in os.environ


@pytest.mark.parametrize(
    ("tokens", "given", "wanted"),
    [("word", None, "tensorflow"), (None, None, "jax"), ("word", "torch", "torch")],
)
def test_a_text_runs_on_tensorflow_unless_the_user_says_otherwise(
    tokens: str | None, given: str | None, wanted: str
) -> None:
    code = (
        "import os, sys, autorecur; from types import SimpleNamespace; from autorecur import cli;"
        f"record = SimpleNamespace(data={{'tokens': {tokens!r}}});"
        "vars(autorecur)['load'] = lambda folder: SimpleNamespace(record=record,"
        " generate=lambda *given: os.environ['KERAS_BACKEND']);"
        "sys.argv[1:] = ['generate', 'R']; cli.main()"
    )
    bare = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    env = bare | ({"KERAS_BACKEND": given} if given else {})
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [wanted]


AGES = (
    "import time; time.sleep(0.3); from autorecur import cli;"
    "print(time.monotonic() - cli._process_started(), time.monotonic() - cli._IMPORTED)"
)


def test_the_budget_begins_with_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AGES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    age, since_import = map(float, done.stdout.split())
    if not Path("/proc/self/stat").exists():
        pytest.skip("only Linux tells when a process began")
    assert 0.3 <= age < 30 and age >= since_import


def test_the_time_of_a_shell_that_became_the_command_is_not_spent() -> None:
    """A shell ends `install && run` by turning into the last command, and keeps its own age."""
    script = 'sleep 6; exec "$0" -c "$1"'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, AGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    age, since_import = map(float, done.stdout.split())
    assert age == pytest.approx(since_import, abs=0.05)
