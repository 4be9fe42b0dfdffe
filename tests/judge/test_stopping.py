"""A duel ends early only where a look, at whole seeds, finds more than a verdict asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from duels import MARGIN, apart, duel

from autorecur.judge.outcome import DECIDE, Case
from autorecur.judge.stopping import is_clear, whole_seeds


def test_a_seed_counts_when_every_fold_has_it() -> None:
    assert whole_seeds(duel([[1, 2], [1, 2]], [[1, 2], [1, 2]])) == 2
    assert whole_seeds(duel([[1, 2], [1, None]], [[1, 2], [1, 2]])) == 1
    planned = duel([[1]] * 4, [[1]] * 4)
    assert whole_seeds(replace(planned, pairs=planned.pairs[:3])) == 0  # a fold has none yet
    assert whole_seeds(duel([], [])) == 0


@pytest.mark.parametrize(("difference", "noise"), [(-8.0, 0.5), (8.0, 0.5), (0.0, 0.05)])
def test_a_winner_or_none_is_clear(difference: float, noise: float) -> None:
    assert is_clear(apart(difference, noise), MARGIN)


@pytest.mark.parametrize(("difference", "noise"), [(0.5, 0.5), (0.0, 3.0), (-1.0, 3.0)])
def test_what_is_open_is_not(difference: float, noise: float) -> None:
    assert not is_clear(apart(difference, noise), MARGIN)


def test_three_folds_are_too_few() -> None:
    assert not is_clear(apart(-8.0, 0.5, folds=3), MARGIN)


def test_a_baseline_that_may_or_may_not_be_beaten_leaves_it_open() -> None:
    """Of the cells neither is better; whether they beat the baseline is told by noise alone."""
    level = np.random.default_rng(4).normal(0, 1.0, (8, 1)) + 49.5  # one margin below the baseline
    made = duel(level.tolist(), level.tolist(), baseline=50.0)
    assert not is_clear(made, MARGIN)
    assert is_clear(duel((level - 10).tolist(), (level - 10).tolist(), baseline=50.0), MARGIN)
    assert is_clear(duel((level + 10).tolist(), (level + 10).tolist(), baseline=50.0), MARGIN)


def test_looks_name_a_cell_of_two_equal_ones_seldom() -> None:
    """The whole rule on noise of seeds alone, which gives looks the most chances to be wrong."""
    rng, wrong, duels = np.random.default_rng(7), 0, 300
    for _ in range(duels):
        gru = 40 + rng.normal(0, 20, (4, 16))
        for seeds in (1, 2, 4, 8, 16):
            made = duel([[40.0] * seeds] * 4, gru[:, :seeds].tolist(), baseline=90.0)
            if seeds == 16 or is_clear(made, MARGIN):
                wrong += Case(made, {}, MARGIN).belief.settled(DECIDE) in ("lstm", "gru")
                break
    assert wrong <= 0.05 * duels + 2 * np.sqrt(0.05 * 0.95 * duels)
