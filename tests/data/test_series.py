"""A table becomes a Dataset: what is inferred, what is repaired and said, what is refused."""

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
from autorecur.data.grid import frequency_of, grid_for
from autorecur.data.read import read
from autorecur.data.series import calendar, dataset, prepare
from autorecur.errors import AutorecurError, DataError, SettingError


def waves(rows: int = 400, freq: str = "D", period: int = 7, **columns: Any) -> pd.DataFrame:
    noise = np.random.default_rng(1).normal(size=rows) / 5
    y = 10 + np.sin(np.arange(rows) * 2 * np.pi / period) + noise
    times = pd.date_range("2020-01-01", periods=rows, freq=freq)
    return pd.DataFrame({"when": times.astype(str), "y": y, **columns})


def understood(frame: pd.DataFrame, **asked: Any) -> Dataset:
    return dataset(read(frame), **asked)


def roles(data: Dataset) -> dict[str, str]:
    return {column.name: column.role for column in data.schema.columns}


def said(data: Dataset) -> str:
    return " ".join(data.schema.reasons)


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        ("airline_passengers.csv", {}, ("MS", 12, 12, 144)),
        ("nyc_taxi.csv", {}, ("30min", 48, 48, 10_320)),
        ("etth1.csv.gz", {"target": "OT", "horizon": 24}, ("h", 24, 24, 17_420)),
        ("wp_peyton_manning.csv", {}, ("D", 7, 7, 2964)),
        ("yosemite_temps.csv", {}, ("5min", 288, 288, 18_721)),
        ("monthly_sunspots.csv", {}, ("MS", 1, 12, 2820)),
        ("shampoo_sales.csv", {"horizon": 1}, (None, 1, 1, 36)),
    ],
)
def test_real_tables(
    name: str,
    asked: dict[str, Any],
    expected: tuple[str | None, int, int, int],
    shared_table: Callable[[str], Path],
) -> None:
    table = read(shared_table(name))
    data = dataset(table, **asked)
    assert (data.schema.frequency, data.schema.season, data.horizon, data.rows) == expected
    assert data.values.dtype == data.known.dtype == np.float32
    assert np.isfinite(data.values).all()
    assert len(data.known) == data.rows
    assert data.schema.cycles or data.schema.frequency is None
    again = prepare(table, data.schema, future=False)
    assert np.array_equal(again.values, data.values)
    assert np.array_equal(again.known, data.known)
    assert again.times.equals(data.times)


def test_filled_rows_of_a_real_table_are_known_and_not_scored(
    shared_table: Callable[[str], Path],
) -> None:
    data = dataset(read(shared_table("wp_peyton_manning.csv")))
    assert int((~data.observed).sum()) == 59
    assert "59 of 2,964 time steps had no row" in said(data)
    row = int(np.flatnonzero(~data.observed[:, 0])[0])
    assert data.values[row, 0] == data.values[row - 1, 0]
    assert np.isnan(data.actuals(np.array([row]))[0, 0, 0])


def test_roles_are_inferred_with_a_reason_each() -> None:
    rows = np.arange(400)
    frame = waves(
        wind=np.cos(rows),
        place="north",
        flat=3.0,
        number=rows,
        never=np.nan,
        late=np.where(rows < 100, np.nan, rows % 5),
    )
    data = understood(frame, target="y", horizon=7)
    kept = {"when": "time", "y": "target", "wind": "past"}
    assert roles(data) == kept | dict.fromkeys(
        ["place", "flat", "number", "never", "late"], "dropped"
    )
    assert data.schema.channels == ("y", "wind")
    for reason in ("2 columns never change", "counts the rows", "no value", "first value is in"):
        assert reason in said(data)
    assert roles(understood(frame, target="y", drop=["wind"]))["wind"] == "dropped"


def test_the_only_numeric_column_is_the_target() -> None:
    assert understood(waves()).schema.unit == "y"
    with pytest.raises(DataError, match="choose --target from 'y', 'wind'"):
        understood(waves(wind=np.cos(np.arange(400))))
    with pytest.raises(DataError, match="no numeric column"):
        understood(waves().drop(columns="y"))


def test_time_is_found_as_text_dates_integers_or_an_index() -> None:
    plain = waves()
    stamps = pd.to_datetime(plain["when"])
    indexed = plain[["y"]].set_axis(pd.DatetimeIndex(stamps), axis=0)
    spellings: list[pd.DataFrame] = [
        plain,
        plain.assign(when=stamps),
        plain.assign(when=stamps.dt.strftime("%d/%m/%Y")),
        plain.assign(when=stamps.dt.strftime("%m/%d/%Y")),
        plain.assign(when=stamps.dt.strftime("%d.%m.%Y %H:%M")),
        plain.assign(when=stamps.dt.strftime("%Y%m%d").astype(int)).rename(
            columns={"when": "date"}
        ),
        plain.assign(when=stamps.dt.tz_localize("UTC")),
        indexed,
    ]
    for frame in spellings:
        data = understood(frame)
        assert data.schema.frequency == "D"
        assert data.times.equals(pd.DatetimeIndex(stamps).as_unit("us"))


