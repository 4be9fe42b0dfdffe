"""Progress: a live region on a terminal, a line a training in a pipe, never a reason to fail."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from autorecur import progress, region
from autorecur.nets.pulse import Pulse
from autorecur.search.events import Event, UnderWay

ROOT = Path(__file__).resolve().parent.parent
NOON = datetime(2026, 11, 22, 12, 50)
BEGIN, END = "\x1b[?25l", "\x1b[?25h"  # the cursor is hidden while the region lives

# A run of 40 events in two seconds, of a budget of two; its last events come late.
SCRIPT = """
import sys, time
from autorecur import progress
from autorecur.search.events import Event, UnderWay
begin = time.monotonic()
with progress.listener() as listen:
    listen(Event("table", 0.0, 2.0, title="energy → load", seed=7, metric="mae", better="lower",
                 unit="MW"))
    listen(Event("stage", 0.0, 2.0, text="ridge on lags is the baseline to beat", stage="search"))
    for at in range(40):
        spent = time.monotonic() - begin + (5.0 if at > 35 else 0.0)
        listen(Event("training", spent, 2.0, stage="search", done=at, expected=31, rung=at // 20,
                     title="LSTM 2 × 64", seed=8, score=41.6, metric="mae", status="promoted",
                     better="lower", unit="MW", under_way=(UnderWay("GRU 2 × 64", 9, 1, spent),),
                     best={"GRU 2 × 64": 40.1, "naive": 52.6}, training_seconds=27.1))
        time.sleep(0.05)
    listen(Event("end", 2.5, 2.0, stage="end"))
