"""The kind is read off the table, with its reason; in doubt the flag that settles it is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autorecur.data.infer import Roles, is_plain, kind_of, label_of
from autorecur.data.read import read
from autorecur.data.text import Plain
from autorecur.errors import DataError, SettingError


@pytest.mark.parametrize(
    ("name", "given", "kind", "roles"),
    [
        ("japanese_vowels.csv.gz", "speaker", "sequence-classification", {"series": "series_id"}),
        ("basic_motions.csv.gz", "activity", "sequence-classification", {"series": "series_id"}),
        ("ecg200.csv.gz", "label", "sequence-classification", {"series": "series_id"}),
        ("covid3month.csv.gz", "target", "sequence-regression", {"series": "series_id"}),
        ("italy_power_demand.csv.gz", "label", "sequence-classification", {"series": "series_id"}),
        ("synthetic_control.csv.gz", "label", "sequence-classification", {"series": "series_id"}),
        ("trec6.csv", "label", "text-classification", {"text": "text"}),
        ("sms_spam.csv", "label", "text-classification", {"text": "text"}),
        ("mr_polarity.csv.gz", "label", "text-classification", {"text": "text"}),
        ("waimai_reviews_zh.csv", "label", "text-classification", {"text": "text"}),
        ("names_by_language.csv", "language", "text-classification", {"text": "name"}),
        ("emoint.csv", "intensity", "text-regression", {"text": "text"}),
        ("airline_tweets.csv.gz", "label", "text-classification", {"text": "text"}),
        (
            "walmart_store_sales.csv",
            "weekly_sales",
            "forecast",
            {"series": "store", "time": "date"},
        ),
        ("etth1.csv.gz", "OT", "forecast", {}),
        ("metro_traffic.csv.gz", "traffic_volume", "forecast", {}),
        ("beijing_pm25.csv.gz", "pm25", "forecast", {}),
    ],
)
def test_real_tables(
    shared_table: Callable[[str], Path], name: str, given: str, kind: str, roles: dict[str, str]
) -> None:
    found, columns, reasons = kind_of(read(shared_table(name)), target=given, skip=["split"])
    assert found.name == kind
    assert columns == Roles(target=(given,), **roles)
    assert reasons
    for role in roles.values():
        assert any(repr(role) in reason for reason in reasons)


def test_real_tables_in_doubt(shared_table: Callable[[str], Path]) -> None:
    esol = read(shared_table("esol_smiles.csv"))
    news = read(shared_table("ag_news_test.csv.gz"))
    with pytest.raises(SettingError, match="several columns of text, 'title', 'description'"):
        kind_of(news, target="label")
    found, columns, _ = kind_of(esol, target="log_solubility", text="smiles")
    assert (found.name, columns.text) == ("text-regression", "smiles")
    occupancy = read(shared_table("occupancy.csv.gz"))
    with pytest.raises(SettingError, match=r"--task nowcast.*--task forecast"):
        kind_of(occupancy, target="occupancy")
    assert kind_of(occupancy, target="occupancy", horizon=0)[0].name == "nowcast"
    assert kind_of(occupancy, target="occupancy", task="forecast")[0].name == "forecast"
    engines = read(shared_table("cmapss_fd001.csv.gz"))
    found, columns, _ = kind_of(engines, target="rul", horizon=0)
    assert (found.name, columns.series, columns.time) == ("nowcast", "engine_id", "cycle")


def test_running_text(shared_table: Callable[[str], Path]) -> None:
    assert kind_of(Plain("notes", "text", ""))[0].name == "language-model"
    with pytest.raises(SettingError, match="running text, and nowcast needs a table"):
        kind_of(Plain("notes", "text", ""), task="nowcast")
    assert is_plain(shared_table("tiny_shakespeare.txt"))
    assert not is_plain(pd.DataFrame())
    assert not is_plain("table.txt", horizon=3)
    assert not is_plain("table.txt", task="forecast")


def rows(count: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=count).strftime("%Y-%m-%d"),
            "load": rng.normal(size=count),
            "state": rng.choice(["on", "off"], count),
            "say": [f"remark number {row} of a longer log" for row in range(count)],
        }
    )


def panel(label: Callable[[int], object]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"unit": f"u{unit}", "step": step, "x": unit * step, "y": label(unit)}
            for unit in range(60)
            for step in range(3)
        ]
    )


@pytest.mark.parametrize(
    ("table", "given", "kind"),
    [
        (rows()[["date", "load"]], {}, "forecast"),
        (rows()[["date", "load", "state"]], {"target": "load"}, "forecast"),
        (rows()[["date", "load", "state"]], {"target": "state"}, "nowcast"),
        (rows()[["date", "load", "state"]], {"target": "load", "horizon": 0}, "nowcast"),
        (rows(), {"target": "load", "horizon": 3}, "forecast"),
        (rows(), {"target": "load", "time": "date"}, "forecast"),
        (rows(), {"target": ["load", "state"]}, "forecast"),
        (rows(), {"target": "state"}, "text-classification"),
        (rows(), {"target": "load", "text": "say"}, "text-regression"),
        (rows(), {"text": "say"}, "language-model"),
        (rows()[["say"]], {}, "language-model"),
        (panel(lambda unit: unit % 3), {"target": "y"}, "sequence-classification"),
        (panel(lambda unit: unit % 3 == 0), {"target": "y"}, "sequence-classification"),
        (panel(lambda unit: unit / 7), {"target": "y"}, "sequence-regression"),
        (panel(lambda unit: unit / 7), {"target": "y", "series": "unit"}, "sequence-regression"),
        (panel(lambda unit: unit), {"target": "x"}, "forecast"),
        (panel(lambda unit: unit % 3), {"target": "y", "horizon": 0}, "nowcast"),
        (
            panel(lambda unit: unit % 20),
            {"target": "y", "task": "sequence-regression"},
            "sequence-regression",
        ),
        (rows(), {"target": "state", "task": "text-classification"}, "text-classification"),
    ],
)
def test_kinds(table: pd.DataFrame, given: dict[str, Any], kind: str) -> None:
    assert kind_of(read(table), **given)[0].name == kind


@pytest.mark.parametrize(
    ("table", "given", "message"),
    [
        (rows(), {"target": "load"}, "--text say .* or --time date"),
        (rows()[["say", "state"]], {}, r"name its label with --target \('state'\)"),
        (panel(lambda unit: unit % 20), {"target": "y"}, "--task sequence-classification or"),
        (panel(lambda unit: unit % 3), {"target": "y", "series": "unit", "horizon": 2}, "--task f"),
        (
            panel(lambda unit: unit % 3).assign(group=lambda t: t["y"].astype(str)),
            {"target": "y"},
            "several columns, 'unit', 'group': name the one of the sequences with --series",
        ),
        (rows(), {"task": "guess"}, "no task 'guess'"),
        (rows(), {"task": "nowcast"}, "learns one target, not 0"),
        (rows()[["load"]], {"task": "text-classification", "target": "load"}, "--text"),
        (rows(), {"task": "sequence-classification", "target": "state"}, "--series"),
        (rows(), {"task": "forecast", "target": "load", "horizon": 0}, "horizon from 1 upwards"),
        (
            rows(),
            {"task": "text-classification", "target": "state", "horizon": 4},
            "looks no steps ahead, and horizon 4 was given",
        ),
    ],
)
def test_doubts_name_the_flag(table: pd.DataFrame, given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        kind_of(read(table), **given)


def test_names_are_checked() -> None:
    with pytest.raises(DataError, match=r"no target 'lod' .did you mean 'load'"):
        kind_of(read(rows()), target="lod")
    with pytest.raises(DataError, match="no series column 'unit'"):
        kind_of(read(rows()), target="load", series="unit")


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (["a", "b"], "class"),
        ([True, False], "class"),
        ([0, 1] * 10, "class"),
        ([1.0, 2.0, None] * 10, "class"),
        (list(range(15)) * 5, "either"),
        (list(range(15)), "number"),
        (list(range(40)) * 5, "number"),
        ([0.5, 1.0] * 10, "number"),
        (["1", "2"] * 10, "class"),
        ([], "number"),
    ],
)
def test_class_or_number(labels: list[object], found: str) -> None:
    assert label_of(pd.Series(labels, dtype=None if labels else float)) == found