def test_day_and_month_are_told_apart_by_the_steps_alone() -> None:
    starts = pd.date_range("2000-01-01", periods=200, freq="MS")
    frame = pd.DataFrame({"when": starts.strftime("%d/%m/%Y"), "y": np.arange(200) % 12 * 1.0})
    data = understood(frame)
    assert data.schema.frequency == "MS"
    # One row could be read either way; the schema remembers how.
    short = pd.DataFrame({"when": ["01/03/2020"], "y": [1.0]})
    prepared = prepare(read(short), data.schema)
    assert prepared.times[0] == pd.Timestamp("2020-03-01")


@pytest.mark.parametrize(
    "freq",
    [
        "s",
        "15min",
        "h",
        "2h",
        "D",
        "B",
        "2D",
        "W-SUN",
        "W-THU",
        "2W-MON",
        "MS",
        "ME",
        "2MS",
        "QS-FEB",
        "QE-DEC",
        "YS-JAN",
        "YE-JUN",
    ],
)
def test_frequency_and_grid_of_full_and_holed_stamps(freq: str) -> None:
    times = pd.date_range("2001-02-11", periods=48, freq=freq)
    assert list(grid_for(times, frequency_of(times), "t", False).times) == list(times)
    holed = times.delete([5, 6, 30])
    grid = grid_for(holed, frequency_of(holed), "t", False)
    assert list(grid.times) == list(times)
    assert grid.positions is not None
    assert list(grid.times[grid.positions]) == list(holed)
    assert grid.moved == 0


def test_jittered_stamps_go_to_the_nearest_point() -> None:
    times = pd.date_range("2020-01-01", periods=300, freq="min")
    jitter = np.random.default_rng(3).choice([0, 0, 0, 1, -1], 300)
    jitter[0] = 0
    frame = pd.DataFrame(
        {"when": times + pd.to_timedelta(jitter, unit="s"), "y": np.arange(300) % 9.0}
    )
    data = understood(frame, horizon=3)
    assert data.times.equals(times.as_unit("us"))
    assert "off the regular grid" in said(data)


def test_rows_out_of_order_are_sorted_and_said() -> None:
    frame = waves()
    shuffled = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    data = understood(shuffled)
    assert np.array_equal(data.values, understood(frame).values)
    assert data.findings[0].code == "AR108"
    assert "out of time order" in data.findings[0].sentence


def test_gaps_take_the_last_known_value_never_a_later_one() -> None:
    frame = waves(wind=np.cos(np.arange(400)))
    frame.loc[50:52, "y"] = np.nan
    frame.loc[80, "wind"] = np.nan
    data = understood(frame.drop(index=[100, 101]), target="y", horizon=7)
    assert data.rows == 400
    assert (data.values[50:53, 0] == data.values[49, 0]).all()
    assert data.values[80, 1] == data.values[79, 1]
    assert (data.values[100:102] == data.values[99]).all()
    assert list(np.flatnonzero(~data.observed[:, 0])) == [50, 51, 52, 100, 101]
    for sentence in (
        "5 of 400 values of 'y'",
        "1 missing values of 'wind'",
        "2 of 400 time steps had no row",
    ):
        assert sentence in said(data)


@given(st.integers(1, 399), st.randoms())
@settings(max_examples=25, deadline=None)
def test_no_value_depends_on_a_later_row(row: int, random: Any) -> None:
    frame = waves(wind=np.cos(np.arange(400)))
    holes = random.sample(range(1, 400), 40)
    frame.loc[holes, "wind"] = np.nan
    frame.loc[[hole - 1 for hole in holes[:20] if hole > 1], "y"] = np.nan
    schema = understood(frame, target="y", horizon=7).schema
    whole = prepare(read(frame), schema, future=False).values
    part = prepare(read(frame.iloc[: row + 1]), schema, future=False).values
    assert np.array_equal(whole[: len(part)], part)


