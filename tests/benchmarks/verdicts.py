"""Real tables, several seeds: do the verdicts agree, and what do they say of the folklore?

    python tests/benchmarks/verdicts.py [--budget 5min] [--seeds 1 2 3] [--only etth1 …] [--out DIR]

A row a run: the outcome, its probabilities, the folds and seeds of its evidence, and the seconds
that it took. Then every claim of the folklore with its answer in each run, and the evidence of the
first. Exit code 1 where of one table a run says LSTM and another GRU, where a claim has an answer
without evidence, or where two runs answer a claim in opposite ways. `--out` keeps the runs: those
that are there are read, not run again. Needs the developers' data sets.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from every_kind import DATASETS, TABLES, fitted

CHOSEN = ("etth1", "japanese_vowels", "trec6", "m4_hourly", "cmapss_fd001")
CHANCES = ("lstm_better", "equivalent", "gru_better")
Records = dict[str, list[dict[str, Any]]]  # by table, a seed each


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", default="5min")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(CHOSEN))
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    print("| table | seed | outcome | P(LSTM) | P(equal) | P(GRU) | folds × seeds | seconds | by |")
    print("|---" * 9 + "|")
    records: Records = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name in given.only:
            for seed in given.seeds:
                folder = (given.out or Path(temporary)) / f"{name}-{seed}"
                record = _record(name, seed, given.budget, folder)
                records.setdefault(name, []).append(record)
                _print_run(name, seed, record)
    broken = sum(map(_torn, records.values())) + _folklore(records)
    print(f"{broken} of these are otherwise than they should be")
    return 1 if broken else 0


def _record(name: str, seed: int, budget: str, folder: Path) -> dict[str, Any]:
    """Of one run, by a process of its own unless it is there."""
    file, flags, _ = TABLES[name]
    if not (folder / "record.json").is_file():
        return fitted(DATASETS / file, flags, budget, seed, folder)
    found: dict[str, Any] = json.loads((folder / "record.json").read_text())
    return found


def _print_run(name: str, seed: int, record: dict[str, Any]) -> None:
    verdict = record["verdict"]
    chances, evidence = verdict["probability"] or {}, verdict["evidence"]
    _row(
        name,
        str(seed),
        verdict["outcome"],
        *(f"{chances[key]:.2f}" if chances else "–" for key in CHANCES),
        f"{evidence['folds']} × {evidence['seeds']}",
        f"{record['budget']['spent_seconds']:.0f}",
        record["budget"]["ended_by"],
    )


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def _torn(records: Sequence[dict[str, Any]]) -> bool:
    """Whether one run says LSTM where another says GRU."""
    return {"LSTM", "GRU"} <= {record["verdict"]["outcome"] for record in records}


def _folklore(records: Records) -> int:
    """Print what every run says of every claim; how many answers should not be."""
    broken = 0
    for name, those in records.items():
        print(f"\n| {name} | the answers | the first's evidence |")
        print("|---|---|---|")
        for claims in zip(*(each["verdict"]["folklore"] for each in those), strict=True):
            answers = [each["answer"] for each in claims]
            opposed = {"confirmed", "refuted"} <= set(answers)
            bare = any(not each["evidence"] for each in claims)
            broken += opposed + bare
            mark = " **opposed**" * opposed + " **no evidence**" * bare
            _row(claims[0]["claim"], ", ".join(answers) + mark, claims[0]["evidence"])
    return broken


if __name__ == "__main__":
    sys.exit(main())
