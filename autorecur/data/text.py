"""Documents, or running text, become a Dataset, or, by a known schema, the same arrays.

How texts are cut is in `data.tokens`. The vocabulary is that of the documents outside the holdout;
of running text, that of the part that trains the search.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data import audit, leaks, strata
from autorecur.data.columns import numbers
from autorecur.data.dataset import Column, Dataset, Finding, Schema
from autorecur.data.foreign import refuse_foreign
from autorecur.data.kinds import Kind
from autorecur.data.marks import MARKS, marks_of
from autorecur.data.read import Table, require_columns, shown
from autorecur.data.sequences import Prepared, unknown_label
from autorecur.data.strata import Labels
from autorecur.data.stretches import stretches
from autorecur.data.tokens import Tokens, encode, likeness, tokenise, unit_of, vocabulary_of
from autorecur.errors import DataError, MissingFile, SettingError

__all__ = ["Plain", "dataset", "dataset_of_text", "prepare", "prepare_text", "read_plain"]

MOST_TOKENS = 20_000
EXCERPT = 160  # characters of a document that a report shows
STRETCH = {"character": 128, "word": 64}


@dataclass(frozen=True, eq=False)
class Plain:
    """A text without columns."""

    name: str
    text: str
    fingerprint: str  # SHA-256 of the file


def read_plain(source: str | Path) -> Plain:
    """A text file, gzipped or not, in UTF-8 or, with its mark, UTF-16; line ends become one."""
    path = Path(source).expanduser()
    if not path.is_file():
        if path.is_dir():
            raise DataError(f"{shown(str(source), 200)} is a folder: name the file in it")
        raise MissingFile(f"there is no file {shown(str(source), 200)}: check the path")
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read ({error}): write it again") from error
    refuse_foreign(path.name, content[:16])
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + content[: error.start].count(b"\n")
        raise DataError(
            f"{path.name} is not {encoding[:6].rstrip('-').upper()}: line {line} has the byte "
            f"0x{content[error.start]:02x} (perhaps it is Latin-1); save it as UTF-8"
        ) from error
    if "\0" in text:
        raise DataError(f"{path.name} has a zero byte: it is no text; save it as UTF-8")
    if not text.strip():
        raise DataError(f"{path.name} is empty: it needs text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    name = re.sub(r"(\.txt)?(\.gz)?$", "", path.name, flags=re.I)
    return Plain(name or path.name, text, hashlib.sha256(content).hexdigest())


def dataset(
    table: Table,
    *,
    text: str,
    target: str | None = None,
    drop: Collection[str] = (),
    split: str | None = None,
    kind: Kind,
    tokens: str = "auto",
) -> Dataset:
    """Understand a table of documents; of other columns none is read."""
    _check_names(table, text, target, drop, split)
    documents, findings = _documents(table, text)
    if kind.output == "tokens":
        joined = "\n".join(documents)
        found = dataset_of_text(table.name, joined, tokens=tokens, fingerprint=table.fingerprint)
        return _from_table(found, table, text, findings)
    if target is None:
        raise SettingError(f"{kind.name} needs a label of each text: name its column with --target")
    rows = strata.labels_of(table, target, kind.output == "classes")
    keep = ~np.isnan(rows.values)
    findings += _unlabelled(table, target, keep)
    labels = strata.checked(Labels(rows.values[keep], rows.classes), target, "documents")
    kept = [documents[row] for row in np.flatnonzero(keep)]
    unit, why = _unit(tokens, kept)
    alike = pd.factorize(np.array([likeness(each, unit) for each in kept], dtype=object))[0]
    groups = alike.astype(np.int64)
    cut = tokenise(kept, unit)
    offsets = np.concatenate([[0], np.cumsum(np.maximum(cut.lengths, 1))]).astype(np.int64)
    given = strata.given_parts(table, split)[keep] if split else None
    divided = strata.stratified(labels, offsets, noun="documents", groups=groups, given=given)
    parts = strata.parts_of(labels, noun="documents", groups=groups, given=given)
    vocabulary = vocabulary_of(cut, parts != strata.HOLDOUT, MOST_TOKENS)
    if not vocabulary:
        raise DataError(f"the text column {shown(text)} has no {unit} to learn from: name another")
    codes, offsets = encode(cut, vocabulary)
    findings += (
        *_empty(cut, documents=len(kept)),
        *leaks.repeated(groups, parts == strata.HOLDOUT, "documents", bool(split), nearly=True),
        *_told_away(kept, codes, offsets, labels, vocabulary, text, target),
        *audit.rare_classes(labels.values, labels.classes, divided.selection.train, target),
    )
    schema = Schema(
        kind=kind.name,
        columns=_columns(table, text, target, labels, drop, split),
        horizon=0,
        frequency=None,
        season=1,
        reasons=(
            *table.notes,
            _told(text, target, labels),
            f"{why} {_size(cut, vocabulary)}",
            *([_marked()] if unit == "word" else []),
            *(finding.sentence for finding in findings),
        ),
        tokens=unit,
    )
    return Dataset(
        name=table.name,
        schema=schema,
        values=np.empty((len(codes), 0), dtype=np.float32),
        observed=np.ones((len(codes), 1), dtype=np.bool_),
        known=np.empty((len(codes), 0), dtype=np.float32),
        offsets=offsets,
        times=pd.RangeIndex(len(codes)),
        split=divided,
        fingerprint=table.fingerprint,
        findings=findings,
        source={"rows": table.rows, "columns": len(table.frame.columns)},
        codes=codes,
        static=marks_of(kept) if unit == "word" else np.empty((len(kept), 0), dtype=np.float32),
        labels=labels.values[:, None],
        series=tuple(map(str, np.flatnonzero(keep).tolist())),
        vocabulary=vocabulary,
        excerpts=tuple(_excerpt(kept[place]) for place in divided.holdout.test.tolist()),
    )


def dataset_of_text(
    name: str, text: str, *, tokens: str = "auto", fingerprint: str | None = None
) -> Dataset:
    """Understand running text, whose next token is to be foretold.

    >>> dataset_of_text("abc", "abcdefgh" * 200).vocabulary
    ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    """
    if tokens == "auto":
        unit, why = "character", "Tokens: characters, the usual choice for running text."
    else:
        unit, why = _unit(tokens, [text])
    cut = tokenise([text], unit)
    split, length = stretches(len(cut.numbers), STRETCH[unit])
    fit = int(split.selection.fit_until[0])
    train = Tokens(cut.numbers[:fit], np.array([fit]), cut.types)
    most = MOST_TOKENS if unit == "word" else None
    vocabulary = vocabulary_of(train, np.array([True]), most)
    codes, offsets = encode(cut, vocabulary)
    rows = len(codes)
    reasons = (f"{why} {_size(cut, vocabulary)}", f"A stretch to train on has {length} of them.")
    schema = Schema(
        kind="language-model",
        columns=(Column("text", "text", "text", "the whole of the text"),),
        horizon=length,
        frequency=None,
        season=1,
        reasons=reasons,
        tokens=unit,
    )
    return Dataset(
        name=name,
        schema=schema,
        values=np.empty((rows, 0), dtype=np.float32),
        observed=np.ones((rows, 0), dtype=np.bool_),
        known=np.empty((rows, 0), dtype=np.float32),
        offsets=offsets,
        times=pd.RangeIndex(rows),
        split=split,
        fingerprint=fingerprint or hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        source={"rows": text.count("\n") + (not text.endswith("\n")), "columns": 1},
        codes=codes,
        static=np.empty((1, 0), dtype=np.float32),
        series=(name,),
        vocabulary=vocabulary,
    )


def prepare(table: Table, schema: Schema, vocabulary: tuple[str, ...]) -> Prepared:
    """Read other documents by the schema of those trained on; their labels may be missing."""
    text = schema.names("text")[0]
    require_columns(table, [text], "text column")
    documents, findings = _documents(table, text, refuse=False)
    if schema.traits.output == "tokens":
        return prepare_text("\n".join(documents), schema, vocabulary)
    cut = tokenise(documents, schema.tokens or "word")
    codes, offsets = encode(cut, vocabulary)
    target = schema.names("target")[0]
    labels = np.full(len(documents), np.nan, dtype=np.float32)
    if target in table.frame.columns:
        known, strange = strata.labels_as(table, target, schema.classes)
        labels = known.values
        findings += unknown_label(target, strange)
    return Prepared(
        np.empty((len(codes), 0), dtype=np.float32),
        codes,
        offsets,
        tuple(map(str, range(len(documents)))),
        labels[:, None],
        pd.RangeIndex(len(codes)),
        (
            *audit.ignored(list(table.frame.columns), schema.columns),
            *findings,
            *_empty(cut, documents=len(documents)),
        ),
    )


def prepare_text(text: str, schema: Schema, vocabulary: tuple[str, ...]) -> Prepared:
    """Running text by the schema of that trained on."""
    codes, offsets = encode(tokenise([text], schema.tokens or "character"), vocabulary)
    return Prepared(
        np.empty((len(codes), 0), dtype=np.float32),
        codes,
        offsets,
        ("text",),
        np.empty((0, 0), dtype=np.float32),
        pd.RangeIndex(len(codes)),
        (),
    )


def _check_names(
    table: Table, text: str, target: str | None, drop: Collection[str], split: str | None
) -> None:
    if isinstance(drop, str):
        raise SettingError(f"drop is a list of columns, not the text {shown(drop)}: put it in []")
    require_columns(table, [text], "text column")
    require_columns(table, [target] if target else [], "target")
    require_columns(table, [split] if split else [], "split column")
    require_columns(table, drop, "column to drop")
    names = [text, *([target] if target else []), *([split] if split else []), *set(drop)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(f"{shown(twice[0])} was given two roles: name it once")


def _documents(
    table: Table, text: str, refuse: bool = True
) -> tuple[list[str], tuple[Finding, ...]]:
    """The texts, a missing one empty; numbers are refused where they are to be learnt from."""
    column = table.frame[text]
    missing = column.isna().to_numpy(dtype=bool)
    if missing.all() and refuse:
        raise DataError(f"the text column {shown(text)} has no value at all: name another column")
    if refuse:
        values, _ = numbers(table, text)
        if values is not None:
            first = shown(column[~missing].iloc[0])
            raise DataError(
                f"the text column {shown(text)} holds numbers, such as {first}: name a column of "
                "texts with --text"
            )
    filled = column.astype(object).where(~missing, "")
    documents = [text if isinstance(text, str) else str(text) for text in filled.tolist()]
    count = int(missing.sum())
    if not count:
        return documents, ()
    noun = "text was" if count == 1 else "texts were"
    sentence = f"{count:,} {noun} missing in {shown(text)} and counts as empty."
    return documents, (Finding("AR108", "note", sentence),)


def _unlabelled(table: Table, target: str, keep: NDArray[np.bool_]) -> tuple[Finding, ...]:
    gone = int((~keep).sum())
    if not gone:
        return ()
    first = table.line(int(np.argmin(keep)))
    has = "document has no label and was" if gone == 1 else "documents have no label and were"
    sentence = f"{gone:,} {has} left out, the first in {first}."
    return (Finding("AR108", "tip", sentence, f"Fill {shown(target)} in."),)


def _empty(cut: Tokens, documents: int) -> tuple[Finding, ...]:
    empty = int((cut.lengths == 0).sum())
    if not empty:
        return ()
    sentence = f"{empty:,} of {documents:,} documents have no token."
    return (Finding("AR108", "note" if empty < documents / 20 else "tip", sentence),)


def _excerpt(document: str) -> str:
    return document if len(document) <= EXCERPT else document[: EXCERPT - 1] + "…"


def _told_away(
    documents: Sequence[str],
    codes: NDArray[np.int32],
    offsets: NDArray[np.int64],
    labels: Labels,
    vocabulary: tuple[str, ...],
    text: str,
    target: str,
) -> list[Finding]:
    """Texts that state their own label."""
    if not labels.classes:
        return leaks.number_told(documents, labels.values, text, target)
    return leaks.word_told(codes, offsets, labels.values, labels.classes, vocabulary, text, target)


def _unit(tokens: str, documents: Sequence[str]) -> tuple[str, str]:
    if tokens == "auto":
        return unit_of(documents)
    if tokens not in ("word", "character"):
        raise SettingError(f"tokens is word, character or auto, not {shown(tokens)}")
    return tokens, f"Tokens: {tokens}s, as asked."


def _told(text: str, target: str, labels: Labels) -> str:
    what = f"{len(labels.classes)} classes" if labels.classes else "a number"
    return f"Texts: {shown(text)}; the label {shown(target)} is {what}."


def _marked() -> str:
    *sorts, last = MARKS
    return f"Beside the words of a text, its {', '.join(sorts)} and {last} are counted."


def _size(cut: Tokens, vocabulary: tuple[str, ...]) -> str:
    lengths = cut.lengths
    known = f"{len(vocabulary):,} of {len(cut.types):,} different ones are in the vocabulary"
    if len(lengths) == 1:
        return f"There are {int(lengths[0]):,}; {known}."
    middle, most = int(np.median(lengths)), int(lengths.max())
    return f"A text has {middle:,} in the middle and at most {most:,}; {known}."


def _columns(
    table: Table,
    text: str,
    target: str,
    labels: Labels,
    drop: Collection[str],
    split: str | None,
) -> tuple[Column, ...]:
    dtype = "categorical" if labels.classes else "numeric"
    roles = {
        text: Column(text, "text", "text", "the texts"),
        target: Column(target, "target", dtype, "as asked", labels.classes),
    }
    if split:
        roles[split] = Column(split, "split", "categorical", "as asked")
    roles |= {name: Column(name, "dropped", "text", "as asked") for name in drop}
    why = "only the text column is read"
    return tuple(
        roles.get(name) or Column(name, "dropped", "text", why) for name in table.frame.columns
    )


def _from_table(found: Dataset, table: Table, text: str, findings: tuple[Finding, ...]) -> Dataset:
    """Running text that was made of a table's documents."""
    columns = tuple(
        Column(name, "text", "text", "the documents, joined by line ends")
        if name == text
        else Column(name, "dropped", "text", "only the text column is read")
        for name in table.frame.columns
    )
    told = (*table.notes, *found.schema.reasons, *(finding.sentence for finding in findings))
    return replace(
        found,
        schema=replace(found.schema, columns=columns, reasons=told),
        findings=findings,
        source={"rows": table.rows, "columns": len(table.frame.columns)},
    )
