"""A Parquet file becomes a frame, by whichever of pandas' two engines is installed.

Columns keep their types: categories, and time stamps with their zone. The fingerprint is of the
values, as that of a frame is: the same table compressed in another way is the same table.
"""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path

import pandas as pd

from autorecur.errors import DataError

__all__ = ["damaged", "is_parquet", "read_parquet"]

PLAIN, ENCRYPTED = b"PAR1", b"PARE"  # the first and the last bytes of a file
SUFFIX = re.compile(r"\.(parquet|parq|pq)$", re.I)


def is_parquet(name: str, start: bytes) -> bool:
    """Whether a file that starts with `start` is Parquet; refused where its name alone says so.

    >>> is_parquet("energy.parquet", b"PAR1"), is_parquet("energy.csv", b"ds,l")
    (True, False)
    """
    if start == ENCRYPTED:
        raise DataError(f"{name} is an encrypted Parquet file: write it again without encryption")
    if start == PLAIN:
        return True
    if SUFFIX.search(re.sub(r"\.gz$", "", name, flags=re.I)):
        raise DataError(
            f"{name} is no Parquet file, it starts with {start!r}: write it again, or call it "
            ".csv if that is what it is"
        )
    return False


def read_parquet(path: Path, zipped: bool) -> tuple[str, pd.DataFrame]:
    """The table's name, and its columns as they were written."""
    source: io.BytesIO | Path = path
    if zipped:
        with gzip.open(path, "rb") as file:
            source = io.BytesIO(file.read())
    try:
        frame = pd.read_parquet(source)
    except ImportError as error:
        raise DataError(
            f"{path.name} is a Parquet file, and nothing here reads these: install "
            "autorecur[parquet], or save it as CSV"
        ) from error
    except Exception as error:  # each engine has a tree of errors of its own
        raise damaged(path.name, error) from error
    name = SUFFIX.sub("", re.sub(r"\.gz$", "", path.name, flags=re.I))
    return name or path.name, frame


def damaged(name: str, error: Exception) -> DataError:
    """What is said of a file whose bytes make no sense; some show it only when they are looked at.

    >>> str(damaged("a.parquet", ValueError("no\\nfooter")))
    'a.parquet is a damaged Parquet file (no footer): write it again'
    """
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    shown = "".join(sign if sign.isprintable() else "?" for sign in reason)
    return DataError(f"{name} is a damaged Parquet file ({shown}): write it again")