def test_an_empty_beginning_and_end_are_cut() -> None:
    frame = waves(500)
    frame.loc[:9, "y"] = np.nan
    frame.loc[480:, "y"] = np.nan
    data = understood(frame, target="y", horizon=7)
    assert data.rows == 470
    assert data.times[0] == pd.Timestamp("2020-01-11")
    assert "first 10 time steps were cut" in said(data)
    assert "last 20 time steps were left out" in said(data)
    # At prediction the end stays: the forecast begins after the table.
    assert list(prepare(read(frame), data.schema).future) == [490]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2020-01-11,abc", r"target 'y' is not numeric: line 12 has 'abc'"),
        ("2020-01-11,inf", r"column 'y' has an infinite value, inf, in line 12"),
        ("2020-01-11,1e300", r"infinite value, 1e\+300, in line 12"),
        ("soon,1", r"time column 'when' does not parse: line 12 has 'soon'"),
        (",1", r"time column 'when' does not parse: line 12 is empty"),
        ("2020-01-10,1", r"2020-01-10 00:00:00 stands in line 11 and line 12"),
    ],
)
def test_a_bad_value_is_named_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    lines = waves()[["when", "y"]].to_csv(index=False).splitlines()
    lines[11] = row
    path = tmp_path / "energy.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=message) as caught:
        dataset(read(path), target="y")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"target": "z"}, DataError, "no target 'z'"),
        ({"time": "whem"}, DataError, "did you mean 'when'"),
        ({"drop": ["q"]}, DataError, "no column to drop 'q'"),
        ({"drop": "y"}, SettingError, "put it in"),
        ({"target": "y", "drop": ["y"]}, SettingError, "both wanted and dropped"),
        ({"target": "y", "time": "y"}, SettingError, "cannot be the target and the time"),
        ({"target": ["y", "when"]}, DataError, "target 'when' is not numeric"),
        ({"known": "y"}, SettingError, "known is a list of columns"),
        ({"static": ["y"]}, SettingError, "name the column of series as well"),
        ({"target": "y", "known": ["y"]}, SettingError, "'y' cannot be the target and the known"),
        ({"split": "y"}, DataError, "the split column 'y' has"),
        ({"series": "nobody"}, DataError, "no column of series 'nobody'"),
        ({"kind": "nowcast", "target": "y", "horizon": 3}, SettingError, "horizon 0, not 3"),
        ({"kind": "nowcast"}, DataError, "needs a label to learn"),
        ({"horizon": 0}, SettingError, "whole number from 1 upwards, not 0"),
        ({"horizon": 2.5}, SettingError, "not 2.5"),
        ({"horizon": 100}, DataError, "400 rows are too few for horizon 100: at least 999"),
        ({"time": "y", "target": "y2"}, DataError, "time column 'y' does not parse: row 0"),
        ({"target": "when"}, DataError, "target 'when' is not numeric: row 0"),
    ],
)
def test_bad_arguments(asked: dict[str, Any], error: type[Exception], message: str) -> None:
    frame = waves()
    with pytest.raises(error, match=message):
        understood(frame.assign(y2=frame["y"]) if asked.get("target") == "y2" else frame, **asked)


def test_stamps_without_a_step_get_a_grid_that_never_looks_ahead() -> None:
    rng = np.random.default_rng(5)
    seconds = np.cumsum(rng.integers(1, 9999, 300))
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(seconds, "s")
    frame = pd.DataFrame({"when": times, "y": np.arange(300.0)})
    data = understood(frame, horizon=3)
    assert data.schema.frequency == "h"
    assert "at no regular step" in said(data)
    # Each point holds the last row that had come by then.
    last = np.searchsorted(times, data.times, side="right") - 1
    assert np.array_equal(data.values[:, 0], last.astype(np.float32))
    part = prepare(read(frame.iloc[:100]), data.schema, future=False)
    assert np.array_equal(part.values, data.values[: len(part.values)])


def test_stamps_far_apart_are_refused() -> None:
    rng = np.random.default_rng(5)
    two = pd.DatetimeIndex(
        [*pd.date_range("1990-01-01", periods=100), *pd.date_range("2030", periods=100)]
    )
    with pytest.raises(DataError, match="most would be filled in"):
        understood(pd.DataFrame({"when": two, "y": rng.normal(size=200)}))


@pytest.mark.parametrize("period", [7, 24])
def test_a_season_without_a_calendar_is_found_and_noise_has_none(period: int) -> None:
    assert understood(waves(period=period)[["y"]]).schema.season == period
    rng = np.random.default_rng(2)
    for values in (rng.normal(size=600), np.cumsum(rng.normal(size=600)), np.arange(600) ** 1.5):
        assert understood(pd.DataFrame({"y": values})).schema.season == 1


def test_a_calendar_season_needs_confirmation() -> None:
    rng = np.random.default_rng(2)
    walk = waves().assign(y=np.cumsum(rng.normal(size=400)))
    assert understood(walk).schema.season == 1
    assert "do not confirm 7" in said(understood(walk))


def test_the_season_is_judged_on_the_first_half_only() -> None:
    frame = waves()
    frame.loc[200:, "y"] = np.random.default_rng(1).normal(size=200)
    assert understood(frame).schema.season == 7


