"""The seconds of the workers: each is booked once, whatever became of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from autorecur.assemble import _workers
from autorecur.search.budget import LedgerEntry


def test_the_seconds_of_the_workers_sum_to_those_of_their_stage() -> None:
    dispatcher = SimpleNamespace(
        workers=2,
        uses={
            "before": {"steps": 30.0, "lost": 10.0},
            "search": {"compile": 5.0, "steps": 20.0, "validation": 2.0, "other": 1.0, "lost": 9.0},
        },
        start_ups=lambda: {"reading": 9.0, "search": 3.0},
    )
    story: Any = SimpleNamespace(dispatcher=dispatcher)
    ledger = [
        LedgerEntry("before", 25.0, 0, None),
        LedgerEntry("reading", 4.0, 0, None),
        LedgerEntry("search", 30.0, 7, 29.0),
        LedgerEntry("report", 1.0, 0, 3.0),
    ]
    booked = {entry.pop("stage"): entry for entry in _workers(story, ledger)}
    for entry in ledger:
        assert sum(booked[entry.stage].values()) == pytest.approx(2 * entry.seconds)
    assert booked["before"]["waiting"] == 10.0 and booked["before"]["lost"] == 10.0
    assert booked["reading"]["start-up"] == 8.0  # the rest of it was before the reading
    assert (booked["search"]["start-up"], booked["search"]["waiting"]) == (3.0, 20.0)
    del dispatcher.uses["before"]
    assert next(iter(_workers(story, ledger)))["stage"] == "reading"
