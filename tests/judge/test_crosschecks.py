"""Other tests of the same question, beside the verdict."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from autorecur.judge.crosschecks import (
    crosschecks,
    diebold_mariano,
    likelier,
    paired_bootstrap,
    sign_share,
)
from autorecur.judge.outcome import Outcome

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("count", [8, 40])
def test_without_overlap_diebold_mariano_is_a_paired_t_test(count: int) -> None:
    """With one step ahead the correction turns the variance over n into that over n − 1."""
    differences = RNG.normal(0.2, 1.0, count)
    expected = stats.ttest_1samp(differences, 0.0, alternative="less").pvalue
    assert diebold_mariano(differences, 0) == pytest.approx(1 - expected, abs=1e-12)


def test_overlapping_forecasts_count_for_less() -> None:
    noise = RNG.normal(-0.4, 1.0, 300)
    smooth = np.convolve(noise, np.ones(6) / 6, mode="valid")  # each shares steps with five others
    alone, shared = diebold_mariano(smooth, 0), diebold_mariano(smooth, 5)
    assert alone is not None and shared is not None and 0.9 < shared < alone


def test_where_neighbours_cancel_the_variance_is_that_of_bartlett() -> None:
    differences = RNG.normal(0, 0.3, 120) + np.tile([1.0, -1.0], 60) - 0.02
    centred = differences - differences.mean()
    own, shared = centred @ centred, centred[1:] @ centred[:-1]
    assert own + 2 * shared <= 0 < own + shared
    found = diebold_mariano(differences, 1)
    statistic = differences.mean() / np.sqrt((own + shared) / 120**2)
    statistic *= np.sqrt((120 - 3 + 2 / 120) / 120)
    assert found == pytest.approx(stats.t.cdf(-statistic, 119), abs=1e-9)


def test_an_example_that_is_not_known_keeps_its_place() -> None:
    smooth = np.convolve(RNG.normal(-0.2, 1.0, 405), np.ones(6) / 6, mode="valid")
    holes = np.where(np.arange(400) % 3 == 1, np.nan, smooth)
    whole, kept = diebold_mariano(smooth, 5), diebold_mariano(holes, 5)
    drawn = diebold_mariano(holes[np.isfinite(holes)], 5)
    assert whole is not None and kept is not None and drawn is not None
    assert len({round(each, 6) for each in (whole, kept, drawn)}) == 3
    assert likelier(holes, 5, 1) == kept and likelier(holes, None, 1) is not None
    assert likelier(np.where(np.arange(400) < 7, smooth, np.nan), 5, 1) is None
    (_, found) = crosschecks(Outcome.GRU, "gru", np.full(6, -1.0), holes, 5, 1)
    assert found.of == np.isfinite(holes).sum()


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_even_odds_are_on_nobody_s_side(cell: str) -> None:
    outcome = Outcome[cell.upper()]
    found = crosschecks(outcome, cell, np.array([1.0, -1.0, 0.0, 0.0]), np.zeros(9), None, 1)
    assert [(each.gru_better, each.agrees) for each in found] == [(0.5, None), (0.5, None)]


def test_of_pure_noise_diebold_mariano_is_right_as_often_as_it_says() -> None:
    found = [diebold_mariano(RNG.normal(0, 1, 20), 0) for _ in range(2_000)]
    assert np.mean([share is not None and share > 0.95 for share in found]) == pytest.approx(
        0.05, abs=0.015
    )


def test_a_bootstrap_of_many_examples_is_a_t_test() -> None:
    differences = RNG.normal(-0.05, 1.0, 400)
    expected = stats.ttest_1samp(differences, 0.0, alternative="greater").pvalue
    assert paired_bootstrap(differences, 1) == pytest.approx(expected, abs=0.03)
    assert paired_bootstrap(differences, 1) == paired_bootstrap(differences, 1)
    assert paired_bootstrap(np.zeros(10), 1) == 0.5


def test_folds_won() -> None:
    assert sign_share([]) is None
    assert sign_share([-1.0] * 8) == pytest.approx(1 - 2**-9)
    assert sign_share([0.0, 0.0]) == pytest.approx(0.5)
    assert sign_share([1.0, 2.0, -5.0]) == pytest.approx(1 - stats.beta(2, 3).cdf(0.5))


def test_where_nothing_differs_nothing_is_said() -> None:
    assert diebold_mariano(np.zeros(20), 3) is None
    assert diebold_mariano(np.full(20, 0.3), 0) is None
    found = crosschecks(Outcome.GRU, "gru", np.array([-1.0] * 6), np.zeros(20), 0, 1)
    assert [each.name for each in found] == ["folds won, sign test"]


@pytest.mark.parametrize(
    ("outcome", "named", "agrees"),
    [
        (Outcome.GRU, "gru", [True, False]),
        (Outcome.LEANING, "lstm", [False, True]),
        (Outcome.EQUIVALENT, None, [None, None]),
        (Outcome.BASELINE_WINS, "naive", [None, None]),
    ],
)
def test_they_agree_or_disagree_with_a_cell_only(
    outcome: Outcome, named: str | None, agrees: list[bool | None]
) -> None:
    folds, holdout = np.full(6, -1.0), RNG.normal(1.0, 0.1, 50)
    found = crosschecks(outcome, named, folds, holdout, None, 1)
    assert [each.agrees for each in found] == agrees
    assert [each.of for each in found] == [6, 50]


def test_a_small_holdout_is_not_asked() -> None:
    assert len(crosschecks(Outcome.GRU, "gru", np.full(6, -1.0), np.full(7, 1.0), 0, 1)) == 1
    assert len(crosschecks(Outcome.GRU, "gru", np.full(6, -1.0), None, 0, 1)) == 1
