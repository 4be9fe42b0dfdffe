"""Bad input through the commands: an answer that says what was done, or one sentence and code 2.

Each row of the tables below is a table, what is asked of it, and the words that have to be said.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import autorecur
from autorecur import cli, pipeline
from autorecur.data.understand import Asked, prepare, understand
from autorecur.search.workers import WorkerPool

ROWS = 200
RNG = np.random.default_rng(11)
DAYS = pd.date_range("2021-01-01", periods=ROWS).strftime("%Y-%m-%d")
SERIES = pd.DataFrame({"day": DAYS})
SERIES["y"] = (10 + np.sin(np.arange(ROWS) / 7 * 2 * np.pi) + RNG.normal(0, 0.1, ROWS)).round(3)
SERIES["wind"] = RNG.choice(["N", "S"], ROWS)
LABELS = pd.DataFrame({"t": np.arange(ROWS), "x": RNG.normal(0, 1, ROWS).round(3)})
LABELS["kind"] = RNG.choice(["a", "b"], ROWS)
TEXTS = pd.DataFrame(
    {"said": [" ".join(RNG.choice(["good", "bad", "room", "day"], 8)) + f" {n}" for n in range(60)]}
)
TEXTS["mood"] = ["glad", "sad"] * 30
WALKS = pd.DataFrame({"who": np.repeat([f"s{n}" for n in range(40)], 5)})
WALKS["x"] = RNG.normal(0, 1, ROWS).round(3)
WALKS["end"] = np.repeat(["won", "lost"] * 20, 5)
WIDE = pd.DataFrame(RNG.normal(0, 1, (ROWS, 2_000)).round(2)).add_prefix("c")

Y = "--target y --horizon 3"
KIND = "--target kind --horizon 0"
MOOD = "--target mood --text said"
END = "--target end --series who --task sequence-classification"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))


def csv(frame: pd.DataFrame, **changes: Any) -> bytes:
    return frame.assign(**changes).to_csv(index=False).encode()


def at(frame: pd.DataFrame, column: str, rows: Any, value: object) -> bytes:
    """The table with `value` in some rows of a column."""
    changed = frame.astype({column: object})
    changed.loc[rows, column] = value
    return csv(changed)


def line(number: int, change: Callable[[str], str]) -> bytes:
    """The series with one line of its file changed."""
    lines = csv(SERIES).decode().splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    return "".join(lines).encode()


def header(names: str) -> bytes:
    return csv(SERIES).replace(b"day,y,wind", names.encode(), 1)


REFUSED: dict[str, tuple[bytes | None, str, str]] = {
    # --- labels
    "text class of one": (at(TEXTS, "mood", 7, "odd"), MOOD, "'odd' of 'mood' has one member only"),
    "sequence class of one": (
        at(WALKS, "end", WALKS["who"] == "s7", "drew"),
        END,
        "the class 'drew' of 'end' has one member only, and at least two series are needed",
    ),
    "one class, rows": (csv(LABELS, kind="a"), KIND, "'kind' has one class only, 'a'"),
    "one class, inferred": (csv(LABELS, kind="a"), "--target kind", "has one class only, 'a'"),
    "one class, texts": (csv(TEXTS, mood="a"), MOOD, "'mood' has one class only, 'a'"),
    "one class, sequences": (csv(WALKS, end="a"), END, "'end' has one class only, 'a'"),
    "constant label, rows": (csv(LABELS, kind=5), KIND, "'kind' has one class only, '5'"),
    "constant label, sequences": (
        csv(WALKS, end=5.5),
        "--target end --series who --task sequence-regression",
        "'end' has one value only, 5.5",
    ),
    "constant label, texts": (
        csv(TEXTS, mood=5.5),
        f"{MOOD} --task text-regression",
        "'mood' has one value only, 5.5",
    ),
    "no target, forecast": (csv(SERIES, y=None), Y, "the target 'y' has no value at all"),
    "no target, inferred": (csv(SERIES, y=None), "--target y", "the target 'y' has no value at"),
    "no label, rows": (csv(LABELS, kind=None), KIND, "the target 'kind' has no value at all"),
    "no label, texts": (csv(TEXTS, mood=None), MOOD, "the target 'mood' has no value at all"),
    "no label, sequences": (csv(WALKS, end=None), END, "the target 'end' has no value at all"),
    "text of numbers": (csv(TEXTS, said=range(60)), MOOD, "'said' holds numbers, such as 0"),
    # --- values
    "infinite target": (at(SERIES, "y", 9, "inf"), Y, "'y' has an infinite value, inf, in line 11"),
    "infinite covariate": (
        csv(SERIES, z=[*range(9), "-Infinity", *range(190)]),
        Y,
        "'z' has an infinite value, -inf, in line 11",
    ),
    "beyond float32": (at(SERIES, "y", 9, "1e300"), Y, "an infinite value, 1e+300, in line 11"),
    "infinite label": (
        at(TEXTS.assign(mood=1.5 * np.arange(60)), "mood", 7, "inf"),
        f"{MOOD} --task text-regression",
        "'mood' has an infinite value, inf, in line 9",
    ),
    "infinite channel": (at(WALKS, "x", 9, "inf"), END, "'x' has an infinite value, inf, in line"),
    "with and without a zone": (
        csv(SERIES, day=[f"{day}T00:00{'+01:00' if n % 2 else ''}" for n, day in enumerate(DAYS)]),
        Y,
        "times with a zone and without one: line 3 has '2021-01-02T00:00+01:00' and line 2",
    ),
    "a date that is none": (at(SERIES, "day", 40, "soon"), Y, "line 42 has 'soon'"),
    # --- the file
    "no file": (None, "", "there is no file"),
    "a folder": (None, "", "is a folder: name the file in it"),
    "an empty file": (b"", "", "is empty: it needs a header line and rows"),
    "blank lines": (b"\n \n", "", "is empty: it needs a header line and rows"),
    "header only": (b"day,y\n", Y, "has a header and no rows: add the data below it"),
    "one field too many": (line(8, lambda text: text.strip() + ",9\n"), Y, "line 8: 4 fields"),
    "one field too few": (
        line(8, lambda text: "2021-01-07\n"),
        Y,
        "line 8: 1 field where the header has 3; repair that line",
    ),
    "cut gzip": (gzip.compress(csv(SERIES))[:-100], Y, "is a damaged gzip file"),
    "gzip of two bytes": (gzip.compress(csv(SERIES))[:2], Y, "is a damaged gzip file"),
    "gzip of nothing": (gzip.compress(b""), Y, "is empty"),
    "an image": (PNG, "", "is a PNG image and no text: give a CSV file"),
    "a zipped image": (gzip.compress(PNG), "", "is a PNG image and no text"),
    "a workbook": (b"PK\x03\x04" + bytes(99), "", "is a ZIP archive or an Excel workbook"),
    "a document": (b"%PDF-1.7\n1 0 obj\n", "", "is a PDF document and no text"),
    "a web page": (b"\n<!DOCTYPE html>\n<html>", "", "is a web page and no table"),
    "JSON": (b'[{"y": 1},\n{"y": 2}]', "", "is JSON and no CSV table"),
    "a zero byte": (line(8, lambda text: "\0" + text), Y, "has a zero byte in line 8"),
    "UTF-16 without its mark": (csv(SERIES).decode().encode("utf-16-le"), Y, "UTF-16 without its"),
    "no code at all": (csv(SERIES) + b"2021-07-20,1,\xe9\x81\n", Y, "line 202 has the byte 0x81"),
    # --- its columns
    "one name twice": (header("y,y,wind"), Y, "has two columns called 'y': rename one"),
    "numbers for names": (b"1,2\n3,4\n", "", "has no header: its first line is '1' …"),
    "another name": (
        header("day,load,wind"),
        Y,
        "has no target 'y': its columns are 'day', 'load'",
    ),
    "another case": (header("day,Y,wind"), Y, "has no target 'y' (did you mean 'Y'?)"),
    "a name too long": (csv(SERIES), f"--target {'l' * 3000}", "has no target 'lll"),
    "an empty name": (csv(SERIES), "--target y --time ''", "time is '', which names no column"),
    "a column of nothing": (csv(SERIES), "--target '' --horizon 3", "has no target ''"),
}

WORKS: dict[str, tuple[bytes, str, str]] = {
    "row class of one": (at(LABELS, "kind", 7, "odd"), KIND, "1 class has fewer than 5 training"),
    "labels missing, rows": (
        at(LABELS, "kind", range(20, 30), None),
        KIND,
        "10 of 200 rows (5.0%) have no label in 'kind': they are looked at, and neither trained",
    ),
    "labels missing, texts": (
        at(TEXTS, "mood", [3, 4], None),
        MOOD,
        "2 documents have no label and were left out, the first in line 5",
    ),
    "labels missing, sequences": (
        at(WALKS, "end", WALKS["who"] == "s3", None),
        END,
        "1 series has no label and was left out, the first of them 's3'",
    ),
    "targets missing": (at(SERIES, "y", [50, 51], None), Y, "2 of 200 values of 'y' (1.0%) were"),
    "a constant target": (csv(SERIES, y=5), Y, "The target 'y' has one value only, 5."),
    "two zones": (
        csv(SERIES, day=[f"{d}T00:00+0{1 + (n > 90)}:00" for n, d in enumerate(DAYS)]),
        Y,
        "its times were brought to UTC",
    ),
    "out of order": (
        csv(SERIES.sample(frac=1, random_state=1)),
        Y,
        "rows were out of time order, the first in line 3; the rows were sorted.",
    ),
    "Latin-1": (
        csv(SERIES.rename(columns={"wind": "Wärme"})).decode().encode("latin-1"),
        Y,
        "was read as Windows-1252 (Latin-1)",
    ),
    "UTF-16": (csv(SERIES).decode().encode("utf-16"), Y, "The file is UTF-16."),
    "semicolons": (
        SERIES.to_csv(index=False, sep=";", decimal=",").encode(),
        Y,
        "Fields are separated by semicolons. Numbers have a decimal comma.",
    ),
    "2,000 columns, forecast": (csv(WIDE), "--target c0 --horizon 3", "and 1,987 more"),
    "2,000 columns, rows": (csv(WIDE, kind=LABELS["kind"]), KIND, "and 1,988 more"),
    "2,000 columns, sequences": (
        csv(WIDE, who=WALKS["who"], end=WALKS["end"]),
        END,
        "c7 (numeric) and 1,992 more",
    ),
    "no name": (header("day,y,"), Y, "Column 3 has no name and is called 'Unnamed: 2'."),
    "two without a name": (header(",y, "), Y, "Column 1 has no name and is called 'Unnamed: 0'."),
    "a name of spaces": (header('day,y," "'), Y, "past: (categorical)"),
    "a name of two lines": (header('day,y,"a\nb"'), Y, r"'a\nb'"),
}


def written(folder: Path, content: bytes | None, case: str) -> Path:
    path = folder / ("here" if case == "a folder" else "table.csv")
    if case == "a folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    return path


def words(options: str) -> list[str]:
    return ["" if word == "''" else word for word in options.split()]


def check_refusal(code: int, captured: tuple[str, str], says: str) -> None:
    """Code 2, nothing on stdout, and one line that begins with the name of the program."""
    out, err = captured
    assert (code, out) == (2, ""), err
    assert err.startswith("autorecur: ") and err.count("\n") == 1 and err.endswith("\n")
    assert says in err
    assert len(err) < 600


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for a table that is refused anyway."""

    class Idle:
        def __init__(self, processes: int, backend: str) -> None:
            assert processes >= 1 and backend == "jax"

        def shutdown(self, wait: bool, cancel_futures: bool) -> None:
            assert not wait and cancel_futures

    monkeypatch.setattr(pipeline, "WorkerPool", Idle)


