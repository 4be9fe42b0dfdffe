"""Where the seconds of a run go: compiling, steps, validation, the rest, and workers that wait.

    python tests/benchmarks/where_seconds_go.py [--budget 3min] [--only etth1 …] [--seed 7]

Runs `autorecur fit` on the tables of `search_throughput.py` and reads the run's own books: what
each training wrote into the journal, and the stages of the record. Worker seconds: those of two
workers count twice. The last line of a table is the share of the workers' seconds in search, duel
and refit that are steps and validations; the exit code is 1 where it is below 80 %. Needs the
developers' data sets, and a machine that does nothing else.
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
USEFUL = ("steps", "validation")
STAGES = ("search", "duel", "refit")  # in which there are trainings to be done
ENOUGH = 0.8  # of the workers' seconds


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
    shares = []
    for name in given.only:
        with tempfile.TemporaryDirectory() as folder:
            _run(name, given.budget, given.seed, Path(folder))
            shares.append(_print_rows(name, Path(folder) / "run"))
    return int(min(shares) < ENOUGH)


def _run(name: str, budget: str, seed: int, folder: Path) -> None:
    file, asked, _ = TABLES[name]
    flags = [part for key, value in asked.items() for part in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "autorecur", "fit", str(DATASETS / file), *flags]
    given = ["--budget", budget, "--seed", str(seed), "--out", str(folder / "run")]
    subprocess.run([*command, *given], check=True, stdout=subprocess.DEVNULL)


def _print_rows(name: str, folder: Path) -> float:
    """Returns the share of the workers' seconds that went into steps and validations."""
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    used: dict[str, Counter[str]] = {}
    for line in (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["event"] == "training":
            used.setdefault(row["stage"], Counter()).update(row["ledger"])
    workers, whole = record["environment"]["workers"], 0.0
    for entry in record["budget"]["ledger"]:
        uses = used.get(entry["stage"])
        whole += workers * entry["seconds"] * (entry["stage"] in STAGES)
        cells = [name, entry["stage"], f"{entry['seconds']:.1f}", str(entry["trainings"])]
        if uses is not None:
            waiting = workers * entry["seconds"] - sum(uses.values())
            cells += [f"{uses[use]:.1f}" for use in USES] + [f"{waiting:.1f}"]
        else:
            cells += [""] * (len(USES) + 1)
        print("| " + " | ".join(cells) + " |", flush=True)
    useful = sum(used[stage][use] for stage in STAGES if stage in used for use in USEFUL)
    share = useful / whole if whole else 0.0
    print(f"| {name} | steps and validations | {share:.1%} |" + " |" * (len(USES) + 2), flush=True)
    return share


if __name__ == "__main__":
    sys.exit(main())
