"""Which series of a panel want which cell: planted ones are found, lucky ones are not."""

from __future__ import annotations

import numpy as np
import pytest

from autorecur.judge.panel import FEWEST_SERIES, PanelView, panel_view

MARGIN = 0.01


def view(
    effects: np.ndarray, noise: float, folds: int = 8, seed: int = 0, **given: object
) -> PanelView | None:
    """Of a panel whose series' GRU errors are `effects` (relative) above the LSTM's."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(3, 2, (1, len(effects))) * rng.uniform(0.7, 1.3, (folds, len(effects)))
    lstm = level * (1 + rng.normal(0, noise, level.shape))
    gru = level * (1 + effects + rng.normal(0, noise, level.shape))
    names = [f"s{place}" for place in range(len(effects))]
    return panel_view(names, lstm, gru, 0.05, MARGIN)


def test_of_series_that_are_all_alike_hardly_one_stands_out() -> None:
    """Each alone at 95 % would name one in twenty."""
    named = 0
    for seed in range(40):
        found = view(np.zeros(200), noise=0.1, seed=seed)
        assert found is not None and found.lstm + found.gru + found.rest == 200
        named += found.lstm + found.gru
    assert named <= 0.002 * 40 * 200


def test_the_luck_of_one_training_speaks_for_no_series() -> None:
    """All series of a fold are scored by the same networks: what moves them all is one number."""
    rng, named = np.random.default_rng(5), 0
    for _ in range(200):
        luck = rng.normal(0, 0.03, (4, 1))
        gru = 10.0 * (1 + luck + rng.normal(0, 0.05, (4, 200)))
        found = panel_view(
            [f"s{n}" for n in range(200)], np.full_like(gru, 10.0), gru, 0.05, MARGIN
        )
        assert found is not None
        named += max(found.lstm, found.gru) >= 20
    assert named <= 0.05 * 200


def test_series_are_told_from_each_other_whatever_luck_they_share() -> None:
    """Some are ahead by more than what moves all of them; folds that some lack shift nothing."""
    rng = np.random.default_rng(6)
    effects = np.where(np.arange(60) < 6, -0.5, 0.0)
    apart = effects + rng.normal(0, 0.03, (8, 1)) + rng.normal(0, 0.02, (8, 60))
    gru = 10.0 * (1 + apart)
    gru[:3, 20:40] = np.nan
    found = panel_view([f"s{n}" for n in range(60)], np.full_like(gru, 10.0), gru, 0.05, MARGIN)
    assert found is not None and (found.gru, found.lstm) == (6, 0)


def test_planted_series_are_found_and_their_effect_is_told() -> None:
    effects = np.zeros(300)
    effects[:30], effects[30:45] = -0.2, 0.2
    found = view(effects, noise=0.03)
    assert found is not None
    assert 28 <= found.gru <= 31 and 13 <= found.lstm <= 16
    assert found.spread == pytest.approx(effects.std(), rel=0.15)
    of_gru = [each for each in found.series if each.cell == "gru"]
    assert len(of_gru) == 10 and {int(each.name[1:]) < 30 for each in of_gru} == {True}
    assert all(each.better_by == pytest.approx(0.2, abs=0.06) for each in of_gru)


def test_a_panel_that_agrees_speaks_for_its_series() -> None:
    """Where all differ alike, each has the evidence of all, though it alone would be too noisy."""
    found = view(np.full(200, -0.08), noise=0.08)
    assert found is not None and found.gru > 190 and found.lstm == 0
    assert view(np.full(200, -0.005), noise=0.02).gru == 0  # type: ignore[union-attr]


def test_missing_scores_and_few_series_tell_nothing() -> None:
    rng = np.random.default_rng(1)
    lstm, gru = rng.uniform(1, 2, (2, 6, 20))
    gru[:4, 5] = np.nan  # two folds are left of it
    lstm[0, 6] = np.inf
    lstm[:, 7] = gru[:, 7] = 0.0  # a series that both foretell without an error
    names = [f"s{place}" for place in range(20)]
    found = panel_view(names, lstm, gru, 0.05, MARGIN)
    assert found is not None and found.rest + found.lstm + found.gru == 20
    few = FEWEST_SERIES - 1
    assert panel_view(names[:few], lstm[:, :few], gru[:, :few], 0.05, MARGIN) is None
    assert panel_view(names, lstm[:2], gru[:2], 0.05, MARGIN) is None
