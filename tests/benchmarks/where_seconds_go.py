"""Where the seconds of a run go: compiling, steps, validation, the rest, and workers that wait.

    python tests/benchmarks/where_seconds_go.py [--budget 3min] [--only etth1 …] [--seed 7]

Runs `autorecur fit` on the tables of `search_throughput.py` and reads the run's own books: what
each training wrote into the journal, and the stages of the record. Worker seconds: those of two
workers count twice. Needs the developers' data sets, and a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from search_throughput import DATASETS, TABLES

USES = ("compile", "steps", "validation", "other")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--budget", default="3min")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    head = ("table", "stage", "seconds", "trainings", *USES, "waiting")
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for name in given.only:
        with tempfile.TemporaryDirectory() as folder:
            _run(name, given.budget, given.seed, Path(folder))
            _print_rows(name, Path(folder) / "run")
    return 0


def _run(name: str, budget: str, seed: int, folder: Path) -> None:
    file, asked, _ = TABLES[name]
    flags = [part for key, value in asked.items() for part in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "autorecur", "fit", str(DATASETS / file), *flags]
    given = ["--budget", budget, "--seed", str(seed), "--out", str(folder / "run")]
    subprocess.run([*command, *given], check=True, stdout=subprocess.DEVNULL)


def _print_rows(name: str, folder: Path) -> None:
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    used: dict[str, Counter[str]] = {}
    for line in (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["event"] == "training":
            used.setdefault(row["stage"], Counter()).update(row["ledger"])
    workers = record["environment"]["workers"]
    for entry in record["budget"]["ledger"]:
        uses = used.get(entry["stage"])
        cells = [name, entry["stage"], f"{entry['seconds']:.1f}", str(entry["trainings"])]
        if uses is not None:
            waiting = workers * entry["seconds"] - sum(uses.values())
            cells += [f"{uses[use]:.1f}" for use in USES] + [f"{waiting:.1f}"]
        else:
            cells += [""] * (len(USES) + 1)
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
