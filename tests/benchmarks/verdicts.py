"""Real tables, several seeds: do the verdicts agree, and what do they say of the folklore?

    python tests/benchmarks/verdicts.py [--budget 5min] [--seeds 1 2 3] [--only etth1 …] [--out DIR]

A row a run: the outcome, its probabilities, the folds and seeds of its evidence, and the seconds
that it took. Then every claim of the folklore with its answer in each run, and the evidence of the
first; a plain recurrent network is trained beside the two, since one claim is about it, which
takes a training's time from the duel.

Exit code 1 where of one table a run names the LSTM and another the GRU, be it as leaning only or
beside a baseline that wins, where no run of a table has an answer, where a run failed, where a
claim has an answer without evidence, or where two runs answer a claim in opposite ways. `--out`
keeps the runs: one that is there is read, if it had the same budget; one that was cut off is begun
anew. Needs the developers' data sets.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from every_kind import DATASETS, FAILURES, TABLES, fitted, leaning, reason, table_of

CHOSEN = ("etth1", "japanese_vowels", "trec6", "m4_hourly", "cmapss_fd001")
CHANCES = ("lstm_better", "equivalent", "gru_better")
PLAIN_TOO = ("--cells", "lstm,gru,rnn")
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
    records: Records = {name: [] for name in given.only}
    broken = 0
    with tempfile.TemporaryDirectory() as temporary:
        for name in given.only:
            for seed in given.seeds:
                try:
                    record = _record(name, seed, given.budget, given.out or Path(temporary))
                except FAILURES as error:
                    _row(name, str(seed), reason(error), *"–––––", "**failed**")
                    broken += 1
                    continue
                records[name].append(record)
                _print_run(name, seed, record)
    for name, those in records.items():
        for said, holds in (("opposite cells", _torn(those)), ("no answer", _silent(those))):
            if holds:
                print(f"{name}: {said}")
                broken += 1
    broken += _folklore(records)
    print(f"{broken} of these are otherwise than they should be")
    return 1 if broken else 0


def _record(name: str, seed: int, budget: str, out: Path) -> dict[str, Any]:
    """Of one run, by a process of its own unless it is there."""
    folder = out / f"{name}-{seed}"
    if (folder / "record.json").is_file():
        found: dict[str, Any] = json.loads((folder / "record.json").read_text())
        if (had := found["budget"]["text"]) != " ".join(budget.split()):
            raise RuntimeError(f"the run in {folder} had a budget of {had}: give another --out")
        return found
    if (folder / "journal.jsonl").is_file():  # cut off before it had a record
        shutil.rmtree(folder)
    flags = (*TABLES[name][1], *PLAIN_TOO)
    return fitted(table_of(name, out), flags, budget, seed, folder)


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
    """Whether one run names the LSTM where another names the GRU."""
    return {"lstm", "gru"} <= {leaning(record["verdict"]) for record in records}


def _silent(records: Sequence[dict[str, Any]]) -> bool:
    """Whether no run came to a comparison."""
    return all(record["verdict"]["outcome"] == "INCOMPLETE" for record in records)


def _folklore(records: Records) -> int:
    """Print what every run says of every claim; how many answers should not be."""
    broken = 0
    for name, those in records.items():
        if not those:
            continue
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
