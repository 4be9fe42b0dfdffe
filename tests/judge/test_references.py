"""The baselines' thread: it tells all where there is time, and has ended where there is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
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
