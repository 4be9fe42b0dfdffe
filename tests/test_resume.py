"""Runs that were ended, by a kill or by their budget: what is resumed, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import autorecur
from autorecur import cli
from autorecur.errors import RunError
from autorecur.search.journal import Journal
from autorecur.tables import bundled

CO2 = bundled("co2_weekly")
SMALL = {"width": (8,), "depth": (1,), "lookback": (52,)}
WHOLE = 14  # trainings


def fitted(folder: Path, budget: str = f"{WHOLE}trainings", **more: Any) -> autorecur.Run:
    settings = {"horizon": 4, "space": SMALL, "seed": 3, "workers": 2, "out": folder, **more}
    return autorecur.fit(CO2, "co2", budget=budget, **settings)


def trained(folder: Path) -> list[dict[str, Any]]:
    journal = folder / "journal.jsonl"
    if not journal.is_file():
        return []
    return [event for event in Journal.read(journal) if event["event"] == "training"]


def what_came(run: autorecur.Run) -> dict[str, Any]:
    """Of a record what does not depend on the time that things took."""
    record = json.loads(run.record.to_json())
    trials = [
        {key: trial[key] for key in ("id", "score", "status", "steps", "curve", "candidate")}
        for trial in record["trials"]
    ]
    duel = [{key: pair[key] for key in ("fold", "seed", "lstm", "gru")} for pair in record["duel"]]
    return {
        "trials": sorted(trials, key=lambda trial: trial["id"]),
        "duel": sorted(duel, key=lambda pair: (pair["fold"], pair["seed"])),
        "probability": record["verdict"]["probability"],
        "holdout": record["score"]["holdout"],
        "trainings": record["budget"]["trainings"],
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> autorecur.Run:
    return fitted(tmp_path_factory.mktemp("whole") / "run")


SCRIPT = """
import sys
from test_resume import fitted
from pathlib import Path
fitted(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    "after",
    [pytest.param(1, marks=pytest.mark.slow), 5, pytest.param(WHOLE - 1, marks=pytest.mark.slow)],
)
def test_a_killed_run_goes_on_and_trains_nothing_twice(
    after: int, tmp_path: Path, whole: autorecur.Run
) -> None:
    """Killed in the search, in the duel, in the refit."""
    folder, here = tmp_path / "run", Path(__file__).resolve().parent
    environment = os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{here.parent}"}
    parent = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(folder)], env=environment
    )
    end = time.monotonic() + 240
    while len(trained(folder)) < after and time.monotonic() < end and parent.poll() is None:
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    before = [line["order"] for line in trained(folder)]
    assert after <= len(before) <= WHOLE and not (folder / "record.json").exists()
    with (folder / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write('{"event": "training", "ord')  # as a kill may leave it
    run = fitted(folder, resume=True)
    counted = Counter(line["order"] for line in trained(folder))
    assert set(before) <= counted.keys() and set(counted.values()) == {1}
    assert what_came(run) == what_came(whole)
    ledger = {entry["stage"]: entry["seconds"] for entry in run.record.budget["ledger"]}
    assert ledger["before"] > 0
    assert sum(ledger.values()) == pytest.approx(run.record.budget["spent_seconds"])
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["journal.jsonl", "model.keras", "predictions.csv", "record.json", "report.html"]
    assert len(run.predict(CO2)) == 4


@pytest.mark.slow
def test_multiply_adds_are_kept_and_come_to_the_same_with_one_worker(tmp_path: Path) -> None:
    """By formula: neither the machine nor what is under way beside a training changes them."""
    budget = "6e10flop"
    runs = [fitted(tmp_path / str(each), budget, workers=each) for each in (1, 2)]
    one, two = (json.loads(run.record.to_json())["budget"] for run in runs)
    assert what_came(runs[0]) == what_came(runs[1])
    assert one["multiply_adds"] == two["multiply_adds"] <= 6e10
    assert one["ended_by"] == two["ended_by"] == "multiply-adds"
    assert len(runs[0].record.duel) >= 4 and one["multiply_adds"] > 3e10


FULL = """
import resource, sys
from pathlib import Path
from autorecur import cli
from test_resume import CO2, fitted
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    fitted(Path(sys.argv[1]))
except autorecur.errors.RunError as error:
    sys.exit(f"refused: {error}")
"""


@pytest.mark.parametrize("most", [4_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_a_disk_without_room_is_one_sentence(
    most: int, tmp_path: Path, whole: autorecur.Run
) -> None:
    """Files may not grow beyond so many bytes: those of the arrays, or later the journal."""
    folder, here = tmp_path / "run", Path(__file__).resolve().parent
    environment = os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{here.parent}"}
    command = [sys.executable, "-W", "ignore", "-c", "import autorecur\n" + FULL, str(folder)]
    done = subprocess.run(
        [*command, str(most)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith(f"refused: the run folder {str(folder)!r} cannot be written (")
    assert said.endswith("mend that and go on with resume, or name another folder")
    run = fitted(folder, resume=True)
    assert what_came(run) == what_came(whole)


@pytest.mark.slow
def test_a_finished_run_goes_on_with_a_larger_budget(tmp_path: Path, whole: autorecur.Run) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole.folder, folder)
    run = fitted(folder, f"{WHOLE + 6}trainings", resume=True)
    assert run.record.budget["trainings"] == WHOLE + 6
    # Its networks were removed at its end, so the finalists are trained for good once more; and
    # where a longer search has found other ones, they meet in a duel of their own.
    asked = [(line["order"], json.dumps(line["candidate"])) for line in trained(folder)]
    again = {order for (order, _), times in Counter(asked).items() if times > 1}
    assert again <= {"refit-lstm", "refit-gru"}
    ids = {trial["id"] for trial in run.record.trials}
    assert ids >= {trial["id"] for trial in whole.record.trials}


def test_time_that_was_spent_stays_spent(tmp_path: Path, whole: autorecur.Run) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole.folder, folder)
    spent = whole.record.budget["spent_seconds"]
    begin = time.monotonic()
    run = fitted(folder, f"{WHOLE}trainings, {max(15, int(spent))}s", resume=True)
    assert run.record.budget["spent_seconds"] > 0.8 * spent
    assert time.monotonic() - begin < 40
    # Whatever could not be trained any more, what was trained is judged.
    assert what_came(run)["duel"] == what_came(whole)["duel"]
    assert {t["id"] for t in run.record.trials} == {t["id"] for t in whole.record.trials}


def test_what_is_no_run_or_another_is_refused(
    tmp_path: Path, whole: autorecur.Run, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    with pytest.raises(RunError, match=r"there is no run to resume in .*: begin one, without"):
        fitted(folder, resume=True)
    shutil.copytree(whole.folder, folder)
    kept = (folder / "journal.jsonl").read_bytes()
    with pytest.raises(RunError, match="was begun with another seed: 3, and now it is 4; give the"):
        fitted(folder, seed=4, resume=True)
    with pytest.raises(RunError, match="was begun with another space: "):
        fitted(folder, space={**SMALL, "width": (16,)}, resume=True)
    other = pd.read_csv(CO2).iloc[:-30]
    other.to_csv(tmp_path / "other.csv", index=False)
    table = [str(tmp_path / "other.csv"), "--target", "co2", "--horizon", "4"]
    assert cli.main(["fit", *table, "--out", str(folder), "--resume"]) == 2
    told = capsys.readouterr().err
    fingerprint = whole.record.data["fingerprint"]
    assert f"is of other data: its fingerprint is {fingerprint}, and that of this table is" in told
    assert told.count("\n") == 1
    assert (folder / "journal.jsonl").read_bytes() == kept
