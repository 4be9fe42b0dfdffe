"""Memory of a run on a long table: 5 million rows × 8 columns, 153 MiB as float32.

    python tests/benchmarks/memory.py [--rows 5000000] [--budget 5min]

Writes the table, runs `autorecur fit` on it as a user would, and samples twice a second what the
process and its workers hold: the proportional set size, in which shared pages count once. The
interpreter with its libraries is measured apart, on a table of a thousand rows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS, HORIZON = 8, 12
MIB = 1 << 20


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--budget", default="5min")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        small = _peaks(Path(folder), 1_000, "30s")
        large = _peaks(Path(folder), given.rows, given.budget)
    table = given.rows * COLUMNS * 4 / MIB
    print(f"table {table:.0f} MiB as float32; peaks in MiB, small table, large table, difference:")
    for name in ("parent", "workers", "all"):
        more = large[name] - small[name]
        print(f"  {name:8} {small[name]:6.0f} {large[name]:6.0f} {more:6.0f}")
    above = large["all"] - small["all"] - table
    print(f"above the table's own size: {above:.0f} MiB (to reach: 1024)")
    return 0


def _peaks(folder: Path, rows: int, budget: str) -> dict[str, float]:
    """The most that the parent, its workers, and both at once held, in MiB."""
    path = folder / f"{rows}.csv"
    _write(path, rows)
    command = [sys.executable, "-m", "autorecur", "fit", str(path), "--target", "c0"]
    command += ["--time", "minute", "--horizon", str(HORIZON), "--budget", budget, "--seed", "7"]
    command += ["--out", str(folder / f"run-{rows}")]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peaks = {"parent": 0.0, "workers": 0.0, "all": 0.0}
    while process.poll() is None:
        parent = _held(process.pid)
        workers = sum(_held(child) for child in _descendants(process.pid))
        for name, now in (("parent", parent), ("workers", workers), ("all", parent + workers)):
            peaks[name] = max(peaks[name], now)
        time.sleep(0.5)
    last = (process.stderr.read().decode().strip().splitlines() or [""])[-1]
    print(f"{rows} rows: exit {process.returncode}, {time.monotonic() - begin:.0f} s, {last}")
    return peaks


def _write(path: Path, rows: int) -> None:
    """A minute's season of a day and noise; written in pieces."""
    rng = np.random.default_rng(7)
    for first in range(0, rows, 500_000):
        steps = np.arange(first, min(first + 500_000, rows))
        values = rng.normal(size=(len(steps), COLUMNS - 1)).astype("float32")
        values += np.sin(steps[:, None] / 1440 * 2 * np.pi)
        piece = pd.DataFrame(values.round(3), columns=[f"c{i}" for i in range(COLUMNS - 1)])
        piece.insert(0, "minute", pd.Timestamp("2015-01-01") + pd.to_timedelta(steps, unit="min"))
        piece.to_csv(path, index=False, mode="a" if first else "w", header=not first)


def _descendants(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found


def _held(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / MIB


if __name__ == "__main__":
    raise SystemExit(main())
