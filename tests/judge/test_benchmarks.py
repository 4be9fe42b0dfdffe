"""What the benchmarks of the judge take for agreement; they themselves run by name only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[1] / "benchmarks"))


def verdict(outcome: str, winner: str | None, lstm: float, gru: float) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "winner": winner,
        "probability": {"lstm_better": lstm, "equivalent": 1 - lstm - gru, "gru_better": gru},
        "thresholds": {"decide": 0.95, "lean": 0.8},
    }


LSTM = verdict("LSTM", "lstm", 0.97, 0.01)
BEATEN = verdict("BASELINE_WINS", "naive", 0.01, 0.96)
BEATEN_TOO = verdict("BASELINE_WINS", "naive", 0.91, 0.02)
OPEN = verdict("UNDECIDED", None, 0.5, 0.2)
NONE = {**OPEN, "outcome": "INCOMPLETE", "probability": None}


@pytest.mark.parametrize(
    ("verdicts", "torn"),
    [
        ((LSTM, BEATEN), True),
        ((BEATEN, BEATEN_TOO), True),
        ((LSTM, BEATEN_TOO), False),
        ((LSTM, OPEN, NONE), False),
    ],
)
def test_a_baseline_that_wins_hides_no_opposite_cells(
    verdicts: Sequence[dict[str, Any]], torn: bool
) -> None:
    import planted
    import verdicts as real

    assert real._torn([{"verdict": each} for each in verdicts]) is torn
    known = planted.PLANTED["adding 50"]
    told = [planted.Told(planted._mark(known, v), planted.leaning(v)) for v in verdicts]
    assert planted._torn(told) is torn


def test_the_luck_of_a_seed_is_harmless_where_each_fold_has_its_own() -> None:
    import calibration

    noise = calibration.MEASURED["seeds alone"]
    rng, won = np.random.default_rng(3), []
    for common in (0.0, 0.5):
        drawn = calibration._drawn(0.0, noise, 1, 400, rng, common)
        told = [calibration._case(each, 1, noise.test_share).outcome for each in drawn]
        won.append(sum(outcome in calibration.WON for outcome in told) / 400)
    assert not calibration._too_many(won[0], 400)
    assert calibration._too_many(won[1], 400)


def test_what_no_seed_learns_is_told() -> None:
    import planted

    known = planted.PLANTED["adding 50"]
    beaten, won = (planted.Told(planted._mark(known, each)) for each in (BEATEN, LSTM))
    assert planted._unlearnt([beaten, beaten])
    assert planted._unlearnt([beaten, planted.Told("failed")])
    assert not planted._unlearnt([beaten, won])
    assert planted._mark(planted.PLANTED["counting"], BEATEN) == "wrong"  # its GRU is called better
