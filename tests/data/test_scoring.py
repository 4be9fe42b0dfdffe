"""Errors by series are those of each series' examples alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from autorecur.data import scoring
from autorecur.data.read import read
from autorecur.data.series import dataset
from autorecur.metrics import METRICS


@pytest.mark.parametrize("metric", ["mae", "mase", "rmse"])
def test_each_series_has_the_error_of_its_own_examples(metric: str) -> None:
    rng = np.random.default_rng(3)
    parts = [
        pd.DataFrame(
            {
                "shop": f"s{number}",
                "day": pd.date_range("2021-01-01", periods=120 + 10 * number),
                "y": 10.0**number * rng.normal(5, 1, 120 + 10 * number),
            }
        )
        for number in range(3)
    ]
    made = dataset(read(pd.concat(parts)), target="y", time="day", series="shop", horizon=2)
    fold, used = made.split.holdout, METRICS[metric]
    examples = rng.permutation(fold.test)  # in any order
    forecast = made.actuals(examples) + rng.normal(0, 1, (len(examples), 2, 1)).astype(np.float32)
    found = scoring.by_series(used, made, fold, examples, forecast)
    for series in range(3):
        own = made.series_of(examples) == series
        asked = used, made, fold, examples[own], forecast[own]
        assert found[series] == pytest.approx(scoring.score(*asked), rel=1e-5)
    first = made.series_of(examples) == 0
    only = scoring.by_series(used, made, fold, examples[first], forecast[first])
    assert np.isfinite(only[0]) and np.isnan(only[1:]).all()