@pytest.mark.parametrize("case", list(REFUSED))
@pytest.mark.parametrize("command", ["plan", "fit"])
def test_refused_in_one_sentence(
    command: str,
    case: str,
    no_workers: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content, options, says = REFUSED[case]
    table = written(tmp_path, content, case)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code = cli.main([command, str(table), *words(options)])
    check_refusal(code, capsys.readouterr(), says)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("case", list(WORKS))
def test_works_and_says_what_was_done(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, options, says = WORKS[case]
    assert (
        cli.main(["plan", str(written(tmp_path, content, case)), "--quick", *words(options)]) == 0
    )
    out, err = capsys.readouterr()
    assert says in " ".join(out.split())
    assert err == ""


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notes.txt", b"", "is empty: it needs text"),
        ("notes.txt", b"a fine day\0", "has a zero byte"),
        ("notes.txt", PNG, "is a PNG image and no text"),
        ("notes.txt.gz", gzip.compress(b"a fine day" * 999, mtime=0)[:-20], "cannot be read"),
        ("notes.txt", "ein schöner Tag".encode("latin-1"), "perhaps it is Latin-1"),
        ("notes.txt", b"a fine day", "10 tokens are too few"),
        ("notes.txt", None, "is a folder: name the file in it"),
    ],
)
def test_running_text_is_refused_in_one_sentence(
    name: str,
    content: bytes | None,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)
    check_refusal(cli.main(["plan", str(path)]), capsys.readouterr(), says)