def test_cycles_stand_in_the_schema_and_shorter_tables_get_the_same() -> None:
    hourly = waves(2 * 24 * 366, "h", 24)
    data = understood(hourly)
    assert data.schema.cycles == ("hour of day", "day of week", "day of year")
    part = prepare(read(hourly.iloc[100:103].reset_index(drop=True)), data.schema)
    assert np.array_equal(part.known, data.known[100 : 103 + data.horizon])
    assert understood(hourly.iloc[:300]).schema.cycles == ("hour of day",)
    assert understood(hourly.iloc[:400]).schema.cycles == ("hour of day", "day of week")


def test_calendar_features_repeat_with_their_cycle_and_not_before() -> None:
    times = pd.date_range("1969-12-25", periods=24 * 14, freq="h")  # across 1970
    features = calendar(times, ("hour of day", "day of week"))
    assert np.allclose(features[24:, :2], features[:-24, :2], atol=1e-5)
    assert np.allclose(features[168:], features[:-168], atol=1e-5)
    assert not np.allclose(features[24:, 2:], features[:-24, 2:], atol=0.1)
    assert np.allclose(features[:, 0] ** 2 + features[:, 1] ** 2, 1, atol=1e-5)


def test_a_counter_knows_its_phase_and_bare_rows_do_not() -> None:
    frame = waves()[["y"]]
    assert understood(frame).known.shape[1] == 0
    counted = understood(frame.assign(t=np.arange(1, 401)))
    assert counted.schema.cycles == ("season",)
    assert isinstance(counted.times, pd.RangeIndex)
    part = prepare(read(frame.assign(t=np.arange(1, 401)).iloc[33:50]), counted.schema)
    assert np.array_equal(part.known, counted.known[33 : 50 + counted.horizon])
    assert list(part.times[part.future[0] :][:2]) == [51, 52]


def test_prepare_refuses_what_it_cannot_use() -> None:
    frame = waves(wind=np.cos(np.arange(400)))
    schema = understood(frame, target="y", horizon=7).schema
    for broken, message in (
        (frame.rename(columns={"wind": "Wind"}), r"no column 'wind' \(did you mean 'Wind'\?\)"),
        (frame.drop(columns="when"), "no column 'when'"),
        (frame.assign(when=waves(400, "h")["when"]), "trained on D"),
        (frame.assign(when=waves(400, "MS")["when"]), "trained on D"),
        (frame.assign(when=np.arange(400)), "should hold dates"),
        (frame.assign(y="x"), "target 'y' is not numeric"),
        (frame.assign(wind=np.nan), "'wind' of table has no value"),
    ):
        with pytest.raises(DataError, match=message):
            prepare(read(broken), schema)


def test_prepare_takes_a_single_row_and_ignores_more_columns() -> None:
    frame = waves(wind=np.cos(np.arange(400)))
    schema = understood(frame, target="y", horizon=7).schema
    one = prepare(read(frame.iloc[[5]].assign(more="x", place="y")), schema)
    assert one.values.shape == (8, 2)
    assert (one.values == one.values[0]).all()
    assert list(one.observed[:, 0]) == [True] + [False] * 7
    assert one.findings[0].sentence == "Columns not seen in training are ignored: 'more', 'place'."
    assert list(one.future) == [1]
    assert list(one.source_rows) == [0] + [-1] * 7
    assert one.times[1] == one.times[0] + pd.Timedelta(days=1)


def test_findings_of_the_audit() -> None:
    flat = understood(waves().assign(y=4.0), horizon=7)
    assert any("one value only, 4" in finding.sentence for finding in flat.findings)
    frame = waves()
    twin = understood(
        frame.assign(twin=1 - 2 * frame["y"], other=np.cos(np.arange(400))), target="y"
    )
    copies = [finding for finding in twin.findings if finding.code == "AR107"]
    assert len(copies) == 1
    assert "'twin' repeats the target 'y'" in copies[0].sentence


def test_offsets_fingerprint_and_source() -> None:
    frame = waves()
    data = understood(frame)
    assert list(data.offsets) == [0, 400]
    assert data.fingerprint == read(frame).fingerprint
    assert data.source == {"rows": 400, "columns": 2}
    assert data.longest_lookback == 228


maybe = st.one_of(
    st.none(),
    st.floats(width=32),
    st.integers(-(10**12), 10**12),
    st.text(max_size=4),
    st.datetimes(min_value=pd.Timestamp("1900-01-01"), max_value=pd.Timestamp("2100-01-01")),
)


@given(st.dictionaries(st.text(max_size=5), st.lists(maybe, min_size=1, max_size=60), max_size=4))
@settings(max_examples=60, deadline=None)
def test_random_tables_are_understood_or_refused(columns: dict[str, list[Any]]) -> None:
    frame = pd.DataFrame({name: (values * 60)[:60] for name, values in columns.items()})
    try:
        data = understood(frame, horizon=1)
    except AutorecurError as error:
        assert str(error)
    else:
        assert np.isfinite(data.values).all()
