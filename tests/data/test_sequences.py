"""A table of labelled sequences: order, lengths, gaps, labels, and the same arrays by a schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autorecur.data.dataset import Dataset
from autorecur.data.kinds import KINDS
from autorecur.data.read import read
from autorecur.data.sequences import dataset, prepare
from autorecur.errors import DataError, SettingError

CLASSES, NUMBERS = KINDS["sequence-classification"], KINDS["sequence-regression"]


def frame(series: int = 30, seed: int = 0) -> pd.DataFrame:
    """Labelled sequences of 2 to 6 rows, in order."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 7, series)
    name = np.repeat(np.arange(series), lengths)
    return pd.DataFrame(
        {
            "id": [f"s{number}" for number in name],
            "t": np.concatenate([np.arange(length) for length in lengths]),
            "x": rng.normal(size=len(name)).round(3),
            "weather": rng.choice(["sun", "rain"], len(name)),
            "label": np.where(name % 3 == 0, "yes", "no"),
        }
    )


def understood(table: pd.DataFrame, **given: object) -> Dataset:
    asked = {"target": "label", "series": "id", "kind": CLASSES} | given
    return dataset(read(table), **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "target", "shape", "lengths"),
    [
        ("japanese_vowels.csv.gz", "speaker", (640, 9, 12), (7, 29)),
        ("basic_motions.csv.gz", "activity", (80, 4, 6), (100, 100)),
        ("ecg200.csv.gz", "label", (200, 2, 1), (96, 96)),
        ("covid3month.csv.gz", "target", (201, 0, 1), (84, 84)),
        ("italy_power_demand.csv.gz", "label", (1096, 2, 1), (24, 24)),
        ("synthetic_control.csv.gz", "label", (600, 6, 1), (60, 60)),
    ],
)
def test_real_sequences(
    shared_table: Callable[[str], Path],
    name: str,
    target: str,
    shape: tuple[int, int, int],
    lengths: tuple[int, int],
) -> None:
    table = read(shared_table(name))
    kind = CLASSES if shape[1] else NUMBERS
    found = dataset(table, target=target, series="series_id", split="split", kind=kind)
    assert (len(found.series), len(found.schema.classes), found.values.shape[1]) == shape
    counts = np.diff(found.offsets)
    assert (counts.min(), counts.max()) == lengths
    assert found.schema.time == "t"
    assert found.labels.shape == (shape[0], 1)
    # A series' rows and label are those of the table.
    place = shape[0] // 2
    rows = table.frame[table.frame["series_id"].astype(str) == found.series[place]]
    channel = found.schema.channels[0]
    start, end = found.offsets[place : place + 2]
    assert np.allclose(found.values[start:end, 0], rows[channel].to_numpy(np.float32))
    label = found.labels[place, 0]
    said = found.schema.classes[int(label)] if shape[1] else float(label)
    assert said == (str(rows[target].iloc[0]) if shape[1] else pytest.approx(rows[target].iloc[0]))
    # The published split is the split, and the schema reads the table to the same arrays.
    tests = table.frame.groupby("series_id")["split"].first() == "test"
    assert len(found.split.holdout.test) == int(tests.sum())
    again = prepare(table, found.schema)
    assert again.series == found.series
    assert np.array_equal(again.values, found.values)
    assert np.array_equal(again.labels, found.labels)
    assert np.array_equal(again.offsets, found.offsets)


def test_shuffled_rows_give_the_same_sequences() -> None:
    ordered = frame()
    found = understood(ordered)
    mixed = prepare(read(ordered.sample(frac=1, random_state=4)), found.schema)
    assert set(mixed.series) == set(found.series)
    for place, name in enumerate(mixed.series):
        here = slice(*mixed.offsets[place : place + 2])
        there = found.series.index(name)
        rows = slice(*found.offsets[there : there + 2])
        assert np.array_equal(mixed.values[here], found.values[rows])
        assert np.array_equal(mixed.codes[here], found.codes[rows])
        assert mixed.labels[place] == found.labels[there]


@pytest.mark.parametrize(
    "times",
    [
        lambda t: t * 0.02,
        lambda t: pd.Timestamp("2024-01-01") + pd.to_timedelta(t, unit="D"),
        lambda t: [f"{1 + day:02d}.03.2024" for day in t],
    ],
    ids=["fractions", "stamps", "text"],
)
def test_time_in_every_form(times: Callable[[pd.Series], object]) -> None:
    plain = frame()
    written = plain.assign(t=times(plain["t"])).sample(frac=1, random_state=2)
    found = understood(written, time="t")
    by_name = dict(zip(found.series, np.split(found.values, found.offsets[1:-1]), strict=True))
    for name, rows in plain.groupby("id"):
        assert np.allclose(by_name[name][:, 0], rows["x"].to_numpy(np.float32))
    assert isinstance(found.times, pd.DatetimeIndex) == (written["t"].dtype != float)


