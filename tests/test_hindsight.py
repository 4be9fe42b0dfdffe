"""What a real run tells beside its verdict, where its duel has time for it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

import autorecur
from autorecur.judge.outcome import MOST_SEEDS

SCHEMA = json.loads(
    (Path(autorecur.__file__).parent / "report" / "record.schema.json").read_text(encoding="utf-8")
)


@pytest.mark.slow
def test_a_panel_with_time_to_spare(tmp_path: Path) -> None:
    """Twelve short series and tiny networks: time for parts of the data, and for every series."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2021-01-01", periods=150)
    table = pd.concat(
        pd.DataFrame(
            {
                "shop": f"s{number}",
                "day": days,
                "sold": 50 + 9 * np.sin(np.arange(150) / 7 * 2 * np.pi) + rng.normal(0, 1, 150),
            }
        )
        for number in range(12)
    )
    run = autorecur.fit(
        table, target="sold", time="day", series="shop", horizon=2, budget="2min", seed=3,
        space={"width": (8,), "depth": (1,), "lookback": (14,)}, out=tmp_path / "run",
    )  # fmt: skip
    record = json.loads((run.folder / "record.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(record)
    verdict = record["verdict"]

    if verdict["evidence"]["seeds"] <= MOST_SEEDS:  # more come after all that is told beside it
        pytest.skip("two minutes were too short here for more than the duel's usual evidence")

    panel = verdict["panel"]
    assert panel["lstm"] + panel["gru"] + panel["rest"] == 12

    regimes = {each["name"]: each for each in verdict["regimes"]}
    assert set(regimes) == {"equal width", "equal parameters", "equal seconds"}
    assert all(each["folds"] >= 4 for each in regimes.values())
    sizes = {title for each in regimes.values() for title in (each["lstm"], each["gru"])}
    assert len(sizes) == 3  # both cells with eight units, and one of them with as many weights

    # The regimes train one cell alone, and are not counted. A machine that stood still for over a
    # second where a stage ended has left half of a pair out; no pair is halved otherwise.
    given = record["budget"]["cells"]
    assert abs(given["lstm"]["trainings"] - given["gru"]["trainings"]) <= 1

    learning = verdict["learning"]
    assert learning is not None, record["duel"]
    assert [point["share"] for point in learning["points"]] == [0.125, 0.25, 0.5, 1.0]
    journal = (run.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    parts = [line for line in map(json.loads, journal) if line.get("train_share", 1.0) < 1.0]
    assert len(parts) >= 3 * learning["folds"] * 2
    assert len(record["duel"]) < verdict["evidence"]["pairs"] + len(parts)  # no part is evidence

    assert {claim["answer"] for claim in verdict["folklore"]} <= {
        "confirmed",
        "refuted",
        "not decidable here",
    }
    by_claim = {claim["claim"]: claim for claim in verdict["folklore"]}
    assert by_claim["A GRU has fewer weights"]["answer"] == "confirmed"
    assert "of the data the GRU is" in by_claim["A GRU is better on few data"]["evidence"]

    memory = record["figures"]["memory"]
    assert set(memory) == {"lstm", "gru"}
    assert all(sum(each["shares"]) == pytest.approx(1, abs=0.01) for each in memory.values())
    codes = {check["code"]: check["level"] for check in record["checks"]}
    assert codes["AR104"] != "not applicable" and codes["AR112"] != "not applicable"
