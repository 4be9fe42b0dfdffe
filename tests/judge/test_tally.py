"""What a duel's trainings have come to: scored on their test blocks, parts of the data apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autorecur.judge.learning import SHARES
from autorecur.judge.tally import Round, Tally
from autorecur.metrics import METRICS
from autorecur.nets.order import Fit, Status


@pytest.fixture
def tally(co2: Any) -> Tally:
    return Tally(co2.dataset, METRICS["mae"])


def fit(co2: Any, place: Round, error: float, **given: Any) -> Fit:
    """One whose forecasts are off by `error` everywhere."""
    fold = next(fold for fold in co2.dataset.split.duel if fold.name == place.fold)
    told = co2.dataset.actuals(fold.test) + np.float32(error)
    ledger = {"steps": 1.0, "validation": 0.1, "compile": 0.5, "other": 0.1}
    given = {"seconds": 2.0, "ledger": ledger, "forecasts": told} | given
    return Fit("one", Status.FINISHED, "", score=9.0, **given)


def test_pairs_are_scored_on_their_test_blocks(co2: Any, tally: Tally) -> None:
    folds = [fold.name for fold in co2.dataset.split.duel]
    for seed, fold in enumerate([*reversed(folds)] * 2):  # each fold has seeds of its own
        error = 1.1 if seed < len(folds) else 1.2
        told = tally.add(Round(fold, seed), "lstm", fit(co2, Round(fold, seed), 2.0))
        assert told == pytest.approx({"score": 2.0, "other_score": 2.0}, rel=1e-4)
        tally.add(Round(fold, seed), "gru", fit(co2, Round(fold, seed), error))
    found = tally.comparison({"naive": {fold: 5.0 for fold in folds[1:]}})
    assert [pair.fold for pair in found.pairs] == [*reversed(folds)] * 2
    assert [pair.seed for pair in found.pairs] == [*range(2 * len(folds))] and found.seeds == 2
    assert found.differences == pytest.approx(np.full(len(folds), -0.85), rel=1e-3)
    assert found.baselines == {"naive": (None, *[5.0] * (len(folds) - 1))}
    assert 0 < found.test_share < 0.5
    assert len(tally.fits) == 4 * len(folds)


def test_parts_of_the_data_are_no_evidence(co2: Any, tally: Tally) -> None:
    folds = [fold.name for fold in co2.dataset.split.duel][-4:]
    for number, share in enumerate((*SHARES, 1.0)):
        for fold in folds:
            place = Round(fold, 1, share)
            tally.add(place, "lstm", fit(co2, place, 4.0 - number))
            tally.add(place, "gru", fit(co2, place, 3.0 - number / 2))
    assert len(tally.comparison({}).pairs) == len(folds)
    curve = tally.learning()
    assert curve is not None and curve.folds == 4
    assert [point.lstm for point in curve.points] == pytest.approx([4, 3, 2, 1], rel=1e-3)
    assert [point.gru for point in curve.points] == pytest.approx([3, 2.5, 2, 1.5], rel=1e-3)
    assert curve.shift < 0
    assert tally.panel(0.01) is None  # one series is no panel


def test_a_lost_training_leaves_half_a_pair(co2: Any, tally: Tally) -> None:
    place = Round(co2.dataset.split.duel[0].name, 1)
    assert tally.add(place, "lstm", fit(co2, place, 2.0))["score"] is not None
    lost = tally.add(place, "gru", Fit("lost", Status.KILLED, ""))
    assert lost == {"score": None, "other_score": None}
    (pair,) = tally.comparison({}).pairs
    assert (pair.lstm, pair.gru) == (pytest.approx(2.0, rel=1e-4), None)
    assert len(tally.fits) == 1


@pytest.mark.parametrize(
    ("status", "seconds", "fair"),
    [
        (Status.DEADLINE, 0.4, False),  # the end of the duel came when it had hardly begun
        (Status.DEADLINE, 1.0, True),  # its own limit, or a moment before the other's end
        (Status.STOPPED, 0.4, True),  # it had time, and no gain for a while
    ],
)
def test_the_end_of_the_duel_decides_no_pair(
    status: Status, seconds: float, fair: bool, co2: Any, tally: Tally
) -> None:
    place = Round(co2.dataset.split.duel[0].name, 1)
    tally.add(place, "lstm", fit(co2, place, 2.0))
    used = {"steps": seconds, "validation": 0.0, "compile": 0.5, "other": 0.1}
    tally.add(place, "gru", replace(fit(co2, place, 3.0, ledger=used), status=status))
    for found in (tally.comparison({}), tally.otherwise({})):
        assert found is not None
        assert (len(found.complete), found.left_out) == ((1, 0) if fair else (0, 1))


@pytest.mark.parametrize(
    ("late", "steps", "whole_late", "fair"),
    [
        (True, 65, False, False),  # its seconds are as many as the other's: it is the slower cell
        (True, 65, True, True),  # the end cut both, after as many seconds
        (True, 85, False, True),  # nearly all steps
        (True, 45, False, False),
        (False, 65, False, True),  # its own limit, which both cells have
    ],
)
def test_a_slower_cell_that_the_end_cut_has_fewer_steps(
    late: bool, steps: int, whole_late: bool, fair: bool, co2: Any, tally: Tally
) -> None:
    place = Round(co2.dataset.split.duel[0].name, 1)
    whole = fit(co2, place, 2.0, steps=100, best_step=90, late=whole_late)
    ended = Status.DEADLINE if whole_late else Status.FINISHED
    tally.add(place, "gru", replace(whole, status=ended))
    cut = fit(co2, place, 3.0, steps=steps, best_step=steps, late=late)
    tally.add(place, "lstm", replace(cut, status=Status.DEADLINE))
    assert len(tally.comparison({}).complete) == fair
    early = replace(fit(co2, place, 2.0, steps=100, best_step=40), status=Status.FINISHED)
    tally.add(place, "gru", early)  # what came after its best step changed nothing in its score
    assert len(tally.comparison({}).complete) == 1


def test_a_journal_tells_the_score_and_no_forecasts(co2: Any, tally: Tally) -> None:
    place = Round(co2.dataset.split.duel[0].name, 1)
    noted = {"score": 3.5, "other_score": 4.5}
    assert tally.add(place, "gru", fit(co2, place, 0.0, forecasts=None, noted=noted)) == noted


def test_another_metric_has_scores_of_its_own(co2: Any, tally: Tally) -> None:
    folds = [fold.name for fold in co2.dataset.split.duel]
    for name in folds:
        place = Round(name, 1)
        tally.add(place, "lstm", fit(co2, place, 2.0))
        uneven = fit(co2, place, 0.0)
        assert uneven.forecasts is not None
        uneven.forecasts[::2] += 3.0  # mean 1.5, root of the mean square above 2
        tally.add(place, "gru", uneven)
    assert (tally.comparison({}).differences < 0).all()
    other = tally.otherwise({"naive": dict.fromkeys(folds, 5.0)})
    assert other is not None and other.metric.name == "rmse"
    assert (other.differences > 0).all() and other.best_baseline() == ("naive", 5.0)
    assert Tally(co2.dataset, METRICS["bits"]).otherwise({}) is None


def test_a_regime_meets_what_the_duel_made_of_the_other_cell(co2: Any, tally: Tally) -> None:
    folds = [fold.name for fold in co2.dataset.split.duel]
    for name in folds:
        tally.add(Round(name, 1), "lstm", fit(co2, Round(name, 1), 2.0))
        tally.add(Round(name, 1), "gru", fit(co2, Round(name, 1), 1.0))
        wide = Round(name, 1, regime="equal width")
        tally.add(wide, "gru", fit(co2, wide, 4.0))
    assert tally.comparison({}).differences == pytest.approx(-np.ones(len(folds)), rel=1e-3)
    found = tally.comparison({}, "equal width")
    assert found.differences == pytest.approx(np.full(len(folds), 2.0), rel=1e-3)
    assert len(found.pairs) == len(folds)
    assert tally.working_seconds(Round(folds[0], 1), "lstm") == pytest.approx(1.1)
    assert tally.working_seconds(Round("none", 1), "lstm") == float("inf")