print("the end")
"""


def training(done: int = 14, seconds: float = 221.0, **changes: object) -> Event:
    event = dict(kind="training", seconds=seconds, limit_seconds=600.0, stage="search", done=done,
                 expected=31, rung=1, title="LSTM 2 × 64", seed=8, score=41.6, metric="mae",
                 status="promoted", training_seconds=27.1)  # fmt: skip
    return Event(**{**event, **changes})  # type: ignore[arg-type]


def on_a_terminal(width: int) -> tuple[str, str, float]:
    """What the script writes to a terminal of that width and to standard output; its seconds."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, width, 0, 0))
    begin = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=slave, stdout=subprocess.PIPE, stderr=slave,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "PYTHONIOENCODING": "utf-8"},
        cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while True:
        ready, _, _ = select.select([master], [], [], 60)
        assert ready, "the display hangs"
        try:
            read = os.read(master, 65536)
        except OSError:  # the last one has left the terminal
            break
        if not read:
            break
        shown += read
    assert child.stdout is not None
    said = child.stdout.read().decode()
    child.stdout.close()
    assert child.wait(30) == 0
    os.close(master)
    return shown.decode(), said, time.monotonic() - begin


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_a_region_lives_and_leaves(width: int) -> None:
    shown, said, took = on_a_terminal(width)
    assert said == "the end\n", "standard output is nobody else's"
    assert 0 <= shown.rfind(BEGIN) < shown.rfind(END), "the cursor comes back"
    frames = re.findall(r"budget   (█*)(░*)  (\d+:\d+) of 0:02", shown)
    assert 4 <= len(frames) <= 4 * took + 6, "redrawn at most four times a second"
    full = [len(bar) for bar, _, _ in frames]
    assert full == sorted(full), "the bar only grows"
    assert len({len(bar) + len(rest) for bar, rest, _ in frames}) == 1
    assert frames[-1][1:] == ("", "0:02"), "and never passes its end"
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    assert max(map(len, lines)) < width
    head = r"(energy → load   )?search   rung 1   training \d+ of about \d+   seed 7"
    heads = [found for line in lines if (found := re.match(head, line))]
    assert heads and bool(heads[0][1]) == (width > 60), "the name has what room is left"
    assert any(line.startswith("now      GRU 2 × 64 seed 9  0:0") for line in lines)
    assert any(
        line.startswith("last     rung 1  LSTM 2x64 seed 8  MAE 41.6 MW ↓") for line in lines
    )
    assert "best     GRU 2 × 64 40.1   naive 52.6   (MAE ↓ [MW] within a rung)"[: width - 2] in text
    erased = re.findall(r"(?:\x1b\[1A\x1b\[2K)+", shown)
    assert erased and max(len(found) // 8 for found in erased) <= 5, "at most five lines"


def test_in_a_pipe_each_training_is_a_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert len(lines) == 1 + 40
    assert lines[0] == "[00:00] energy → load, seed 7: MAE [MW], lower is better"
    assert lines[15].startswith("[00:0") and "\x1b" not in done.stderr
    assert lines[15].endswith("14/~31  rung 0  LSTM 2x64 seed 8  MAE 41.6 MW ↓  27 s  promoted")


def test_notes_are_lines_and_stages_are_not() -> None:
    stream = io.StringIO()
    with progress.listener(stream) as listen:
        listen(Event("stage", 0.0, stage="search", text="searching"))
        listen(Event("note", 62.0, text="a gap\x1b[2J was filled"))
        listen(training())
        listen(Event("end", 63.0))
    assert stream.getvalue() == (
        "[01:02] a gap⟨1B⟩[2J was filled\n"
        "[03:41] 14/~31  rung 1  LSTM 2x64 seed 8  MAE 41.6  27 s  promoted\n"
    )


def test_a_line_without_scores_or_plan() -> None:
    event = Event("training", 5.0, done=3, title="GRU 1 × 8", status="diverged", stage="duel")
    assert region.line(event) == "[00:05] 3  duel  GRU 1x8  diverged"


def test_quiet_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    with progress.listener(stream, quiet=True) as listen:
        listen(training())
    assert (stream.getvalue(), *capfd.readouterr()) == ("", "", "")


def test_the_default_stream_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.listener() as listen:
        listen(training())
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1


@pytest.mark.parametrize("kind", ["closed", "broken"])
def test_a_stream_that_is_gone_ends_no_run(kind: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", encoding="utf-8", buffering=1, closefd=True) as stream:
        listen = progress.listener(stream)
        if kind == "closed":
            stream.close()
        with listen:
            listen(training())
            listen(training(15))
        if kind == "broken":
            # What the stream still holds must not be flushed into nothing when it closes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def test_a_poor_encoding_costs_signs_only() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    with progress.listener(stream) as listen:
        listen(Event("table", 1.0, title="a → b", seed=7, metric="mae", better="lower"))
        listen(training(text="Größe × 2", unit="kW", better="lower"))
    table, line = raw.getvalue().splitlines()
    assert table == b"[00:01] a -> b, seed 7: MAE, lower is better"
    assert line.endswith(b"MAE 41.6 kW  27 s  promoted  Gr??e x 2")


@pytest.mark.parametrize(
    ("encoding", "term", "live"),
    [("utf-8", "xterm", True), ("ascii", "xterm", False), ("utf-8", "dumb", False)],
)
def test_only_a_terminal_that_can_redraw_gets_the_region(
    encoding: str, term: str, live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    master, slave = pty.openpty()
    with open(slave, "w", encoding=encoding) as stream:
        assert isinstance(progress.listener(stream), progress.LiveProgress) == live
    os.close(master)


def test_the_bar_is_time_and_only_grows() -> None:
    state = region.State()
    parts = []
    for seconds in (0.0, 100.0, 50.0, 300.0, 700.0, 10.0):
        state = state.after(training(seconds=seconds))
        parts.append(state.part)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    shown = region.lines(state, 79, NOON)
    assert "10:00 of 10:00  ends by 12:50" in shown[1] and "░" not in shown[1]


def test_a_budget_in_trainings_fills_the_bar_by_trainings() -> None:
    state = region.State().after(training(10, limit_seconds=None, expected=40))
    assert state.part == 0.25
    assert "ends by" not in region.lines(state, 79, NOON)[1]
    assert state.after(training(50, limit_seconds=None, expected=40)).part == 1.0


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_the_region_has_at_most_five_lines_none_too_wide(width: int) -> None:
    state = region.State().after(training(best={f"name {at}": 1.0 for at in range(30)}))
    state = state.after(Event("note", 230.0, text="column \u202e" + "x" * 500))
    shown = region.lines(state, width, NOON)
    assert 2 <= len(shown) <= 5
    assert all(len(text) <= width and text.isprintable() for text in shown)


def shown(state: region.State, width: int = 79) -> list[str]:
    return list(region.lines(state, width, NOON))


def test_what_is_under_way_is_told_and_what_was_finished_last() -> None:
    two = (UnderWay("LSTM 2 × 64", 8, 1, 200.0), UnderWay("GRU 2 × 64", 8, 1, 219.0))
    state = region.State().after(training(under_way=two))
    assert "now      LSTM 2 × 64 seed 8  0:21   GRU 2 × 64 seed 8  0:02" in shown(state)
    assert shown(state)[-1] == "last     rung 1  LSTM 2x64 seed 8  MAE 41.6  27 s  promoted"
    later = state.at(260.0)
    assert "now      LSTM 2 × 64 seed 8  1:00   GRU 2 × 64 seed 8  0:41" in shown(later)
    third = UnderWay("GRU 1 × 8", 9, 0, 221.0)
    more = state.after(Event("start", 222.0, stage="search", under_way=(*two, third)))
    assert any(line.startswith("now") and line.endswith("and 1 more") for line in shown(more))
    over = more.after(Event("stage", 230.0, stage="report"))
    assert not any(line.startswith("now") for line in shown(over))


def test_how_far_a_training_is_and_where_it_is_heading() -> None:
    pulse = Pulse("7", 640, 1200, (47.0, 45.0, 44.1, 44.2), 1)
    one = UnderWay("LSTM 2 × 64", 8, 1, 200.0, "7", pulse)
    state = region.State().after(training(under_way=(one,)))
    whole = "now      LSTM 2 × 64 seed 8  0:21  step 640 of 1200  44.2 █▃▁▁  no gain for 1"
    assert shown(state)[2] == whole
    first = UnderWay("GRU 2 × 64", 8, 1, 219.0, "8", Pulse("8", 12, 1200))
    both = state.after(training(under_way=(one, first)))
    assert shown(both)[2] == "now      LSTM 2 × 64  53 %  44.2 █▃▁▁   GRU 2 × 64  1 %"
    assert shown(both, 59)[2] == "now      LSTM 2 × 64  53 %  44.2 █▃▁▁   GRU 2 × 64  1 %"
    assert shown(both, 40)[2].startswith("now      LSTM 2 × 64 seed 8  0:21")
    share = replace(state, metric="accuracy", now=(replace(one, pulse=Pulse("7", 1, 9, (0.5,))),))
    assert "  50.0 %" in shown(share)[2] and "█" not in shown(share)[2]


def test_a_note_is_seen_for_a_while_and_then_what_was_trained_last() -> None:
    state = region.State().after(training(14, 100.0)).after(Event("note", 101.0, text="a gap"))
    assert shown(state)[-1] == "note     a gap"
    assert shown(state.after(training(15, 103.0)))[-1] == "note     a gap"
    assert shown(state.after(training(15, 107.0)))[-1].startswith("last     rung 1  LSTM")


def test_scores_have_their_metric_its_better_way_and_their_unit() -> None:
    event = training(metric="accuracy", score=0.876, better="higher", best={"GRU 2 × 64": 0.876})
    assert "accuracy 87.6 % ↑" in region.line(event)
    assert shown(region.State().after(event))[2] == (
        "best     GRU 2 × 64 87.6 %   (accuracy ↑ within a rung)"
    )
    asked = Event("table", 1.0, title="a", seed=1, metric="accuracy", better="higher")
    assert region.asked(asked) == "[00:01] a, seed 1: accuracy [%], higher is better"


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_long_name_leaves_room_for_how_far_the_run_is(width: int) -> None:
    table = Event("table", 0.0, title="x" * 300 + " → \x1b[2J", seed=7)
    head = shown(region.State().after(table).after(training()), width)[0]
    whole = "search   rung 1   training 14 of about 31"
    assert whole[: width - 1] in head and len(head) <= width and head.isprintable()
    assert ("x…" in head or "xx" in head) == (width == 80)


def test_no_event_is_lost_to_the_thread_that_draws() -> None:
    moving = region.Moving()
    stop = threading.Event()

    def draw() -> None:
        while not stop.is_set():
            moving.state()

    drawing = [threading.Thread(target=draw) for _ in range(4)]
    for each in drawing:
        each.start()
    try:
        for at in range(1, 2000):
            moving.take(training(at, seconds=0.001 * at))
            assert moving.state().done == at
    finally:
        stop.set()
        for each in drawing:
            each.join()


def test_between_events_the_clock_moves_the_bar() -> None:
    now = [100.0]
    live = progress.LiveProgress(
        io.StringIO(), clock=lambda: now[0], now=lambda: datetime(2026, 11, 22, 12, 40)
    )
    live(training(seconds=60.0))
    now[0] += 240.0
    text = live._draw().plain
    assert "5:00 of 10:00  ends by 12:45" in text
