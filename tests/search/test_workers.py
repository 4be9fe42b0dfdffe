"""Worker processes: their surroundings, their line, and their ends."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import chores
import loky
import pytest
from loky.process_executor import ShutdownExecutorError, TerminatedWorkerError

from autorecur.search import workers as workers_module
from autorecur.search.workers import WorkerPool, default_workers

ROOT = Path(__file__).resolve().parents[2]


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def test_workers_train_on_jax_and_the_parent_is_left_alone(workers: WorkerPool) -> None:
    before = dict(os.environ)
    seen = workers.submit(chores.surroundings).result(60)
    assert seen.backend == "jax" and seen.environment["KERAS_BACKEND"] == "jax"
    assert seen.environment["NPROC"] == "1"
    assert seen.tensorflow == "None"  # its import is refused, not merely not done
    assert seen.pid in workers.process_ids() and seen.pid != os.getpid()
    assert dict(os.environ) == before and "NPROC" not in os.environ


def test_another_backend_may_be_asked_for() -> None:
    """Only TensorFlow has strings, so the worker that saves a network of texts runs on it."""
    before = dict(os.environ)
    with WorkerPool(1, 2, "tensorflow") as pool:
        seen = pool.submit(chores.surroundings).result(120)
        pool.shutdown(wait=False, cancel_futures=True)
    assert seen.backend == "tensorflow" and seen.environment["NPROC"] == "2"
    assert "tensorflow" in seen.tensorflow and "never" not in seen.tensorflow
    assert dict(os.environ) == before


def test_the_users_own_backend_stays_theirs() -> None:
    script = (
        "import os, chores\n"
        "from autorecur.search.workers import WorkerPool\n"
        "with WorkerPool(1) as pool:\n"
        "    seen = pool.submit(chores.surroundings).result()\n"
        "    print(seen.backend, os.environ['KERAS_BACKEND'])\n"
    )
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": paths}
    said = subprocess.run(
        [sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True
    )
    assert said.stdout == "jax torch\n"


def test_an_exception_reaches_its_future_and_costs_no_worker(workers: WorkerPool) -> None:
    pids = set(workers.process_ids())
    future = workers.submit(chores.fail, "no such thing")
    with pytest.raises(ValueError, match="no such thing"):
        future.result(60)
    assert set(workers.process_ids()) == pids


def test_a_killed_worker_costs_its_own_training_only(workers: WorkerPool) -> None:
    # One fills each worker, so that the one in line must wait for whichever comes free.
    doomed, spared = (workers.submit(chores.pid_after, s) for s in (600.0, 3.0))
    inline = workers.submit(chores.pid_after, 0.0)
    before = set(workers.process_ids())
    assert len(before) == 2
    workers.kill(doomed)
    with pytest.raises(TerminatedWorkerError):
        doomed.result(30)
    survivor = spared.result(60)
    assert survivor in before
    assert inline.result(60) > 0
    fresh = {workers.submit(chores.pid_after, 1.0) for _ in range(2)}
    pids = {future.result(60) for future in fresh}
    assert survivor in pids and len(pids - before) == 1  # the other one is new


def no_room(self: WorkerPool) -> None:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


def test_a_worker_that_cannot_be_replaced_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with WorkerPool(2) as pool:
        doomed, spared = (pool.submit(chores.pid_after, s) for s in (600.0, 1.0))
        inline = [pool.submit(chores.pid_after, 0.0) for _ in range(3)]
        monkeypatch.setattr(WorkerPool, "_worker", no_room)
        pool.kill(doomed)
        with pytest.raises(TerminatedWorkerError):
            doomed.result(30)
        survivor = spared.result(60)
        assert {future.result(60) for future in inline} == {survivor}
        assert pool.process_ids() == [survivor]
        monkeypatch.undo()  # there is room again
        assert wait_until(lambda: len(both(pool)) == 2, 30)
        pool.shutdown(wait=False, cancel_futures=True)


def both(pool: WorkerPool) -> set[int]:
    return {each.result(60) for each in [pool.submit(chores.pid_after, 0.3) for _ in range(2)]}


def test_where_no_worker_can_be_started_whoever_waits_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with WorkerPool(1) as pool:
        doomed = pool.submit(chores.pid_after, 600.0)
        waiting = [pool.submit(chores.pid_after, 0.0) for _ in range(2)]
        monkeypatch.setattr(WorkerPool, "_worker", no_room)
        pool.kill(doomed)
        ends = [future.exception(30) for future in (doomed, *waiting)]
        assert [type(end) for end in ends] == [TerminatedWorkerError, OSError, OSError]
        monkeypatch.undo()
        assert pool.submit(chores.pid_after, 0.0).result(60) > 0
        pool.shutdown(wait=False, cancel_futures=True)


def test_a_worker_whose_process_is_gone_unnoticed_can_be_ended() -> None:
    """As where loky was about to renew it and there was no room for another process."""
    with WorkerPool(1) as pool:
        busy = pool.submit(chores.pid_after, 600.0)
        worker = pool._slots[0]
        assert wait_until(lambda: bool(worker._processes), 60)
        processes = dict(worker._processes)
        worker._processes.clear()
        pool.kill(busy)
        assert isinstance(busy.exception(30), BrokenProcessPool)
        worker._processes.update(processes)
        assert pool.submit(chores.pid_after, 0.0).result(60) > 0
        pool.shutdown(wait=False, cancel_futures=True)


def test_what_a_worker_answers_a_second_time_is_not_its_successors_answer() -> None:
    """loky fails what a discarded worker had once more, when another has its place."""
    with WorkerPool(1) as pool:
        doomed = pool.submit(chores.pid_after, 600.0)
        pool.kill(doomed)
        assert isinstance(doomed.exception(30), BrokenProcessPool)
        next_one = pool.submit(chores.pid_after, 0.5)
        again: Future[int] = Future()
        again.set_exception(ShutdownExecutorError("shut down with its worker"))
        pool._note(0, None, doomed, again)
        assert next_one.result(60) > 0


def test_a_worker_that_the_system_ends_is_replaced(workers: WorkerPool) -> None:
    first = workers.submit(chores.pid_after, 0.0).result(60)
    pair = [workers.submit(chores.pid_after, 2.0) for _ in range(2)]
    os.kill(first, signal.SIGKILL)
    ends = [future.exception(60) for future in pair]
    assert [type(end) for end in ends if end] == [TerminatedWorkerError]
    assert workers.submit(chores.pid_after, 0.0).result(60) != first
    assert wait_until(lambda: not alive(first), 5)


def test_the_line_is_first_come_first_served(workers: WorkerPool, tmp_path: Path) -> None:
    # Both are warm: one that another test has just replaced would begin its first task late.
    for future in [workers.submit(chores.pid_after, 1.0) for _ in range(2)]:
        future.result(60)
    names = [f"{number:02d}" for number in range(12)]
    futures = [workers.submit(chores.note, str(tmp_path), name, 0.05) for name in names]
    assert [future.result(60) for future in futures] == names
    began = {path.name: float(path.read_text()) for path in tmp_path.iterdir()}
    # However slow a worker is to begin, it holds one task: when a later one begins, the other
    # worker may still owe one earlier beginning, never two.
    for place, name in enumerate(names):
        assert sum(began[earlier] > began[name] for earlier in names[:place]) <= 1


def test_what_is_cancelled_in_line_never_begins(workers: WorkerPool, tmp_path: Path) -> None:
    busy = [workers.submit(chores.pid_after, 0.4) for _ in range(2)]
    waiting = workers.submit(chores.note, str(tmp_path), "never", 0.0)
    after = workers.submit(chores.note, str(tmp_path), "after", 0.0)
    assert waiting.cancel() and not busy[0].cancel()
    assert after.result(60) == "after"
    assert waiting.cancelled() and [path.name for path in tmp_path.iterdir()] == ["after"]


def test_the_start_of_workers_is_no_work_of_theirs() -> None:
    begin = time.monotonic()
    with WorkerPool(1) as pool:
        first = pool.submit(chores.pid_after, 0.0)
        first.result(60)
        ((began, ready),) = pool.starts
        assert begin <= began < ready == first.begun  # the imports are over when its time begins
        second = pool.submit(chores.pid_after, 0.0)
        second.result(60)
        assert second.begun > ready and len(pool.starts) == 1
        pool.shutdown(wait=False, cancel_futures=True)


def test_closed_is_closed() -> None:
    pool = WorkerPool(1)
    running = pool.submit(chores.pid_after, 0.0)
    pid = running.result(60)
    busy, waiting = pool.submit(chores.pid_after, 600.0), pool.submit(chores.pid_after, 0.0)
    pool.shutdown(wait=False, cancel_futures=True)
    pool.shutdown()  # twice does no harm
    assert waiting.cancelled()
    assert wait_until(lambda: not alive(pid), 5)
    assert wait_until(busy.done, 5) and busy.exception() is not None
    with pytest.raises(RuntimeError, match="the workers have been shut down"):
        pool.submit(chores.pid_after, 0.0)


def test_workers_leave_with_a_parent_that_was_killed() -> None:
    script = (
        "import time\n"
        "from autorecur.search.workers import WorkerPool, _ready\n"
        "pool = WorkerPool(2)\n"
        "for _ in range(2): pool.submit(_ready).result()\n"
        "pids = [slot.submit(_ready).result() for slot in pool._slots]\n"
        "print(*pids, flush=True)\n"
        "pool.submit(time.sleep, 600)\n"
        "time.sleep(600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2 and all(alive(pid) for pid in pids)
        parent.kill()
        assert wait_until(lambda: not any(alive(pid) for pid in pids), 5)


def test_a_worker_takes_positional_arguments_only(workers: WorkerPool) -> None:
    with pytest.raises(TypeError, match="positional arguments only"):
        workers.submit(chores.pid_after, seconds=1.0)


def test_the_number_of_workers_heeds_cores_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= default_workers() <= max(1, min(8, len(os.sched_getaffinity(0))))
    monkeypatch.setattr(loky, "cpu_count", lambda: 6)  # which knows a container's quota
    for room, number in ((100, 6), (3, 3), (1, 1)):
        monkeypatch.setattr(workers_module, "workers_in_memory", lambda room=room: room)
        assert default_workers() == number
    monkeypatch.setattr(loky, "cpu_count", lambda: 64)
    monkeypatch.setattr(workers_module, "workers_in_memory", lambda: 100)
    assert default_workers() == 8