# --- prediction ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run_folder(workers: WorkerPool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that forecasts `y` from itself and the categories of `wind`."""
    made = autorecur.fit(
        SERIES,
        "y",
        time="day",
        horizon=3,
        budget="6trainings",
        space={"width": (4,), "depth": (1,)},
        workers=2,
        executor=workers,
        out=tmp_path_factory.mktemp("bad") / "run",
    )
    assert workers.submit(abs, -1).result(timeout=60) == 1  # another's workers serve on
    return made.folder


ANSWERED: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "as trained": (csv(SERIES), ()),
    "an unknown category": (
        at(SERIES, "wind", [3, 4], "W"),
        ("tip: 'wind' has 1 category that no training row has: 'W'; each counts as unknown.",),
    ),
    "an empty category": (
        csv(SERIES, wind=None),
        ("tip: 'wind' is empty throughout and counts as unknown.",),
    ),
    "one more column": (
        csv(SERIES, **{"<b>\x1b[31m": 1}),
        (r"note: Columns not seen in training are ignored: '<b>\x1b[31m'.",),
    ),
    "2,000 more columns": (
        csv(pd.concat([SERIES, WIDE], axis=1)),
        ("note: Columns not seen in training are ignored: 'c0', 'c1', 'c2', 'c3', 'c4', 'c5' ….",),
    ),
    "out of order": (
        csv(SERIES.sample(frac=1, random_state=1)),
        ("the first in line 3; the rows were sorted.",),
    ),
    "a zone": (
        csv(SERIES, day=[f"{day}T00:00Z" for day in DAYS]),
        ("note: The times in 'day' carry a zone and were brought to UTC.",),
    ),
    "values missing": (at(SERIES, "y", [50, 51], None), ("note: 2 of 200 values of 'y' (1.0%)",)),
    "Latin-1": (
        csv(SERIES, wind="Nö").decode().encode("latin-1"),
        ("read as Windows-1252 (Latin-1).", "tip: 'wind' has 1 category that no training row"),
    ),
    "UTF-16": (csv(SERIES).decode().encode("utf-16"), ("note: The file is UTF-16.",)),
    "semicolons": (
        SERIES.to_csv(index=False, sep=";", decimal=",").encode(),
        ("note: Fields are separated by semicolons.", "note: Numbers have a decimal comma."),
    ),
    "a constant target": (csv(SERIES, y=5), ()),
    "one row": (csv(SERIES.head(1)), ()),
}

