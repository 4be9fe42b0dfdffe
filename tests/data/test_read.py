"""Reading: what a file says, and one clear sentence for each way it can be broken."""

from __future__ import annotations

import gzip
import importlib.util
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autorecur.data.read import Table, read, require_columns, shown
from autorecur.data.series import dataset
from autorecur.errors import DataError, MissingFile, SettingError

PLAIN = "ds,load\n2020-01-01,1.5\n2020-01-02,2.5\n2020-01-03,3.5\n"


def written(folder: Path, content: str | bytes, name: str = "energy.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PLAIN, "energy.csv"),
        (PLAIN.encode("utf-8-sig"), "energy.csv"),
        (PLAIN.encode("utf-16"), "energy.csv"),
        (PLAIN.replace("\n", "\r\n"), "energy.csv"),
        (PLAIN.replace(",", ", "), "energy.csv"),
        (PLAIN.replace(",", "\t"), "energy.tsv"),
        (PLAIN.replace(",", ";").replace(".", ","), "energy.csv"),
        (gzip.compress(PLAIN.encode(), mtime=0), "energy.csv.gz"),
        (
            gzip.compress(PLAIN.encode(), mtime=0),
            "energy.csv",
        ),  # known by its bytes, not by its name
        (PLAIN.rstrip("\n"), "energy.csv"),
        (PLAIN.replace("2020-01-02", '"2020-01-02"'), "energy.csv"),
    ],
)
def test_every_spelling_of_a_table_reads_the_same(
    tmp_path: Path, content: str | bytes, name: str
) -> None:
    table = read(written(tmp_path, content, name))
    assert table.name == "energy"
    assert list(table.frame.columns) == ["ds", "load"]
    assert table.frame["load"].tolist() == [1.5, 2.5, 3.5]
    assert table.rows == 3
    assert table.line(0) == "line 2"


def test_fingerprint_is_of_the_content_not_of_the_packing(tmp_path: Path) -> None:
    plain = read(written(tmp_path, PLAIN))
    zipped = read(written(tmp_path, gzip.compress(PLAIN.encode(), mtime=0), "energy.csv.gz"))
    other = read(written(tmp_path, PLAIN.replace("2.5", "2.6"), "other.csv"))
    assert len(plain.fingerprint) == 64
    assert plain.fingerprint == zipped.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \n\n", "is empty"),
        (b"ds,load\n", "has a header and no rows"),
        (b"1,2\n3,4\n", "has no header"),
        (b"a,a\n1,2\n", "two columns called 'a'"),
        (PLAIN.replace("2.5", "2.5,9").encode(), "line 3: 3 fields where the header has 2"),
        (PLAIN.replace(",2.5", "").encode(), "line 3: 1 field where the header has 2"),
        # One field too many makes up for one too few in the sum.
        (
            PLAIN.replace(",2.5", "").replace("3.5", "3.5,1").encode(),
            "line 4: 3 fields where the header has 2",
        ),
        (b'a,b\n"x,y",1\n"z"\n', "line 3: 1 field where the header has 2"),
        ("é,b\n1,2\n".encode() + b"3,\xe9\n", "line 3 has the byte 0xe9"),
        (PLAIN.encode("utf-16-le"), "zero byte in line 1"),
        (PLAIN.encode("utf-32"), "UTF-32"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-12], "damaged gzip"),
    ],
)
def test_a_broken_file_is_named_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(written(tmp_path, content))
    assert "\n" not in str(caught.value)
    assert "energy.csv" in str(caught.value)


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"no file .*nowhere\.csv"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(SettingError, match="not int"):
        read(7)  # type: ignore[arg-type]


def test_line_breaks_inside_fields_make_rows_of_lines(tmp_path: Path) -> None:
    table = read(written(tmp_path, 'text,y\n"two\nlines",1\nplain,2\n'))
    assert table.rows == 2
    assert table.line(1) == "row 1"  # a line number would be wrong from the first break on


def test_a_field_longer_than_the_csv_module_allows_by_default(tmp_path: Path) -> None:
    table = read(written(tmp_path, 'text,y\n"' + "a," * 100_000 + '",1\n'))
    assert len(table.frame["text"].iloc[0]) == 200_000


