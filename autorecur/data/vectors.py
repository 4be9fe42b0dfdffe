"""Word vectors from a file in GloVe's text format: a word and its numbers, a line each."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np

from autorecur.data.dataset import Dataset
from autorecur.errors import DataError, MissingFile, SettingError

__all__ = ["with_vectors"]


def with_vectors(dataset: Dataset, file: str | Path) -> Dataset:
    """`dataset` with the vectors that `file` has for its vocabulary.

    A word without one begins with numbers drawn from the found vectors' own spread.
    """
    if not dataset.kind.text:
        raise SettingError("word vectors are for texts: leave --vectors out")
    path = Path(file)
    if not path.is_file():
        raise MissingFile(f"there is no file of word vectors at {str(path)!r}: check the path")
    places = {word: place + 2 for place, word in enumerate(dataset.vocabulary)}
    found: dict[int, np.ndarray] = {}
    width = 0
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            word, _, rest = line.rstrip().partition(" ")
            if word not in places:
                continue
            try:
                vector = np.array(rest.split(" "), dtype=np.float32)
            except ValueError:
                raise DataError(
                    f"line {number} of {str(path)!r} is not a word and its numbers: give a file in "
                    "GloVe's text format"
                ) from None
            width = width or len(vector)
            if len(vector) != width:
                raise DataError(
                    f"line {number} of {str(path)!r} has {len(vector)} numbers where lines before "
                    f"have {width}: the file is damaged"
                )
            found[places[word]] = vector
    if not found:
        raise DataError(f"{str(path)!r} has a vector for none of the table's words: check the file")
    known = np.stack(list(found.values()))
    rng = np.random.default_rng(0)
    size = dataset.code_sizes[0]
    table = rng.normal(known.mean(), known.std(), (size, width)).astype(np.float32)
    table[list(found)] = known
    table[0] = 0.0
    share = len(found) / max(1, len(places))
    reason = f"{len(found):,} of {len(places):,} words ({share:.0%}) have a vector in {path.name}."
    schema = replace(dataset.schema, reasons=(*dataset.schema.reasons, reason))
    return replace(dataset, vectors=table, schema=schema)
