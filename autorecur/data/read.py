"""A file or a frame becomes a Table."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pandas as pd

from autorecur.data.delimited import read_delimited
from autorecur.data.parquet import damaged, is_parquet, read_parquet
from autorecur.data.table import Table, refuse_repeated, require_columns, shown
from autorecur.data.watched import Tell
from autorecur.errors import AutorecurError, DataError, MissingFile, SettingError

__all__ = ["Table", "read", "require_columns", "shown"]


def read(
    source: str | Path | pd.DataFrame, texts: Collection[str] = (), tell: Tell | None = None
) -> Table:
    """A table from a CSV, TSV or Parquet file (gzipped or not) or from a DataFrame.

    `texts` names the columns whose fields are words, so that "NA" in them is no missing value.
    `tell` is told every few seconds how far a large file of text has been read.

    >>> read(pd.DataFrame({"y": [1.0, 2.0]})).rows
    2
    """
    if isinstance(source, pd.DataFrame):
        return _from_frame(source)
    if not isinstance(source, str | Path):
        raise SettingError(
            f"data is a path or a pandas DataFrame, not {type(source).__name__}: pass one of these"
        )
    path = Path(source).expanduser()
    if not path.exists():
        raise MissingFile(f"there is no file {shown(str(source), 200)}: check the path")
    if path.is_dir():
        raise DataError(f"{shown(str(source), 200)} is a folder: name the file in it")
    try:
        return _from_file(path, texts, tell)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} is a damaged gzip file ({error}): write it again") from error
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read ({error.strerror or error}): check the file"
        ) from error


def _from_file(path: Path, texts: Collection[str], tell: Tell | None) -> Table:
    """What a file is, its first bytes say and not its name."""
    with path.open("rb") as file:
        magic = file.read(4)
    zipped = magic[:2] == b"\x1f\x8b"
    if zipped:
        with gzip.open(path, "rb") as unpacked:
            magic = unpacked.read(4)
    if not is_parquet(path.name, magic):
        return read_delimited(path, texts, zipped, tell)
    name, frame = read_parquet(path, zipped)
    try:
        return replace(_from_frame(frame, path.name), name=name)
    except AutorecurError:
        raise
    except Exception as error:  # texts in a wrong code, say: they are decoded when looked at
        raise damaged(path.name, error) from error


def _from_frame(frame: pd.DataFrame, what: str = "the DataFrame") -> Table:
    """A frame's columns, its index among them where that says something."""
    notes: tuple[str, ...] = ()
    index = frame.index
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
        frame = frame.set_axis(index, axis=0)
    if isinstance(index, pd.DatetimeIndex) or any(name is not None for name in index.names):
        named = [name for name in index.names if name is not None]
        if not named:
            taken = {str(name) for name in frame.columns}
            free = next(name for name in ("time", "index", "the index") if name not in taken)
            frame = frame.rename_axis(index=free)
            named = [free]
        elif set(named) & set(frame.columns):
            raise DataError(
                f"the index of {what} and a column are both called {shown(named[0])}: rename one"
            )
        notes = (f"The frame's index became the column {', '.join(map(shown, named))}.",)
        frame = frame.reset_index()
    if isinstance(frame.columns, pd.MultiIndex):
        joined = [" ".join(filter(None, map(str, name))) for name in frame.columns]
        frame = frame.set_axis(joined, axis=1)
        notes += (f"The levels of the columns' names were joined, as in {shown(joined[0])}.",)
    if not all(isinstance(name, str) for name in frame.columns):
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    if not len(frame.columns) or not len(frame):
        raise DataError(f"{what} has no rows: pass one that has")
    refuse_repeated(what, list(frame.columns))
    _refuse_bytes(frame)
    digest = hashlib.sha256("\0".join(frame.columns).encode("utf-8", "surrogatepass"))
    try:
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    except UnicodeEncodeError as error:
        raise DataError(
            f"{what} holds half a character in the text {shown(error.object)}: read its "
            "source again with the right encoding"
        ) from error
    except TypeError as error:
        raise DataError(
            f"{what} holds values that are neither numbers, dates nor text ({error}): "
            "drop that column"
        ) from error
    return Table("table", frame, digest.hexdigest(), len(frame), notes)


def _refuse_bytes(frame: pd.DataFrame) -> None:
    """Refuse text that was never decoded: nobody but the user knows its encoding."""
    for name in frame.columns:
        if not pd.api.types.is_object_dtype(frame[name].dtype):
            continue
        kind = pd.api.types.infer_dtype(frame[name])
        mixed = kind.startswith("mixed") and frame[name].map(type).isin([bytes]).any()
        if kind == "bytes" or mixed:
            raise DataError(
                f"the column {shown(name)} holds bytes: decode them, as in "
                'frame[name].str.decode("utf-8")'
            )
