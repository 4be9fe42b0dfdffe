"""What each worker holds in memory after every training of one long run.

    python tests/benchmarks/flat_memory.py [--trainings 150] [--only etth1 …]

At the end each worker may hold 1.2 times what it held after the run's tenth training, and no more;
else the exit code is 1. A worker is also seen in the midst of a training, as the other one ends
its own: what counts is the least of a few looks. A run need not take all trainings of its budget:
the table says how many it took, and they should be 100. Needs the developers' data sets.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from search_throughput import DATASETS, TABLES

import autorecur
from autorecur.search.workers import WorkerPool

MOST = 1.2
LOOKS = 6  # of which the least counts: trainings that ended on either worker
MIB = 2**20


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainings", type=int, default=150)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=["etth1"])
    given = parser.parse_args(arguments)
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    print("| table | worker | MiB after 10 trainings | half-way | at the end | times |")
    print("|---|---|---|---|---|---|")
    grown = [_grown(name, given.trainings) for name in given.only]
    return 1 if max(grown) > MOST else 0


def _grown(name: str, trainings: int) -> float:
    """How many times as much as after the tenth training the workers hold at most."""
    file, asked, _ = TABLES[name]
    seen: list[dict[int, float]] = []  # of each worker by its process, after every training
    with WorkerPool(2) as pool, tempfile.TemporaryDirectory() as folder:

        def look(event: Any) -> None:
            if event.kind == "training":
                seen.append({place: _held(pid) for place, pid in enumerate(pool.process_ids())})

        settings = {**asked, "budget": f"{trainings}trainings", "workers": 2, "seed": 1}
        out = Path(folder) / "run"
        autorecur.fit(DATASETS / file, **settings, out=out, executor=pool, listener=look)
    most = 0.0
    for place in seen[-1]:
        early, middle, late = (
            min(each[place] for each in seen[until - LOOKS : until]) / MIB
            for until in (10, len(seen) // 2, len(seen))
        )
        most = max(most, late / early)
        print(
            f"| {name}, {len(seen)} trainings | {place + 1} | {early:.0f} | {middle:.0f} "
            f"| {late:.0f} | {late / early:.2f} |",
            flush=True,
        )
    return most


def _held(pid: int) -> float:
    """Bytes of a process that are in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


if __name__ == "__main__":
    sys.exit(main())
