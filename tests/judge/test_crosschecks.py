"""Other tests of the same question, beside the verdict."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from autorecur.judge.crosschecks import (
    crosschecks,
    diebold_mariano,
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
