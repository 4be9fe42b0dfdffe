"""What a verdict hangs on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from duels import FINALISTS, MARGIN, apart, duel

from autorecur.judge.comparison import Comparison
from autorecur.judge.outcome import Case, Margin, Outcome
from autorecur.judge.sensitivity import Variation, variations
from autorecur.metrics import METRICS


def varied(comparison: Comparison, margin: Margin = MARGIN) -> dict[str, Variation]:
    found = variations(Case(comparison, FINALISTS, margin))
    assert len({each.name for each in found}) == len(found)
    return {each.name: each for each in found}


def test_a_clear_difference_hangs_on_nothing() -> None:
    found = varied(apart(-4.0, 0.1))
    assert len(found) == 2 + 8 + 1 and all(each.same for each in found.values())
    assert {(each.outcome, each.cell) for each in found.values()} == {("GRU", "gru")}


def test_a_difference_of_about_the_margin_hangs_on_the_margin() -> None:
    found = varied(apart(-0.7, 0.05))  # MARGIN is 0.5
    assert Case(apart(-0.7, 0.05), FINALISTS, MARGIN).outcome is Outcome.GRU
    assert (found["twice the margin"].outcome, found["twice the margin"].same) == (
        "EQUIVALENT",
        False,
    )
    assert found["half the margin"].same


def test_one_odd_fold_is_named() -> None:
    even = [[40.0, 40.1]] * 5
    comparison = duel([*even, [40.0, 40.0]], [[38.0, 38.1]] * 5 + [[44.0, 44.1]])
    found = varied(comparison)
    other = [name for name, each in found.items() if not each.same]
    assert other == ["without fold 6"]
    assert (found["without fold 6"].outcome, found["without fold 6"].cell) == ("GRU", "gru")


def test_of_four_folds_each_can_still_be_left_out() -> None:
    found = varied(apart(4.0, 0.1, folds=4))
    assert {each.outcome for name, each in found.items() if name.startswith("without")} == {"LSTM"}


def test_one_seed_a_fold_is_judged_where_there_are_more() -> None:
    assert "one seed a fold" not in varied(apart(-4.0, 0.1, seeds=1))
    gru = [[36.0, 44.0], [36.1, 43.8], [35.9, 44.1], [36.0, 44.0], [36.0, 44.0]]
    lucky = duel([[40.0, 40.0]] * 5, gru)
    found = varied(lucky)["one seed a fold"]
    assert (found.outcome, found.cell, found.same) == ("GRU", "gru", False)


def test_another_metric_may_say_otherwise() -> None:
    case = Case(apart(-4.0, 0.1), FINALISTS, MARGIN)
    other = replace(apart(4.0, 0.1), metric=METRICS["rmse"])
    told = {each.name: each for each in variations(case, Case(other, FINALISTS, MARGIN))}
    assert (told["by RMSE"].outcome, told["by RMSE"].same) == ("LSTM", False)
    few = Case(apart(4.0, 0.1, folds=3), FINALISTS, MARGIN)
    assert "by RMSE" not in {each.name for each in variations(case, few)}


def test_where_nothing_was_judged_nothing_varies() -> None:
    assert varied(apart(-4.0, 0.1, folds=3)) == {}


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_it_judges_as_the_verdict_does(factor: float) -> None:
    """Half of a margin is what half of it, declared, would have given."""
    comparison, margin = apart(-0.9, 0.6), replace(MARGIN, value=MARGIN.value * (1 + factor))
    halved = replace(margin, value=margin.value / 2)
    declared = Case(comparison, FINALISTS, halved).outcome.name
    assert varied(comparison, margin)["half the margin"].outcome == declared
