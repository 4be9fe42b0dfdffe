"""Killable worker processes behind `concurrent.futures.Executor`.

Each worker is a loky executor of one process: killing a training that does not answer, or a process
that the system ended, costs that worker alone, and a fresh one takes its place. Where none can be
started, for want of memory perhaps, the others go on, and it is tried again. loky starts processes
without importing `__main__`, so a plain script needs no `if __name__ == "__main__"` guard.

The Keras backend is chosen here, in the workers' environment, and nowhere else: the user's own
Keras is never touched.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from importlib.metadata import entry_points
from queue import Empty, SimpleQueue
from typing import Any

import loky
from loky.backend.context import LokyContext

from autorecur.nets import heap
from autorecur.nets.engine import use_compilation_cache
from autorecur.search.room import growth_bytes, workers_in_memory

__all__ = ["WorkerPool", "default_workers"]

# All workers share a GPU; by default the first to start would take most or all of its memory.
_SHARED_GPU = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
WATCH_SECONDS = 1.0
RETRY_SECONDS = 1.0  # after a worker could not be started, until that is tried again
TRIES = 2  # a worker that died in its sleep is found out when it is given something


def default_workers() -> int:
    """One for each core that this process may use, at most eight, and no more than have room.

    Small recurrences gain little from a second thread: two processes of one core each finish more
    steps than one process on both.
    """
    return max(1, min(8, int(loky.cpu_count()), workers_in_memory()))


class Task(Future[Any]):
    """What was submitted; `begun`: since when its worker, imports done, has been at it."""

    begun: float | None = None


# A place, the worker that it had, what that was given, and what came of it.
_Note = tuple[int, loky.ProcessPoolExecutor | None, Task, Future[Any]]


class WorkerPool(Executor):
    """`workers` processes; what is submitted while all are busy waits in line.

    What a worker has finished goes through one thread of the pool's own. loky calls back while it
    holds locks of its own, and whoever submitted, killed or replaced a worker from there would wait
    for a lock whose holder waits for him.
    """

    def __init__(self, workers: int, threads: int = 1, backend: str = "jax") -> None:
        self.workers = workers
        self._environment = _environment(workers, threads, backend)
        self._lock = threading.RLock()
        self._line: deque[tuple[Task, Callable[..., Any], tuple[Any, ...]]] = deque()
        self._busy: dict[int, Task] = {}
        self.starts: list[tuple[float, float]] = []  # of workers that came to be ready
        self._done: SimpleQueue[_Note] = SimpleQueue()
        self._closed = False
        self._slots: list[loky.ProcessPoolExecutor | None] = [None] * workers
        self._again = [0.0] * workers  # when a place without a worker may try for one
        self._error: Exception = BrokenProcessPool("no worker could be started")
        for place in range(workers):
            self._start(place)
        self._keeper = threading.Thread(target=self._keep, name="workers", daemon=True)
        self._keeper.start()

    def _start(self, place: int) -> None:
        """A worker for `place`; where the system has no room for one, none for now."""
        try:
            begin = time.monotonic()
            self._slots[place], ready = self._worker()
            ready.add_done_callback(partial(self._started, place, begin))
        except (OSError, RuntimeError, MemoryError) as error:
            self._slots[place], self._error = None, error
            self._again[place] = time.monotonic() + RETRY_SECONDS

    def _started(self, place: int, begin: float, ready: Future[Any]) -> None:
        """Note how long a worker took to be ready; without a lock, for loky calls from within."""
        if ready.cancelled() or ready.exception() is not None:
            return
        now = time.monotonic()
        self.starts.append((begin, now))
        if (task := self._busy.get(place)) is not None:
            task.begun = now

    def _worker(self) -> tuple[loky.ProcessPoolExecutor, Future[Any]]:
        """A new one, and what it answers when it is ready."""
        worker = loky.ProcessPoolExecutor(
            max_workers=1,
            timeout=None,
            # By name, loky's context would be whichever copy of loky was imported last: joblib
            # brings one along.
            context=LokyContext(),
            initializer=_warm_up,
            env=self._environment,
        )
        try:
            # loky starts its process with the first task: start it now
            return worker, worker.submit(_ready)
        except BaseException:
            _discard(worker)
            raise

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if kwargs:
            raise TypeError("a worker takes positional arguments only")
        future = Task()
        with self._lock:
            if self._closed:
                raise RuntimeError("the workers have been shut down")
            self._line.append((future, fn, args))
            self._dispatch()
        return future

    def _dispatch(self) -> None:
        for place in range(self.workers):
            while place not in self._busy and self._line and self._takes(place):
                future, fn, args = self._line.popleft()
                if future.set_running_or_notify_cancel():
                    future.begun = time.monotonic()
                    self._busy[place] = future
                    inner = self._given(place, fn, args)
                    worker = self._slots[place]
                    inner.add_done_callback(partial(self._note, place, worker, future))

    def _takes(self, place: int) -> bool:
        """Whether the next in line is for `place`: it has a worker, or no place gets one at all.

        Then whoever waits must be told, one at each try: a line that fails at once would use up a
        budget in trainings before there is memory again.
        """
        if self._slots[place] is None:
            if time.monotonic() < self._again[place]:
                return False
            self._start(place)
        return self._slots[place] is not None or not any(self._slots)

    def _note(
        self, place: int, worker: loky.ProcessPoolExecutor | None, task: Task, done: Future[Any]
    ) -> None:
        self._done.put((place, worker, task, done))

    def _given(self, place: int, fn: Callable[..., Any], args: tuple[Any, ...]) -> Future[Any]:
        """What the worker will answer; where there is none, that it could not be started."""
        for _ in range(TRIES):
            worker = self._slots[place]
            if worker is None:
                break
            try:
                future: Future[Any] = worker.submit(fn, *args)
                return future
            except (OSError, RuntimeError, MemoryError) as error:
                self._error = error
                self._replace(place)
        return _failed(self._error)

    def _replace(self, place: int) -> None:
        if (worker := self._slots[place]) is not None:
            _discard(worker)
        self._start(place)

    def _keep(self) -> None:
        """Hand on what came of each task. Nothing may end this: nobody else would tell of any."""
        while not self._closed or self._busy or not self._done.empty():
            try:
                place, worker, task, done = self._done.get(timeout=RETRY_SECONDS)
            except Empty:
                with self._lock:
                    if not self._closed:
                        self._dispatch()
                continue
            error = CancelledError() if done.cancelled() else done.exception()
            with self._lock:
                if self._busy.get(place) is not task:
                    continue  # it was told already; a worker that is discarded answers once more
                del self._busy[place]
                lost = worker if isinstance(error, BrokenProcessPool) else None
                if lost is None or self._slots[place] is not lost:
                    lost = None  # whoever submitted something has found it broken, and replaced it
                else:
                    self._slots[place], self._again[place] = None, 0.0  # it is given nothing more
            # Before a worker is replaced, which may fail or take long.
            with suppress(InvalidStateError):
                if error is not None:
                    task.set_exception(error)
                else:
                    task.set_result(done.result())
            if lost is not None:
                _discard(lost)
            with self._lock:
                if lost is not None and self._slots[place] is None and not self._closed:
                    self._start(place)
                if not self._closed:
                    self._dispatch()

    def kill(self, future: Future[Any]) -> None:
        """End the worker that runs `future`; it fails, and a fresh worker takes the place."""
        with self._lock:
            for place, running in self._busy.items():
                worker = self._slots[place]
                if running is future and not (worker and _end(worker)):
                    # Lost while loky renewed it: its end will come from nowhere else.
                    gone = BrokenProcessPool("its process is gone")
                    self._note(place, worker, running, _failed(gone))

    def process_ids(self) -> list[int]:
        """The workers' process ids."""
        return [pid for slot in self._slots if slot for pid in list(slot._processes or ())]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for future, _, _ in self._line:
                future.cancel()
            self._line.clear()
            busy = bool(self._busy)
        for slot in self._slots:
            if slot is not None:
                slot.shutdown(wait=wait, kill_workers=cancel_futures or busy)
        if wait:
            self._keeper.join()


