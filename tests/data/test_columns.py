"""Columns become numbers or times, or the first value that does not is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from autorecur.data.columns import find_clock, numbers, read_clock
from autorecur.data.read import Table
from autorecur.data.roles import encoded, texts_of
from autorecur.data.series import dataset
from autorecur.errors import DataError


def table(**columns: Any) -> Table:
    frame = pd.DataFrame(columns)
    return Table("table", frame, "", len(frame))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1,5", "-2,25", "3"], [1.5, -2.25, 3.0]),
        (["0,1234", None, "7"], [0.1234, np.nan, 7.0]),
        (["1,500", "2,000"], None),  # thousands, or three decimals: nobody can tell
        (["1,5", "2.5"], None),
        (["1,5", "x"], None),
    ],
)
def test_decimal_commas(texts: list[str | None], expected: list[float] | None) -> None:
    values, bad = numbers(table(y=texts), "y")
    if expected is None:
        assert values is None and bad >= 0
    else:
        assert values is not None
        assert np.array_equal(values, np.array(expected, np.float32), equal_nan=True)


@pytest.mark.parametrize(
    "texts",
    [
        ["2020-01-01T00:00+01:00", "2020-01-02T00:00+02:00", "2020-01-02T23:00Z"],
        ["2020-01-01 00:00:00+0100", "2020-01-02 00:00:00+0200", "2020-01-03 00:00:00+0100"],
    ],
)
def test_times_of_several_zones_are_brought_to_one(texts: list[str]) -> None:
    clock = read_clock(table(when=texts), "when")
    assert "brought to UTC" in clock.reason
    assert isinstance(clock.stamps, pd.DatetimeIndex)
    assert clock.stamps[0] == pd.Timestamp("2019-12-31 23:00")
    assert clock.stamps[1] == pd.Timestamp("2020-01-01 22:00")


@pytest.mark.parametrize("zoned", [0, 1])
def test_times_with_and_without_a_zone_do_not_mix(zoned: int) -> None:
    texts = ["2020-01-01T00:00:00", "2020-01-02T00:00:00", "2020-01-03T00:00:00"]
    texts[zoned] += "+02:00"
    with pytest.raises(DataError, match=r"with a zone and without one: row .*row .*one way"):
        read_clock(table(when=texts), "when")


@pytest.mark.parametrize("texts", [["2020-01-01", "2020-01-02"], ["01.02.2020", "02.02.2020"]])
def test_plain_dates_have_no_zone(texts: list[str]) -> None:
    assert read_clock(table(when=texts), "when").reason == "as asked"


def test_a_counter_of_a_panel_counts_within_each_series() -> None:
    one = table(id=[1, 1, 2, 2], cycle=[1, 3, 1, 2], y=[1.0, 2.0, 3.0, 4.0])
    clock = find_clock(one, {"y"}, "id")
    assert clock is not None and clock.name == "cycle"
    assert find_clock(one, {"y"}) is None


def test_texts_of_a_column_are_stripped_and_blank_ones_missing() -> None:
    codes, texts = texts_of(pd.Series(["a", " a ", "", None, "b"]))
    assert codes.tolist() == [0, 0, -1, -1, 1]
    assert texts == ["a", "b"]


def test_two_thousand_columns_are_understood_in_few_sentences() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(300, 2000)), columns=[f"x{i}" for i in range(2000)])
    frame.iloc[:, 1000:1500] = 3.0
    for place in range(1500, 1520):
        frame[f"x{place}"] = [f"{place} {row}" for row in range(300)]
    data = dataset(Table("wide", frame, "", 300), target="x0", horizon=3)
    assert data.values.shape == (300, 1480)
    assert len(data.schema.reasons) < 30
    assert max(map(len, data.schema.reasons)) < 300


def test_a_category_that_training_did_not_see_is_code_0() -> None:
    data = table(place=["n", "s"] * 100, y=np.sin(np.arange(200.0)))
    made = dataset(data, target="y", horizon=2)
    codes, new = encoded(table(place=["s", "x", None]), made.schema.categories[0])
    assert codes.tolist() == [2, 0, 0]
    assert new == ("x",)
