"""What every kind of task has to do, end to end, with real trainings."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from contracts import fresh
from contracts.chance import gain_and_chance
from contracts.kinds import EXAMPLES, Example

import autorecur
from autorecur.nets.candidate import CELLS
from autorecur.report import __file__ as report_file
from autorecur.search.workers import WorkerPool

SCHEMA = json.loads((Path(report_file).parent / "record.schema.json").read_text())
SPACE = {"width": (8,), "depth": (1,)}
PLAIN_TOO = "nowcast"  # the kind in which a plain recurrent network is measured as well


class Made:
    """A finished run of one kind, made once and shared by all its tests."""

    def __init__(self, name: str, folder: Path, workers: WorkerPool) -> None:
        self.example: Example = EXAMPLES[name]()
        self.space = SPACE | {"cells": (*CELLS, "rnn") if name == PLAIN_TOO else CELLS}
        self.run = autorecur.fit(
            self.example.table,
            **self.example.asked,
            budget="13trainings",
            space=self.space,
            seed=2,
            executor=workers,
            out=folder / name,
        )


@pytest.fixture(scope="module", params=list(EXAMPLES))
def made(
    request: pytest.FixtureRequest,
    workers: WorkerPool,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    return Made(request.param, tmp_path_factory.mktemp("kinds"), workers)


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


def test_every_check_is_told_whatever_came_of_it(made: Made) -> None:
    told = {check["code"]: check for check in made.run.record.checks}
    assert {f"AR{number}" for number in range(101, 115)} <= set(told)
    classes = made.run.schema.classes
    assert (told["AR109"]["level"] == "not applicable") == (not classes)
    assert (told["AR107"]["level"] == "not applicable") == (made.example.kind == "language-model")
    assert told["AR113"]["level"] == "passed"  # a budget of trainings is for so many pairs


def test_figures_and_checks_stand_on_the_same_numbers(made: Made) -> None:
    """What the record tells of the holdout is what predictions.csv holds, and AR110 agrees."""
    record, schema = made.run.record, made.run.schema
    figures, kind = record.figures, made.example.kind
    numbers = kind != "language-model" and not schema.classes
    assert (figures["residuals"] is not None) is numbers
    assert (figures["certainty"] is not None) is bool(schema.classes)
    assert (figures["targets"] is not None) is (kind != "language-model")
    (check,) = [check for check in record.checks if check["code"] == "AR110"]
    told = (figures["residuals"] or {}).get("autocorrelation")
    assert (check["level"] == "not applicable") is (told is None)
    assert told is None or (check["level"] == "tip") is told["is_left"]
    table = pd.read_csv(made.run.folder / "predictions.csv")
    if schema.classes:
        right = (table[schema.unit] == table["actual"]).mean()
        bins = figures["certainty"]["bins"]
        assert sum(each["count"] for each in bins) == len(table.dropna(subset=["actual"]))
        hits = sum(each["count"] * each["right"] for each in bins)
        assert hits / len(table) == pytest.approx(right)
        assert {each["label"] for each in figures["certainty"]["curves"]} <= set(schema.classes)
    elif numbers and figures["scatter"]:
        off = (table[schema.unit] - table["actual"]).abs()
        assert figures["scatter"]["of"] == figures["residuals"]["count"] == len(off)
        assert figures["scatter"]["worst_error"] == pytest.approx(off.max(), rel=1e-5)
    elif numbers:
        off = (table["forecast"] - table["actual"]).abs()
        by_step = off.groupby(table["step"]).mean()
        several, steps = "series" in made.example.asked, figures["forecast"]["steps"]
        assert steps["scaled"] is several  # of a panel in the scale of each series
        assert len(steps["model"]) == len(by_step)
        assert several or steps["model"] == pytest.approx(list(by_step), rel=1e-4)
        assert (figures["forecast"]["drawn"]["series"] is not None) is several
    page = (made.run.folder / "report.html").read_text()
    assert ("Is anything left in the residuals?" in page) is numbers
    assert ("How many values of the target lie where" in page) is (kind != "language-model")
    assert "The words of this report" in page


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


def test_texts_show_what_was_answered_worst(made: Made, tmp_path: Path) -> None:
    """Of classes the mistakes, the surest first; of numbers what is furthest off; text as text."""
    worst, schema = made.run.record.figures["worst"], made.run.schema
    if not made.example.kind.startswith("text"):
        assert worst is None
        return
    table = pd.read_csv(made.run.folder / "predictions.csv")
    if schema.classes:
        table = table[table["mood"] != table["actual"]]
        bad = table.filter(like="probability of ").max(axis=1)
        assert [one["probability"] for one in worst] == pytest.approx(
            sorted(bad, reverse=True)[:10], abs=1e-6
        )
    else:
        bad = (table["mood"] - table["actual"]).abs()
        assert {one["probability"] for one in worst} == {None}
    rows = table.loc[bad.sort_values(ascending=False, kind="stable").index, "row"][:10]
    assert rows.size and [one["text"] for one in worst] == list(
        made.example.table["review"].loc[rows]
    )
    page = (made.run.folder / "report.html").read_text()
    assert "<i>" not in page
    assert all(html.escape(one["text"]) in page for one in worst)
    caption = "The worst errors on the holdout"
    for path in (made.run.folder / "report.html", made.run.report(tmp_path / "report.md")):
        assert caption in path.read_text()


def test_a_plain_network_is_measured_where_it_was_asked_for(made: Made) -> None:
    """Beside the finalists, on the holdout alone; it is no finalist itself."""
    record = made.run.record
    asked = "rnn" in made.space["cells"]
    assert ("SimpleRNN" in record.score["detail"]) is asked
    assert {finalist["cell"] for finalist in record.finalists} == set(CELLS)
    if asked:
        assert record.score["detail"]["SimpleRNN"][record.metric["name"]] is not None
        assert "SimpleRNN" in (made.run.folder / "report.html").read_text()


def test_a_fresh_process_predicts_and_evaluates(made: Made, tmp_path: Path) -> None:
    """The same whatever the order of the rows, and one row will do; it evaluates what it read."""
    if made.example.kind == "language-model":
        pytest.skip("of running text the order is what is learnt")
    table, path = made.example.table, tmp_path / "table.csv"
    table.to_csv(path, index=False)
    if made.example.asked.get("known"):
        table = pd.read_csv(_with_future(made.example, tmp_path))
    evaluate = ("evaluate", str(made.run.folder), str(path), "--json")
    (told,) = fresh.check_answers(made.run, table, tmp_path / "tables", evaluate)
    _check_scores(told)


def _check_scores(told: fresh.Told) -> None:
    assert told.code == 0, told.err
    scores = json.loads(told.out)
    assert scores
    assert all(value is None or np.isfinite(value) for value in scores.values())


def test_a_fresh_process_evaluates_and_goes_on_with_a_text(made: Made, tmp_path: Path) -> None:
    """It goes on from one character, and refuses in one sentence to be scored on one."""
    if made.example.kind != "language-model":
        pytest.skip("it reads tables")
    folder, path, short = str(made.run.folder), tmp_path / "table.txt", tmp_path / "short.txt"
    path.write_text("\n".join(made.example.table["line"]))
    short.write_text("b")
    generate = ("generate", folder, "--prompt", "ba lo", "--n", "20", "--seed", "3")
    calls = (
        ("evaluate", folder, str(path), "--json"),
        generate,
        ("generate", folder, "--prompt", "b", "--n", "5"),
        ("evaluate", folder, str(short)),
    )
    _, (scored, said, little, refused) = fresh.asked(made.run, {}, tmp_path / "new", *calls)
    _, (again,) = fresh.asked(made.run, {}, tmp_path / "newer", generate)  # in another process
    _check_scores(scored)
    assert said.code == 0 and said.out.startswith("ba lo")
    assert said == again
    assert little.code == 0 and len(little.out.rstrip("\n")) == 6
    assert refused.code == 2
    assert "the text has 1 token" in refused.err.splitlines()[-1]
    assert "Traceback" not in refused.err


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
