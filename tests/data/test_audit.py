"""What the audit finds, and that it is silent on honest data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from autorecur.data import audit
from autorecur.data.read import read
from autorecur.data.series import dataset


def daily(values: np.ndarray, **columns: object) -> pd.DataFrame:
    when = pd.date_range("2020-01-01", periods=len(values)).astype(str)
    return pd.DataFrame({"when": when, "y": values}).assign(**columns)


def codes_found(frame: pd.DataFrame, **asked: object) -> list[str]:
    return [f.code for f in dataset(read(frame), target="y", horizon=3, **asked).findings]


def test_honest_data_has_no_finding() -> None:
    rng = np.random.default_rng(2)
    frame = daily(rng.normal(size=300), wind=rng.normal(size=300))
    assert codes_found(frame) == []


def test_a_target_that_leaves_its_range_drifts() -> None:
    rng = np.random.default_rng(2)
    frame = daily(np.arange(300) + rng.normal(size=300))
    found = dataset(read(frame), target="y", horizon=3).findings
    assert [finding.code for finding in found] == ["AR116"]
    assert "outside the training rows' range" in found[0].sentence
    assert found[0].remedy


def test_a_series_that_ends_early_is_named() -> None:
    rng = np.random.default_rng(2)
    parts = [daily(rng.normal(size=200), id=f"s{number}") for number in range(6)]
    parts[4] = parts[4].iloc[:-20]
    parts[5] = parts[5].iloc[:-2]  # less than a horizon: no finding
    frame = pd.concat(parts, ignore_index=True)
    found = dataset(read(frame), target="y", horizon=3, series="id").findings
    early = [finding for finding in found if finding.code == "AR117"]
    assert len(early) == 1
    assert early[0].sentence.startswith("1 of 6 series ends before the others do")
    assert "'s4'" in early[0].sentence and "'s5'" not in early[0].sentence


def test_series_that_end_at_any_time_are_no_finding() -> None:
    times = pd.date_range("2020-01-01", periods=400, freq="h")
    offsets = np.array([0, 37, 111, 180, 290, 400])
    assert audit.ends_early(times, offsets, tuple("abcde"), 2) == []


def test_pauses_of_labelled_rows_are_said() -> None:
    when = pd.date_range("2020-01-01", periods=300, freq="min").to_series().reset_index(drop=True)
    when[150:] += pd.Timedelta("7h")
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"when": when, "x": rng.normal(size=300), "y": rng.integers(0, 2, 300)})
    found = dataset(read(frame), target="y", kind="nowcast").findings
    assert [finding.code for finding in found] == ["AR108"]
    assert "1 pause between rows, the longest of 0 days 07:01:00" in found[0].sentence


@pytest.mark.parametrize("classes", [("a", "b"), ()])
def test_honest_features_give_nothing_away(classes: tuple[str, ...]) -> None:
    rng = np.random.default_rng(3)
    label = rng.integers(0, 2, 500).astype(np.float32)
    for feature in (rng.normal(size=500), label + rng.normal(0, 0.5, 500), np.arange(500)):
        found = audit.gives_away("x", feature.astype(np.float32), label, "y", classes)
        assert found == []


def test_a_column_of_series_names_gives_a_label_away() -> None:
    name = np.repeat(np.arange(20, dtype=np.float32), 25)
    label = (name % 3).astype(np.float32)
    found = audit.gives_away("id", name, label, "y", ("a", "b", "c"))
    assert found[0].sentence == (
        "The column 'id' gives the target 'y' away: each of its values has one label only."
    )


def test_rare_classes_are_listed_by_rarity() -> None:
    labels = np.array([0] * 50 + [1] * 3 + [2] * 50, dtype=np.float32)
    found = audit.rare_classes(labels, ("a", "b", "c", "d"), np.arange(103), "y")
    assert "2 classes have fewer than 5 training members in 'y': 'd' (0), 'b' (3)." in (
        found[0].sentence
    )
    assert audit.rare_classes(labels, (), np.arange(103), "y") == []
