"""What suits a Dataset before anything was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autorecur.data.read import read
from autorecur.data.series import dataset
from autorecur.errors import SettingError
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.defaults import first_candidate, full_steps, space_for


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(60, 900), horizon=st.integers(1, 40), season=st.integers(2, 60))
def test_every_lookback_leaves_half_of_the_examples(rows: int, horizon: int, season: int) -> None:
    wave = np.sin(2 * np.pi * np.arange(rows) / season) + np.random.default_rng(1).normal(size=rows)
    try:
        data = dataset(read(pd.DataFrame({"y": wave})), horizon=min(horizon, rows // 12))
    except ValueError:
        return  # too short for its horizon; that refusal is `test_split.py`'s
    space = space_for(data)
    train = data.split.selection.train
    assert 1 <= len(space.lookback) <= 3 and list(space.lookback) == sorted(set(space.lookback))
    for lookback in space.lookback:
        assert 2 <= lookback <= data.longest_lookback
        assert (train >= lookback).sum() >= len(train) // 2
    assert ("season" in space.normalisation) == (1 < data.schema.season <= space.lookback[-1])
    assert first_candidate(data, space).lookback in space.lookback


def test_the_bundled_table(co2: Any) -> None:
    space = space_for(co2.dataset)
    assert space.lookback == (26, 52, 104)
    assert space.batch == (32, 64)
    first = first_candidate(co2.dataset, space)
    assert first == Candidate("lstm", 1, 32, 104, 2e-3, 0.0, 64, "standard", linear=True)


def test_absolute_levels_are_for_series_that_stay_where_they_have_been() -> None:
    steps = np.arange(400)
    wave = np.sin(2 * np.pi * steps / 12) + np.random.default_rng(1).normal(0, 0.1, 400)
    offered = {}
    for name, growth in (("level", 0.0), ("growing", 0.02), ("falling", -0.02)):
        data = dataset(read(pd.DataFrame({"y": wave + growth * steps})), horizon=6)
        offered[name] = "none" in space_for(data).normalisation
    assert offered == {"level": True, "growing": False, "falling": False}


def test_few_examples_want_small_batches(seasonal: Any) -> None:
    assert space_for(seasonal.dataset).batch == (16, 32)


def test_overrides_replace_fields(seasonal: Any) -> None:
    space = space_for(seasonal.dataset, {"width": (4, 8), "depth": 2, "cells": ["gru"]})
    assert (space.width, space.depth, space.cells) == ((4, 8), (2,), ("gru",))
    assert space.lookback == space_for(seasonal.dataset).lookback
    assert space_for(seasonal.dataset, {"width": range(3, 6)}).width == (3, 4, 5)
    whole = Space(width=(3,))
    assert space_for(seasonal.dataset, whole) is whole


def test_one_learning_rate_is_a_range_of_one(seasonal: Any) -> None:
    space = space_for(seasonal.dataset, {"learning_rate": 0.01})
    assert space.draw(np.random.default_rng(1)).learning_rate == 0.01
    assert first_candidate(seasonal.dataset, space).learning_rate == 0.01


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"heads": 3}, "the space has no 'heads': it has batch, bidirectional, cells, depth, "),
        ({"width": ()}, "the space's width is empty: give at least one choice"),
        ({"cells": "rnn"}, "unknown cell 'rnn': use lstm or gru, and rnn beside them"),
        ({"cells": ("gru", "cnn")}, "unknown cell 'cnn'"),
    ],
)
def test_wrong_overrides_are_refused(
    overrides: dict[str, Any], sentence: str, seasonal: Any
) -> None:
    with pytest.raises(SettingError, match=sentence):
        space_for(seasonal.dataset, overrides)


def test_the_first_candidate_stays_inside_the_space(seasonal: Any) -> None:
    space = replace(
        space_for(seasonal.dataset),
        cells=("gru",),
        depth=(2, 3),
        width=(100, 200),
        learning_rate=(1e-2, 2e-2),
        dropout=(0.3,),
        normalisation=("last",),
    )
    first = first_candidate(seasonal.dataset, space)
    assert (first.cell, first.depth, first.width, first.dropout) == ("gru", 2, 100, 0.3)
    assert (first.learning_rate, first.normalisation) == (1e-2, "last")


def test_a_full_training_is_forty_epochs_within_limits(seasonal: Any, co2: Any) -> None:
    examples = len(seasonal.dataset.split.selection.train)
    assert full_steps(seasonal.dataset, Candidate("gru", batch=16)) == 40 * (examples // 16)
    assert full_steps(seasonal.dataset, Candidate("gru", batch=64)) == 400
    assert full_steps(co2.dataset, Candidate("gru", batch=4)) == 3000
    assert full_steps(co2.dataset, Candidate("gru", batch=7)) % 10 == 0
