"""A long read says how far it is: every few seconds, in a pipe too, and reads nothing slower."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autorecur.data import watched
from autorecur.data.read import read
from autorecur.data.watched import BLOCK_BYTES, Watched

ROOT = Path(__file__).resolve().parent.parent.parent
ROW = "2020-01-01,1.5,a field of some length\n"
SAID = re.compile(r"wide\.csv: (\d+) of (\d+) MB (looked through|checked line by line|read)")

# The commands, on a disk that takes a third of a second for a megabyte.
SLOW = """
import sys, time
from autorecur.data import watched
real, watched.EVERY_SECONDS = watched._Counted.readinto, 0.6
def slow(self, buffer):
    time.sleep(0.3)
    return real(self, buffer)
watched._Counted.readinto = slow
from autorecur import cli
sys.exit(cli.main(sys.argv[1:]))
"""


def wide(folder: Path, megabytes: int) -> Path:
    path = folder / "wide.csv"
    path.write_text("ds,load,note\n" + ROW * (megabytes * 1_000_000 // len(ROW)))
    return path


class Clock:
    """Two seconds later whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 2.0
        return self.now


@pytest.mark.parametrize("zipped", [False, True])
def test_it_tells_every_few_seconds_and_gives_every_byte(tmp_path: Path, zipped: bool) -> None:
    path = wide(tmp_path, 12)
    content = path.read_bytes()
    if zipped:
        path.write_bytes(gzip.compress(os.urandom(12_000_000), mtime=0))
        content = gzip.decompress(path.read_bytes())
    told: list[str] = []
    with Watched(path, zipped, told.append, Clock()).open("read") as file:
        parts = list(iter(lambda: file.read(BLOCK_BYTES), b""))
    assert b"".join(parts) == content
    found = [SAID.fullmatch(text) for text in told]
    assert all(found) and 2 <= len(found) <= 8
    done = [int(each[1]) for each in found if each]
    assert done == sorted(done) and 0 < done[-1] <= 12
    assert {each[2] for each in found if each} == {"12"}


def test_a_quick_read_says_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    assert read(wide(tmp_path, 2), tell=told.append).rows == 2_000_000 // len(ROW)
    assert told == []


def test_each_pass_over_a_table_is_told_and_the_table_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wide(tmp_path, 3)
    path.write_text(path.read_text().replace("1.5,", '"1.5",'))
    expected = read(path)
    monkeypatch.setattr(watched, "EVERY_SECONDS", 0.0)
    told: list[str] = []
    table = read(path, tell=told.append)
    assert table.fingerprint == expected.fingerprint and table.frame.equals(expected.frame)
    passes = [found[3] for text in told if (found := SAID.fullmatch(text))]
    assert list(dict.fromkeys(passes)) == ["looked through", "checked line by line", "read"]


def test_a_pipe_gets_a_line_while_a_table_is_read(tmp_path: Path) -> None:
    path = wide(tmp_path, 8)
    done = subprocess.run(
        [sys.executable, "-c", SLOW, "fit", str(path), "--target", "nowhere", "--workers", "1"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    *told, last = done.stderr.splitlines()
    sys.stdout.write(done.stderr)
    assert done.returncode == 2 and "nowhere" in last
    assert all(re.match(r"\[00:\d\d\] ", line) and SAID.search(line) for line in told)
    assert len(told) >= 4, "two passes over 8 MB, a third of a second each"
    assert {found[3] for line in told if (found := SAID.search(line))} == {"looked through", "read"}
