"""A text file with separators becomes a Table: decoded, counted and hashed before pandas sees it.

The bytes are streamed once, so that a line too short, a wrong encoding or a broken archive is named
with its place, and never held in memory as a whole. pandas alone would pad a short line in silence.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from autorecur.data.dialect import SEPARATORS, decimal_of, sample, separator_of
from autorecur.data.foreign import refuse_foreign, refuse_markup
from autorecur.data.formulas import unguarded
from autorecur.data.stamps import LONG_ROWS, lean
from autorecur.data.table import Table, refuse_repeated, shown
from autorecur.data.watched import BLOCK_BYTES, Tell, Watched
from autorecur.errors import DataError

__all__ = ["read_delimited"]

WESTERN = "cp1252"  # what a file that is not UTF-8 is written in, of Windows and of spreadsheets
# pandas' own words for a missing value, which it documents and does not export.
NOTHING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)


@dataclass(frozen=True)
class _Scan:
    """What one pass over the bytes tells."""

    fingerprint: str
    encoding: str
    breaks: int  # line breaks, one more when the last line lacks its own
    commas: dict[str, int]  # how often each separator occurs
    quoted: bool  # then separators inside fields count too, and lines have to be parsed
    apostrophes: bool
    head: str


def read_delimited(
    path: Path, texts: Collection[str], zipped: bool, tell: Tell | None = None
) -> Table:
    """A Table of fields with separators; the columns `texts` hold words.

    `tell` is told every few seconds how far a large file has been read.
    """
    file = Watched(path, zipped, tell)
    scan = _scan(file)
    if not scan.head.strip():
        raise DataError(f"{path.name} is empty: it needs a header line and rows")
    separator = separator_of(scan.head)
    first = list(sample(scan.head, separator))
    if not first:
        raise DataError(f"{path.name} has no readable header: put the columns' names on line 1")
    # A column without a name gets the one that pandas gives it.
    written = [name or f"Unnamed: {place}" for place, name in enumerate(first[0])]
    header = [unguarded(name) for name in written]
    nameless = [place for place, name in enumerate(first[0]) if not name]
    _refuse_bad_header(path.name, header)
    _refuse_unequal(file, scan, separator, len(header))
    decimal = decimal_of(first[1:], separator)
    named = dict(zip(written, header, strict=True))
    frame = _parse(file, scan, separator, decimal, named, texts)
    cells = _unguard(frame) if scan.apostrophes else 0
    cells += sum(name != other for name, other in zip(written, header, strict=True))
    if not len(frame):
        raise DataError(f"{path.name} has a header and no rows: add the data below it")
    if len(frame) >= LONG_ROWS:
        frame = lean(frame, texts)
    notes = [
        f"Column {place + 1} has no name and is called {shown(header[place])}."
        for place in nameless[:5]
    ]
    if nameless[5:]:
        notes.append(f"{len(nameless) - 5:,} more columns have no name and are called alike.")
    if separator != ",":
        notes.append(f"Fields are separated by {'tabs' if separator == chr(9) else 'semicolons'}.")
    if decimal == ",":
        notes.append("Numbers have a decimal comma.")
    if cells:
        notes.append(
            f"The apostrophe that keeps spreadsheets from running a cell was taken off {cells:,}."
        )
    if scan.encoding == "utf-16":
        notes.append("The file is UTF-16.")
    if scan.encoding == WESTERN:
        notes.append("The file is not UTF-8, and was read as Windows-1252 (Latin-1).")
    name = re.sub(r"\.(csv|tsv|txt)$", "", re.sub(r"\.gz$", "", path.name, flags=re.I), flags=re.I)
    return Table(
        name or path.name,
        frame,
        scan.fingerprint,
        len(frame),
        tuple(notes),
        lines=scan.breaks == len(frame) + 1,
    )


def _chunks(file: Watched) -> Iterator[bytes]:
    with file.open("looked through") as opened:
        while chunk := opened.read(BLOCK_BYTES):
            yield chunk


def _scan(file: Watched, encoding: str = "") -> _Scan:
    """Hash, decode and count in one pass; `encoding` is found where it is not given."""
    digest = hashlib.sha256()
    decoder: codecs.IncrementalDecoder | None = None
    breaks, quoted, apostrophes, plain, head, last = 0, False, False, True, "", "\n"
    commas = dict.fromkeys(SEPARATORS, 0)
    for chunk in _chunks(file):
        digest.update(chunk)
        if decoder is None:
            encoding = encoding or _encoding(file.name, chunk)
            decoder = codecs.getincrementaldecoder(encoding)()
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and plain and error.object[: error.start].isascii():
                # No letter beyond ASCII was good UTF-8 before it: the file is in an older code.
                return _scan(file, WESTERN)
            place = 1 + breaks + error.object[: error.start].count(b"\n")
            byte = f"0x{error.object[error.start]:02x}"
            raise DataError(
                f"{file.name} is neither UTF-8 nor Windows-1252: line {place} has the byte {byte}; "
                "save it as UTF-8"
            ) from error
        if "\0" in text:
            place = 1 + breaks + text[: text.index("\0")].count("\n")
            raise DataError(
                f"{file.name} has a zero byte in line {place}: it is no text table, or UTF-16 "
                "without its mark; save it as UTF-8 CSV"
            )
        plain = plain and text.isascii()
        breaks += text.count("\n")
        quoted = quoted or '"' in text
        apostrophes = apostrophes or "'" in text
        for separator in SEPARATORS:
            commas[separator] += text.count(separator)
        if len(head) < BLOCK_BYTES:
            head += text
        last = text[-1:] or last
    if decoder is not None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and plain:
                return _scan(file, WESTERN)
            raise DataError(
                f"{file.name} ends inside a character: it was cut short; save it as UTF-8"
            ) from error
    return _Scan(
        digest.hexdigest(),
        encoding or "utf-8-sig",
        breaks + (last != "\n"),
        commas,
        quoted,
        apostrophes,
        head,
    )


def _encoding(name: str, start: bytes) -> str:
    refuse_foreign(name, start)
    refuse_markup(name, start)
    if start[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        raise DataError(f"{name} is UTF-32: save it as UTF-8")
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    return "utf-8-sig"


def _refuse_bad_header(name: str, header: list[str]) -> None:
    refuse_repeated(name, header)
    if all(re.fullmatch(r"[-+]?\d*[.,]?\d+(e[-+]?\d+)?", field.strip(), re.I) for field in header):
        raise DataError(
            f"{name} has no header: its first line is {shown(header[0])} …; "
            "put the columns' names on the first line"
        )


def _refuse_unequal(file: Watched, scan: _Scan, separator: str, fields: int) -> None:
    """Every line has as many fields as the header.

    Counting is enough without quotes and where the sums agree: a surplus that hides a lack in the
    sum is found by pandas, which refuses long lines.
    """
    if not scan.quoted and scan.commas[separator] == scan.breaks * (fields - 1):
        return
    limit = csv.field_size_limit(2**31 - 1)  # a document may be longer than the module's default
    with (
        file.open("checked line by line") as raw,
        io.TextIOWrapper(raw, encoding=scan.encoding, newline="") as text,
    ):
        reader = csv.reader(text, delimiter=separator, skipinitialspace=True)
        try:
            for row in reader:
                if row and len(row) != fields and (len(row) > 1 or row[0].strip()):
                    raise DataError(
                        f"{file.name}, line {reader.line_num}: {len(row)} "
                        f"{'field' if len(row) == 1 else 'fields'} where the header has {fields}; "
                        "repair that line"
                    )
        except csv.Error as error:
            raise DataError(
                f"{file.name}, line {reader.line_num}: {error}; repair that line"
            ) from error
        finally:
            csv.field_size_limit(limit)


def _unguard(frame: pd.DataFrame) -> int:
    """Take off the apostrophes that `output.write_csv` put on; how many cells had one."""
    cells = 0
    for place, dtype in enumerate(frame.dtypes):
        if dtype.kind != "O":
            continue
        before = frame.iloc[:, place].tolist()
        after = [unguarded(value) if isinstance(value, str) else value for value in before]
        if changed := sum(new is not old for new, old in zip(after, before, strict=True)):
            frame.isetitem(place, pd.Series(after, index=frame.index, dtype=dtype))
            cells += changed
    return cells


def _missing(header: Mapping[str, str], texts: Collection[str]) -> dict[str, Any]:
    """What stands for a missing value: in columns of words nothing but an empty field."""
    if not texts:
        return {}
    missing = {raw: [""] if name in texts else list(NOTHING) for raw, name in header.items()}
    return {"keep_default_na": False, "na_values": missing}


def _parse(
    file: Watched,
    scan: _Scan,
    separator: str,
    decimal: str,
    header: Mapping[str, str],
    texts: Collection[str],
) -> pd.DataFrame:
    """The frame; `header` says of each column's name in the file what it is called."""
    try:
        with warnings.catch_warnings(), file.open("read") as opened:
            # Columns of mixed kinds are judged later, value by value.
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            frame: pd.DataFrame = pd.read_csv(
                opened,
                sep=separator,
                decimal=decimal,
                encoding=scan.encoding,
                index_col=False,
                skipinitialspace=True,
                **_missing(header, texts),
            )
            return frame.rename(columns=header)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{file.name} is empty: it needs a header line and rows") from error
    except pd.errors.ParserError as error:
        found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if found:
            raise DataError(
                f"{file.name}, line {found[2]}: {found[3]} fields where the header has {found[1]}; "
                "repair that line"
            ) from error
        reason = str(error).splitlines()[0]
        raise DataError(f"{file.name} cannot be read as a table ({reason}): repair it") from error
