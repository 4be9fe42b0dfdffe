"""What the audit finds, and that it is silent on honest data."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autorecur.data import audit, leaks
from autorecur.data.dataset import Finding
from autorecur.data.read import read
from autorecur.data.series import dataset
from autorecur.data.understand import Asked, understand


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


# Planted leaks, kind by kind: each is found on a table on which nothing is found without it.


def leaks_in(frame: pd.DataFrame, **asked: object) -> list[Finding]:
    return [found for found in understand(frame, Asked(**asked)).findings if found.code == "AR107"]  # type: ignore[arg-type]


def walk(rows: int = 300, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=rows).cumsum()


@pytest.mark.parametrize("role", ["past", "known"])
def test_forecast_a_copy_of_the_target(role: str) -> None:
    y = walk()
    known = ["copy"] if role == "known" else []
    asked = {"target": "y", "time": "when", "horizon": 3, "known": known}
    (found,) = leaks_in(daily(y, copy=32 + 1.8 * y), **asked)
    assert found.level == "issue" and "repeats the target 'y'" in found.sentence
    assert leaks_in(daily(y, copy=y + walk(seed=3)), **asked) == []


@pytest.mark.parametrize(("lead", "steps"), [(1, "1 step"), (3, "3 steps"), (5, "5 steps")])
@pytest.mark.parametrize("role", ["past", "known"])
def test_forecast_the_target_shifted_by_the_horizon(lead: int, steps: str, role: str) -> None:
    y = walk(310)
    known = ["told"] if role == "known" else []
    asked = {"target": "y", "time": "when", "horizon": 3, "known": known}
    (found,) = leaks_in(daily(y[:300], told=7 - y[lead : lead + 300]), **asked)
    assert f"'told' holds the target 'y' of {steps} later" in found.sentence
    assert found.level == "issue" and "--drop 'told'" in found.remedy
    # What the target was is known in time.
    assert leaks_in(daily(y[lead : lead + 300], told=y[:300]), **asked) == []


@pytest.mark.parametrize("role", ["past", "known"])
@pytest.mark.parametrize("way", ["rounded", "noisy"])
def test_forecast_a_later_value_that_is_nearly_there_is_a_tip(way: str, role: str) -> None:
    y = 50 + walk(310) + np.random.default_rng(8).normal(0, 3, 310)
    unit = 0.01 * y.mean()
    noise = np.random.default_rng(9).normal(0, unit / 2, 310)
    told = (y / unit).round() * unit if way == "rounded" else y + noise
    known = ["told"] if role == "known" else []
    asked = {"target": "y", "time": "when", "horizon": 3, "known": known}
    (found,) = leaks_in(daily(y[:300], told=told[3:303]), **asked)
    assert found.level == "tip" and "--drop 'told'" in found.remedy
    assert "'told' nearly holds the target 'y' of 3 steps later" in found.sentence
    # What the target was is known in time.
    assert leaks_in(daily(y[3:303], told=told[:300]), **asked) == []


def test_forecast_a_covariate_that_tells_the_season_is_no_leak() -> None:
    """A value of a day before stands for the next one, and the target's own past holds it too."""
    steps = np.arange(600)
    y = np.sin(steps * np.pi / 12) + 0.02 * np.random.default_rng(4).normal(size=600)
    table = np.stack([y, np.roll(y, 21)], axis=1).astype(np.float32)
    assert leaks.ahead(table, np.ones((600, 1), bool), ("y", "x"), np.array([0, 600]), 12) == []


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("etth1.csv.gz", {"target": "OT", "time": "date", "horizon": 24}),
        ("etth1.csv.gz", {"target": "HUFL", "time": "date", "horizon": 24}),
        ("beijing_pm25.csv.gz", {"target": "pm25", "time": "datetime", "horizon": 24}),
        ("metro_traffic.csv.gz", {"target": "traffic_volume", "time": "date_time", "horizon": 24}),
        ("exchange_rate.csv", {"target": "singapore", "time": "date", "horizon": 8}),
        (
            "household_power_daily.csv",
            {"target": "global_active_power", "time": "date", "horizon": 7},
        ),
        (
            "walmart_store_sales.csv",
            {"target": "weekly_sales", "time": "date", "series": "store", "horizon": 13},
        ),
    ],
    ids=str,
)
def test_forecast_covariates_of_real_tables_are_not_accused(
    name: str, asked: dict[str, object], shared_table: Callable[[str], Path]
) -> None:
    found = understand(shared_table(name), Asked(**asked)).findings  # type: ignore[arg-type]
    assert [each.sentence for each in found if each.code == "AR107"] == []


