"""Each kind on a real table: fit, predict and evaluate, from the file to a fresh process.

Parts of the tables, and a small space: what is shown is that real columns go the whole way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from contracts import fresh

import autorecur
from autorecur.search.workers import WorkerPool


@dataclass(frozen=True)
class Real:
    """A file of the shared data sets, the part of it that is used, and what is asked."""

    file: str
    part: Callable[[pd.DataFrame], pd.DataFrame]
    asked: dict[str, Any]


SEQUENCES = {"series": "series_id", "time": "t", "drop": ["split"]}
REAL: dict[str, Real] = {
    "forecast": Real(
        "etth1.csv.gz",
        lambda table: table.head(900),
        {"target": "OT", "time": "date", "horizon": 3},
    ),
    "panel": Real(
        "walmart_store_sales.csv",
        lambda table: table[table["store"] <= 5],
        {
            "target": "weekly_sales",
            "time": "date",
            "series": "store",
            "known": ["holiday_flag"],
            "horizon": 2,
        },
    ),
    "nowcast": Real(
        "occupancy.csv.gz",
        lambda table: table.iloc[::12],
        {"target": "occupancy", "time": "date", "horizon": 0, "drop": ["split"]},
    ),
    "sequence-classification": Real(
        "japanese_vowels.csv.gz",
        lambda table: table[table["series_id"] % 3 == 0],
        {"target": "speaker", "task": "sequence-classification", **SEQUENCES},
    ),
    "sequence-regression": Real(
        "covid3month.csv.gz",
        lambda table: table[table["series_id"] % 2 == 0],
        {"target": "target", **SEQUENCES},
    ),
    "text-classification": Real(
        "trec6.csv", lambda table: table.iloc[::8], {"target": "label", "text": "text"}
    ),
    "text-regression": Real(
        "esol_smiles.csv",
        lambda table: table.iloc[::2],
        {"target": "log_solubility", "text": "smiles"},
    ),
}


def _fitted(data: Any, asked: dict[str, Any], folder: Path, workers: WorkerPool) -> autorecur.Run:
    return autorecur.fit(
        data,
        **asked,
        budget="12trainings",
        space={"width": (8,), "depth": (1,)},
        seed=2,
        executor=workers,
        out=folder / "run",
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", list(REAL))
def test_a_real_table_goes_the_whole_way(
    name: str, shared_table: Callable[[str], Path], workers: WorkerPool, tmp_path: Path
) -> None:
    real = REAL[name]
    table = real.part(pd.read_csv(shared_table(real.file))).reset_index(drop=True)
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    run = _fitted(path, real.asked, tmp_path, workers)
    assert run.record.data["kind"] == ("forecast" if name == "panel" else name)
    assert run.record.verdict["outcome"] != "INCOMPLETE"
    assert run.record.score["holdout"] is not None
    if real.asked.get("known"):  # the last rows say what is known, and not yet what was
        last = table.groupby(real.asked["series"]).tail(real.asked["horizon"]).index
        table.loc[last, real.asked["target"]] = np.nan
    evaluate = ("evaluate", str(run.folder), str(path), "--json")
    (scored,) = fresh.check_answers(run, table, tmp_path / "answers", evaluate)
    assert scored.code == 0, scored.err
    scores = json.loads(scored.out)
    assert all(value is None or np.isfinite(value) for value in scores.values())
    assert scores[run.record.metric["name"]] is not None


@pytest.mark.slow
def test_a_real_text_goes_the_whole_way(
    shared_table: Callable[[str], Path], workers: WorkerPool, tmp_path: Path
) -> None:
    text = shared_table("tiny_shakespeare.txt").read_text()[:60_000]
    path = tmp_path / "text.txt"
    path.write_text(text)
    run = _fitted(path, {}, tmp_path, workers)
    assert run.record.data["kind"] == "language-model"
    calls = (
        ("evaluate", str(run.folder), str(path), "--json"),
        ("generate", str(run.folder), "--prompt", "ROMEO:", "--n", "30"),
    )
    _, (scored, said) = fresh.asked(run, {}, tmp_path / "new", *calls)
    assert scored.code == 0, scored.err
    assert 0 < json.loads(scored.out)["bits"] < 8
    assert said.code == 0, said.err
    assert said.out.startswith("ROMEO:") and len(said.out.rstrip("\n")) <= 36