def test_gaps_are_filled_within_a_series_only() -> None:
    table = pd.DataFrame(
        {
            "id": np.repeat(np.arange(30), 4),
            "x": np.tile([np.nan, 1.0, np.nan, 3.0], 30),
            "label": np.repeat(np.arange(30) % 2, 4),
        }
    )
    table.loc[table["id"] == 5, "x"] = np.nan
    found = understood(table)
    rows = found.values[:, 0].reshape(30, 4)
    assert rows[0].tolist() == [1, 1, 1, 3]
    assert len(set(rows[5].tolist())) == 1
    assert np.isfinite(rows).all()
    assert any("62 missing values of 'x'" in finding.sentence for finding in found.findings)


def test_a_series_without_a_label_is_left_out() -> None:
    table = frame()
    table.loc[table["id"].isin(["s4", "s7"]), "label"] = None
    table.loc[table.index[table["id"] == "s9"][0], "label"] = None  # the others of s9 say it
    found = understood(table)
    assert "s4" not in found.series
    assert "s9" in found.series
    assert len(found.series) == len(found.labels) == 28
    assert len(found.values) == found.offsets[-1] == (~table["id"].isin(["s4", "s7"])).sum()
    assert found.findings[0].sentence.startswith("2 series have no label and were left out")


def test_a_label_that_varies_is_refused() -> None:
    table = frame()
    table.loc[table.index[table["id"] == "s6"][1], "label"] = "no"
    with pytest.raises(DataError, match="'label' varies within series 's6': it has 'yes' and 'no'"):
        understood(table)


def test_categories_and_columns_left_out() -> None:
    table = frame(60)
    table["flat"], table["empty"] = 3, np.nan
    table["note"] = [f"text {row}" for row in range(len(table))]
    table["patient"] = pd.factorize(table["id"])[0] + 1000
    table["who"] = "patient " + table["id"]
    found = understood(table, drop=["note"])
    roles = {column.name: column for column in found.schema.columns}
    assert found.schema.channels == ("x",)
    assert [column.name for column in found.schema.categories] == ["weather"]
    assert roles["weather"].values == ("rain", "sun")
    assert roles["flat"].reason == "constant (3)"
    assert roles["patient"].reason == "it numbers the series"
    assert all(roles[name].role == "dropped" for name in ("flat", "empty", "note", "who"))
    expected = table["weather"].map({"rain": 1, "sun": 2}).to_numpy()
    assert np.array_equal(found.codes[:, 0], expected)


def test_another_table() -> None:
    found = understood(frame())
    other = frame(3, seed=9).drop(columns="label").assign(extra=1.0)
    other.loc[0, "weather"] = "snow"
    other.loc[1, "weather"] = None
    read_again = prepare(read(other), found.schema)
    assert read_again.codes[:2, 0].tolist() == [0, 0]
    assert np.isnan(read_again.labels).all()
    told = " ".join(finding.sentence for finding in read_again.findings)
    assert "'extra'" in told
    assert "such as 'snow'" in told
    single = prepare(read(other.iloc[:1]), found.schema)
    assert single.values.shape == (1, 1)
    with pytest.raises(DataError, match="no column 'x'"):
        prepare(read(other.drop(columns="x")), found.schema)
    strange = prepare(read(frame(3).assign(label="maybe")), found.schema)
    assert np.isnan(strange.labels).all()
    assert "classes not seen in training, 'maybe'" in strange.findings[0].sentence


def test_a_column_that_gives_the_label_away_is_told() -> None:
    table = frame(60)
    table["copy"] = (table["label"] == "yes") * 5
    table["fair"] = table.groupby("id")["x"].transform("first")
    found = [finding for finding in understood(table).findings if finding.code == "AR107"]
    assert len(found) == 1
    assert "'copy' gives the target 'label' away" in found[0].sentence


def test_a_repeated_time_is_told() -> None:
    table = frame()
    table.loc[1, "t"] = table.loc[0, "t"]
    found = understood(table, time="t")
    assert "1 rows repeat a time" in found.findings[0].sentence


@pytest.mark.parametrize(
    ("change", "given", "error", "message"),
    [
        (lambda t: t, {"target": "id"}, SettingError, "'id' was given two roles"),
        (lambda t: t, {"target": "lable"}, DataError, "no target 'lable' .did you mean 'label'"),
        (lambda t: t, {"drop": "x"}, SettingError, "drop is a list"),
        (lambda t: t.assign(label="no"), {}, DataError, "one class only, 'no'"),
        (lambda t: t.assign(id=t["id"].where(t.index != 7)), {}, DataError, "empty in row 7"),
        (lambda t: t[["id", "label"]], {}, DataError, "no column to learn 'label' from"),
        (lambda t: t, {"kind": NUMBERS}, DataError, "the target 'label' is not numeric"),
        (
            lambda t: t.assign(part=["train", "test"] * (len(t) // 2) + ["train"] * (len(t) % 2)),
            {"split": "part"},
            DataError,
            "'part' varies within series 's0'",
        ),
    ],
)
def test_refusals(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    given: dict[str, object],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        understood(change(frame()), **given)
