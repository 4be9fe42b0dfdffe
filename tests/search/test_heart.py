"""A worker that gives no sign of life is ended, whatever the budget counts; others are not."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

import autorecur
from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Order
from autorecur.nets.train import train
from autorecur.search import dispatch, workers
from autorecur.search.events import Event
from autorecur.search.heart import Heart
from autorecur.tables import bundled


def test_silence_counts_only_while_it_is_watched_and_a_worker_is_at_it(tmp_path: Path) -> None:
    heart = Heart(tmp_path / "heart")
    assert heart.silent_seconds(100.0, running=False) == 0.0
    assert heart.silent_seconds(200.0, running=False) == 0.0  # it waits in line
    assert heart.silent_seconds(200.5, running=True) == pytest.approx(0.5)
    # Whoever watches was asleep too: what was not looked at in between is no silence.
    assert heart.silent_seconds(900.0, running=True) == pytest.approx(1.5)
    heart.file.touch()
    assert heart.silent_seconds(900.5, running=True) == 0.0
    assert heart.silent_seconds(901.0, running=True) == pytest.approx(0.5)
    heart.forget()
    assert not heart.file.exists()
    heart.forget()


def test_a_training_touches_its_file_at_every_chunk(tmp_path: Path, seasonal: Any) -> None:
    file, seen = tmp_path / "heart", []

    class Clock:
        """Asked at every chunk, it removes the file: the next chunk must leave another."""

        def __call__(self) -> float:
            seen.append(file.exists())
            file.unlink(missing_ok=True)
            return float(len(seen))

    order = Order(
        id="one",
        arrays=seasonal.folder,
        candidate=Candidate("gru", width=4, lookback=8, batch=16),
        fold="selection",
        seed=1,
        steps=60,
        metric="mae",
        deadline=float("inf"),
        heart=str(file),
    )
    train(order, Clock())
    assert sum(seen) >= 6


@pytest.mark.slow
def test_a_counted_budget_ends_though_a_worker_falls_asleep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "SILENT_SECONDS", 60.0)
    pools: list[workers.WorkerPool] = []
    start = workers.WorkerPool.__init__

    def kept(self: workers.WorkerPool, *given: Any, **named: Any) -> None:
        start(self, *given, **named)
        pools.append(self)

    monkeypatch.setattr(workers.WorkerPool, "__init__", kept)
    asleep: list[int] = []

    def put_to_sleep(event: Event) -> None:
        if event.score is not None and not asleep:
            asleep.append(pools[0].process_ids()[-1])
            os.kill(asleep[0], signal.SIGSTOP)

    run = autorecur.fit(
        bundled("co2_weekly"),
        "co2",
        horizon=4,
        space={"width": (8,), "depth": (1,), "lookback": (52,)},
        budget="14trainings",
        workers=2,
        out=tmp_path / "run",
        listener=put_to_sleep,
    )
    said = (run.folder / "journal.jsonl").read_text()
    assert "its worker did not answer and was ended" in said
    assert run.record.budget["ended_by"] == "trainings"
    assert run.record.budget["trainings"] == 14
    assert (run.folder / "model.keras").is_file()
