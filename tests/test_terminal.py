"""`fit` and `show` as a person and as a pipe have them: the real commands, on a real terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from report import sample
from terminal import Screen, on_a_terminal

import autorecur
from autorecur import report
from autorecur.tables import bundled

COMMAND = [sys.executable, "-m", "autorecur"]
ROOT = str(Path(autorecur.__file__).resolve().parent.parent)
FIT = [
    *(*COMMAND, "fit", str(bundled("co2_weekly")), "--target", "co2", "--horizon", "4"),
    *("--width", "8", "--depth", "1", "--out", "run"),
]
COLOUR = re.compile(r"\x1b\[[\d;]*m")
REGION = re.compile(r"^(budget   [█░]|now      |best     |note     )", re.MULTILINE)
CASES = [("colour", {}), ("NO_COLOR", {"NO_COLOR": "1"}), ("dumb", {"TERM": "dumb"})]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run, and what `fit` sent to a terminal 80 wide while it made it."""
    home = tmp_path_factory.mktemp("home")
    sent, code = on_a_terminal([*FIT, "--budget", "20s"], 80, home, PYTHONPATH=ROOT)
    assert code == 0, sent
    (home / "sent").write_text(sent, encoding="utf-8", newline="")
    return home


def test_the_region_lives_in_its_width_and_leaves_the_result_alone(finished: Path) -> None:
    sent = (finished / "sent").read_bytes().decode()
    assert REGION.search(COLOUR.sub("", sent.replace("\r", "\n"))), "there was a region"
    screen = Screen(80).take(sent)
    sys.stdout.write(screen.text)
    assert 60 < screen.widest <= 80
    assert not REGION.search(screen.text)
    record = autorecur.load(finished / "run").record
    assert screen.text == report.terminal(record, 80).strip("\n") + "\n"
    assert screen.lines[0].startswith(record.verdict["symbol"])
    assert "  Saved    run  (" in screen.text


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(("name", "environment"), CASES)
def test_show_fits_its_terminal(
    name: str, environment: dict[str, str], width: int, finished: Path
) -> None:
    command = [*COMMAND, "show", "run"]
    sent, code = on_a_terminal(command, width, finished, PYTHONPATH=ROOT, **environment)
    assert code == 0
    screen = Screen(width).take(sent)
    assert screen.widest <= min(width, 100), "what is wider than that is read with effort"
    assert bool(COLOUR.search(sent)) == (name == "colour")
    record = autorecur.load(finished / "run").record
    assert screen.text == report.terminal(record, min(width, 100)).strip("\n") + "\n"


def test_show_in_a_pipe_is_eighty_wide_and_plain(finished: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "show", "run"], cwd=finished, capture_output=True, check=True,
        env={"PYTHONPATH": ROOT, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    record = autorecur.load(finished / "run").record
    assert done.stdout.decode() == report.terminal(record, 80)
    assert done.stderr == b""


def test_fit_in_a_pipe_tells_each_training_and_then_the_result(tmp_path: Path) -> None:
    done = subprocess.run(
        [*FIT, "--budget", "4trainings"], cwd=tmp_path, capture_output=True, text=True,
        check=True, env={"PYTHONPATH": ROOT, "PYTHONIOENCODING": "utf-8", "HOME": str(tmp_path)},
    )  # fmt: skip
    record = autorecur.load(tmp_path / "run").record
    sys.stdout.write(done.stderr + done.stdout)
    assert done.stdout == report.terminal(record, 80)
    table, *lines = done.stderr.splitlines()
    assert re.match(r"\[00:\d\d\] co2_weekly → co2, seed 1: MAE \[co2\], lower is better$", table)
    assert len(lines) == record.budget["trainings"] == 4
    assert all(
        re.match(r"\[\d\d:\d\d\] \d/~4  (rung \d|refit)  (LSTM|GRU) 1x8 seed \d+  MAE ", line)
        for line in lines
    )
    assert all(re.search(r"  MAE [\d.]+ co2 ↓  ", line) for line in lines)
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["show", "predict"])
def test_a_hostile_record_moves_no_cursor_of_a_real_terminal(command: str, tmp_path: Path) -> None:
    made = sample.record(name="a\x1b[2J\x9b2J\u202eb")
    made.write(tmp_path / "run")
    table = ["a\x1b[2J.csv"] if command == "predict" else []
    words = [*COMMAND, command, "run", *table]
    sent, code = on_a_terminal(words, 80, tmp_path, PYTHONPATH=ROOT)
    assert code == (2 if command == "predict" else 0)
    Screen(80).take(sent)
    assert "\x1b[2J" not in sent and "\x9b" not in sent and "\u202e" not in sent
