"""The bundled tables."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from itertools import pairwise

import pytest

from autorecur import tables
from autorecur.errors import MissingFile


def test_the_weekly_series_is_whole() -> None:
    with tables.bundled("co2_weekly").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    days = [date.fromisoformat(row["date"]) for row in rows]
    assert days[0] == date(1958, 3, 29) and days[-1] == date(2001, 12, 29)
    assert {after - before for before, after in pairwise(days)} == {timedelta(weeks=1)}
    assert sum(row["co2"] == "" for row in rows) == 59
    measured = [float(row["co2"]) for row in rows if row["co2"]]
    assert (len(measured), min(measured), max(measured)) == (2225, 313.0, 373.9)
    assert round(sum(measured), 1) == 756816.5


def test_an_unknown_table_is_one_sentence() -> None:
    with pytest.raises(MissingFile, match="no bundled table 'weather'"):
        tables.bundled("weather")
