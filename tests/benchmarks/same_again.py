"""The same budget and seed twice, with one worker and with two: is it the same record?

    python tests/benchmarks/same_again.py [--budgets 12trainings 1e12flop] [--seed 3]
                                          [--only etth1 …]

Times, what is reckoned from them, and the machine are left aside; everything else must be equal,
of one worker and of two as well. The exit code is 1 where something is not. Needs the developers'
data sets.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from search_throughput import DATASETS, TABLES

import autorecur

RUNS = (1, 1, 2, 2)  # workers
# Of a record, what tells of times or of the machine: entries by their path, and words in sentences.
# Three claims of the folklore are about times: of a step, to an error, and of a forecast; and so is
# whether both cells had as many seconds (AR106).
ASIDE = re.compile(
    r"^/(run|environment)/|seconds$|/(ledger|workers|cells|latency_ms|timeline)(/|$)|^/verdict/cost$"
    r"|^/verdict/folklore/[124]/|^/checks/AR106/"
)
TIMES = re.compile(
    r"\d[\d.,]*(?= (?:ms|s|min|h|×)\b)|[\d.]+ × (?=faster|slower|as fast|the training seconds)"
    r"|\d+ % (?:more|fewer) (?=training seconds)"
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budgets", nargs="+", default=["12trainings", "1e12flop"])
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    given = parser.parse_args(arguments)
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    print("| table | budget | workers | trainings | outcome | entries compared | that differ |")
    print("|---|---|---|---|---|---|---|")
    runs = [(name, budget) for name in given.only for budget in given.budgets]
    return max(_compared(name, budget, given.seed) for name, budget in runs)


def _compared(name: str, budget: str, seed: int) -> int:
    file, asked, _ = TABLES[name]
    first: dict[str, Any] = {}
    differs = 0
    for number, workers in enumerate(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            settings = {**asked, "budget": budget, "seed": seed, "workers": workers}
            run = autorecur.fit(DATASETS / file, **settings, out=Path(folder) / "run")
        entries = dict(_entries(json.loads(run.record.to_json())))
        first = first or entries
        other = sorted(
            key for key in first.keys() | entries.keys() if first.get(key) != entries.get(key)
        )
        differs += bool(other)
        said = ", ".join(other[:5]) + (" …" if len(other) > 5 else "") if number else "(the first)"
        print(
            f"| {name} | {budget} | {workers} | {run.record.budget['trainings']} "
            f"| {run.record.verdict['outcome']} | {len(entries)} | {len(other)} {said} |",
            flush=True,
        )
    return 1 if differs else 0


def _entries(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and text of a record by where it stands; trials and checks by their name."""
    if ASIDE.search(path):
        return
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _entries(each, f"{path}/{key}")
    elif isinstance(value, list):
        yield f"{path}/order", [each.get("id") for each in value if isinstance(each, dict)]
        for place, each in enumerate(value):
            named = each if isinstance(each, dict) else {}
            name = named.get("id", named.get("code", place))
            yield from _entries(each, f"{path}/{name}")
    else:
        yield path, TIMES.sub("#", value) if isinstance(value, str) else value


if __name__ == "__main__":
    sys.exit(main())
