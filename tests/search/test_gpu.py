"""On a GPU: several workers share it, and companions train there as one population."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Fit, Order, Status
from autorecur.search import workers as pools
from autorecur.search.budget import Budget, Meter
from autorecur.search.dispatch import MOST_MEMBERS, Dispatcher
from autorecur.search.journal import Journal
from autorecur.search.workers import WorkerPool

WITHOUT = pytest.mark.skipif(not pools._has_gpu(), reason="there is no GPU, or JAX has no plugin")
TINY = Candidate("gru", width=16, lookback=24, batch=32)


@pytest.fixture
def crew() -> Iterator[WorkerPool]:
    with WorkerPool(2) as pool:
        yield pool
        pool.shutdown(wait=False, cancel_futures=True)


@pytest.mark.device
@WITHOUT
def test_companions_train_there_as_one_population(
    crew: WorkerPool, seasonal: Any, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    dispatcher = Dispatcher(
        crew, 2, Meter(Budget.parse("10min")), journal, lambda event: None, "mae"
    )
    fits: dict[str, Fit] = {}

    def carried_out(*orders: Order) -> None:
        waiting = list(orders)
        dispatcher.run(
            lambda: waiting.pop(0) if waiting else None,
            lambda order, fit: fits.update({order.id: fit}),
        )

    orders = [
        Order(
            id=f"{cell} {seed}",
            arrays=seasonal.folder,
            candidate=TINY.with_cell(cell),
            fold="selection",
            seed=seed,
            steps=60,
            metric="mae",
            deadline=time.monotonic() + 300,
        )
        for cell in ("lstm", "gru")
        for seed in range(6)
    ]
    assert dispatcher.members == 1
    carried_out(orders[0], orders[6])  # both workers at once, on one device
    alone = {name: fit.score for name, fit in fits.items()}
    assert str(dispatcher.device).startswith("GPU, ")
    assert dispatcher.members == MOST_MEMBERS
    carried_out(*orders)
    assert dispatcher.members == MOST_MEMBERS, "a population has failed"
    assert {fit.status for fit in fits.values()} == {Status.FINISHED}
    # Matrix products of a GPU round to fewer digits, and differently from shape to shape.
    assert {name: fits[name].score for name in alone} == pytest.approx(alone, rel=0.02)
    journal.close()


def test_workers_leave_each_other_room_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_has_gpu", lambda: True)
    monkeypatch.delenv("XLA_PYTHON_CLIENT_PREALLOCATE", raising=False)
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    environment = pools._environment(2, 1, "jax")
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "false", "what the user has set, stays"
    assert "NPROC" not in environment  # the compiler for a GPU wants every core


def test_a_gpu_is_one_that_jax_and_the_system_know(monkeypatch: pytest.MonkeyPatch) -> None:
    for plugins, found in (((), True), (("cuda",), False)):
        monkeypatch.setattr(pools, "entry_points", lambda group, plugins=plugins: plugins)
        monkeypatch.setattr(pools.os.path, "exists", lambda path, found=found: found)
        assert not pools._has_gpu()
    monkeypatch.setattr(pools.os.path, "exists", lambda path: path == "/dev/nvidia0")
    assert pools._has_gpu()