def test_forecast_a_panel_is_looked_through_series_by_series() -> None:
    parts = []
    for number in range(4):
        y = 10.0**number * (5 + np.sin(walk(210, seed=number)))
        part = daily(y[:200], told=y[3:203], shop=f"s{number}")
        parts.append(part.iloc[: 200 - 10 * number])
    asked = {"target": "y", "time": "when", "series": "shop", "horizon": 3}
    (found,) = leaks_in(pd.concat(parts, ignore_index=True), **asked)
    assert "'told' holds the target 'y' of 3 steps later" in found.sentence


def test_forecast_a_target_that_repeats_itself_has_no_secrets() -> None:
    """The sine of another phase is exactly the target some steps later, and so is the target."""
    steps = np.arange(600)
    table = daily(np.sin(steps * np.pi / 4), other=np.sin((steps + 8) * np.pi / 4 + 0.3))
    assert leaks.ahead(
        table[["y", "other"]].to_numpy(np.float32), np.ones((600, 1), bool), ("y", "other"),
        np.array([0, 600]), 12,
    ) == []  # fmt: skip
    line = np.stack([steps, 3 * steps + 5], axis=1).astype(np.float32)
    assert leaks.ahead(line, np.ones((600, 1), bool), ("y", "x"), np.array([0, 600]), 12) == []


