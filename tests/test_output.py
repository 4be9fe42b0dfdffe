"""What commands print and write: no spreadsheet and no terminal runs it, and nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autorecur.data.read import read
from autorecur.output import guard_sentence, guarded_cells, printed_json, write_csv

RUNS = ("=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "'=1", "-", "--1")
QUIET = ("-1", "+1", "-1.5", "+.5", "-1e-7", "-1,5", "load", "", "'tis", "'-1", "a=b", "1-1", "é")


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_what_would_run_gets_an_apostrophe_and_a_number_does_not(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=name": [*RUNS, *QUIET], "-1": np.arange(len(RUNS) + len(QUIET)) - 5.0})
    changed = write_csv(frame, tmp_path / "a.csv")
    head, *rows = cells((tmp_path / "a.csv").read_bytes().decode())
    assert head == ["'=name", "-1"]
    assert [row[0] for row in rows] == [f"'{text}" for text in RUNS] + list(QUIET)
    assert [float(row[1]) for row in rows] == frame["-1"].tolist()
    assert changed == guarded_cells(tmp_path / "a.csv") == len(RUNS) + 1
    assert list(frame["=name"]) == [*RUNS, *QUIET], "the caller's frame is the caller's"


def test_what_was_written_reads_as_it_was(tmp_path: Path) -> None:
    names = [text for text in (*RUNS, *QUIET) if text]
    frame = pd.DataFrame({"@name": names, "'=n": np.arange(len(names))})
    write_csv(frame, tmp_path / "a.csv")
    table = read(tmp_path / "a.csv", texts=["@name"])
    assert list(table.frame.columns) == ["@name", "'=n"]
    assert table.frame["@name"].tolist() == names
    assert any(f"taken off {len(RUNS) + 2}." in note for note in table.notes)
    plain = tmp_path / "plain.csv"
    plain.write_text("name,n\n'tis,1\n'-1,2\n")
    assert read(plain).frame["name"].tolist() == ["'tis", "'-1"] and read(plain).notes == ()


def test_words_for_missing_values_are_words_in_a_column_of_texts(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("'=said,n\nNA,1\n'@x,\n")
    assert read(file, texts=["=said"]).frame["=said"].tolist() == ["NA", "@x"]
    assert read(file).frame["=said"].isna().tolist() == [True, False]
    assert read(file).frame["n"].isna().tolist() == [False, True]


def test_numbers_times_and_gaps_are_written_shortly(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2020-01-01", periods=2),
            "x": np.array([0.1, np.nan], np.float32),
            "label": pd.Categorical(["=a", "b"]),
            "actual": np.array([None, "@c"], object),
        }
    )
    assert write_csv(frame, tmp_path / "a.csv") == 2
    text = (tmp_path / "a.csv").read_text()
    assert text == "when,x,label,actual\n2020-01-01,0.1,'=a,\n2020-01-02,,b,'@c\n"


def test_it_is_said_how_many() -> None:
    assert guard_sentence(1200).startswith("1,200 cells that begin with = + - @ got an apostrophe")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_gets_no_escape_code_and_a_pipe_gets_every_sign(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    write_csv(pd.DataFrame({"a\x1b[2Jb": ["c\x9bd\u202ee", "f\ng"]}), None)
    said = capsys.readouterr().out
    wanted = 'a\x1b[2Jb\nc\x9bd\u202ee\n"f\ng"\n'
    assert said == ('a [2Jb\nc d e\n"f\ng"\n' if terminal else wanted)


def test_printed_json_is_the_same_json() -> None:
    value = {"a\x9bb": ["\u202e", "\x7f\x1b", "\u2028", "é × 電", "\U000e0001", "\n\t"]}
    printed = printed_json(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    assert json.loads(printed) == value
    assert "é × 電" in printed and '"a\\u009bb"' in printed
    assert all(sign.isprintable() or sign == "\n" for sign in printed)
