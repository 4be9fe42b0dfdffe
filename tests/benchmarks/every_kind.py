"""Every kind of data at one budget: outcome, trainings, and the holdout scores of all.

    python tests/benchmarks/every_kind.py --budget 3min --seed 7 [--seed 8 …] [--only trec6 …]

Runs `autorecur fit` as a user would, one table after another, and prints a row for each. Needs the
developers' data sets, and a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

FAILURES = (OSError, RuntimeError, ValueError)  # of one run, which must not cost the others
DATASETS = Path(__file__).resolve().parents[3] / "shared" / "datasets"
SPLIT = ("--split", "split")
WALMART = ("--target", "weekly_sales", "--time", "date", "--series", "store")
ETTH1 = ("--target", "OT", "--time", "date", "--horizon", "24")

# Of each table: its file, its flags, and the score to reach in the detail of the record.
TABLES: dict[str, tuple[str, tuple[str, ...], tuple[str, float] | None]] = {
    "etth1": ("etth1.csv.gz", ETTH1, None),
    "etth1_univariate": ("etth1.csv.gz", (*ETTH1, *SPLIT), ("mae_standardised", 0.133)),
    "airline_passengers": (
        "airline_passengers.csv",
        ("--target", "passengers", "--time", "month", "--horizon", "12"),
        ("mase", 1.05),
    ),
    "m4_hourly": (
        "m4_hourly.csv.gz",
        ("--target", "y", "--time", "t", "--series", "series_id", "--horizon", "48", *SPLIT),
        ("mase", 1.02),
    ),
    "walmart_store_sales": (
        "walmart_store_sales.csv",
        (*WALMART, "--known", "holiday_flag", "--horizon", "13"),
        None,
    ),
    "metro_traffic": (
        "metro_traffic.csv.gz",
        ("--target", "traffic_volume", "--time", "date_time", "--horizon", "24"),
        None,
    ),
    "beijing_pm25": (
        "beijing_pm25.csv.gz",
        ("--target", "pm25", "--time", "datetime", "--horizon", "24"),
        None,
    ),
    "occupancy": (
        "occupancy.csv.gz",
        ("--target", "occupancy", "--time", "date", "--horizon", "0", *SPLIT),
        None,
    ),
    "cmapss_fd001": (
        "cmapss_fd001.csv.gz",
        ("--target", "rul", "--time", "cycle", "--series", "engine_id", "--horizon", "0", *SPLIT),
        None,
    ),
    "cmapss_capped": (
        "cmapss_fd001.csv.gz",
        ("--target", "rul", "--time", "cycle", "--series", "engine_id", "--horizon", "0", *SPLIT),
        ("rmse", 16.1),  # published, on the last row of each engine alone
    ),
    "japanese_vowels": (
        "japanese_vowels.csv.gz",
        ("--target", "speaker", "--time", "t", "--series", "series_id", *SPLIT),
        ("accuracy", 0.97),
    ),
    "ecg200": (
        "ecg200.csv.gz",
        ("--target", "label", "--time", "t", "--series", "series_id", *SPLIT),
        None,
    ),
    "covid3month": (
        "covid3month.csv.gz",
        ("--target", "target", "--time", "t", "--series", "series_id", *SPLIT),
        None,
    ),
    "trec6": ("trec6.csv", ("--text", "text", "--target", "label", *SPLIT), ("accuracy", 0.875)),
    "sms_spam": ("sms_spam.csv", ("--text", "text", "--target", "label"), ("accuracy", 0.98)),
    "mr_polarity": ("mr_polarity.csv.gz", ("--text", "text", "--target", "label"), None),
    "waimai_reviews_zh": ("waimai_reviews_zh.csv", ("--text", "text", "--target", "label"), None),
    "esol_smiles": ("esol_smiles.csv", ("--text", "smiles", "--target", "log_solubility"), None),
    "names_by_language": (
        "names_by_language.csv",
        ("--text", "name", "--target", "language"),
        None,
    ),
    "tiny_shakespeare": (
        "tiny_shakespeare.txt",
        ("--task", "language-model"),
        ("bits", 3.148),  # what a 3-gram needs on the same characters
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", default="3min")
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--out", type=Path, help="keep the run folders here")
    given = parser.parse_args(arguments)
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        out = given.out or Path(temporary)
        for name in given.only:
            records = [_fit(name, given.budget, seed, out) for seed in given.seed or [7]]
            print(_row(name, records), flush=True)
    return 0


def _fit(name: str, budget: str, seed: int, out: Path) -> dict[str, Any]:
    """The record of one run; where it failed, why."""
    try:
        return fitted(table_of(name, out), TABLES[name][1], budget, seed, out / f"{name}-{seed}")
    except FAILURES as error:
        return {"error": reason(error)}


def reason(error: Exception) -> str:
    """Why a run failed, fit for a cell of a table."""
    return " ".join(str(error).replace("|", "/").split())


def table_of(name: str, out: Path) -> Path:
    """The file of a table; where it is made of another, it is made in `out`."""
    return MADE[name](out) if name in MADE else DATASETS / TABLES[name][0]


def fitted(
    table: Path, flags: Sequence[str], budget: str, seed: int, folder: Path
) -> dict[str, Any]:
    """The record of one run, with the wall seconds of its process; raises RuntimeError."""
    command = [sys.executable, "-m", "autorecur", "fit", str(table), *flags]
    command += ["--budget", budget, "--seed", str(seed), "--out", str(folder)]
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.monotonic() - begin
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return {"wall": wall, **json.loads((folder / "record.json").read_text())}


def leaning(verdict: dict[str, Any]) -> str | None:
    """The cell that a verdict calls the better one, be it as leaning only, whatever its outcome.

    Under BASELINE_WINS the winner is the baseline, and which cell would be the better one is said
    all the same.
    """
    chances = verdict["probability"] or {}
    sure = {cell: chances.get(f"{cell}_better", 0.0) for cell in ("lstm", "gru")}
    named = [cell for cell, chance in sure.items() if chance >= verdict["thresholds"]["lean"]]
    return named[0] if named else None


def _informer_rows(out: Path) -> Path:
    """OT alone, on the rows of Informer's protocol: 12 months to train, 4 and 4 to judge by."""
    out.mkdir(parents=True, exist_ok=True)
    table = pd.read_csv(DATASETS / "etth1.csv.gz", usecols=["date", "OT"]).iloc[:14_400]
    table["split"] = ["train"] * 8_640 + ["validation"] * 2_880 + ["test"] * 2_880
    path = out / "etth1_univariate.csv"
    table.to_csv(path, index=False)
    return path


