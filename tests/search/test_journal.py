"""The journal: one strict JSON line an event, on disk at once, whole after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autorecur.errors import RunError
from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Status
from autorecur.search.journal import Journal

ROOT = Path(__file__).resolve().parents[2]


def test_one_process_at_a_time_goes_on_from_the_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"event": "one"}\n{"event": "tw', encoding="utf-8")
    journal = Journal(path)
    with pytest.raises(RunError, match="has not ended: another process writes its journal"):
        Journal(path)
    journal.write("three", {})
    journal.close()
    assert [line["event"] for line in Journal.read(path)] == ["one", "three"]
    Journal(path).close()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write("start", {"order": "zeile\nzwei, naïve"})
    journal.write(
        "training",
        {
            "candidate": Candidate("gru", width=4),
            "status": Status.KILLED,
            "score": np.float32(1.5),
            "steps": np.int64(7),
            "curve": [1.0, 2.0],
            "none": None,
        },
    )
    journal.close()
    start, training = Journal.read(tmp_path / "journal.jsonl")
    assert start == {"event": "start", "order": "zeile\nzwei, naïve"}
    assert training["candidate"]["width"] == 4 and training["status"] == "KILLED"
    assert (training["score"], training["steps"], training["none"]) == (1.5, 7, None)
    assert len((tmp_path / "journal.jsonl").read_text("utf-8").splitlines()) == 2


def test_a_line_cut_in_half_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"event": "start"}\n{"event": "tra', "utf-8")
    assert list(Journal.read(path)) == [{"event": "start"}]


def test_it_appends_to_what_is_there(tmp_path: Path) -> None:
    for event in ("one", "two"):
        journal = Journal(tmp_path / "journal.jsonl")
        journal.write(event, {})
        journal.close()
    assert [line["event"] for line in Journal.read(tmp_path / "journal.jsonl")] == ["one", "two"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("nan")])
def test_what_is_no_json_is_refused_and_not_half_written(tmp_path: Path, value: float) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(ValueError, match="JSON"):
        journal.write("training", {"score": value})
    with pytest.raises(TypeError, match="set does not belong in the journal"):
        journal.write("training", {"score": {1, 2}})
    journal.write("end", {})
    journal.close()
    assert list(Journal.read(tmp_path / "journal.jsonl")) == [{"event": "end"}]


def test_every_line_is_on_disk_before_the_next_thing_happens(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    script = (
        "import os, sys; from pathlib import Path; from autorecur.search.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for number in range(3): journal.write('start', {'order': number})\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", script, str(path)], env=environment, check=False)
    assert ended.returncode == -9
    assert [json.loads(line)["order"] for line in path.read_text().splitlines()] == [0, 1, 2]
