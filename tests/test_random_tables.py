"""Random small tables and random flags: an answer or one sentence, never anything else."""

from __future__ import annotations

import datetime
import decimal
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import autorecur
from autorecur.errors import AutorecurError
from autorecur.pipeline import plan
from autorecur.search.workers import WorkerPool

NAMES = [
    *("y", "x", "time", "date", "t", "id", "series", "text", "label", "split", "year", "step"),
    *("", " ", "=1+1", "<script>alert(1)</script>", "🙂", "a\nb", "a,b", '"', "\x1b[31m", "None"),
    *("nan", "Unnamed: 1", "y.1", "{{ x }}", "%s", "l" * 3000, "Größe", "\u202eabc", "origin"),
]
TASKS = [
    *("forecast", "nowcast", "sequence-classification", "sequence-regression"),
    *("text-classification", "text-regression", "language-model"),
]
WORDS = ["good", "bad", "room", "day", "staff", "the", "and", "was", "🙂", "schön", "1", "-"]
Maker = Callable[[int, np.random.Generator], Any]


def _holed(values: Any, rng: np.random.Generator, hole: Any = None) -> pd.Series:
    """Some of the values are missing."""
    column = pd.Series(values, dtype=object)
    column[rng.random(len(column)) < 0.2] = hole
    return column


def _dates(rows: int, rng: np.random.Generator) -> pd.DatetimeIndex:
    step = str(rng.choice(["h", "D", "W", "MS", "B", "7min", "YS"]))
    return pd.date_range("2021-03-01", periods=rows, freq=step)


def _blocks(rows: int, rng: np.random.Generator) -> Any:
    """The number of a series for each row: some have one row, some all of them."""
    return np.arange(rows) // int(rng.integers(1, 8))


def _texts(rows: int, rng: np.random.Generator) -> list[str]:
    return [" ".join(rng.choice(WORDS, int(rng.integers(0, 9)))) for _ in range(rows)]


def _swapped(dates: pd.DatetimeIndex, rng: np.random.Generator) -> list[str]:
    """Some are bad, some without a zone and some with one."""
    bad = ["", "soon", "2021-02-30", "9999-12-31", "2021-03-01T00:00:00+02:00", "0001-01-01", "7"]
    return [str(rng.choice(bad)) if rng.random() < 0.1 else stamp for stamp in dates.astype(str)]