def _capped(out: Path) -> Path:
    """The life that remains, counted from 125 cycles downwards, as the literature does."""
    out.mkdir(parents=True, exist_ok=True)
    table = pd.read_csv(DATASETS / "cmapss_fd001.csv.gz")
    table["rul"] = table["rul"].clip(upper=125)
    path = out / "cmapss_capped.csv"
    table.to_csv(path, index=False)
    return path


MADE: dict[str, Callable[[Path], Path]] = {
    "etth1_univariate": _informer_rows,
    "cmapss_capped": _capped,
}


def _row(name: str, records: list[dict[str, Any]]) -> str:
    """One table's runs as a row; scores are medians over the seeds."""
    failed = [record["error"] for record in records if "error" in record]
    if failed:
        return f"| {name} | failed: {failed} |"
    outcomes = " ".join(record["verdict"]["outcome"] for record in records)
    walls = "/".join(f"{record['wall']:.0f}" for record in records)
    trainings = "/".join(str(record["budget"]["trainings"]) for record in records)
    metric = records[0]["metric"]["name"]
    scores = {
        who: f"{_median(record['score']['detail'][who].get(metric) for record in records):.4g}"
        for who in records[0]["score"]["detail"]
    }
    won, others = scores.pop("model", "none"), ", ".join(f"{k} {v}" for k, v in scores.items())
    reached = _reached(name, records)
    return f"| {name} | {outcomes} | {walls} s | {trainings} | {metric} {won}{reached} | {others} |"


def _reached(name: str, records: list[dict[str, Any]]) -> str:
    wanted = TABLES[name][2]
    if wanted is None:
        return ""
    score = _median(record["score"]["detail"].get("model", {}).get(wanted[0]) for record in records)
    return f" ({wanted[0]} {score:.4g}; to reach: {wanted[1]})"


def _median(values: Any) -> float:
    return statistics.median(float("nan") if value is None else value for value in values)


if __name__ == "__main__":
    raise SystemExit(main())
