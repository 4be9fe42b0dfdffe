"""A file or a frame becomes a Table: text is decoded, counted and hashed before pandas sees it.

The bytes are streamed once, so that a line too short, a wrong encoding or a broken archive is named
with its place, and never held in memory as a whole. pandas alone would pad a short line in silence.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import gzip
import hashlib
import io
import re
import warnings
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from autorecur.data.dialect import SEPARATORS, decimal_of, sample, separator_of
from autorecur.data.foreign import refuse_foreign, refuse_markup
from autorecur.errors import DataError, MissingFile, SettingError

__all__ = ["Table", "read", "require_columns", "shown"]

WESTERN = "cp1252"  # what a file that is not UTF-8 is written in, of Windows and of spreadsheets
# pandas' own words for a missing value, which it documents and does not export.
NOTHING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class Table:
    """Rows and columns as read, before anything is understood."""

    name: str
    frame: pd.DataFrame
    fingerprint: str  # SHA-256 of the content
    rows: int
    notes: tuple[str, ...] = ()
    lines: bool = False  # whether row i stands on line i + 2 of a file

    def line(self, row: int) -> str:
        """Where the user finds a row: "line 2" of a file, or "row 0" of a frame.

        >>> read(pd.DataFrame({"y": [1, 2]})).line(1)
        'row 1'
        """
        return f"line {row + 2}" if self.lines else f"row {row}"


@dataclass(frozen=True)
class _Scan:
    """What one pass over the bytes tells."""

    fingerprint: str
    encoding: str
    breaks: int  # line breaks, one more when the last line lacks its own
    commas: dict[str, int]  # how often each separator occurs
    quoted: bool  # then separators inside fields count too, and lines have to be parsed
    head: str


def shown(value: object, width: int = 60) -> str:
    """A value as a message may show it: quoted, on one line, cut.

    >>> shown("a" * 99, width=9)
    "'aaaaa…'"
    """
    text = repr(value.item() if isinstance(value, np.generic) else value)
    if len(text) <= width:
        return text
    close = text[0] if text[0] in "'\"" else ""
    return text[: width - 2 - len(close)] + "…" + close


def require_columns(table: Table, names: Iterable[str], role: str = "column") -> None:
    """Refuse a table that lacks one of `names`, and suggest the nearest.

    >>> require_columns(read(pd.DataFrame({"load": [1.0]})), ["load"])
    """
    have = [str(name) for name in table.frame.columns]
    known = set(have)
    missing = [name for name in names if name not in known]
    if not missing:
        return
    sentences = []
    for name in missing[:5]:
        near = [other for other in have if other.strip().lower() == name.strip().lower()]
        near = near or difflib.get_close_matches(name, have, n=1, cutoff=0.55)
        sentences.append(shown(name) + (f" (did you mean {shown(near[0])}?)" if near else ""))
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    listing = ", ".join(shown(name, 30) for name in have[:12]) + (" …" if len(have) > 12 else "")
    raise DataError(
        f"{table.name} has no {role} {', '.join(sentences)}{more}: its columns are {listing}"
    )


def read(source: str | Path | pd.DataFrame, texts: Collection[str] = ()) -> Table:
    """A table from a CSV or TSV file (gzipped or not) or from a DataFrame.

    `texts` names the columns whose fields are words, so that "NA" in them is no missing value.

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
        return _from_file(path, texts)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} is a damaged gzip file ({error}): write it again") from error
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read ({error.strerror or error}): check the file"
        ) from error


