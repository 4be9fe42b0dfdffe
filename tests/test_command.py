"""The command in a record: read by the commands' own parser it asks for what was asked."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import autorecur
from autorecur import cli, pipeline
from autorecur.command import command_of
from autorecur.data.understand import Asked
from autorecur.nets.candidate import Space
from autorecur.search.budget import Budget, Meter
from autorecur.search.limits import Limits
from autorecur.stages import Settings, Stage

ODD = """it's $(rm -r ~) `x` "y"; #z \\ *"""
ROWS = 300
RNG = np.random.default_rng(1)
SERIES = pd.DataFrame(
    {
        "day": pd.date_range("2021-01-01", periods=ROWS).strftime("%Y-%m-%d"),
        "-y": RNG.normal(0, 1, ROWS).round(3),
        ODD: RNG.normal(0, 1, ROWS).round(3),
        "holiday": RNG.integers(0, 2, ROWS),
        "id": np.arange(ROWS),
        "note": RNG.normal(0, 1, ROWS).round(3),
    }
)
SAID = ["good", "bad", "room", "day", "we", "stayed", "and", "never", "again"]
TEXTS = pd.DataFrame({"said": [" ".join(RNG.choice(SAID, 12)) for _ in range(80)]})
TEXTS["mood"] = ["a", "b"] * 40
KEPT = "how it is shown and where it is kept are no part of the question"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the parser hands to `autorecur.fit`; no training follows."""
    seen: dict[str, Any] = {}

    def fit(data: Any, **settings: Any) -> Any:
        seen.clear()
        seen.update(settings, data=data)
        record = SimpleNamespace(verdict={"outcome": "GRU"}, budget={"ended_by": "time"})
        return SimpleNamespace(verdict="Use a GRU.", record=record, folder=Path("no run"))

    monkeypatch.setitem(vars(autorecur), "fit", fit)
    return seen


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with tables in it, which the commands are run in."""
    home = tmp_path / "some where"
    (home / "a b").mkdir(parents=True)
    SERIES.to_csv(home / "a b" / "energy's.csv", index=False)
    SERIES.to_csv(home / "-s.csv", index=False)
    TEXTS.to_csv(home / "texts.csv", index=False)
    (home / "book.txt").write_text("It was the best of times. " * 200)
    (home / "v.txt").write_text("good 0.1 0.2\nbad 0.3 0.1\nroom 0.2 0.2\n")
    monkeypatch.chdir(home)
    return home


def asked_by(line: list[str], heard: dict[str, Any]) -> dict[str, Any]:
    assert cli.main(["fit", "--quiet", *line]) == 0
    given = dict(heard)
    for name in ("listener", "started", "out", "resume"):
        assert given.pop(name, KEPT) is not None or name == "out"
    return given


def stage_of(given: dict[str, Any], **more: Any) -> Stage:
    """The stage of a run that was asked for so, before anything is trained."""
    names = [field.name for field in fields(Asked)]
    asked = Asked(**{name: given[name] for name in names})
    dataset, metric, space = pipeline._understood(
        given["data"], asked, given["vectors"], given["metric"], given["space"]
    )
    said = pipeline._given(
        given["data"], asked, given["vectors"], given["space"], given["workers"],
        more.get("oracle"), more.get("executor"),
    )  # fmt: skip
    limits = Limits.of(given["limits"])
    settings = Settings(said, given["seed"], given["margin"], metric, space, limits, Path(), None)
    engine = None if given["engine"] == "auto" else given["engine"]
    meter = Meter(Budget.parse(given["budget"]))
    dispatcher: Any = SimpleNamespace(meter=meter, engine=engine)
    nothing: Any = None
    return Stage(settings, dataset, dispatcher, Path(), nothing, nothing)


QUESTIONS = {
    "little": "'a b/energy'\"'\"'s.csv' --target=-y",
    "every option": (
        f"'a b/energy'\"'\"'s.csv' --target -y --target {shlex.quote(ODD)} --time day --horizon 5"
        " --task forecast --known holiday --drop id --drop note --budget '3min, 2e14flop'"
        " --cells gru,lstm,rnn --depth 1:3 --width 8:100 --metric rmse --margin 0.123456789%"
        " --seed 7 --workers 3 --engine tensorflow --max-parameters 12345678 --max-bytes 500000"
        " --max-latency 0.1234567"
    ),
    "a file that looks like an option": "--target -y -- -s.csv",
    "texts": "texts.csv --text said --target mood --vectors ./v.txt --width 16 --depth 2",
    "language": "book.txt --budget 40trainings --cells gru",
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_command_asks_for_the_same(name: str, folder: Path, heard: dict[str, Any]) -> None:
    line = shlex.split(QUESTIONS[name])
    first = asked_by(line, heard)
    command, lacks = command_of(stage_of(first))
    assert lacks == ()
    words = shlex.split(command)
    assert words[:2] == ["autorecur", "fit"]
    again = asked_by(words[2:], heard)
    settled = {"task", "metric", "time", "horizon", "text", "target", "known", "static", "series"}
    for option, value in first.items():
        if option not in settled or value not in (None, "auto", ()):
            assert again[option] == value, option
    one, other = stage_of(first), stage_of(again)
    assert one.settings.space == other.settings.space
    assert one.settings.metric == other.settings.metric
    assert one.dataset.fingerprint == other.dataset.fingerprint
    said = ["kind", "horizon", "season", "frequency", "tokens", "classes"]
    for part in said:
        assert getattr(one.dataset.schema, part) == getattr(other.dataset.schema, part)
    roles = [[(c.name, c.role, c.dtype) for c in s.dataset.schema.columns] for s in (one, other)]
    assert roles[0] == roles[1]
    assert command_of(other) == (command, ()), "and the same command again"


def test_what_no_option_can_say_is_named(folder: Path, heard: dict[str, Any]) -> None:
    given = asked_by(["texts.csv", "--text", "said", "--target", "mood"], heard)
    frame = given | {"data": TEXTS, "space": {"width": (8, 24), "depth": [1, 2], "batch": 16}}
    command, lacks = command_of(stage_of(frame, oracle=object(), executor=object()))
    assert command.startswith("autorecur fit TABLE --task text-classification")
    assert "--depth 1:2" in command and "--width" not in command
    assert lacks == (
        "the table, a DataFrame, for which TABLE stands",
        "the space's width",
        "the space's batch",
        "the oracle",
        "the executor",
    )
    whole = given | {"space": Space(width=(8, 16))}
    command, lacks = command_of(stage_of(whole))
    assert "--cells lstm,gru --width 8:16" in command
    assert "the space's learning rate" in lacks and "the space's depth" in lacks
    odd = given | {"data": TEXTS.rename(columns={"said": "a\x1b[2J"}), "text": "a\x1b[2J"}
    assert command_of(stage_of(odd))[1][-1] == "signs in a name that cannot be shown"
