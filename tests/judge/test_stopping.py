"""A duel ends early only where a look, at whole seeds, finds more than a verdict asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from duels import MARGIN, apart, duel

from autorecur.judge.outcome import DECIDE, Case
from autorecur.judge.stopping import CLEAR, is_clear, whole_seeds


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


def test_a_look_asks_for_more_than_the_verdict() -> None:
    """So what it ends the verdict names too, and not the other way round."""
    told = [apart(-1.5, 1.0, folds=6, seed=seed) for seed in range(200)]
    clear = np.array([is_clear(each, MARGIN) for each in told])
    named = np.array([Case(each, {}, MARGIN).belief.settled(DECIDE) is not None for each in told])
    assert CLEAR > DECIDE
    assert not (clear & ~named).any()
    assert 0 < clear.sum() < named.sum()