def labelled_rows(number: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    light = rng.normal(size=400)
    frame = daily(light, light=light).drop(columns="y")
    noisy = light + rng.normal(0, 0.5, 400)
    return frame.assign(y=noisy if number else np.where(noisy > 0, "busy", "empty"))


@pytest.mark.parametrize("number", [False, True])
@pytest.mark.parametrize("lead", [0, 1, 6])
def test_nowcast_a_copy_of_the_label_now_or_later(number: bool, lead: int) -> None:
    asked = {"target": "y", "time": "when", "horizon": 0}
    honest = labelled_rows(number)
    assert leaks_in(honest, **asked) == []
    assert leaks_in(honest.assign(past=honest["y"].shift(1).bfill()), **asked) == []
    told = honest["y"].shift(-lead).ffill()
    told = told.map({"busy": "B", "empty": "E"}) if not number else told * 9 - 1
    (found,) = leaks_in(honest.assign(told=told), **asked)
    steps = "1 step" if lead == 1 else f"{lead} steps"
    assert (f"of {steps} later" in found.sentence) == (lead > 0)
    assert "'told'" in found.sentence and found.level == "issue"


def test_nowcast_an_id_column_that_gives_the_label_away() -> None:
    honest = labelled_rows()
    visit = np.arange(400) // 10
    label = np.where(np.random.default_rng(5).random(40)[visit] > 0.5, "busy", "empty")
    frame = honest.assign(y=label, visit=visit)
    (found,) = leaks_in(frame, target="y", time="when", horizon=0)
    assert "'visit' gives the target 'y' away: each of its values has one label" in found.sentence


def sequences(number: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    parts = [
        pd.DataFrame({"id": f"s{one}", "t": np.arange(9), "x": rng.normal(one % 2, 1, 9)}).assign(
            label=float(rng.normal()) if number else "ab"[one % 2], bench=int(rng.integers(4))
        )
        for one in range(60)
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("number", [False, True])
def test_sequences_a_copy_of_the_label(number: bool) -> None:
    asked = {"target": "label", "series": "id", "time": "t"}
    honest = sequences(number)
    assert leaks_in(honest, **asked) == []
    told = 3 - 2 * honest["label"] if number else honest["label"].map({"a": "yes", "b": "no"})
    (found,) = leaks_in(honest.assign(told=told), **asked)
    assert "'told'" in found.sentence and "'label'" in found.sentence


def test_sequences_an_id_column_that_gives_the_label_away() -> None:
    honest = sequences()
    code = pd.factorize(honest["id"])[0]
    bench = np.where(honest["label"] == "a", 1, 2) * 10 + code // 2 % 4
    (found,) = leaks_in(honest.assign(bench=bench), target="label", series="id", time="t")
    assert "'bench' gives the target 'label' away" in found.sentence


def copied(honest: pd.DataFrame, count: int, split: str) -> pd.DataFrame:
    """With copies of the first series under other names, at other times, and a split column."""
    first = honest[honest["id"].isin([f"s{one}" for one in range(count)])]
    copies = first.assign(id="copy of " + first["id"], t=first["t"] + 100)
    return pd.concat([honest.assign(part="train"), copies.assign(part=split)], ignore_index=True)


@pytest.mark.parametrize("number", [False, True])
def test_sequences_copies_stay_in_one_part_or_are_an_issue(number: bool) -> None:
    frame = copied(sequences(number), 20, "test")
    asked = {"target": "label", "series": "id", "time": "t"}
    made = understand(frame.drop(columns="part"), Asked(**asked))  # type: ignore[arg-type]
    place = {name: at for at, name in enumerate(made.series)}
    for fold in (made.split.selection, *made.split.duel, made.split.holdout):
        tested = {*fold.test.tolist(), *fold.validation.tolist()} - set(fold.train.tolist())
        for one in range(20):
            pair = {place[f"s{one}"], place[f"copy of s{one}"]}
            assert pair <= tested or not (pair & tested) or not (pair & {*fold.train.tolist()})
    repeats = [found for found in made.findings if "repeat" in found.sentence]
    assert [(found.code, found.level) for found in repeats] == [("AR108", "note")]
    assert repeats[0].sentence.startswith("20 of 80 series repeat another one; those are in one")
    (found,) = leaks_in(frame, **asked, split="part")
    assert found.level == "issue"
    assert "20 of 20 held-out series (100.0%) also stand among the others" in found.sentence


def test_nowcast_copies_of_whole_series_stay_in_one_part() -> None:
    honest = sequences(number=True).assign(label=lambda rows: rows["x"].round(1))
    honest["other"] = np.random.default_rng(8).normal(size=len(honest))
    frame = copied(honest, 20, "test")
    asked = {"target": "label", "series": "id", "time": "t", "horizon": 0, "drop": ["bench"]}
    made = understand(frame.drop(columns="part"), Asked(**asked))  # type: ignore[arg-type]
    named = np.asarray(made.series, object)[made.series_of(made.split.holdout.test)]
    held = {str(name).removeprefix("copy of ") for name in named}
    trained = np.asarray(made.series, object)[made.series_of(made.split.holdout.train)]
    assert not held & {str(name).removeprefix("copy of ") for name in trained}
    (found,) = leaks_in(frame, **asked, split="part")
    assert "20 of 20 held-out series (100.0%)" in found.sentence


def test_series_that_are_mostly_repeats_are_divided_all_the_same() -> None:
    honest = sequences()
    honest["x"] = honest.groupby("id").cumcount() * np.where(honest["label"] == "a", 1, -1)
    (found,) = leaks_in(honest.drop(columns="bench"), target="label", series="id", time="t")
    assert "most repeat, so they cannot be kept apart" in found.sentence


def documents(number: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    words = [f"{one}{two}o" for one in "bdfgklm" for two in "aeiouyzx"]
    said = [" ".join(rng.choice(words, 8)) for _ in range(120)]
    label = rng.normal(size=120).round(3) if number else rng.choice(["up", "down"], 120)
    return pd.DataFrame({"say": said, "mood": label})


@pytest.mark.parametrize("number", [False, True])
def test_texts_that_state_their_label(number: bool) -> None:
    asked = {"target": "mood", "text": "say"}
    honest = documents(number)
    assert leaks_in(honest, **asked) == []
    told = "(" + honest["mood"].astype(str) + ") " + honest["say"]
    (found,) = leaks_in(honest.assign(say=told), **asked)
    assert found.level == "issue" and "give the target 'mood' away" in found.sentence


@pytest.mark.parametrize(
    "spelling", [str, str.upper, lambda said: f'"{said}"!', lambda said: f"{said} 0800 17"]
)
def test_documents_across_a_given_split_exact_and_near(spelling: Callable[[str], str]) -> None:
    honest = documents().assign(part=["train"] * 90 + ["test"] * 30)
    assert leaks_in(honest, target="mood", text="say", split="part") == []
    honest.loc[90:99, "say"] = [spelling(said) for said in honest["say"][:10]]
    (found,) = leaks_in(honest, target="mood", text="say", split="part")
    assert found.level == "issue"
    assert "10 of 30 held-out documents (33.3%) also stand among the others" in found.sentence


def test_a_table_of_many_columns_is_audited_in_seconds() -> None:
    """2,000 covariates, a horizon of 48: looking for later values must not eat the budget."""
    rng = np.random.default_rng(9)
    values = rng.normal(size=(3_000, 2_000)).astype(np.float32)
    values[:-7, 1_500] = values[7:, 0]
    names = [f"c{number}" for number in range(2_000)]
    started = time.process_time()
    (found,) = leaks.ahead(values, np.ones((3_000, 1), bool), names, np.array([0, 3_000]), 48)
    assert "'c1500' holds the target 'c0' of 7 steps later" in found.sentence
    assert time.process_time() - started < 20
