"""Files that are no text tables, known by how they begin, and what to do with each."""

from __future__ import annotations

import re

from autorecur.errors import DataError

__all__ = ["refuse_foreign", "refuse_markup"]

EXPORT = "save the table in it as CSV"
UNPACK = "unpack it, or pack it with gzip"
BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", "call it .parquet"),
    (b"ARROW1\0\0", "a Feather file", "read it with pandas.read_feather and pass the frame"),
    (b"\x89HDF", "an HDF5 file", "read it with pandas.read_hdf and pass the frame"),
    (b"\x93NUMPY", "a NumPy array", "put it into a pandas DataFrame and pass that"),
    (b"SQLite format 3", "an SQLite database", EXPORT),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", f"unpack it, or {EXPORT}"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", EXPORT),
    (b"BZh91AY&SY", "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ", "an xz archive", UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", UNPACK),
    (b"%PDF-", "a PDF document", EXPORT),
    (b"\x89PNG", "a PNG image", "give a CSV file"),
    (b"\xff\xd8\xff", "a JPEG image", "give a CSV file"),
    (b"GIF89a", "a GIF image", "give a CSV file"),
)
WEB_PAGE = re.compile(rb"\s*<(!doctype html|html)\b", re.I)
JSON = re.compile(rb"\s*(\{\s*\"|\[\s*\{)")


def refuse_foreign(name: str, start: bytes) -> None:
    """Refuse bytes that no text begins with.

    >>> refuse_foreign("notes.txt", b"It was a fine day.")
    """
    for beginning, what, repair in BEGINNINGS:
        if start.startswith(beginning):
            raise DataError(f"{name} is {what} and no text: {repair}")


def refuse_markup(name: str, start: bytes) -> None:
    """Refuse text that is no table, though it may have commas and lines."""
    if WEB_PAGE.match(start):
        raise DataError(
            f"{name} is a web page and no table: a download may have failed; give a CSV file"
        )
    if JSON.match(start):
        raise DataError(
            f"{name} is JSON and no CSV table: read it with pandas.read_json and pass the frame"
        )
