"""`fit` and `show` as a person and as a pipe have them: the real commands, on a real terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
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
# Of the region: how far the run is, the budget, what is trained, the best, what was finished last.
ESSENTIAL = (
    r"(co2_weekly → co2   )?search   (rung \d   )?training \d+ of about 4   seed 1$",
    r"(co2_weekly → co2   )?refit   (rung \d   )?training \d+ of about 4   seed 1$",
    r"budget   █+░*  \d:\d\d$",
    r"now      (LSTM|GRU) 1 × 8 seed \d+  \d:\d\d",
    r"best     .*(LSTM|GRU) 1 × 8 [\d.]+",
    r"last     (rung \d|duel|refit)  (LSTM|GRU) 1x8 seed \d+  MAE [\d.]+ co2 ↓  \d",
)
CASES = [("colour", {}), ("NO_COLOR", {"NO_COLOR": "1"}), ("dumb", {"TERM": "dumb"})]


WIDTHS = (60, 80, 120)
Fitted = Callable[[int], Path]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """The folder of a run, made on a terminal of that width; in it, what was sent there."""
    homes: dict[int, Path] = {}

    def fit(width: int) -> Path:
        if width not in homes:
            home = tmp_path_factory.mktemp(f"home-{width}")
            command = [*FIT, "--budget", "4trainings", "--workers", "2"]
            sent, code = on_a_terminal(command, width, home, PYTHONPATH=ROOT)
            assert code == 0, sent
            (home / "sent").write_text(sent, encoding="utf-8", newline="")
            homes[width] = home
        return homes[width]

    return fit


@pytest.fixture(scope="module")
def finished(fitted: Fitted) -> Path:
    return fitted(80)


@pytest.mark.parametrize("width", WIDTHS)
def test_fit_fits_its_terminal(width: int, fitted: Fitted, tmp_path: Path) -> None:
    """A real run: the region lives in its width, and leaves the result alone on the screen."""
    home = fitted(width)
    sent = (home / "sent").read_bytes().decode()
    screen = Screen(width).take(sent)
    transcript = transcribed(sent, screen)
    (tmp_path / "transcript.txt").write_text(transcript, encoding="utf-8")
    sys.stdout.write(transcript)
    assert min(width, 70) - 10 < screen.widest <= width
    assert not REGION.search(screen.text), "the region is gone"
    record = autorecur.load(home / "run").record
    assert screen.text == report.terminal(record, min(width, 100)).strip("\n") + "\n"
    assert screen.lines[0].startswith(record.verdict["symbol"])
    assert "  Saved    run  (" in screen.text and "autorecur predict run new.csv" in screen.text


def transcribed(sent: str, screen: Screen) -> str:
    """What was to be seen, as plain text: every line of the region once, then the result.

    Fails where one of the lines that a person waits for never came.
    """
    plain = COLOUR.sub("", re.sub(r"\x1b\[(\d+A|2K|\?25[lh])", "", sent)).replace("\r", "\n")
    seen = list(dict.fromkeys(line.rstrip() for line in plain.splitlines() if line.strip()))
    moved = [line for line in seen if line not in screen.text]
    for essential in ESSENTIAL:
        assert any(re.match(essential, line) for line in moved), (essential, moved)
    assert max(map(len, moved)) < screen.width
    return "\n".join((*moved, "", screen.text))


@pytest.mark.parametrize("width", WIDTHS)
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
        re.match(
            r"\[\d\d:\d\d\] \d/~4  (rung \d|refit)  (LSTM|GRU) 1x8 seed \d+  MAE [\d.]+ co2 ↓ ",
            line,
        )
        for line in lines
    )
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
