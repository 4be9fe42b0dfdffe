"""How good a search is, and how soon: ours, guided and not, and KerasTuner's oracles.

    python tests/benchmarks/search_curves.py [--budget 3min] [--only trec6 …] [--seeds 1 2 3]
                                             [--abreast 2]

"ours" draws by a model of what it saw, "unguided" is ours with random draws; "random", "hyperband"
and "bayesian" are KerasTuner's. All draw from the same space and train by the same workers, both
cells of each pair; they differ in which pairs they draw, and how far each is trained. Of every run
the best validation score so far is followed over the seconds of its search. "mean of the best" is
its mean over the time in which all searches of that table and seed went on, from the first score of
the slowest on: the area under the curve, as a score. Also: the score on the holdout, the share by
which the seconds of LSTM and GRU differ in the search and in the whole run (of the whole run's more
than a tenth is marked), and whether both cells of every pair were trained. `--abreast` searches of
one table and seed go on at a time, each on cores of its own, so that what the machine does
meanwhile disturbs all of them. The exit code is 1 where a run failed or came to no score; what is
not there is printed as "nan". Needs the developers' data sets, and a machine that does nothing
else.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from search_throughput import DATASETS, TABLES

import autorecur
from autorecur.data.understand import Asked, understand
from autorecur.metrics import METRICS
from autorecur.nets.defaults import first_candidate, space_for

ORACLES = ("ours", "unguided", "random", "hyperband", "bayesian")
ENDLESS = 10**6
UNFAIR = 0.1  # of the seconds of one cell, is what the other may have more
Curve = list[tuple[float, float]]  # seconds and the best score so far


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", default="3min")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--oracles", nargs="+", choices=ORACLES, default=list(ORACLES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--abreast", type=int, default=1)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        _run(**json.loads(given.one))
        return 0
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    head = ("trainings", "best", "mean of the best", "holdout", "LSTM : GRU", "in all", "halved")
    print("| table | seed | search | " + " | ".join(head) + " |\n" + "|---" * 10 + "|")
    cores = _cores(given.abreast)
    rows: dict[tuple[str, str], list[dict[str, float]]] = {}
    failed = False
    for name in given.only:
        for seed in given.seeds:
            one = partial(_apart, name=name, seed=seed, budget=given.budget, cores=cores)
            with ThreadPoolExecutor(given.abreast) as runners:
                came = dict(zip(given.oracles, runners.map(one, given.oracles), strict=True))
            runs = {each: run for each, run in came.items() if run is not None}
            failed = failed or len(runs) < len(came)
            for each, row in _rows(name, runs).items():
                rows.setdefault((name, each), []).append(row)
                _print((name, seed, each), row)
    for (name, each), those in rows.items():
        _print((name, "mean", each), {key: _mean_known(r[key] for r in those) for key in those[0]})
    return int(failed)


def _mean_known(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return statistics.fmean(known) if known else math.nan


def _more(cells: Mapping[str, float]) -> float:
    """By what share LSTM had more seconds than GRU."""
    return cells["lstm"] / cells["gru"] - 1 if cells.get("gru") else math.nan


def _print(head: tuple[object, ...], row: dict[str, float]) -> None:
    cells = [f"{row['trainings']:.0f}", *(f"{row[key]:.4g}" for key in ("best", "area", "holdout"))]
    mark = " **unfair**" * (abs(row["unfair"]) > UNFAIR)
    cells += [f"{row['in_search']:+.1%}", f"{row['unfair']:+.1%}{mark}", f"{row['halved']:g}"]
    print("| " + " | ".join([*map(str, head), *cells]) + " |", flush=True)


def _cores(abreast: int) -> SimpleQueue[set[int]]:
    """The cores of each search that goes on at a time."""
    have = sorted(os.sched_getaffinity(0))
    cores: SimpleQueue[set[int]] = SimpleQueue()
    for number in range(abreast):
        cores.put(set(have[number::abreast]))
    return cores


def _rows(name: str, runs: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Of each search of one table and seed, over the time that they have in common."""
    begin = max((run["curve"][0][0] for run in runs.values()), default=0.0)
    end = min((run["end"] for run in runs.values()), default=0.0)
    return {
        each: {
            "trainings": run["trainings"],
            "best": run["curve"][-1][1],
            "area": _mean(run["curve"], begin, end),
            "holdout": math.nan if run["holdout"] is None else run["holdout"],
            "in_search": _more(run["seconds"]),
            "unfair": _more({cell: of["seconds"] for cell, of in run["given"].items()}),
            "halved": run["halved"],
        }
        for each, run in runs.items()
    }


