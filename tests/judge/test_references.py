"""The baselines' thread: it tells all where there is time, and has ended where there is not."""

from __future__ import annotations

import threading

from autorecur.data.understand import Asked, understand
from autorecur.judge.references import References
from autorecur.metrics import METRICS
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
