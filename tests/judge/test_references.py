"""The baselines' thread: it tells all where there is time, and has ended where there is not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from autorecur.data.dataset import Dataset, Fold
from autorecur.data.understand import Asked, understand
from autorecur.judge import checks
from autorecur.judge.check import Facts
from autorecur.judge.references import References
from autorecur.metrics import METRICS, Metric
from autorecur.nets import baseline
from autorecur.tables import bundled

ROOT = Path(__file__).resolve().parents[2]


def references() -> References:
    dataset = understand(bundled("co2_weekly"), Asked("co2", time="date", horizon=13))
    return References(dataset, METRICS["mae"])


def at_work() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "baselines"]


def test_with_time_every_fold_has_every_baseline() -> None:
    made = references()
    made.start()
    made.wait((), None)
    folds = {"holdout", *(fold.name for fold in made.dataset.split.duel)}
    assert len(made.scores) > 3
    assert all(set(scores) == folds for scores in made.scores.values())
    assert set(made.holdout) == set(made.scores)
    assert not at_work()


def test_without_time_the_folds_that_count_and_the_holdout_are_waited_for() -> None:
    made = references()
    latest = made.dataset.split.duel[-1].name
    made.start()
    made.wait((latest,), 300.0)
    scored = {name: set(scores) for name, scores in made.scores.items()}
    assert all({"holdout", latest} <= folds for folds in scored.values())
    assert made.dataset.split.duel[0].name not in set.union(*scored.values())
    # Nothing of it is left that the end of the process could meet in compiled code.
    assert not at_work()


def test_held_back_it_begins_no_other_until_it_is_released() -> None:
    made = references()
    latest = made.dataset.split.duel[-1].name
    made.start()
    made.hold((latest,))  # too soon: a report will need that fold, and the holdout
    made.wait_for((latest,), 300.0)
    made.hold((latest,))
    time.sleep(1.0)  # what it was in the midst of is over
    held = made.scores
    time.sleep(1.0)
    assert made.scores == held and at_work()
    made.release()
    made.wait((), None)
    folds = {"holdout", *(fold.name for fold in made.dataset.split.duel)}
    assert all(set(scores) == folds for scores in made.scores.values())


def test_held_back_it_can_be_stopped() -> None:
    made = references()
    made.start()
    made.wait_for((), 300.0)
    made.hold(())
    made.stop()
    made.join(time.monotonic() + 60.0)
    assert not at_work()


def test_stopped_it_begins_no_other() -> None:
    made = references()
    made.stop()
    made.start()
    made.wait((), None)
    assert not made.scores
    assert not made.ready.is_set()


def test_a_baseline_that_fails_on_a_fold_is_left_out_and_the_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = references()
    last, earliest = made.dataset.split.duel[-1].name, made.dataset.split.duel[0].name
    fits = baseline.fits

    def failing(dataset: Dataset, fold: Fold, metric: Metric) -> Iterator[Any]:
        for name, fitted in fits(dataset, fold, metric):
            if name == "drift" and fold.name == last:
                yield name, partial(fail, "a matrix that is\nsingular " + "x" * 500)
            elif name in ("naive", "drift"):
                yield name, fitted

    monkeypatch.setattr(baseline, "fits", failing)
    made.start()
    made.wait((), None)
    assert set(made.scores) == set(made.holdout) == set(made.seconds) == {"naive"}
    assert {"holdout", last, earliest} <= set(made.scores["naive"])
    assert set(made.failed) == {"drift"} and made.ready.is_set()
    (check,) = checks._baselines_failed(Facts(baselines_failed=made.failed))
    assert check.code == "AR120" and len(check.sentence) < 300
    assert f"drift failed on fold {last} (ValueError: a matrix that is singular" in check.sentence


def fail(sentence: str) -> None:
    raise ValueError(sentence)


def test_a_fold_without_any_baseline_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = references()

    def none(dataset: Dataset, fold: Fold, metric: Metric) -> Iterator[Any]:
        raise MemoryError("no room")

    monkeypatch.setattr(baseline, "fits", none)
    made.start()
    made.wait((), None)
    assert not made.scores and "no room" in made.failed["every baseline"]


# A baseline in compiled code, which nothing from outside can end.
FITTING = """
import os, sys, threading, time
from autorecur.judge import references
from autorecur.judge.references import References
class Stuck(References):
    def __init__(self):
        self._stop, self._free = threading.Event(), threading.Event()
        self._telling, self._thread = threading.Lock(), None
    def _run(self):
        time.sleep(float(sys.argv[1]))
        print("fitted", flush=True)
class Last:
    def __del__(self, write=os.write):
        write(1, b"taken down\\n")
made, last = Stuck(), Last()
made.start()
"""
OWN = """
import atexit, os, sys
from autorecur import cli
leave = os._exit
os._exit = lambda code: (print("left"), sys.stdout.flush(), leave(code))
def fit(args, started):
    exec(FITTING, globals())
    atexit.register(print, "last words")
    print("said")
    return 3
cli._run = fit
sys.exit(cli.main())
"""


def process(script: str, seconds: float) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", script, str(seconds)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def test_a_users_process_is_not_taken_down_beneath_a_baseline() -> None:
    assert process(FITTING, 2.0) == (0, ["fitted", "taken down"])
    # But for ever it does not wait.
    code, said = process(FITTING + "references.PATIENCE_AT_EXIT = 0.5", 600.0)
    assert code == 0 and "fitted" not in said


def test_our_own_process_ends_at_once_with_its_code() -> None:
    script = f"FITTING = {FITTING!r}\n{OWN}"
    assert process(script, 600.0) == (3, ["said", "last words", "left"])
