"""The baselines on every fold of the duel and on the holdout, fitted beside the search in a thread.

They set the bar and take seconds, so they are always run; each fold fits them again, on its own
training rows alone. One that fails on a fold is left out on all of them, and said to be: its mean
over the other folds would be no fair bar.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from autorecur.data import scoring
from autorecur.data.dataset import Dataset, Fold
from autorecur.metrics import Metric, second_opinion
from autorecur.nets import baseline

__all__ = ["THREAD", "References", "settle"]

THREAD = "baselines"  # its name
POLL_SECONDS = 0.05
LONGEST_MESSAGE = 120
EVERY = "every baseline"

_Value = TypeVar("_Value")
PATIENCE_AT_EXIT = 20.0

_begun: WeakSet[References] = WeakSet()


def settle() -> None:
    """Wait for the threads that are still fitting something, for so long as is bearable.

    At its end Python takes the ground from under a thread: one that is in the midst of compiled
    code then takes the process down with it ("terminate called without an active exception").
    """
    until, at_work = time.monotonic() + PATIENCE_AT_EXIT, list(_begun)
    for each in at_work:
        each.stop()
    for each in at_work:
        each.join(until)


atexit.register(settle)


@dataclass(eq=False)
class References:
    """Scores by baseline and fold, filled in by a thread; `wait` for it before reading."""

    dataset: Dataset
    metric: Metric
    scores: dict[str, dict[str, float]] = field(default_factory=dict)  # by baseline, by fold
    other_scores: dict[str, dict[str, float]] = field(default_factory=dict)  # by another metric
    seconds: dict[str, float] = field(default_factory=dict)
    holdout: dict[str, NDArray[np.float32]] = field(default_factory=dict)  # forecasts
    failed: dict[str, str] = field(default_factory=dict)  # by baseline, where and why
    ready: threading.Event = field(default_factory=threading.Event)  # the holdout's are all there
    _enough: threading.Event = field(default_factory=threading.Event)  # but for the holdout's
    _free: threading.Event = field(default_factory=threading.Event)  # unless they are held back
    _stop: threading.Event = field(default_factory=threading.Event)
    _telling: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
        _begun.add(self)
        self._free.set()
        self._thread.start()

    def wait_for(self, folds: Iterable[str], seconds: float) -> None:
        """Wait until every baseline has been scored on `folds`, or for so many seconds."""
        wanted, until = set(folds), time.monotonic() + seconds
        if self._have(wanted):
            return
        self.release()
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < until:
            if self._have(wanted):
                return
            self._thread.join(POLL_SECONDS)

    def _have(self, folds: set[str]) -> bool:
        return bool(self.scores) and all(folds <= set(each) for each in self.scores.values())

    def hold(self, folds: Iterable[str]) -> None:
        """Begin no other for now, where the holdout's and those on `folds` are there.

        What is fitted here takes turns with whatever this process does: a report beside it takes
        several times as long.
        """
        if self.ready.is_set() and self._have(set(folds)):
            self._free.clear()

    def release(self) -> None:
        """Go on, after `hold`."""
        self._free.set()

    def wait(self, folds: Iterable[str], seconds: float | None) -> None:
        """Wait for all of them; where there are but `seconds`, for the holdout's and for `folds`.

        What is not begun by then is given up, and what is not done is never told.
        """
        if self._thread is not None and seconds is not None and seconds < float("inf"):
            until = time.monotonic() + seconds
            self.wait_for(folds, seconds)
            self._enough.set()
            self.release()
            self.join(until)
            self.stop()
        elif self._thread is not None:
            self.release()
            self._thread.join()

    def stop(self) -> None:
        """Begin no other, and tell of no other."""
        with self._telling:
            self._stop.set()
        self.release()

    def join(self, until: float) -> None:
        """Wait until the thread has ended, or until `time.monotonic()` says `until`."""
        if self._thread is not None:
            self._thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        split = self.dataset.split
        # The holdout first: it is the one that every report needs. Then the latest folds, which are
        # the ones a short duel uses.
        for fold in (split.holdout, *reversed(split.duel)):
            try:
                if self._fold(fold, keep=fold is split.holdout):
                    self.ready.set()
            except Exception as error:  # what all of them are fitted on could not be made
                self._fail(EVERY, fold, error)

    def _fold(self, fold: Fold, keep: bool) -> bool:
        """Whether all of them were tried; the holdout's are, where the others are enough."""
        found: list[_Scored] = []
        each = baseline.fits(self.dataset, fold, self.metric)
        while self._wanted(keep):
            name, fitted = next(each, (None, None))
            if name is None or fitted is None:
                self._tell(fold, found, keep)
                return True
            if name in self.failed:
                continue
            try:
                found.append(self._scored(fold, fitted()))
            except Exception as error:
                self._fail(name, fold, error)
        return False

    def _wanted(self, keep: bool) -> bool:
        """Whether another one is to be fitted, of the holdout (`keep`) or of a fold."""
        self._free.wait()
        return not (self._stop.is_set() or (self._enough.is_set() and not keep))

    def _scored(self, fold: Fold, fitted: baseline.FittedBaseline) -> _Scored:
        other = second_opinion(self.metric)
        forecast = fitted.forecast(fold.test)
        asked = self.dataset, fold, fold.test, forecast
        return _Scored(
            fitted.name,
            fitted.seconds,
            scoring.score(self.metric, *asked),
            scoring.score(other, *asked) if other else None,
            forecast,
        )

    def _fail(self, name: str, fold: Fold, error: Exception) -> None:
        """Leave a baseline out, on the folds before too."""
        said = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_MESSAGE]
        where = "the holdout" if fold is self.dataset.split.holdout else f"fold {fold.name}"
        with self._telling:
            self.failed = {**self.failed, name: f"on {where} ({said})"}
            self.scores = _without(self.scores, name)
            self.other_scores = _without(self.other_scores, name)
            self.seconds = _without(self.seconds, name)
            self.holdout = _without(self.holdout, name)

    def _tell(self, fold: Fold, found: Iterable[_Scored], keep: bool) -> None:
        """All of a fold's at once: the best of some of them is not the best baseline.

        In new dictionaries, for others may be reading the old ones.
        """
        with self._telling:
            if self._stop.is_set():
                return
            for each in found:
                self.scores = _with(self.scores, each.name, fold.name, each.score)
                if each.other is not None:
                    self.other_scores = _with(self.other_scores, each.name, fold.name, each.other)
                spent = self.seconds.get(each.name, 0.0) + each.seconds
                self.seconds = {**self.seconds, each.name: spent}
                if keep:
                    self.holdout = {**self.holdout, each.name: each.forecast}


class _Scored(NamedTuple):
    """A baseline on a fold."""

    name: str
    seconds: float
    score: float
    other: float | None  # by another metric
    forecast: NDArray[np.float32]


def _without(found: Mapping[str, _Value], name: str) -> dict[str, _Value]:
    return {each: value for each, value in found.items() if each != name}


def _with(
    scores: dict[str, dict[str, float]], name: str, fold: str, score: float
) -> dict[str, dict[str, float]]:
    return {**scores, name: {**scores.get(name, {}), fold: score}}
