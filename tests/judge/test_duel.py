"""What a duel means to train, before anything is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autorecur.judge.duel import Duel
from autorecur.metrics import METRICS
from autorecur.search.budget import Budget, Meter
from autorecur.search.dispatch import Dispatcher
from autorecur.search.journal import Journal


@pytest.mark.parametrize(
    ("budget", "trainings", "pairs"),
    [
        ("10min", None, 8),  # every fold once, whatever time has room for
        ("40trainings", 14, 7),
        ("10min, 90trainings", 60, 24),  # every fold with three seeds is all that is counted
        ("2e14flop", None, 24),
    ],
)
def test_how_many_pairs_are_planned(
    budget: str, trainings: int | None, pairs: int, co2: Any, tmp_path: Path
) -> None:
    assert len(co2.dataset.split.duel) == 8
    with ThreadPoolExecutor(1) as executor:
        journal = Journal(tmp_path / "journal.jsonl")
        meter = Meter(Budget.parse(budget))
        meter.enter("duel")
        duel = Duel(
            dataset=co2.dataset,
            arrays=Path(co2.folder),
            finalists={},
            anchor=None,
            metric=METRICS["mae"],
            seed=1,
            steps=100,
            trainings=trainings,
            dispatcher=Dispatcher(executor, 1, meter, journal, lambda event: None, "mae"),
            expected_seconds=1.0,
            overhead_seconds=0.0,
            is_clear=lambda tally: None,
        )
        journal.close()
    assert duel.planned_pairs == pairs
