"""Runs on tables whose names are hostile, beside twins with plain ones: real trainings, real files.

Names change no number: both twins train the same networks, so their pages have the same elements.
"""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report.test_html import Page
from report.test_views import tokens

import autorecur
from autorecur import cli, report
from autorecur.output import guarded_cells, write_csv
from autorecur.record import Record
from autorecur.search.events import Event

SHEET = "=cmd|'/C calc'!A0"
IMAGE = '"><img src=x onerror=alert(1)>'
SCRIPT = "</script><script>alert(1)</script>"


@dataclass(frozen=True)
class Names:
    """What the user may call things; each set sorts alike, so that codes are the same."""

    file: str
    label: str
    classes: tuple[str, str]
    column: str
    who: Callable[[int], str]  # a series, by its number
    text: str  # the column of documents


HOSTILE = Names(
    file=f"a{IMAGE.replace('/', '')} b.csv",
    label=f"@{SCRIPT}",
    classes=("-1", "@x<b>&"),
    column=f"$\\frac{{ {IMAGE}",
    who=lambda number: f"{SHEET} {number:02d}",
    text=f"+{SCRIPT}",
)
PLAIN = Names(
    file="a.csv",
    label="label",
    classes=("a", "b"),
    column="channel",
    who=lambda number: f"series {number:02d}",
    text="text",
)


def sequences(names: Names) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = [
        (names.who(number), value.round(4), names.classes[number % 2])
        for number in range(60)
        for value in np.sin((0.5 + number % 2) * np.arange(8)) + rng.normal(0, 0.1, 8)
    ]
    return pd.DataFrame(rows, columns=["=who", names.column, names.label])


def texts(names: Names) -> pd.DataFrame:
    """The documents are hostile whatever the names are: what they say is learnt from."""
    rng = np.random.default_rng(5)
    sides, filler = (["fine", "great"], ["poor", "awful"]), ["the", "room", "was", "and", "staff"]
    rows = []
    for number in range(240):
        told = [*rng.choice(filler, 6), rng.choice(sides[number % 2]), *rng.choice(filler, 4)]
        rows.append((f"{SHEET} {SCRIPT} {' '.join(told)}", names.classes[number % 5 % 2]))
    return pd.DataFrame(rows, columns=[names.text, names.label])


def fitted(folder: Path, names: Names, kind: str) -> autorecur.Run:
    """A run on a table in a file of that name, in as few trainings as there can be."""
    folder.mkdir()
    file = folder / names.file
    made, asked = (texts(names), {"text": names.text}) if kind == "texts" else (
        sequences(names),
        {"series": "=who"},
    )  # fmt: skip
    made.to_csv(file, index=False)
    return autorecur.fit(
        file,
        names.label,
        **asked,  # type: ignore[arg-type]
        task="text-classification" if kind == "texts" else "sequence-classification",
        budget="4trainings",
        space={"width": (8,), "depth": (1,)},
        seed=3,
        workers=2,
        out=folder / "run",
        listener=lambda event: _note(folder, event),
    )


def _note(folder: Path, event: Event) -> None:
    """What `fit` tells of its own accord, beside the trainings."""
    if event.kind == "note":
        with (folder / "heard").open("a", encoding="utf-8") as file:
            file.write(f"{event.text}\n")


Twins = dict[str, autorecur.Run]


BOTH = pytest.mark.parametrize("twins", ["sequences", "texts"], indirect=True)
# Networks that read strings need TensorFlow, and the tests' own process has JAX.
SEQUENCES = pytest.mark.parametrize("twins", ["sequences"], indirect=True)


@pytest.fixture(scope="module")
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    home = tmp_path_factory.mktemp(request.param)
    return {
        name: fitted(home / name, names, request.param)
        for name, names in {"hostile": HOSTILE, "plain": PLAIN}.items()
    }


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def steady(value: Any) -> Any:
    """With one duration for all: which network is the quicker one hangs on the machine."""
    if isinstance(value, Record):
        return {name: steady(item) for name, item in vars(value).items()}
    if isinstance(value, Mapping):
        return {
            key: 1.0
            if key.endswith(("seconds", "_ms")) and isinstance(item, float)
            else steady(item)
            for key, item in value.items()
        }
    return type(value)(map(steady, value)) if isinstance(value, list | tuple) else value


