"""What every kind of task has to do, end to end, with real trainings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from contracts.chance import gain_and_chance
from contracts.kinds import EXAMPLES, Example

import autorecur
from autorecur.report import __file__ as report_file

SCHEMA = json.loads((Path(report_file).parent / "record.schema.json").read_text())
SPACE = {"width": (8,), "depth": (1,)}


class Made:
    """A finished run of one kind, made once and shared by all its tests."""

    def __init__(self, name: str, folder: Path) -> None:
        self.example: Example = EXAMPLES[name]()
        self.run = autorecur.fit(
            self.example.table,
            **self.example.asked,
            budget="12trainings",
            space=SPACE,
            seed=2,
            workers=2,
            out=folder / name,
        )


@pytest.fixture(scope="module", params=list(EXAMPLES))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(request.param, tmp_path_factory.mktemp("kinds"))


def test_it_ends_with_a_verdict_and_a_whole_record(made: Made) -> None:
    record = json.loads((made.run.folder / "record.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(record)
    assert record["data"]["kind"] == made.example.kind
    assert record["verdict"]["outcome"] != "INCOMPLETE"
    assert record["verdict"]["evidence"]["folds"] >= 4
    assert record["score"]["holdout"] is not None
    assert record["score"]["baselines"]
    assert all(score is not None for score in record["score"]["baselines"].values())
    assert (made.run.folder / "report.html").stat().st_size > 10_000
    assert len(pd.read_csv(made.run.folder / "predictions.csv")) > 5


def test_the_network_learns_what_is_there_to_learn(made: Made) -> None:
    """On the holdout it beats whoever knows nothing of the inputs, by more than chance allows.

    The same rule says that nothing is learnt where the truth is shuffled, see `test_leaks`.
    """
    gain, chance = gain_and_chance(made.run)
    assert gain > chance
    score, baselines = made.run.record.score, made.run.record.score["baselines"]
    know_nothing = ("naive", "prior", "majority", "mean", "median", "unigram")
    floor = [value for name, value in baselines.items() if name in know_nothing]
    assert floor, sorted(baselines)
    if made.run.record.metric["better"] == "lower":
        assert score["holdout"] < min(floor)
    else:
        assert score["holdout"] > max(floor)


def _saved(example: Example, folder: Path) -> Path:
    if example.kind == "language-model":
        path = folder / "table.txt"
        path.write_text("\n".join(example.table["line"]))
    else:
        path = folder / "table.csv"
        example.table.to_csv(path, index=False)
    return path


def test_a_fresh_process_predicts_and_evaluates_alike(made: Made, tmp_path: Path) -> None:
    table = _saved(made.example, tmp_path)
    command = [sys.executable, "-m", "autorecur"]
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    folder = str(made.run.folder)
    scores = json.loads(call("evaluate", folder, str(table), "--json"))
    assert scores
    assert all(value is None or np.isfinite(value) for value in scores.values())
    if made.example.kind == "language-model":
        text = call("generate", folder, "--prompt", "ba lo", "--n", "20", "--seed", "3")
        assert text.startswith("ba lo")
        assert text == call("generate", folder, "--prompt", "ba lo", "--n", "20", "--seed", "3")
        return
    out = tmp_path / "predictions.csv"
    if made.example.asked.get("known"):
        table = _with_future(made.example, tmp_path)
    call("predict", folder, str(table), "--out", str(out))
    assert len(pd.read_csv(out)) > 0


def _with_future(example: Example, folder: Path) -> Path:
    """The table, and for each series the rows that are known in advance, with an empty target."""
    parts = []
    for _, rows in example.table.groupby("shop", sort=False):
        ahead = rows.tail(2).copy()
        ahead["day"] = rows["day"].max() + pd.to_timedelta([1, 2], unit="D")
        ahead["sales"] = np.nan
        parts += [rows, ahead]
    path = folder / "future.csv"
    pd.concat(parts).to_csv(path, index=False)
    return path


@pytest.mark.skipif(
    os.environ.get("KERAS_BACKEND") != "tensorflow", reason="texts want Keras on TensorFlow"
)
def test_texts_predict_here(made: Made) -> None:
    if made.example.kind.startswith("text"):
        assert len(made.run.predict(made.example.table.head(3))) == 3


def _labelled(made: Made) -> tuple[pd.DataFrame, str]:
    if made.example.truth is None or made.example.kind.startswith("text"):
        pytest.skip("its answers are not labels, or Keras here does not read strings")
    return made.example.table, made.example.truth


def test_a_label_needs_no_truth_and_the_order_of_examples_does_not_matter(made: Made) -> None:
    table, truth = _labelled(made)
    asked: dict[str, Any] = made.example.asked
    without = table.drop(columns=truth)
    straight = made.run.predict(without)
    if "series" in asked:
        names = list(dict.fromkeys(without[asked["series"]]))[::-1]
        backwards = pd.concat([without[without[asked["series"]] == name] for name in names])
        turned = made.run.predict(backwards.reset_index(drop=True))
        key = asked["series"]
        turned = turned.set_index(key).loc[straight[key]].reset_index()
        pd.testing.assert_frame_equal(turned, straight, rtol=1e-4, atol=1e-5)


def test_one_row_is_enough_to_answer(made: Made) -> None:
    if made.example.kind == "language-model" or made.example.kind.startswith("text"):
        pytest.skip("it answers for texts")
    table = made.example.table.head(1)
    if made.example.asked.get("known"):
        table = pd.read_csv(_with_future(made.example, made.run.folder), parse_dates=["day"])
        table = table[table["shop"] == "ann"].tail(3)
    assert len(made.run.predict(table)) >= 1


def test_more_columns_are_ignored(made: Made) -> None:
    table, _ = _labelled(made)
    more = table.assign(**{"<b>more</b>": 1.5})
    pd.testing.assert_frame_equal(made.run.predict(more), made.run.predict(table))
