"""Runs of random budgets over several kinds of data, half of them beside a busy process.

    python tests/benchmarks/torture.py [--runs 50] [--seed 1] [--shortest 20] [--longest 120]
                                       [--only 15 21 …]

None may end later than its budget (by 1 s or 1 %, whichever is more, the whole process counted),
and each must leave a model, a record and a report; where nothing else ended it, at least nine
tenths of the budget should have been used. The last line sums it up, and the exit code is 1 where
something was broken. Needs the developers' data sets.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from every_kind import DATASETS, TABLES

CHOSEN = ("etth1", "occupancy", "japanese_vowels", "sms_spam", "tiny_shakespeare")
LEFT = ("model.keras", "record.json", "report.html")
BUSY = "import numpy as np\na = np.ones((900, 900), 'float32')\nwhile True:\n    a @ a\n"
USED = 0.9


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shortest", type=int, default=20, help="budget, in seconds")
    parser.add_argument("--longest", type=int, default=120)
    parser.add_argument("--only", type=int, nargs="+", help="the runs of these numbers")
    given = parser.parse_args(arguments)
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    draw = random.Random(given.seed)
    print("| run | table | budget | machine | ended | over | used | trainings | by | verdict |")
    print("|---" * 10 + "|")
    found = []
    for number in range(given.runs):
        name, budget = draw.choice(CHOSEN), draw.randint(given.shortest, given.longest)
        if given.only is None or number in given.only:
            found.append(_run(number, name, budget, loaded=number % 2 == 1))
    late = sum(each["late"] for each in found)
    bare = sum(bool(each["missing"]) for each in found)
    failed = sum(each["failed"] for each in found)
    idle = sum(each["idle"] for each in found)
    print(f"{late} of {len(found)} late, {bare} without all of {', '.join(LEFT)}, {idle} idle, ")
    print(f"{failed} ended with another exit code than 0")
    return 1 if late or bare or idle or failed else 0


def _run(number: int, name: str, budget: int, *, loaded: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary, _busy(loaded):
        folder = Path(temporary) / "run"
        file, flags, _ = TABLES[name]
        command = [sys.executable, "-m", "autorecur", "fit", str(DATASETS / file), *flags]
        command += ["--budget", f"{budget}s", "--seed", str(number), "--out", str(folder)]
        begin = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wall = time.monotonic() - begin
        missing = [each for each in LEFT if not (folder / each).is_file()]
        record = {} if "record.json" in missing else json.loads((folder / LEFT[1]).read_text())
    spent = record.get("budget", {"ended_by": f"exit code {done.returncode}", "trainings": 0})
    over, used = wall - budget, wall / budget
    by = spent["ended_by"]
    row = {
        "late": over > max(1.0, 0.01 * budget),
        "missing": missing,
        "failed": done.returncode != 0,
        "idle": by == "time" and used < USED,
    }
    cells = (
        number,
        name,
        f"{budget} s",
        "loaded" if loaded else "quiet",
        f"{wall:.1f} s",
        f"{over:+.1f} s" + (" **late**" if row["late"] else ""),
        f"{used:.0%}" + (" **idle**" if row["idle"] else ""),
        spent["trainings"],
        by
        + (f" **exit code {done.returncode}**" if row["failed"] else "")
        + (f" **without {', '.join(missing)}**" if missing else ""),
        record.get("verdict", {}).get("outcome", "–"),
    )
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return row


@contextmanager
def _busy(loaded: bool) -> Iterator[None]:
    """With another process that keeps a core busy, if `loaded`."""
    other = subprocess.Popen([sys.executable, "-c", BUSY]) if loaded else None
    try:
        yield
    finally:
        if other is not None:
            other.kill()
            other.wait()


if __name__ == "__main__":
    sys.exit(main())
