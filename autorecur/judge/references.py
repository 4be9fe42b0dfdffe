"""The baselines on every fold of the duel and on the holdout, fitted beside the search in a thread.

They set the bar and take seconds, so they are always run; each fold fits them again, on its own
training rows alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autorecur.data import scoring
from autorecur.data.dataset import Dataset, Fold
from autorecur.metrics import Metric, second_opinion
from autorecur.nets import baseline

__all__ = ["References"]

POLL_SECONDS = 0.05


@dataclass
class References:
    """Scores by baseline and fold, filled in by a thread; `wait` for it before reading."""

    dataset: Dataset
    metric: Metric
    scores: dict[str, dict[str, float]] = field(default_factory=dict)  # by baseline, by fold
    other_scores: dict[str, dict[str, float]] = field(default_factory=dict)  # by another metric
    seconds: dict[str, float] = field(default_factory=dict)
    holdout: dict[str, NDArray[np.float32]] = field(default_factory=dict)  # forecasts
    error: Exception | None = None
    ready: threading.Event = field(default_factory=threading.Event)  # the holdout's are all there
    _enough: threading.Event = field(default_factory=threading.Event)  # but for the holdout's
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="baselines", daemon=True)
        self._thread.start()

    def wait_for(self, folds: Iterable[str], seconds: float) -> None:
        """Wait until every baseline has been scored on `folds`, or for so many seconds."""
        wanted, until = set(folds), time.monotonic() + seconds
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < until:
            if all(wanted <= set(scores) for scores in self.scores.copy().values()) and self.scores:
                return
            self._thread.join(POLL_SECONDS)

    def wait(self, folds: Iterable[str], seconds: float | None) -> None:
        """Wait for all of them; where there are but `seconds`, for the holdout's and for `folds`.

        What is not begun by then is given up, so that the thread ends before the process does: one
        that is in the midst of compiled code then can take the process down with it.
        """
        if self._thread is not None and seconds is not None and seconds < float("inf"):
            until = time.monotonic() + seconds
            self.wait_for(folds, seconds)
            self._enough.set()
            self._thread.join(max(0.0, until - time.monotonic()))
            self.stop()
        elif self._thread is not None:
            self._thread.join()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """Begin no other."""
        self._stop.set()

    def _run(self) -> None:
        split = self.dataset.split
        try:
            # The holdout first: it is the one that every report needs. Then the latest folds, which
            # are the ones a short duel uses.
            for fold in (split.holdout, *reversed(split.duel)):
                if self._fold(fold, keep=fold is split.holdout):
                    self.ready.set()
        except Exception as error:
            self.error = error

    def _fold(self, fold: Fold, keep: bool) -> bool:
        """Whether all of them were fitted; the holdout's are, where the others are enough."""
        fitting = baseline.fitting(self.dataset, fold, self.metric)
        while not (self._stop.is_set() or (self._enough.is_set() and not keep)):
            if (fitted := next(fitting, None)) is None:
                return True
            forecast = fitted.forecast(fold.test)
            asked = self.dataset, fold, fold.test, forecast
            if other := second_opinion(self.metric):
                score = scoring.score(other, *asked)
                self.other_scores.setdefault(fitted.name, {})[fold.name] = score
            score = scoring.score(self.metric, *asked)
            self.scores.setdefault(fitted.name, {})[fold.name] = score
            self.seconds[fitted.name] = self.seconds.get(fitted.name, 0.0) + fitted.seconds
            if keep:
                self.holdout[fitted.name] = forecast
        return False