PLAIN: dict[str, Maker] = {
    "number": lambda rows, rng: rng.normal(5, 2, rows),
    "wave": lambda rows, rng: np.sin(np.arange(rows)) + rng.normal(0, 0.1, rows),
    "whole": lambda rows, rng: rng.integers(-5, 50, rows),
    "count": lambda rows, rng: np.arange(rows) + int(rng.integers(0, 3)),
    "class": lambda rows, rng: rng.choice(["a", "b"], rows),
    "classes": lambda rows, rng: rng.choice(["a", "b", "c", " ", "a "], rows),
    "code": lambda rows, rng: rng.integers(0, 3, rows),
    "flag": lambda rows, rng: rng.random(rows) < 0.5,
    "text": _texts,
    "date": lambda rows, rng: _dates(rows, rng).strftime("%Y-%m-%d %H:%M"),
    "stamp": _dates,
    "block": _blocks,
    "named block": lambda rows, rng: [f"s{number}" for number in _blocks(rows, rng)],
    "constant": lambda rows, rng: np.full(rows, 3.5),
    "gaps": lambda rows, rng: _holed(rng.normal(0, 1, rows), rng, np.nan).astype(float),
    "shop": lambda rows, rng: [f"s{row % 2}" for row in range(rows)],
    "shop day": lambda rows, rng: pd.date_range("2021-03-01", periods=rows).repeat(2)[:rows],
    "who": lambda rows, rng: np.arange(rows) // 2,
    "turn": lambda rows, rng: np.arange(rows) % 2,
    "fate": lambda rows, rng: [("won", "lost")[row // 2 % 2] for row in range(rows)],
    "amount": lambda rows, rng: rng.normal(0, 1, rows // 2 + 1).repeat(2)[:rows],
    "strings": lambda rows, rng: ["".join(rng.choice(list("CN(=O)c1"), 25)) for _ in range(rows)],
    "part": lambda rows, rng: np.where(np.arange(rows) < 0.7 * rows, "train", "test"),
}
ODD: dict[str, Maker] = {
    "infinite": lambda rows, rng: rng.choice([1.0, 2.0, np.inf, -np.inf, np.nan], rows),
    "huge": lambda rows, rng: rng.choice([1e300, -1e300, 1e-300, 0.0], rows),
    "large": lambda rows, rng: rng.normal(0, 3e37, rows),
    "long": lambda rows, rng: rng.integers(2**61, 2**63 - 1, rows),
    "unsigned": lambda rows, rng: rng.integers(2**63, 2**64 - 1, rows, dtype=np.uint64),
    "beyond": lambda rows, rng: pd.Series([10**30 + i for i in range(rows)], dtype=object),
    "empty": lambda rows, rng: [None] * rows,
    "nothing": lambda rows, rng: np.full(rows, np.nan),
    "no stamp": lambda rows, rng: pd.Series([pd.NaT] * rows),
    "blank": lambda rows, rng: [" "] * rows,
    "word": lambda rows, rng: ["same"] * rows,
    "lone": lambda rows, rng: ["b" if row == rows // 2 else "a" for row in range(rows)],
    "holed classes": lambda rows, rng: _holed(rng.choice(["a", "b"], rows), rng),
    "holed flag": lambda rows, rng: _holed(rng.random(rows) < 0.5, rng),
    "mixture": lambda rows, rng: pd.Series(
        [[1, "a", None, 2.5, True, datetime.date(2021, 1, 1), "", "7"][i % 8] for i in range(rows)],
        dtype=object,
    ),
    "comma": lambda rows, rng: [f"{v:.2f}".replace(".", ",") for v in rng.normal(0, 9, rows)],
    "digits": lambda rows, rng: [f"{v:.3f}" for v in rng.normal(0, 9, rows)],
    "dollars": lambda rows, rng: [f"${v:.2f}" for v in rng.normal(9, 1, rows)],
    "nullable": lambda rows, rng: _holed(rng.integers(0, 9, rows), rng, pd.NA).astype("Int64"),
    "nullable flag": lambda rows, rng: _holed(rng.random(rows) < 0.5, rng, pd.NA).astype("boolean"),
    "nullable number": lambda rows, rng: _holed(rng.normal(0, 1, rows), rng, pd.NA).astype(
        "Float64"
    ),
    "string": lambda rows, rng: _holed(rng.choice(["a", "b"], rows), rng, pd.NA).astype("string"),
    "category": lambda rows, rng: pd.Series(rng.choice(["a", "b", "c"], rows)).astype("category"),
    "coded category": lambda rows, rng: pd.Series(rng.integers(0, 3, rows)).astype("category"),
    "zoned": lambda rows, rng: _dates(rows, rng).tz_localize("UTC").tz_convert("Asia/Kolkata"),
    "bad date": lambda rows, rng: _swapped(_dates(rows, rng), rng),
    "mixed zones": lambda rows, rng: [
        f"{stamp:%Y-%m-%dT%H:%M:%S}{'+01:00' if row % 2 else '+02:00'}"
        for row, stamp in enumerate(_dates(rows, rng))
    ],
    "old date": lambda rows, rng: [f"{1000 + row:04d}-01-01" for row in range(rows)],
    "day": lambda rows, rng: [stamp.date() for stamp in _dates(rows, rng)],
    "shuffled": lambda rows, rng: rng.permutation(_dates(rows, rng).astype(str)),
    "repeated": lambda rows, rng: rng.choice(_dates(rows, rng).astype(str), rows),
    "irregular": lambda rows, rng: (
        pd.Timestamp("2021-01-01")
        + pd.to_timedelta(np.cumsum(rng.exponential(9e4, rows)), unit="s")
    ),
    "far apart": lambda rows, rng: [f"{int(rng.integers(1700, 2200))}-05-05" for _ in range(rows)],
    "period": lambda rows, rng: pd.period_range("2020-01", periods=rows, freq="M"),
    "duration": lambda rows, rng: pd.to_timedelta(np.arange(rows), unit="h"),
    "years": lambda rows, rng: 1950 + np.arange(rows),
    "seconds": lambda rows, rng: 1_600_000_000 + 3600 * np.arange(rows),
    "decimal": lambda rows, rng: [decimal.Decimal(int(v)) / 7 for v in rng.integers(0, 99, rows)],
    "complex": lambda rows, rng: rng.normal(0, 1, rows) + 1j,
    "bytes": lambda rows, rng: [b"\xff"] * rows,
    "list": lambda rows, rng: pd.Series([[1, 2]] * rows, dtype=object),
    "half": lambda rows, rng: rng.normal(0, 1, rows).astype(np.float16),
    "half a character": lambda rows, rng: pd.Series(["a\ud800 b c"] * rows, dtype=object),
    "control": lambda rows, rng: rng.choice(
        ["a\x00b", "a\nb", "a\x1b[2Jb", "a\tb", '"', ","], rows
    ),
    "parts": lambda rows, rng: rng.choice(["train", "test", "valid", None], rows),
    "interval": lambda rows, rng: pd.cut(rng.normal(0, 1, rows), 3),
    "chinese": lambda rows, rng: [
        "".join(rng.choice(list("这是一个好房间"), 9)) for _ in range(rows)
    ],
}
MAKERS = PLAIN | ODD


@dataclass(frozen=True)
class Case:
    """A table by what its columns are made of, and what is asked of it."""

    rows: int
    columns: tuple[tuple[str, str], ...]  # name, maker
    seed: int = 0
    asked: dict[str, Any] = field(default_factory=dict)
    form: str = "frame"

    def source(self, folder: Path) -> pd.DataFrame | Path:
        """The table as `form` says: a frame, one with another index or header, or a file."""
        rng = np.random.default_rng(self.seed)
        parts = [pd.Series(MAKERS[maker](self.rows, rng)) for _, maker in self.columns]
        frame = pd.concat(parts, axis=1)
        frame.columns = pd.Index([name for name, _ in self.columns], dtype=object)
        if self.form == "dated index":
            return frame.set_index(pd.date_range("2020-01-01", periods=self.rows))
        if self.form == "named index":
            return frame.rename_axis(index=self.columns[0][0])
        if self.form == "repeated index":
            return frame.set_index(pd.Index([7] * self.rows))
        if self.form == "numbered columns":
            return frame.set_axis(range(len(parts)), axis=1)
        if self.form == "two headers":
            return frame.set_axis(
                pd.MultiIndex.from_tuples([("a", name) for name, _ in self.columns]), axis=1
            )
        if self.form == "frame":
            return frame
        path = folder / ("table.txt" if self.form == "text" else "table.csv")
        marks = {"sep": ";", "decimal": ","} if self.form == "semicolons" else {}
        code = "utf-16" if self.form == "utf-16" else "utf-8"
        with path.open("w", encoding=code, errors="replace", newline="") as file:
            frame.to_csv(file, index=self.form == "csv with index", **marks)
        return path


FORMS = [
    *("frame", "frame", "frame", "csv", "csv", "csv with index", "semicolons", "utf-16", "text"),
    *("dated index", "named index", "repeated index", "numbered columns", "two headers"),
]


# Tables that can be learnt from, where no column or flag is spoilt: name and maker of each column.
SOUND: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"date": "stamp", "y": "wave", "x": "number"}, {"target": "y", "horizon": 2}),
    ({"y": "wave", "label": "classes"}, {"target": "y", "time": None}),
    ({"id": "shop", "date": "shop day", "y": "wave"}, {"target": "y", "series": "id"}),
    ({"t": "count", "x": "number", "label": "class"}, {"target": "label", "horizon": 0}),
    ({"x": "wave", "y": "number", "step": "count"}, {"target": "y", "task": "nowcast"}),
    ({"id": "who", "t": "turn", "x": "wave", "label": "fate"}, {"target": "label"}),
    ({"id": "who", "x": "wave", "y": "amount"}, {"target": "y", "task": "sequence-regression"}),
    ({"text": "text", "label": "class"}, {"target": "label", "text": "text"}),
    ({"text": "text", "y": "number"}, {"target": "y", "text": "text"}),
    ({"text": "strings"}, {"text": "text", "task": "language-model"}),
]


def _flags(draw: st.DrawFn, names: list[str], most: int) -> dict[str, Any]:
    """Flags that fit and flags that do not."""
    one = st.sampled_from([*names * 6, "absent", ""])
    some = st.lists(one, min_size=1, max_size=2)
    flags: dict[str, st.SearchStrategy[Any]] = {
        "target": st.one_of(one, one, some),
        "time": one,
        "series": one,
        "text": one,
        "split": one,
        "horizon": st.sampled_from([1, 2, 0, 5, 1000, -1, True, 1.5]),
        "task": st.sampled_from([*TASKS * 3, "auto", "guess"]),
        "known": st.sampled_from([[name] for name in names] * 4 + [names, "x"]),
        "static": st.sampled_from([[name] for name in names] * 4 + [names, "x"]),
        "drop": st.sampled_from([[name] for name in names] * 4 + [names, "x"]),
        "metric": st.sampled_from(["mae", "rmse", "mase", "accuracy", "f1", "perplexity", "guess"]),
        "space": st.sampled_from([{"width": (4,)}, {"cells": ("gru",)}, {"lookback": (9999,)}]),
    }
    often = ["target", "target", "target", "task", "series", "time", "text"]
    chosen = draw(st.lists(st.sampled_from([*flags, *often]), max_size=most))
    return {name: draw(flags[name]) for name in dict.fromkeys(chosen)}


@st.composite
def anything(draw: st.DrawFn) -> Case:
    """Any table, and anything asked of it."""
    rows = draw(st.one_of(st.integers(1, 60), st.integers(45, 60)))
    kinds = st.one_of(st.sampled_from(list(PLAIN)), st.sampled_from(list(MAKERS)))
    makers = draw(st.lists(kinds, min_size=1, max_size=6))
    names = draw(st.permutations(NAMES))[: len(makers)]
    if draw(st.sampled_from([False] * 29 + [True])):
        names[-1] = names[0]  # two columns of one name
    form, seed = draw(st.sampled_from(FORMS)), draw(st.integers(0, 999))
    return Case(
        rows, tuple(zip(names, makers, strict=True)), seed, _flags(draw, names, most=5), form
    )


@st.composite
def spoilt(draw: st.DrawFn, most_rows: int = 60) -> Case:
    """A table that could be learnt from, with one column, name, flag or row count that is odd."""
    sound, fitting = draw(st.sampled_from(SOUND))
    columns, asked, rows, form = list(sound.items()), dict(fitting), most_rows, "frame"
    names = [name for name, _ in columns]
    for how in draw(
        st.lists(st.sampled_from(["column", "more", "flag", "rows", "form"]), max_size=2)
    ):
        if how == "column":
            place = draw(st.integers(0, len(columns) - 1))
            columns[place] = columns[place][0], draw(st.sampled_from(list(MAKERS)))
        elif how == "more":
            free = [name for name in NAMES if name not in names]
            columns.append((draw(st.sampled_from(free)), draw(st.sampled_from(list(MAKERS)))))
            names.append(columns[-1][0])
        elif how == "flag":
            asked |= _flags(draw, names, most=2)
        elif how == "rows":
            rows = draw(st.integers(1, most_rows))
        else:
            form = draw(st.sampled_from(FORMS))
    return Case(rows, tuple(columns), draw(st.integers(0, 999)), asked, form)


def answer(case: Case, folder: Path) -> str:
    """The sentence of a refusal, or nothing; anything else that is raised goes through."""
    try:
        outline = plan(case.source(folder), **case.asked, budget="4trainings")
    except AutorecurError as error:
        return str(error)
    assert outline.lines()
    assert json.loads(json.dumps(outline.as_dict()))
    return ""


def check_sentence(said: str) -> None:
    """One line, which ends where the sentence does."""
    assert said == said.strip() and said.isprintable(), said
    assert len(said.splitlines()) == 1 and len(said) < 1000, said
    assert not said.endswith("."), said


QUIET = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@pytest.mark.parametrize("drawn", [anything(), spoilt()], ids=["anything", "spoilt"])
def test_plan_answers_or_refuses_in_one_sentence(
    drawn: st.SearchStrategy[Case], folder: Path
) -> None:
    answered = refused = 0

    @QUIET
    @given(drawn)
    def each(case: Case) -> None:
        nonlocal answered, refused
        said = answer(case, folder)
        answered, refused = answered + (not said), refused + bool(said)
        if said:
            check_sentence(said)

    each()
    assert answered >= 10 and refused >= 10  # else the draw has become too strange, or too tame


@pytest.mark.parametrize(
    ("case", "says"),
    [
        # Column names in two levels were joined by a join that takes texts only.
        (Case(60, (("y", "wave"),), form="two headers"), ""),
        # An empty name was taken for none given, and so the target for the time.
        (Case(60, (("", "stamp"),), asked={"time": ""}), "time is '', which names no column"),
        (Case(60, (("", "count"),), asked={"series": ""}), "series is '', which names no column"),
        (Case(60, (("", "stamp"),), asked={"target": [""]}), "the target '' is not numeric"),
        # Text that UTF-8 cannot have, and bytes, are met by pandas in the middle of things.
        (Case(60, (("y", "half a character"),)), "half a character in the text 'a\\ud800 b c'"),
        (Case(60, (("y", "bytes"),)), "the column 'y' holds bytes: decode them"),
        # Complex numbers are numbers to pandas.
        (Case(60, (("y", "wave"), ("x", "complex")), asked={"target": "y"}), ""),
        (
            Case(60, (("t", "text"), ("y", "complex")), asked={"target": "y", "text": "t"}),
            "60 classes of 'y' have one member only",
        ),
        # Whole numbers that no integer holds, and numbers in categories, as times.
        (Case(60, (("y", "wave"), ("t", "large")), asked={"time": "t"}), "does not parse"),
        (Case(60, (("y", "wave"), ("t", "coded category")), asked={"time": "t"}), "does not parse"),
    ],
)
def test_what_random_tables_have_found(case: Case, says: str, folder: Path) -> None:
    said = answer(case, folder)
    assert says in said and bool(says) == bool(said), said


@pytest.mark.slow
def test_fit_answers_or_refuses_in_one_sentence(workers: WorkerPool, folder: Path) -> None:
    ended: list[str] = []
    number = itertools.count()

    @settings(QUIET, max_examples=12, phases=[Phase.generate])  # to shrink takes hundreds of runs
    @given(spoilt(most_rows=90))
    def each(case: Case) -> None:
        out = folder / f"run {next(number)}"
        try:
            run = autorecur.fit(
                case.source(folder),
                **{"space": {"width": (4,), "depth": (1,)}, **case.asked},
                budget="4trainings",
                workers=2,
                executor=workers,
                out=out,
            )
        except AutorecurError as error:
            check_sentence(str(error))
            assert not out.exists()
            ended.append("")
            return
        ended.append(str(run.record.verdict["outcome"]))
        assert json.loads((out / "record.json").read_text(), parse_constant=pytest.fail)
        assert (out / "report.html").stat().st_size > 10_000
        assert len(pd.read_csv(out / "predictions.csv"))

    each()
    assert len([outcome for outcome in ended if outcome]) >= 4, ended
