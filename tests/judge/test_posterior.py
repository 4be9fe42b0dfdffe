from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from scipy import integrate, stats

from autorecur.judge.posterior import posterior, settling_size


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("folds", [2, 4, 10, 30])
@pytest.mark.parametrize("margin", [0.01, 0.3, 2.0])
def test_agrees_with_baycomp(seed: int, folds: int, margin: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its imports, not its numbers
        baycomp = pytest.importorskip("baycomp")
    rng = np.random.default_rng(seed)
    lstm, gru = rng.normal(3, 1, folds), rng.normal(3.2, 1, folds)
    left, rope, right = baycomp.CorrelatedTTest.probs(lstm, gru, rope=margin)
    ours = posterior(gru - lstm, test_share=1 / folds, margin=margin)
    assert ours.gru_better == pytest.approx(left, abs=1e-9)
    assert ours.equivalent == pytest.approx(rope, abs=1e-9)
    assert ours.lstm_better == pytest.approx(right, abs=1e-9)


def test_is_the_student_t_of_the_papers() -> None:
    differences = np.array([0.5, -0.2, 0.7, 0.1, 0.4])
    belief = posterior(differences, test_share=0.2, margin=0.1)
    scale = differences.std(ddof=1) * math.sqrt(1 / 5 + 0.25)
    law = stats.t(4, differences.mean(), scale)
    assert (belief.scale, belief.degrees_of_freedom) == (pytest.approx(scale), 4)
    assert (belief.low, belief.high) == pytest.approx(law.interval(0.95))
    inside, _ = integrate.quad(law.pdf, -0.1, 0.1)
    assert belief.equivalent == pytest.approx(inside)
    assert belief.lstm_better + belief.equivalent + belief.gru_better == pytest.approx(1)


def test_a_metric_that_grows_swaps_the_cells() -> None:
    differences = [0.5, 0.6, 0.4, 0.7]
    lower = posterior(differences, 0.1, 0.05, "lower")
    higher = posterior(differences, 0.1, 0.05, "higher")
    assert lower.lstm_better > 0.9
    assert higher.gru_better == lower.lstm_better
    assert (higher.mean, higher.low, higher.high) == (lower.mean, lower.low, lower.high)


# Nothing known: an infinite scale, one half for each cell; one number often: all mass on it.
@pytest.mark.parametrize(
    ("differences", "margin", "expected"),
    [
        ([], 0.1, (0.5, 0.0, 0.5)),
        ([3.0], 0.1, (0.5, 0.0, 0.5)),
        ([math.nan, 3.0], 0.1, (0.5, 0.0, 0.5)),
        ([math.inf, -math.inf, math.nan], 0.1, (0.5, 0.0, 0.5)),
        ([0.0] * 5, 0.1, (0.0, 1.0, 0.0)),
        ([0.0] * 5, 0.0, (0.0, 1.0, 0.0)),
        ([0.1] * 7, 0.1, (0.0, 1.0, 0.0)),
        ([0.3] * 7, 0.1, (1.0, 0.0, 0.0)),
        ([-0.3] * 7, 0.1, (0.0, 0.0, 1.0)),
        ([1e300, -1e300, 1e300, 2e300], 0.1, (0.5, 0.0, 0.5)),
    ],
)
def test_degenerate(
    differences: list[float], margin: float, expected: tuple[float, float, float]
) -> None:
    belief = posterior(differences, 0.1, margin)
    assert (belief.lstm_better, belief.equivalent, belief.gru_better) == expected


def test_numbers_that_are_not_finite_are_left_out() -> None:
    clean = [0.5, 0.6, 0.4, 0.7]
    assert posterior([*clean, math.nan, math.inf], 0.1, 0.1) == posterior(clean, 0.1, 0.1)


def test_more_folds_never_pass_the_floor_of_shared_training_rows() -> None:
    few, many = (posterior([0.0, 1.0] * n, 0.2, 0.1).scale for n in (2, 500))
    assert many < few
    assert many > 0.5 * math.sqrt(0.25)


@pytest.mark.parametrize(
    ("share", "margin"), [(1.0, 0.1), (-0.1, 0.1), (0.1, -1.0), (0.1, math.nan)]
)
def test_refuses_what_cannot_be(share: float, margin: float) -> None:
    with pytest.raises(ValueError, match=r"the (test share|margin) is"):
        posterior([0.1, 0.2, 0.3], share, margin)


def test_settling_takes_the_fewest_trainings_that_would_do() -> None:
    differences = [[1.0, 0.2], [0.4, 1.4], [0.9, 0.1], [0.1, 1.1]]
    size = settling_size(differences, 0.02, 0.1, 0.95, most_folds=8, most_seeds=30)
    assert size is not None
    folds, seeds = size
    assert folds >= 4 and seeds >= 2 and folds * seeds > 8


def test_nothing_settles_a_difference_as_large_as_the_margin() -> None:
    differences = [[0.1 + bump] for bump in (-0.5, 0.5, -0.4, 0.4)]
    assert settling_size(differences, 0.1, 0.1, 0.95, most_folds=99, most_seeds=30) is None
