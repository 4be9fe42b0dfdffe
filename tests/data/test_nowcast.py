"""A label for each row: never in its own features, and never of a later row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autorecur.data.dataset import Dataset
from autorecur.data.read import read
from autorecur.data.series import dataset, prepare
from autorecur.errors import DataError


def room(rows: int = 600, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    people = (np.sin(np.arange(rows) / 20) + rng.normal(0, 0.3, rows)) > 0
    seconds = np.cumsum(rng.choice([59, 60, 61], rows))
    when = (pd.Timestamp("2020-01-01") + pd.to_timedelta(seconds, "s")).astype(str)
    co2 = 400 + 50 * people + rng.normal(0, 40, rows)
    state = np.where(people, "full", "empty")
    return pd.DataFrame({"when": when, "co2": co2, "state": state}).assign(**columns)


def understood(frame: pd.DataFrame, **asked: Any) -> Dataset:
    return dataset(read(frame), **{"target": "state", "kind": "nowcast"} | asked)


def said(data: Dataset) -> str:
    return " ".join(data.schema.reasons)


def test_the_label_is_no_feature_and_every_row_stays() -> None:
    data = understood(room())
    assert data.schema.channels == ("co2",)
    assert data.schema.horizon == 0
    assert data.schema.classes == ("empty", "full")
    assert data.rows == 600
    assert np.array_equal(data.labels[:, 0], (room()["state"] == "full").astype(np.float32))
    assert data.schema.frequency == "min"
    assert data.targets == 1
    assert data.split.selection.train[0] == 0


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        (np.arange(600) % 2, ("0", "1")),
        (np.arange(600) % 2 == 0, ("False", "True")),
        (np.where(np.arange(600) % 3 == 0, 10.0, 9.0), ("9", "10")),
        (np.arange(600) % 200, ()),
        (np.arange(600) % 2 + 0.5, ()),
    ],
)
def test_what_is_a_class_and_what_a_number(label: Any, classes: tuple[str, ...]) -> None:
    assert understood(room(state=label)).schema.classes == classes


def test_rows_without_a_label_are_neither_trained_on_nor_scored() -> None:
    frame = room()
    frame.loc[100:149, "state"] = None
    data = understood(frame)
    for fold in (data.split.selection, *data.split.duel, data.split.holdout):
        rows = np.concatenate([fold.train, fold.validation, fold.test])
        assert not np.isin(rows, np.arange(100, 150)).any()
    assert "50 of 600 rows (8.3%) have no label" in said(data)
    assert data.rows == 600


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (room(state="full"), "'state' has one class only, 'full'"),
        (room(state=None), "'state' has no value at all"),
        (room(state=[f"row {row}" for row in range(600)]), "600 different texts in 600 rows"),
        (room()[["state"]], "no column to tell 'state' from"),
        (room(20), "rows with a label are too few"),
    ],
)
def test_labels_that_teach_nothing_are_refused(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        understood(frame)


def test_a_class_with_one_member_is_said() -> None:
    frame = room()
    frame.loc[200, "state"] = "odd"
    data = understood(frame)
    rare = [finding for finding in data.findings if finding.code == "AR109"]
    assert rare[0].sentence == ("1 class has fewer than 5 training members in 'state': 'odd' (1).")


def test_a_split_that_goes_back_in_time_makes_pieces() -> None:
    part = np.repeat(["test1", "train", "test2"], [100, 300, 200])
    data = understood(room(part=part), split="part")
    assert list(data.offsets) == [0, 100, 400, 600]
    assert data.series == ("test1", "train", "test2")
    for fold in (data.split.selection, *data.split.duel, data.split.holdout):
        assert (part[fold.train] == "train").all()
        assert list(fold.fit_until[[0, 2]]) == [0, 400]
    assert set(part[data.split.holdout.test]) == {"test1", "test2"}
    ordered = understood(room(part=np.repeat(["train", "test"], [400, 200])), split="part")
    assert list(ordered.offsets) == [0, 600]
    with pytest.raises(DataError, match=r"cuts the rows into \d+ pieces"):
        understood(room(part=np.tile(["train", "test"], 300)), split="part")


def engines(count: int = 24, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    parts = []
    for engine in range(count):
        life = int(rng.integers(20, 40))
        left = np.arange(life)[::-1]
        heat = 100 - left + rng.normal(0, 3, life)
        parts.append(
            pd.DataFrame(
                {"engine": f"e{engine}", "cycle": left[::-1] + 1, "heat": heat, "rul": left}
            )
        )
    return pd.concat(parts, ignore_index=True).assign(**columns)


def test_many_series_are_divided_whole_and_few_in_time() -> None:
    many = dataset(read(engines()), target="rul", series="engine", kind="nowcast")
    series = many.series_of(np.arange(many.rows))
    assert not set(series[many.split.holdout.test]) & set(series[many.split.holdout.train])
    few = dataset(read(engines(8)), target="rul", series="engine", kind="nowcast")
    tests = few.split.holdout.test
    assert set(few.series_of(tests)) <= set(few.series_of(few.split.holdout.train))
    ends = few.offsets[1:][few.series_of(tests)]
    assert (ends - tests <= 10).all()


def test_real_engines_and_rooms(shared_table: Callable[[str], Path]) -> None:
    table = read(shared_table("cmapss_fd001.csv.gz"))
    data = dataset(table, target="rul", series="engine_id", split="split", kind="nowcast")
    assert data.values.shape == (33_727, 17)
    assert "7 columns never change" in said(data)
    held = set(data.series_of(data.split.holdout.test))
    assert {data.series[place][:4] for place in held} == {"test"}
    assert len(held) == 100
    table = read(shared_table("occupancy.csv.gz"))
    data = dataset(table, target="occupancy", split="split", kind="nowcast")
    assert data.series == ("test1", "train", "test2")
    assert data.rows == 20_560
    assert len(data.split.selection.train) + 814 + 8 * 223 == 8143


def test_prepare_answers_every_row_in_any_order() -> None:
    frame = room()
    data = understood(frame)
    same = prepare(read(frame), data.schema)
    assert np.array_equal(same.values, data.values)
    assert np.array_equal(same.labels, data.labels)
    assert not len(same.future)
    order = np.random.default_rng(1).permutation(600)
    shuffled = frame.drop(columns="state").iloc[order].reset_index(drop=True)
    other = prepare(read(shuffled), data.schema)
    assert np.array_equal(other.values, data.values)
    assert np.array_equal(order[other.source_rows], np.arange(600))
    assert np.isnan(other.labels).all()
    one = prepare(read(frame.iloc[[3]].assign(state="half")), data.schema)
    assert one.values.shape == (1, 1)
    assert np.isnan(one.labels).all()
    assert [finding.code for finding in one.findings] == ["AR118"]


def test_rows_of_one_time_stay_in_the_tables_order() -> None:
    frame = room()
    frame.loc[10:13, "when"] = frame.loc[10, "when"]
    data = understood(frame)
    assert np.array_equal(data.values[:, 0], frame["co2"].to_numpy(np.float32))


@pytest.mark.parametrize(
    ("leak", "why"),
    [
        (lambda frame: np.where(frame["state"] == "full", 7.0, 3.0), "one label only"),
        (lambda frame: np.where(frame["state"] == "full", "x", "y"), "one label only"),
        (lambda frame: (frame["state"] == "full") * 5 + np.linspace(0, 1, 600), "a threshold"),
    ],
)
def test_what_gives_the_label_away_is_found(leak: Any, why: str) -> None:
    frame = room()
    data = understood(frame.assign(code=leak(frame)))
    found = [finding for finding in data.findings if finding.code == "AR107"]
    assert [why in finding.sentence for finding in found] == [True]
    assert found[0].level == "issue"
    assert "--drop 'code'" in found[0].remedy
    honest = understood(frame)
    assert not [finding for finding in honest.findings if finding.code == "AR107"]


def test_a_copy_of_a_numeric_label_is_found() -> None:
    frame = engines()
    data = dataset(
        read(frame.assign(left=3 - 2 * frame["rul"])), target="rul", series="engine", kind="nowcast"
    )
    assert [finding.code for finding in data.findings] == ["AR107"]
