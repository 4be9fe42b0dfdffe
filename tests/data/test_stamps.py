"""Times of long tables: kept small where they can be read in one way, and else as written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autorecur.data import delimited, stamps
from autorecur.data.read import read
from autorecur.data.series import dataset

PLAIN = ["2020-01-31", "2020-02-01 12:30", "2020-02-01T12:30:05", "2020-02-01 12:30:05.25"]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_times_become_times(text: str) -> None:
    frame = stamps.lean(pd.DataFrame({"when": [text] * 70, "y": range(70)}))
    assert frame["when"].dtype == "datetime64[us]"
    assert (frame["when"] == pd.Timestamp(text)).all()


@pytest.mark.parametrize(
    "odd",
    ["", None, "soon", "01/02/2020", "2020-02-30", "2020-02-01T12:30Z", "2020-02-01 12:30+01"],
)
def test_what_is_not_all_plain_stays_as_it_was_written(
    odd: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The odd value stands where no sample looks, and in a later piece."""
    monkeypatch.setattr(stamps, "PIECE_ROWS", 40)
    texts = ["2020-01-31"] * 1000
    texts[501] = odd
    before = pd.DataFrame({"when": texts})
    after = stamps.lean(before.copy())
    pd.testing.assert_frame_equal(after, before)


def test_words_stay_words() -> None:
    frame = pd.DataFrame({"text": ["2020-01-31"] * 70})
    assert stamps.lean(frame, texts=["text"])["text"].iloc[0] == "2020-01-31"


def test_a_long_table_is_understood_as_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=400)})
    table["y"] = np.sin(np.arange(400) / 7 * 2 * np.pi).round(3)
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    short = dataset(read(path), target="y", horizon=7)
    monkeypatch.setattr(delimited, "LONG_ROWS", 100)
    long = dataset(read(path), target="y", horizon=7)
    assert read(path).frame["day"].dtype == "datetime64[us]"
    np.testing.assert_array_equal(long.values, short.values)
    np.testing.assert_array_equal(long.known, short.known)
    assert (long.times == short.times).all() and long.fingerprint == short.fingerprint
    assert (long.schema.frequency, long.schema.season) == (
        short.schema.frequency,
        short.schema.season,
    )