def _from_frame(frame: pd.DataFrame) -> Table:
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
                f"the frame's index and a column are both called {shown(named[0])}: rename one"
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
        raise DataError("the DataFrame has no rows: pass one that has")
    _refuse_repeated("the DataFrame", list(frame.columns))
    _refuse_bytes(frame)
    digest = hashlib.sha256("\0".join(frame.columns).encode("utf-8", "surrogatepass"))
    try:
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    except UnicodeEncodeError as error:
        raise DataError(
            f"the DataFrame holds half a character in the text {shown(error.object)}: read its "
            "source again with the right encoding"
        ) from error
    except TypeError as error:
        raise DataError(
            f"the DataFrame holds values that are neither numbers, dates nor text ({error}): "
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


def _from_file(path: Path, texts: Collection[str]) -> Table:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    scan = _scan(path, zipped)
    if not scan.head.strip():
        raise DataError(f"{path.name} is empty: it needs a header line and rows")
    separator = separator_of(scan.head)
    first = list(sample(scan.head, separator))
    if not first:
        raise DataError(f"{path.name} has no readable header: put the columns' names on line 1")
    # A column without a name gets the one that pandas gives it.
    header = [name or f"Unnamed: {place}" for place, name in enumerate(first[0])]
    nameless = [place for place, name in enumerate(first[0]) if not name]
    _refuse_bad_header(path.name, header)
    _refuse_unequal(path, zipped, scan, separator, len(header))
    decimal = decimal_of(first[1:], separator)
    frame = _parse(path, zipped, scan, separator, decimal, header, texts)
    if not len(frame):
        raise DataError(f"{path.name} has a header and no rows: add the data below it")
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


def _open(path: Path, zipped: bool) -> IO[bytes]:
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


def _chunks(path: Path, zipped: bool) -> Iterator[bytes]:
    with _open(path, zipped) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _scan(path: Path, zipped: bool, encoding: str = "") -> _Scan:
    """Hash, decode and count in one pass; `encoding` is found where it is not given."""
    digest = hashlib.sha256()
    decoder: codecs.IncrementalDecoder | None = None
    breaks, quoted, plain, head, last = 0, False, True, "", "\n"
    commas = dict.fromkeys(SEPARATORS, 0)
    for chunk in _chunks(path, zipped):
        digest.update(chunk)
        if decoder is None:
            encoding = encoding or _encoding(path.name, chunk)
            decoder = codecs.getincrementaldecoder(encoding)()
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and plain and error.object[: error.start].isascii():
                # No letter beyond ASCII was good UTF-8 before it: the file is in an older code.
                return _scan(path, zipped, WESTERN)
            place = 1 + breaks + error.object[: error.start].count(b"\n")
            byte = f"0x{error.object[error.start]:02x}"
            raise DataError(
                f"{path.name} is neither UTF-8 nor Windows-1252: line {place} has the byte {byte}; "
                "save it as UTF-8"
            ) from error
        if "\0" in text:
            place = 1 + breaks + text[: text.index("\0")].count("\n")
            raise DataError(
                f"{path.name} has a zero byte in line {place}: it is no text table, or UTF-16 "
                "without its mark; save it as UTF-8 CSV"
            )
        plain = plain and text.isascii()
        breaks += text.count("\n")
        quoted = quoted or '"' in text
        for separator in SEPARATORS:
            commas[separator] += text.count(separator)
        if len(head) < CHUNK_BYTES:
            head += text
        last = text[-1:] or last
    if decoder is not None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and plain:
                return _scan(path, zipped, WESTERN)
            raise DataError(
                f"{path.name} ends inside a character: it was cut short; save it as UTF-8"
            ) from error
    return _Scan(
        digest.hexdigest(), encoding or "utf-8-sig", breaks + (last != "\n"), commas, quoted, head
    )


def _encoding(name: str, start: bytes) -> str:
    refuse_foreign(name, start)
    refuse_markup(name, start)
    if start[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        raise DataError(f"{name} is UTF-32: save it as UTF-8")
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    return "utf-8-sig"


def _refuse_repeated(what: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"{what} has two columns called {shown(name)}: rename one")
        seen.add(name)


def _refuse_bad_header(name: str, header: list[str]) -> None:
    _refuse_repeated(name, header)
    if all(re.fullmatch(r"[-+]?\d*[.,]?\d+(e[-+]?\d+)?", field.strip(), re.I) for field in header):
        raise DataError(
            f"{name} has no header: its first line is {shown(header[0])} …; "
            "put the columns' names on the first line"
        )


def _refuse_unequal(path: Path, zipped: bool, scan: _Scan, separator: str, fields: int) -> None:
    """Every line has as many fields as the header.

    Counting is enough without quotes and where the sums agree: a surplus that hides a lack in the
    sum is found by pandas, which refuses long lines.
    """
    if not scan.quoted and scan.commas[separator] == scan.breaks * (fields - 1):
        return
    limit = csv.field_size_limit(2**31 - 1)  # a document may be longer than the module's default
    with (
        _open(path, zipped) as raw,
        io.TextIOWrapper(raw, encoding=scan.encoding, newline="") as text,
    ):
        reader = csv.reader(text, delimiter=separator, skipinitialspace=True)
        try:
            for row in reader:
                if row and len(row) != fields and (len(row) > 1 or row[0].strip()):
                    raise DataError(
                        f"{path.name}, line {reader.line_num}: {len(row)} "
                        f"{'field' if len(row) == 1 else 'fields'} where the header has {fields}; "
                        "repair that line"
                    )
        except csv.Error as error:
            raise DataError(
                f"{path.name}, line {reader.line_num}: {error}; repair that line"
            ) from error
        finally:
            csv.field_size_limit(limit)


def _missing(header: Iterable[str], texts: Collection[str]) -> dict[str, Any]:
    """What stands for a missing value: in columns of words nothing but an empty field."""
    if not texts:
        return {}
    missing = {name: [""] if name in texts else list(NOTHING) for name in header}
    return {"keep_default_na": False, "na_values": missing}


def _parse(
    path: Path,
    zipped: bool,
    scan: _Scan,
    separator: str,
    decimal: str,
    header: Iterable[str],
    texts: Collection[str],
) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # Columns of mixed kinds are judged later, value by value.
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            frame: pd.DataFrame = pd.read_csv(
                path,
                sep=separator,
                decimal=decimal,
                encoding=scan.encoding,
                compression="gzip" if zipped else None,
                index_col=False,
                skipinitialspace=True,
                **_missing(header, texts),
            )
            return frame
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path.name} is empty: it needs a header line and rows") from error
    except pd.errors.ParserError as error:
        found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if found:
            raise DataError(
                f"{path.name}, line {found[2]}: {found[3]} fields where the header has {found[1]}; "
                "repair that line"
            ) from error
        reason = str(error).splitlines()[0]
        raise DataError(f"{path.name} cannot be read as a table ({reason}): repair it") from error
