"""Candidate and Space: imported without Keras, drawn alike for both cells."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autorecur.errors import SettingError
from autorecur.nets.candidate import CELLS, Candidate, Space

ROOT = Path(__file__).resolve().parents[2]


def test_describing_networks_imports_no_engine() -> None:
    code = (
        "import sys, autorecur.nets.candidate, autorecur.nets.cost, autorecur.nets.defaults, "
        "autorecur.nets.train, autorecur.search.dispatch, autorecur.search.search; "
        "sys.exit(', '.join({'keras', 'jax', 'tensorflow', 'keras_tuner'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_both_cells_of_a_pair_differ_in_the_cell_alone() -> None:
    lstm = Candidate("lstm", depth=2, width=8, dropout=0.1)
    gru = lstm.with_cell("gru")
    assert gru.pair_key == lstm.pair_key
    assert {**asdict(gru), "cell": "lstm"} == asdict(lstm)
    assert (gru.title, lstm.title) == ("GRU 2 × 8", "LSTM 2 × 8")
    assert lstm.pair_key != Candidate("lstm", depth=2, width=8, dropout=0.2).pair_key


def test_draws_stay_inside_the_space_and_follow_from_the_seed() -> None:
    space = Space(width=(4, 8), lookback=(5, 7), learning_rate=(1e-3, 1e-2), batch=(16,))
    drawn = [space.draw(np.random.default_rng((1, number))) for number in range(200)]
    assert drawn == [space.draw(np.random.default_rng((1, number))) for number in range(200)]
    assert {c.width for c in drawn} == {4, 8} and {c.lookback for c in drawn} == {5, 7}
    assert {c.depth for c in drawn} == {1, 2, 3} and {c.batch for c in drawn} == {16}
    assert {c.normalisation for c in drawn} == set(space.normalisation)
    rates = np.array([c.learning_rate for c in drawn])
    assert rates.min() >= 1e-3 and rates.max() <= 1e-2
    assert 0.35 < (rates < np.sqrt(1e-3 * 1e-2)).mean() < 0.65  # log-uniform: half below the middle
    assert all(type(c.width) is int and type(c.normalisation) is str for c in drawn)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"cells": ("lstm", "cnn")}, "unknown cell 'cnn': use lstm or gru, and rnn beside them"),
        ({"cells": ("rnn",)}, "unknown cell 'rnn': use lstm or gru, and rnn beside them"),
        ({"cells": ()}, "the space has no cell: use lstm or gru, and rnn beside them"),
        ({"depth": (0, 1)}, "depth, width and lookback are whole numbers from 1 upwards"),
        ({"width": (-8,)}, "depth, width and lookback are whole numbers from 1 upwards"),
        ({"lookback": (0,)}, "depth, width and lookback are whole numbers from 1 upwards"),
        ({"weight_decay": (0.0, -0.1)}, "the weight decay -0.1 is below nought: give a number"),
    ],
)
def test_a_space_that_cannot_be_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError, match=f"^{sentence}"):
        Space(**fields)


def test_a_space_of_weight_decays_is_drawn_from_and_moves_no_other_draw() -> None:
    plain, decaying = Space(), Space(weight_decay=(0.0, 0.01))
    drawn = [
        [space.draw(np.random.default_rng((1, number))) for number in range(40)]
        for space in (plain, decaying)
    ]
    assert {candidate.weight_decay for candidate in drawn[1]} == {0.0, 0.01}
    assert [replace(candidate, weight_decay=0.0) for candidate in drawn[1]] == drawn[0]
    first, other = Candidate("gru", weight_decay=0.1), Candidate("gru", weight_decay=0.3)
    assert first.with_settings_of(other).weight_decay == 0.3
    assert first.program_key == other.program_key and first.pair_key != other.pair_key


def test_a_space_of_one_cell_draws_that_cell() -> None:
    for cell in CELLS:
        assert Space(cells=(cell,)).draw(np.random.default_rng(1)).cell == cell