@BOTH
def test_the_page_of_a_hostile_table_has_the_elements_of_its_twin(twins: Twins) -> None:
    runs = {name: replace(run.record, **steady(run.record)) for name, run in twins.items()}
    pages = {name: Page(report.render(record, ".html")) for name, record in runs.items()}
    assert pages["hostile"].counts == pages["plain"].counts
    assert HOSTILE.label in pages["hostile"].text and HOSTILE.classes[1] in pages["hostile"].text
    # Documents among them: as many elements as where they hold letters alone.
    record = runs["hostile"]
    worst = [{**each, "text": "n" * len(each["text"])} for each in record.figures["worst"] or ()]
    plain = replace(record, figures={**record.figures, "worst": worst or None})
    assert Page(report.render(plain, ".html")).counts == pages["hostile"].counts
    counts = {}
    for name, made in runs.items():
        counts[name] = tokens(report.render(made, ".md"))
        for token in ("softbreak", "text", "text_special"):
            del counts[name][token]
    assert counts["hostile"] == counts["plain"]


@BOTH
def test_no_cell_of_the_predictions_is_run_and_numbers_are_left(twins: Twins) -> None:
    run = twins["hostile"]
    head, *rows = cells(run.folder / "predictions.csv")
    found = [cell for row in (head, *rows) for cell in row]
    assert not [cell for cell in found if cell.startswith(("=", "+", "@", "\t", "\r"))]
    assert {cell for cell in found if cell.startswith("-")} <= {"-1"}
    assert {row[head.index(f"'{HOSTILE.label}")] for row in rows} <= {
        "-1",
        f"'{HOSTILE.classes[1]}",
    }
    assert {row[head.index("actual")] for row in rows} == {"-1", f"'{HOSTILE.classes[1]}"}
    assert f"probability of {HOSTILE.classes[1]}" in head
    assert guarded_cells(run.folder / "predictions.csv") >= len(rows) / 3
    if run.schema.traits.by_series and not run.schema.traits.text:
        assert head[0] == "'=who" and all(row[0].startswith(f"'{SHEET}") for row in rows)
    assert guarded_cells(twins["plain"].folder / "predictions.csv") <= 1 + len(rows)


@BOTH
def test_fit_tells_its_listener_what_it_made_harmless(twins: Twins) -> None:
    folder = twins["hostile"].folder
    cells = guarded_cells(folder / "predictions.csv")
    heard = (folder.parent / "heard").read_text(encoding="utf-8").splitlines()
    begun = f"predictions.csv: {cells:,} cells that begin with = + - @ got an apostrophe"
    assert sum(line.startswith(begun) for line in heard) == 1


@SEQUENCES
def test_predict_and_evaluate_write_harmless_cells_and_say_so(
    twins: Twins, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = twins["hostile"]
    table = str(run.folder.parent / HOSTILE.file)
    raw = run.predict(table)
    assert HOSTILE.label in raw.columns and set(raw[HOSTILE.label]) <= set(HOSTILE.classes)
    for command in ("predict", "evaluate"):
        out = tmp_path / f"{command}.csv"
        assert cli.main([command, str(run.folder), table, "--out", str(out)]) == 0
        said = capsys.readouterr()
        assert SCRIPT not in said.out
        last = said.err.splitlines()[-1]
        assert last.startswith(f"autorecur: {guarded_cells(out):,} cells that begin with = + - @")
        head, *rows = cells(out)
        assert f"'{HOSTILE.label}" in head and len(rows) == len(raw)
        assert not [cell for row in (head, *rows) for cell in row if cell[:1] in ("=", "+", "@")]
    assert cli.main(["predict", str(run.folder), table]) == 0
    assert capsys.readouterr().out == (tmp_path / "predict.csv").read_text(encoding="utf-8")


@SEQUENCES
def test_a_table_that_was_written_with_apostrophes_is_the_same_table(
    twins: Twins, tmp_path: Path
) -> None:
    """What `write_csv` guards, the commands read as it was: series, classes and columns."""
    run = twins["hostile"]
    table = run.folder.parent / HOSTILE.file
    given = pd.read_csv(table, dtype=str)
    assert write_csv(given, tmp_path / "guarded.csv") > 0
    pd.testing.assert_frame_equal(run.predict(tmp_path / "guarded.csv"), run.predict(table))
    scores = [run.evaluate(each).scores for each in (tmp_path / "guarded.csv", table)]
    assert scores[0] == scores[1]


@SEQUENCES
def test_the_command_in_the_record_asks_for_the_same(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = twins["hostile"]
    seen: dict[str, Any] = {}

    def fit(data: Any, **settings: Any) -> Any:
        seen.update(settings, data=data)
        return run

    monkeypatch.setitem(vars(autorecur), "fit", fit)
    words = shlex.split(run.record.run["command"])
    assert cli.main([*words[1:], "--quiet"]) == 0
    assert seen["data"] == run.folder.parent / HOSTILE.file
    assert seen["target"] == HOSTILE.label
    assert (seen["budget"], seen["seed"], seen["workers"]) == ("4trainings", 3, 2)
    assert seen["space"] == {"width": (8,), "depth": (1,)}
    assert run.record.run["lacks"] == ()