UNANSWERED: dict[str, tuple[bytes | None, str]] = {
    "a column missing": (csv(SERIES.drop(columns="wind")), "has no column 'wind': its columns are"),
    "the target missing": (csv(SERIES.drop(columns="y")), "has no column 'y': its columns are"),
    "the time missing": (csv(SERIES.drop(columns="day")), "has no column 'day': its columns are"),
    "no target": (csv(SERIES, y=None), "column 'y' of table has no value: fill it in"),
    "an infinite value": (at(SERIES, "y", 9, "inf"), "an infinite value, inf, in line 11"),
    "a word for a number": (at(SERIES, "y", 9, "lots"), "is not numeric: line 11 has 'lots'"),
    "a date that is none": (at(SERIES, "day", 9, "soon"), "line 11 has 'soon'"),
    "counted rows": (csv(SERIES, day=range(ROWS)), "should hold dates, and has 0"),
    "another step": (
        csv(SERIES, day=pd.date_range("2021-01-01", periods=ROWS, freq="W").astype(str)),
        "has steps of 7 days 00:00:00, and the network was trained on D",
    ),
    "a time twice": (csv(pd.concat([SERIES, SERIES.tail(1).assign(y=3)])), "keep one row for each"),
    "unequal fields": (line(8, lambda text: text.strip() + ",9\n"), "line 8: 4 fields where"),
    "header only": (b"day,y,wind\n", "has a header and no rows"),
    "an empty file": (b"", "is empty"),
    "a folder": (None, "is a folder: name the file in it"),
    "no file": (None, "there is no file"),
    "cut gzip": (gzip.compress(csv(SERIES))[:-100], "is a damaged gzip file"),
    "an image": (PNG, "is a PNG image and no text"),
    "a zero byte": (line(8, lambda text: "\0" + text), "has a zero byte in line 8"),
    "one name twice": (header("y,y,wind"), "has two columns called 'y'"),
}