def test_a_frame_is_shared_not_copied() -> None:
    frame = pd.DataFrame({"y": np.arange(5.0)})
    table = read(frame)
    assert np.shares_memory(table.frame["y"].to_numpy(), frame["y"].to_numpy())
    assert table.line(3) == "row 3"
    assert table.fingerprint == read(frame.copy()).fingerprint
    assert table.fingerprint != read(frame + 1).fingerprint


def test_a_time_index_becomes_a_column() -> None:
    index = pd.date_range("2020-01-01", periods=3)
    assert list(read(pd.DataFrame({"y": [1, 2, 3]}, index=index)).frame.columns) == ["time", "y"]
    named = pd.DataFrame({"time": [1, 2, 3]}, index=index.rename("when"))
    assert list(read(named).frame.columns) == ["when", "time"]
    periods = pd.DataFrame({"y": [1, 2, 3]}, index=index.to_period("D"))
    assert read(periods).frame["time"].tolist() == list(index)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame(), "no rows"),
        (pd.DataFrame({"y": []}), "no rows"),
        (pd.DataFrame([[1, 2]], columns=["y", "y"]), "two columns called 'y'"),
        (pd.DataFrame({"y": [[1], [2]]}), "neither numbers, dates nor text"),
    ],
)
def test_a_frame_that_is_no_table(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(frame)


def test_missing_columns_come_with_the_nearest() -> None:
    table = Table("energy", pd.DataFrame({"load": [1], "Wind speed": [2]}), "", 1)
    require_columns(table, ["load"])
    with pytest.raises(DataError, match=r"no target 'laod' \(did you mean 'load'\?\)"):
        require_columns(table, ["laod"], "target")
    with pytest.raises(DataError, match="did you mean 'Wind speed'"):
        require_columns(table, ["WIND SPEED"])


def test_hostile_names_stay_on_one_short_line() -> None:
    assert "\n" not in shown("a\nb")
    assert "\x1b" not in shown("\x1b[31m")
    assert len(shown("x" * 10_000)) <= 60


@pytest.mark.parametrize("byte", [b"\xe9", b"\xf6", b"\x80"])
def test_an_older_western_file_is_read_and_said(tmp_path: Path, byte: bytes) -> None:
    content = b"ds,load\n2020-01-01,1\n2020-01-02,2\n".replace(b"load", b"l" + byte)
    table = read(written(tmp_path, content))
    assert list(table.frame.columns) == ["ds", "l" + byte.decode("cp1252")]
    assert table.notes == ("The file is not UTF-8, and was read as Windows-1252 (Latin-1).",)
    last = read(written(tmp_path, b"a,b\n1,x\n2,caf" + byte, "last.csv"))
    assert last.frame["b"].iloc[-1] == "caf" + byte.decode("cp1252")


def test_bytes_that_no_code_knows_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2 has the byte 0x81"):
        read(written(tmp_path, b"a,b\n1,\xe9\x81\n"))


needs_parquet = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed"
)


def typed() -> pd.DataFrame:
    when = pd.date_range("2020-01-01", periods=40, freq="h")
    return pd.DataFrame(
        {
            "when": when,
            "zoned": when.tz_localize("Europe/Berlin"),
            "wind": pd.Categorical(["N", "S"] * 20, categories=["S", "N", "W"]),
            "name": ["NA", "b"] * 20,
            "busy": [True, False] * 20,
            "count": pd.array([1, None] * 20, dtype="Int64"),
            "load": np.arange(40) / 3,
        }
    )


@needs_parquet
@pytest.mark.parametrize("compression", ["snappy", "zstd", None])
def test_parquet_keeps_types_and_its_packing_is_no_content(
    tmp_path: Path, compression: str | None
) -> None:
    frame = typed()
    path = tmp_path / "energy.parquet"
    frame.to_parquet(path, compression=compression)
    table = read(path)
    assert (table.name, table.rows, table.notes) == ("energy", 40, ())
    assert table.line(1) == "row 1"
    assert table.frame["zoned"].dt.tz is not None and table.frame["when"].dt.tz is None
    assert str(table.frame["wind"].dtype) == "category"
    assert table.frame["name"].iloc[0] == "NA"  # a word, and no missing value
    pd.testing.assert_frame_equal(table.frame, frame, check_dtype=False)
    zipped = written(tmp_path, gzip.compress(path.read_bytes()), "energy.parquet.gz")
    assert read(zipped).fingerprint == table.fingerprint == read(frame).fingerprint
    assert read(zipped).name == "energy"
    other = frame.assign(load=frame["load"] + 1)
    other.to_parquet(path, compression=compression)
    assert read(path).fingerprint != table.fingerprint