def _failed(error: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def _end(worker: loky.ProcessPoolExecutor) -> bool:
    """Kill its process; whether it had one."""
    pids = list(worker._processes or ())
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(pids)


def _discard(worker: loky.ProcessPoolExecutor) -> None:
    """End a worker. One that was only half started may have no thread to end its process."""
    _end(worker)
    with suppress(OSError, RuntimeError):
        worker.shutdown(wait=False, kill_workers=True)


def _environment(workers: int, threads: int, backend: str) -> dict[str, str]:
    environment = {
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": str(threads),
        "LOKY_MAX_MEMORY_LEAK_SIZE": str(growth_bytes(workers)),  # then it is replaced
    }
    if _has_gpu():
        return environment | {
            name: os.environ.get(name, value) for name, value in _SHARED_GPU.items()
        }
    # Measured: a training's program compiles in a sixth less time, and its steps are as fast.
    flags = "--xla_backend_optimization_level=1 " + os.environ.get("XLA_FLAGS", "")
    if threads == 1:
        flags += " --xla_cpu_multi_thread_eigen=false"
    # The size of XLA's own thread pool. For a GPU it stays as it is: there the steps need no
    # thread, and the compiler, left with one, takes six times as long.
    return environment | {"XLA_FLAGS": flags.strip(), "NPROC": str(threads)}


def _has_gpu() -> bool:
    """Whether JAX will find a GPU in the workers: it has the plugin, and the system the device.

    JAX itself is not asked, since it would have to be imported, and would take the device.
    """
    devices = ("/dev/nvidia0", "/dev/kfd")
    return any(map(os.path.exists, devices)) and bool(entry_points(group="jax_plugins"))


def _warm_up() -> None:
    """What a new worker does first: seconds of imports, while the parent reads the table."""
    # Ctrl-C and SIGTERM, sent to all of a group, are for the parent, which ends the search.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    if os.environ["KERAS_BACKEND"] == "jax":
        # Keras asks in many places whether TensorFlow is there, and imports it to find out.
        # Trainings never need it, and its import would cost each worker five seconds.
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
        use_compilation_cache()
    import keras  # noqa: F401

    heap.settle()


def _leave_with_parent(parent: int) -> None:
    """End this process when its parent is gone, so that a killed run leaves nothing behind."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


def _ready() -> int:
    return os.getpid()