def _mean(curve: Curve, begin: float, end: float) -> float:
    """Of a curve of steps, between two times."""
    held, last, best = 0.0, begin, curve[0][1]
    for second, score in curve:
        if begin < second < end:
            held, last = held + best * (second - last), second
        if second < end:
            best = score
    return (held + best * (end - last)) / (end - begin) if end > begin else math.nan


def _apart(
    oracle: str, name: str, seed: int, budget: str, cores: SimpleQueue[set[int]]
) -> dict[str, Any] | None:
    """One run in a process of its own, as nobody's imports should be another's head start.

    None where it failed or has no score, which is said on stderr.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        asked = {"name": name, "oracle": oracle, "seed": seed, "budget": budget}
        command = [sys.executable, __file__, "--one", json.dumps({**asked, "out": str(folder)})]
        own = cores.get()
        try:
            pinned = ["taskset", "-c", ",".join(map(str, own)), *command]
            done = subprocess.run(pinned, capture_output=True, text=True, check=False)
        finally:
            cores.put(own)
        if done.returncode:
            print(f"{name}, {oracle}, seed {seed}: {done.stderr[-2000:]}", file=sys.stderr)
            return None
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        journal = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    lines = [line for line in map(json.loads, journal) if line["event"] == "training"]
    searched = [line for line in lines if line["stage"] == "search"]
    better = min if METRICS[TABLES[name][2]].better == "lower" else max
    curve: Curve = []
    for line in searched:
        if line["score"] is not None:
            best = better(curve[-1][1], line["score"]) if curve else line["score"]
            curve.append((line["at_seconds"], best))
    if not curve:
        print(f"{name}, {oracle}, seed {seed}: no training has a score", file=sys.stderr)
        return None
    cells = dict.fromkeys(("lstm", "gru"), 0.0)
    for line in searched:
        ledger = line["ledger"]
        worked = ledger.get("steps", 0.0) + ledger.get("validation", 0.0)
        cells[line["candidate"]["cell"]] += worked
    pairs = Counter(line["order"].rpartition("-")[0] for line in searched)
    return {
        "curve": curve,
        "end": searched[-1]["at_seconds"],
        "trainings": len(searched),
        "holdout": record["score"]["holdout"],
        "seconds": cells,
        "given": record["budget"]["cells"],
        "halved": sum(trained != len(cells) for trained in pairs.values()),
    }


def _run(name: str, oracle: str, seed: int, budget: str, out: str) -> None:
    file, asked, _ = TABLES[name]
    made = None if oracle == "ours" else _oracle(name, oracle, seed)
    autorecur.fit(DATASETS / file, **asked, budget=budget, seed=seed, oracle=made, out=out)


def _oracle(name: str, oracle: str, seed: int) -> Any:
    """One of KerasTuner's, over the space that ours draws from."""
    import keras_tuner

    from autorecur.search.oracle import PairOracle, hyperparameters

    file, asked, metric = TABLES[name]
    dataset = understand(DATASETS / file, Asked(**asked))
    space, better = space_for(dataset, None), METRICS[metric].better
    if oracle == "unguided":
        first = first_candidate(dataset, space)
        return PairOracle(space, first, seed, better, ahead=True, guided=False)
    direction = "min" if better == "lower" else "max"
    settings = {
        "objective": keras_tuner.Objective("score", direction),
        "hyperparameters": hyperparameters(space),
        "seed": seed,
    }
    if oracle == "hyperband":
        return keras_tuner.oracles.HyperbandOracle(
            **settings, max_epochs=9, factor=3, hyperband_iterations=ENDLESS
        )
    if oracle == "bayesian":
        return keras_tuner.oracles.BayesianOptimizationOracle(**settings, max_trials=ENDLESS)
    return keras_tuner.oracles.RandomSearchOracle(**settings, max_trials=ENDLESS)


if __name__ == "__main__":
    sys.exit(main())
