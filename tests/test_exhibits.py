"""The data behind figures, by hand: counts, residuals, how sure classes are, what was foretold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from autorecur import exhibits, foretold
from autorecur.certainty import MOST_CLASSES, MOST_POINTS, certainty
from autorecur.data.dataset import Dataset
from autorecur.data.kinds import kind_named
from autorecur.data.read import read
from autorecur.data.sequences import dataset as labelled
from autorecur.data.series import dataset as understood
from autorecur.histogram import histogram
from autorecur.judge.residuals import FEWEST, autocorrelation
from autorecur.leftover import MOST_POINTS as MOST_DRAWN
from autorecur.leftover import Leftover, drawn, residuals
from autorecur.metrics import METRICS


def series(rows: int = 240, **columns: Any) -> Dataset:
    """A series that counts its rows, so that every truth is the number of its row."""
    frame = pd.DataFrame({"y": np.arange(rows, dtype=float)}).assign(**columns)
    return understood(read(frame), target=list(frame.columns), horizon=4)


def panel() -> Dataset:
    """Two series that differ in scale by a hundred."""
    parts = [
        pd.DataFrame(
            {
                "who": name,
                "day": pd.date_range("2021-01-01", periods=160).astype(str),
                "y": scale * (5 + np.random.default_rng(1).random(160)),
            }
        )
        for name, scale in (("small", 1.0), ("large", 100.0))
    ]
    return understood(read(pd.concat(parts)), target="y", time="day", series="who", horizon=2)


# ---- counts


def test_counts_of_numbers_add_up() -> None:
    values = np.random.default_rng(1).normal(size=5_000)
    told = histogram(values)
    assert told is not None
    assert sum(told["counts"]) + told["below"] + told["above"] == 5_000
    assert np.allclose(np.diff(told["edges"]), np.diff(told["edges"])[0])
    assert len(told["edges"]) == len(told["counts"]) + 1 <= 42


def test_one_value_far_off_does_not_flatten_the_others() -> None:
    told = histogram(np.append(np.linspace(0, 1, 1_000), 1e6))
    assert told is not None and told["edges"][-1] < 2
    assert told["above"] > 0 and np.count_nonzero(told["counts"]) > 20


def test_counts_of_few_equal_or_no_values() -> None:
    assert histogram(np.array([np.nan])) is None
    for value in (0.5, -1e30, 3e38):
        told = histogram(np.full(4, value, np.float32))
        assert told is not None and sum(told["counts"]) == 4 and told["below"] == 0


# ---- residuals


def test_autocorrelation_by_hand() -> None:
    values = np.arange(40, dtype=float)
    centred = values - 19.5
    found = autocorrelation(values)
    assert found is not None and len(found.correlations) == 8 and found.count == 40
    assert found.correlations[0] == pytest.approx(
        (centred[1:] @ centred[:-1]) / (centred @ centred)
    )
    assert found.bound == pytest.approx(1.96 / np.sqrt(40))
    assert found.is_left and found.strongest[0] == 1


def test_what_is_not_known_keeps_its_place() -> None:
    gappy = np.tile([1.0, -1.0], 45)
    gappy[::3] = np.nan
    found = autocorrelation(gappy)
    assert found is not None and found.count == 60
    assert found.correlations[0] == pytest.approx(-0.5)  # of every second pair both are known
    closed = autocorrelation(gappy[np.isfinite(gappy)])  # which puts them out of step
    assert closed is not None and abs(closed.correlations[0]) < 0.1


def test_residuals_go_together_within_a_series_only() -> None:
    parts = [np.full(40, 1.0), np.full(40, -1.0)]  # each is all the same
    found = autocorrelation(np.concatenate(parts), begins=[40])
    assert found is not None and found.count == 40
    assert found.correlations[0] == pytest.approx(2 * 39 / 80)
    assert autocorrelation(np.arange(2.0 * FEWEST - 2), begins=[FEWEST - 1]) is None


def test_residuals_tell_what_the_check_is_made_from() -> None:
    rng = np.random.default_rng(1)
    walk = np.convolve(rng.normal(size=900), 0.8 ** np.arange(20))[:900]
    told = residuals(Leftover(walk, walk + 5, in_steps=True), "y")
    found = autocorrelation(walk)
    assert told is not None and found is not None
    assert told["autocorrelation"]["correlations"] == list(found.correlations)
    assert told["autocorrelation"]["is_left"] is found.is_left is True
    assert told["count"] == 900 and told["mean"] == pytest.approx(walk.mean())
    assert len(told["points"]["residual"]) <= MOST_DRAWN
    assert float(np.abs(walk).max()) == max(map(abs, told["points"]["residual"]))
    assert residuals(Leftover(walk, walk), "y")["autocorrelation"] is None  # type: ignore[index]
    assert residuals(Leftover(np.full(3, np.nan), np.zeros(3)), "y") is None


def test_what_is_drawn_is_few_and_holds_the_worst() -> None:
    errors = np.random.default_rng(2).random(8_192)
    places = drawn(errors)
    assert len(places) <= MOST_DRAWN and int(errors.argmax()) in places
    assert drawn(errors[:MOST_DRAWN]).tolist() == list(range(MOST_DRAWN))


def test_residuals_are_of_the_first_step_and_follow_each_other() -> None:
    made = series(other=np.zeros(240))
    test = made.split.holdout.test
    told = np.zeros((len(test), 4, 2), np.float32)
    told[:, 0, 0] = test - 1.5  # the first step of the first target
    left = foretold.one_step(made, told)
    assert left.in_steps and left.begins == () and not left.scaled
    assert left.values.tolist() == [1.5] * len(test)


def test_residuals_of_a_panel_are_in_units_of_each_series() -> None:
    made = panel()
    fold = made.split.holdout
    scales = made.scales(fold)[made.series_of(fold.test)]
    truth = made.actuals(fold.test)
    left = foretold.one_step(made, truth - 2 * scales[:, None, :])
    assert left.scaled and left.in_steps and len(left.begins) == 1
    assert left.values == pytest.approx(np.full(len(fold.test), 2.0), rel=1e-3)


# ---- what was foretold


def test_what_is_drawn_of_forecasts_is_said_and_errors_by_step_are_of_all() -> None:
    made = series(400, other=np.zeros(400))
    test = made.split.holdout.test
    truth = made.actuals(test)
    off = truth + np.arange(4, dtype=np.float32)[None, :, None]
    told = foretold.forecast(made, {"model": off, "other": None, "baseline": truth}, None, "naive")
    assert told["steps"] == {
        "examples": len(test),
        "scaled": False,
        "model": [0.0, 1.0, 2.0, 3.0],
        "other": None,
        "baseline": [0.0] * 4,
    }
    windows = len(told["actual"]) // 4
    assert told["drawn"] == {
        "windows": windows,
        "of_windows": windows,
        "series": None,
        "of_series": 1,
        "target": "y",
        "of_targets": 2,
    }
    assert told["actual"] == list(range(int(told["actual"][0]), int(told["actual"][-1]) + 1))
    assert told["unit"] == "y"


def test_a_panel_names_the_series_that_is_drawn() -> None:
    made = panel()
    truth = made.actuals(made.split.holdout.test)
    told = foretold.forecast(made, {"model": truth, "other": None, "baseline": None}, None, None)
    assert told["drawn"]["series"] == made.series[-1] and told["drawn"]["of_series"] == 2
    assert told["steps"]["model"] == [0.0, 0.0] and told["steps"]["baseline"] is None


def test_errors_by_step_of_a_panel_are_in_the_scale_of_each_series() -> None:
    made = panel()
    fold = made.split.holdout
    truth, scales = made.actuals(fold.test), made.scales(fold)[made.series_of(fold.test)]
    shown = {"model": truth + 3 * scales[:, None, :], "other": truth, "baseline": None}
    told = foretold.forecast(made, shown, None, None)["steps"]
    assert told["scaled"] and told["other"] == [0.0, 0.0]
    assert told["model"] == pytest.approx([3.0, 3.0], rel=1e-3)


def test_the_scatter_tells_the_errors_of_all() -> None:
    actual = np.zeros(5_000)
    guess = np.tile([1.0, 2.0, 3.0, 4.0], 1_250)
    guess[4_321] = -9.0
    told = foretold.scattered(actual, guess)
    assert told is not None
    assert (told["of"], told["median_error"], told["worst_error"]) == (5_000, 3.0, 9.0)
    assert -9.0 in told["foretold"] and len(told["actual"]) <= MOST_DRAWN
    assert foretold.scattered(np.array([np.nan]), np.array([1.0])) is None


# ---- classes


def test_certainty_by_hand() -> None:
    truth = np.array([0, 0, 1, 1])
    shares = np.array([[0.95, 0.05], [0.65, 0.35], [0.55, 0.45], [0.15, 0.85]])
    told = certainty(("a", "b"), truth, shares)
    assert told is not None and told["examples"] == 4
    first = told["curves"][0]
    # By the share of a: right, right, wrong, and the last one is no a.
    assert (first["label"], first["support"], first["average_precision"]) == ("a", 2, 1.0)
    assert list(zip(first["recall"], first["precision"], strict=True))[-1][0] == 1.0
    assert [(each["count"], each["right"]) for each in told["bins"]] == [
        (1, 0.0),
        (1, 1.0),
        (1, 1.0),
        (1, 1.0),
    ]
    off = (0.55 + 0.35 + 0.15 + 0.05) / 4
    assert told["calibration_error"] == pytest.approx(off)


def test_curves_are_those_of_scikit_learn_and_short() -> None:
    rng = np.random.default_rng(3)
    truth = rng.choice(9, 4_000, p=np.arange(1, 10) / 45)
    shares = rng.dirichlet(np.ones(9), 4_000)
    shares[np.arange(4_000), truth] += 0.3
    shares /= shares.sum(axis=1, keepdims=True)
    labels = [f"class {code}" for code in range(9)]
    told = certainty(labels, truth, shares)
    assert told is not None
    assert [each["label"] for each in told["curves"]] == [f"class {c}" for c in range(8, 2, -1)]
    assert len(told["curves"]) == MOST_CLASSES
    for each in told["curves"]:
        code = labels.index(each["label"])
        expected = average_precision_score(truth == code, shares[:, code])
        assert each["average_precision"] == pytest.approx(expected)
        assert len(each["recall"]) == len(each["precision"]) <= MOST_POINTS
        assert each["recall"] == sorted(each["recall"]) and each["recall"][-1] == 1.0
        area = np.sum(np.diff(each["recall"]) * np.array(each["precision"])[1:])
        assert area == pytest.approx(expected, abs=0.02)
    assert sum(each["count"] for each in told["bins"]) == 4_000


def test_one_class_alone_and_shares_that_are_no_numbers() -> None:
    told = certainty(("a", "b"), np.zeros(3, np.int64), np.array([[1.0, 0.0]] * 3))
    assert told is not None and told["curves"] == [] and told["calibration_error"] == 0.0
    told = certainty(("a", "b"), np.array([0, 1]), np.array([[np.nan] * 2, [0.1, 0.9]]))
    assert told is not None and told["examples"] == 1
    assert certainty(("a", "b"), np.zeros(0, np.int64), np.zeros((0, 2))) is None


# ---- targets


def test_values_of_targets_are_counted_without_the_gaps_that_were_filled() -> None:
    y = np.arange(240, dtype=float)
    y[[50, 51, 60]] = np.nan
    made = series(y=y, other=np.ones(240))
    first, second = exhibits.targets(made)
    assert (first["name"], first["of"], first["missing"], first["counted"]) == ("y", 240, 3, 237)
    assert first["quartiles"][0] == 0.0 and first["quartiles"][-1] == 239.0
    assert second["missing"] == 0 and second["histogram"]["counts"] == [240]


def test_classes_of_a_target_are_counted_the_most_frequent_first() -> None:
    rows = pd.DataFrame({"who": np.repeat(np.arange(60), 3), "x": np.random.rand(180)})
    rows["kind"] = np.where(rows["who"] % 3 == 0, "rare", "often")
    made = labelled(
        read(rows), kind=kind_named("sequence-classification"), target="kind", series="who"
    )
    (told,) = exhibits.targets(made)
    assert told["classes"] == [{"label": "often", "count": 40}, {"label": "rare", "count": 20}]
    assert told["histogram"] is None and told["of"] == told["counted"] == 60


# ---- several targets


def test_several_targets_have_no_unit_in_common() -> None:
    assert series().schema.unit == "y"
    several = series(other=np.zeros(240)).schema
    assert several.unit == ""
    assert METRICS["mae"].unit_of(several.unit) == METRICS["mse"].unit_of(several.unit) == ""