@needs_parquet
def test_an_index_that_parquet_keeps_becomes_a_column(tmp_path: Path) -> None:
    path = tmp_path / "energy.pq"
    typed().set_index("when").to_parquet(path)
    table = read(path)
    assert table.name == "energy"
    assert table.frame.columns[0] == "when"
    assert table.notes == ("The frame's index became the column 'when'.",)


@needs_parquet
@pytest.mark.parametrize("time", ["when", "zoned"])
def test_parquet_is_understood_as_csv_is(tmp_path: Path, time: str) -> None:
    frame = pd.concat([typed()] * 5, ignore_index=True)
    frame["when"] = pd.date_range("2020-01-01", periods=len(frame), freq="h")
    frame["zoned"] = frame["when"].dt.tz_localize("UTC")
    frame = frame[[time, "wind", "load"]]
    frame.to_parquet(tmp_path / "energy.parquet")
    frame.to_csv(tmp_path / "energy.csv", index=False)
    made = [
        dataset(read(tmp_path / f"energy.{suffix}"), target="load", horizon=3)
        for suffix in ("parquet", "csv")
    ]
    assert made[0].schema.columns == made[1].schema.columns
    assert list(made[0].times) == list(made[1].times)
    np.testing.assert_allclose(made[0].values, made[1].values, rtol=1e-6)
    np.testing.assert_array_equal(made[0].codes, made[1].codes)


@needs_parquet
def test_damage_anywhere_in_a_parquet_file_never_ends_in_a_traceback(tmp_path: Path) -> None:
    """Bytes that make no text come to light only when the values are looked at."""
    buffer, rng = io.BytesIO(), np.random.default_rng(1)
    typed().assign(code=[f"é{number}" for number in range(40)]).to_parquet(buffer)
    good, refused = buffer.getvalue(), 0
    for _ in range(300):
        bad = bytearray(good)
        for place in rng.integers(4, len(bad), rng.integers(1, 6)):
            bad[place] = rng.integers(256)
        try:
            read(written(tmp_path, bytes(bad), "energy.parquet"))
        except DataError as error:
            refused += 1
            assert "\n" not in str(error) and "energy.parquet" in str(error)
    assert refused > 100


def broken_parquets() -> dict[str, tuple[bytes, str]]:
    buffer, empty, nested = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pd.DataFrame({"load": np.arange(99.0)}).to_parquet(buffer)
    pd.DataFrame({"load": np.empty(0)}).to_parquet(empty)
    pd.DataFrame({"load": [[1], [2]]}).to_parquet(nested)
    good = buffer.getvalue()
    return {
        "cut short": (good[:-20], "damaged Parquet file"),
        "four bytes": (good[:4], "damaged Parquet file"),
        "another middle": (good[:4] + b"\0" * 60 + good[64:], "damaged Parquet file"),
        "encrypted": (b"PARE" + good[4:], "encrypted"),
        "of lists": (nested.getvalue(), "neither numbers, dates nor text"),
        "without rows": (empty.getvalue(), "energy.parquet has no rows"),
    }


@needs_parquet
@pytest.mark.parametrize(
    "way", ["cut short", "four bytes", "another middle", "encrypted", "of lists", "without rows"]
)
def test_a_broken_parquet_file_is_named_in_one_line(tmp_path: Path, way: str) -> None:
    content, message = broken_parquets()[way]
    with pytest.raises(DataError, match=message) as caught:
        read(written(tmp_path, content, "energy.parquet"))
    assert "\n" not in str(caught.value)
    assert "energy.parquet" in str(caught.value)


def test_a_file_that_is_only_called_parquet(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"energy\.parquet is no Parquet file"):
        read(written(tmp_path, PLAIN, "energy.parquet"))


def test_parquet_without_a_library_that_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for engine in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, engine, None)
    with pytest.raises(DataError, match=r"install autorecur\[parquet\], or save it as CSV"):
        read(written(tmp_path, b"PAR1 and so on PAR1", "energy.parquet"))