@pytest.mark.parametrize("case", list(ANSWERED))
def test_predict_answers_and_says_what_it_did(
    case: str, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, says = ANSWERED[case]
    table = written(tmp_path, content, case)
    assert cli.main(["predict", str(run_folder), str(table)]) == 0
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert len(lines) == len(says)
    for said, expected in zip(lines, says, strict=True):
        assert said.startswith("autorecur: ") and expected in said
    header, *rows = out.splitlines()
    assert header == "day,step,y" and len(rows) == 3
    assert all(np.isfinite(float(row.split(",")[2])) for row in rows)


@pytest.mark.parametrize("case", list(UNANSWERED))
@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_predict_and_evaluate_refuse_in_one_sentence(
    command: str,
    case: str,
    run_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content, says = UNANSWERED[case]
    table, out = written(tmp_path, content, case), tmp_path / "answers.csv"
    code = cli.main([command, str(run_folder), str(table), "--out", str(out)])
    check_refusal(code, capsys.readouterr(), says)
    assert not out.exists()
    assert len(os.listdir(run_folder)) == 5


LEARNT: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
    "nowcast": (LABELS.assign(wind=SERIES["wind"]), {"target": "kind", "horizon": 0}),
    "text-classification": (TEXTS, {"target": "mood", "text": "said"}),
    "sequence-classification": (
        WALKS.assign(wind=SERIES["wind"]),
        {"target": "end", "series": "who", "task": "sequence-classification"},
    ),
}


@pytest.mark.parametrize("kind", list(LEARNT))
def test_every_kind_of_labels_says_what_it_ignores(kind: str) -> None:
    """A label needs no column of its own; what is more, or new, is said by its reader."""
    table, asked = LEARNT[kind]
    schema = understand(table, Asked(**asked)).schema
    assert schema.kind == kind
    rows = prepare(table.drop(columns=asked["target"]).assign(more=1, wind="W"), schema)
    said = [finding.sentence for finding in rows.findings]
    assert any("are ignored: 'more'" in sentence for sentence in said)
    if schema.categories:
        assert any("'wind'" in s and "'W'" in s and "as unknown" in s for s in said)
    assert np.isnan(rows.labels).all()
    strange = prepare(table.assign(**{asked["target"]: "odd"}), schema)
    assert any(
        "did not see: 'odd'" in f.sentence or "'odd'" in f.sentence for f in strange.findings
    )


@pytest.mark.parametrize("kind", list(LEARNT))
def test_every_kind_of_labels_names_a_missing_column(kind: str) -> None:
    table, asked = LEARNT[kind]
    schema = understand(table, Asked(**asked)).schema
    column = asked.get("text", "x")
    with pytest.raises(autorecur.AutorecurError, match=f"has no .*column '{column}'"):
        prepare(table.drop(columns=column), schema)
