"""Tables of several series: order, grid, roles, and what is known in advance or constant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autorecur.data.dataset import Dataset
from autorecur.data.read import read
from autorecur.data.series import dataset, prepare
from autorecur.errors import AutorecurError, DataError


def panel(stores: int = 5, weeks: int = 120, **columns: Any) -> pd.DataFrame:
    """Weekly sales of stores that differ in scale, with a sale that raises them."""
    rng = np.random.default_rng(4)
    parts = []
    for store in range(stores):
        sale = (rng.random(weeks) < 0.2).astype(int)
        level = 10.0 ** (store % 4)
        y = level * (5 + np.sin(np.arange(weeks) / 8) + 2 * sale + rng.normal(0, 0.1, weeks))
        when = pd.date_range("2020-01-03", periods=weeks, freq="W-FRI").astype(str)
        parts.append(pd.DataFrame({"store": f"s{store}", "week": when, "sales": y, "sale": sale}))
    return pd.concat(parts, ignore_index=True).assign(**columns)


def understood(frame: pd.DataFrame, **asked: Any) -> Dataset:
    return dataset(read(frame), **{"target": "sales", "series": "store", "horizon": 4} | asked)


def roles(data: Dataset) -> dict[str, str]:
    return {column.name: column.role for column in data.schema.columns}


def said(data: Dataset) -> str:
    return " ".join(data.schema.reasons)


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        (
            "m4_hourly.csv.gz",
            {"target": "y", "series": "series_id", "split": "split"},
            {"series": 414, "rows": 373_372, "season": 24, "horizon": 48, "holdout": 414},
        ),
        (
            "m3_quarterly.csv.gz",
            {"target": "y", "series": "series_id", "split": "split"},
            {"series": 756, "rows": 37_004, "season": 1, "horizon": 8, "holdout": 756},
        ),
        (
            "walmart_store_sales.csv",
            {"target": "weekly_sales", "series": "store", "known": ["holiday_flag"], "horizon": 8},
            {"series": 45, "rows": 6435, "season": 1, "horizon": 8, "holdout": 630},
        ),
    ],
)
def test_real_panels(
    name: str,
    asked: dict[str, Any],
    expected: dict[str, int],
    shared_table: Callable[[str], Path],
) -> None:
    table = read(shared_table(name))
    data = dataset(table, **asked)
    found = {
        "series": len(data.offsets) - 1,
        "rows": data.rows,
        "season": data.schema.season,
        "horizon": data.horizon,
        "holdout": len(data.split.holdout.test),
    }
    assert found == expected
    assert len(data.series) == len(data.static) == expected["series"]
    assert np.isfinite(data.values).all() and np.isfinite(data.known).all()
    again = prepare(table, data.schema, future=False)
    for field in ("values", "observed", "known", "codes", "static", "offsets"):
        assert np.array_equal(getattr(again, field), getattr(data, field)), field
    assert again.series == data.series
    assert again.times.equals(data.times)


def test_rows_are_grouped_and_sorted_however_they_come() -> None:
    frame = panel()
    plain = understood(frame)
    by_week = understood(frame.sort_values(["week", "store"], kind="stable"))
    shuffled = understood(frame.sample(frac=1, random_state=3))
    assert plain.series == by_week.series == ("s0", "s1", "s2", "s3", "s4")
    assert np.array_equal(plain.values, by_week.values)
    assert not [finding for finding in by_week.findings if "out of time order" in finding.sentence]
    assert "out of time order" in said(shuffled)
    first = shuffled.series.index("s3")
    rows = slice(shuffled.offsets[first], shuffled.offsets[first + 1])
    assert np.array_equal(shuffled.values[rows], plain.values[360:480])


def test_each_series_has_a_grid_of_its_own() -> None:
    frame = panel()
    gone = (frame["store"] == "s1") & (frame["week"].between("2020-06-01", "2020-07-01"))
    late = (frame["store"] == "s2") & (frame["week"] < "2020-05-01")
    data = understood(frame[~gone & ~late])
    assert list(np.diff(data.offsets)) == [120, 120, 103, 120, 120]
    holes = np.flatnonzero(~data.observed[:, 0])
    assert len(holes) == int(gone.sum())
    assert ((holes >= 120) & (holes < 240)).all()
    assert (data.values[holes, 0] == data.values[holes[0] - 1, 0]).all()
    assert f"{len(holes)} of {data.rows} time steps had no row" in said(data)
    assert data.times[240] == pd.Timestamp("2020-05-01")


def test_nothing_is_carried_from_one_series_into_the_next() -> None:
    frame = panel(weeks=130)
    first = frame["store"].ne(frame["store"].shift())
    frame["wind"] = np.where(first, np.nan, np.arange(len(frame)) % 7)
    data = understood(frame)
    # The first row of each series has no wind, and is cut rather than filled from another series.
    assert list(np.diff(data.offsets)) == [129] * 5
    assert "first time steps of some series" in said(data).lower()


def test_known_columns_are_features_of_the_steps_ahead() -> None:
    frame = panel(place=np.tile(["north", "south", "south"], 200))
    data = understood(frame, known=["sale", "place"])
    assert roles(data)["sale"] == roles(data)["place"] == "known"
    assert data.schema.channels == ("sales",)
    assert np.array_equal(data.known[:, -3], frame["sale"].astype(np.float32))
    assert np.array_equal(data.known[:, -2], (frame["place"] == "north").astype(np.float32))
    assert (data.known[:, -2:].sum(axis=1) == 1).all()


def test_a_forecast_with_known_columns_needs_their_rows() -> None:
    frame = panel()
    schema = understood(frame, known=["sale"]).schema
    future = frame["week"] >= sorted(frame["week"].unique())[-4]
    open_end = frame.assign(sales=frame["sales"].where(~future))
    ready = prepare(read(open_end), schema)
    assert list(ready.future) == [116, 236, 356, 476, 596]
    steps = ready.future[:, None] + np.arange(4)
    assert np.array_equal(ready.known[steps, -1].ravel(), frame["sale"][future])
    assert not ready.observed[steps].any()
    assert (ready.values[steps, 0] == ready.values[ready.future - 1, 0][:, None]).all()
    rule = "the 4 rows to be forecast must be in the table, with 'sale' filled in and the target"
    for broken, message in (
        (frame, "has 0 rows after the last value of the series 's0'"),
        (open_end[~(future & (frame["store"] == "s2"))], "0 rows after .* 's2'"),
        (open_end.assign(sale=frame["sale"].where(~future)), "'sale' is empty there"),
        (open_end.drop(index=[117]), "3 rows after|time steps are missing there"),
        (open_end.assign(sales=np.nan), "'sales' of table has no value"),
    ):
        with pytest.raises(DataError, match=message) as caught:
            prepare(read(broken), schema)
        assert "no value" in message or rule in str(caught.value)


def test_static_columns_describe_series() -> None:
    frame = panel(size=np.repeat([10, 20, 30, 40, 50], 120), region=np.repeat(list("aabbb"), 120))
    data = understood(frame)
    assert roles(data)["size"] == roles(data)["region"] == "static"
    expected = [[10, 1, 0], [20, 1, 0], [30, 0, 1], [40, 0, 1], [50, 0, 1]]
    assert data.static.tolist() == expected
    asked = understood(frame, static=["size"])
    assert {c.name: c.reason for c in asked.schema.columns}["size"] == "as asked"
    new = prepare(read(frame[:20].assign(store="new", region="z")), data.schema)
    assert new.static.tolist() == [[10, 0, 0]]
    assert new.series == ("new",)
    assert [finding.code for finding in new.findings] == ["AR118"]
    changed = frame.assign(size=np.arange(600) % 7)
    with pytest.raises(DataError, match=r"'size' changes within the series 's0', in row 1"):
        understood(changed, static=["size"])


def test_a_new_series_and_a_single_row_are_prepared() -> None:
    frame = panel()
    schema = understood(frame).schema
    one = prepare(read(frame.iloc[[7, 300]].assign(store=["x", "y"])), schema)
    assert one.series == ("x", "y")
    assert list(one.offsets) == [0, 5, 10]
    assert list(one.future) == [1, 6]
    assert one.times[1] == one.times[0] + pd.Timedelta(weeks=1)
    with pytest.raises(DataError, match="column of series 'store' is empty in row 0"):
        prepare(read(frame.iloc[:3].assign(store=[None, "a", "b"])), schema)


def test_categories_are_those_of_the_training_rows() -> None:
    colour = np.tile(["red", "green", None, "blue"], 150)
    colour[[115, 235]] = "late"
    data = understood(panel(colour=colour))
    column = data.schema.categories[0]
    assert column.values == ("blue", "green", "red")
    assert data.code_sizes == (4,)
    assert list(data.codes[:4, 0]) == [3, 2, 0, 1]
    assert data.codes[115, 0] == 0
    again = prepare(read(panel(colour="mauve")), data.schema, future=False)
    assert (again.codes == 0).all()
    assert again.findings[-1].code == "AR118"
    assert "no training row has: 'mauve'" in again.findings[-1].sentence


def test_several_targets_keep_the_order_of_the_table() -> None:
    frame = panel(second=np.arange(600) % 11)
    data = understood(frame, target=["second", "sales"])
    assert data.schema.channels[:2] == ("sales", "second")
    assert data.targets == 2
    assert data.actuals(np.array([10])).shape == (1, 4, 2)


def test_repeated_times_are_kept_once_where_targets_agree() -> None:
    frame = panel(1).drop(columns="store").assign(sky="clear")
    twice = pd.concat([frame, frame.iloc[5:8].assign(sky="rain")], ignore_index=True)
    data = dataset(read(twice), target="sales", horizon=4)
    assert np.array_equal(data.values, dataset(read(frame), target="sales", horizon=4).values)
    assert "3 rows repeat the time and the target" in said(data)
    twice.loc[120, "sales"] += 1
    with pytest.raises(DataError, match="row 5 and row 120 with different targets, and 3 rows"):
        dataset(read(twice), target="sales", horizon=4)


def test_a_panel_without_its_series_is_refused_with_a_proposal() -> None:
    with pytest.raises(DataError, match=r"name the column of the series with --series \('store'"):
        dataset(read(panel()), target="sales", horizon=4)


def test_long_gaps_are_bridged_and_not_trained_on() -> None:
    frame = panel(1, 500).drop(columns="store")
    data = dataset(read(frame.drop(index=range(100, 300))), target="sales", horizon=4)
    assert data.rows == 500
    for fold in (data.split.selection, *data.split.duel, data.split.holdout):
        rows = np.concatenate([fold.train, fold.validation, fold.test])
        assert not np.isin(rows, np.arange(100, 297)).any()
        assert not np.isnan(data.actuals(rows)).all(axis=(1, 2)).any()


def test_a_published_split_that_was_not_asked_for_is_no_feature() -> None:
    frame = panel(split=np.tile(["train"] * 110 + ["test"] * 10, 5))
    data = understood(frame)
    assert roles(data)["split"] == "dropped"
    asked = understood(frame, split="split", horizon=None)
    assert asked.horizon == 10
    assert len(asked.split.holdout.test) == 5
    with pytest.raises(DataError, match="no 11 steps in a row to score in 'holdout'"):
        understood(frame, split="split", horizon=11)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_random_panels_are_understood_or_refused(data: Any) -> None:
    rows = data.draw(st.integers(1, 300))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    frame = pd.DataFrame(
        {
            "id": rng.integers(0, data.draw(st.integers(1, 6)), rows),
            "t": rng.integers(0, 400, rows),
            "y": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
            "x": rng.choice(["a", "b", None], rows),
            "z": rng.choice([1.0, 2.0, np.nan], rows),
        }
    )
    kind = data.draw(st.sampled_from(["forecast", "nowcast"]))
    drop = data.draw(st.sampled_from([(), ("z",), ("x", "z")]))
    if data.draw(st.booleans()):
        frame = frame.drop_duplicates(["id", "t"])
    asked: dict[str, Any] = {"target": "y", "series": "id", "time": "t", "drop": drop}
    try:
        made = dataset(read(frame), horizon=None if kind == "nowcast" else 1, kind=kind, **asked)
    except AutorecurError as error:
        assert "\n" not in str(error)
        return
    assert np.isfinite(made.values).all()
    again = prepare(read(frame), made.schema, future=False)
    assert set(made.series) <= set(again.series)
