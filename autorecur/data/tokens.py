"""Texts as numbers, cut exactly as Keras' `TextVectorization` does, so that a saved network can.

Words: ASCII letters in lower case, ASCII punctuation removed, cut at ASCII white space (its
"lower_and_strip_punctuation" and "whitespace"). Characters: code points as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tokens", "encode", "likeness", "tokenise", "unit_of", "vocabulary_of"]

UNKNOWN = 1  # the code of a token outside the vocabulary; 0 pads
LONGEST = 100  # characters of a token in a vocabulary
MANY_TYPES = 5_000  # above this a token that occurs once is unknown
SAMPLE_TEXTS = 2_000
SAMPLE_CHARACTERS = 1_000
LONG_WORD = 20  # mean length above which words are no words
FEW_SPACES = 0.1  # share of texts with a space in them below which texts are strings
MANY_UNSPACED = 0.3  # share of letters of scripts that put no spaces between words

LOWER = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))
PUNCTUATION = b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"
# Thai, Lao, Tibetan, Burmese, Khmer, kana and Chinese characters; Korean has spaces.
UNSPACED = (
    *((0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)


@dataclass(frozen=True, eq=False)
class Tokens:
    """Documents as numbers of their types, one document after the other."""

    numbers: NDArray[np.int32]
    lengths: NDArray[np.int64]  # [documents]; 0 for a document without a token
    types: tuple[str, ...]


def tokenise(documents: Sequence[str], unit: str) -> Tokens:
    """Cut documents into words or characters; `unit` is "word" or "character".

    >>> tokens = tokenise(["Don't  STOP — é É", ""], "word")
    >>> tokens.types, tokens.lengths.tolist()
    (('dont', 'stop', '—', 'é', 'É'), [5, 0])
    """
    return _characters(documents) if unit == "character" else _words(documents)


def _words(documents: Sequence[str]) -> Tokens:
    types: defaultdict[bytes, int] = defaultdict()
    types.default_factory = types.__len__  # a new word gets the next number
    lengths = np.empty(len(documents), dtype=np.int64)

    def each() -> Iterator[int]:
        for place, document in enumerate(documents):
            # All that is changed is ASCII, whose bytes occur in no other character of UTF-8.
            words = document.encode("utf-8", "replace").translate(LOWER, PUNCTUATION).split()
            lengths[place] = len(words)
            yield from map(types.__getitem__, words)

    found = np.fromiter(each(), dtype=np.int32)
    return Tokens(found, lengths, tuple(word.decode("utf-8") for word in types))


def _characters(documents: Sequence[str]) -> Tokens:
    lengths = np.fromiter(map(len, documents), dtype=np.int64, count=len(documents))
    points = np.frombuffer("".join(documents).encode("utf-32-le", "replace"), dtype=np.uint32)
    if not len(points):
        return Tokens(np.empty(0, np.int32), lengths, ())
    present = np.bincount(points) > 0
    number = np.cumsum(present, dtype=np.int32) - 1
    return Tokens(number[points], lengths, tuple(map(chr, np.flatnonzero(present).tolist())))


def vocabulary_of(tokens: Tokens, keep: NDArray[np.bool_], most: int | None) -> tuple[str, ...]:
    """The types of the documents to `keep`, the most frequent first.

    >>> vocabulary_of(tokenise(["b a b", "c"], "word"), np.array([True, False]), None)
    ('b', 'a')
    """
    chosen = tokens.numbers[np.repeat(keep, tokens.lengths)]
    counts = np.bincount(chosen, minlength=len(tokens.types))
    fewest = 2 if most is not None and int((counts > 0).sum()) > MANY_TYPES else 1
    ranked = sorted(
        (int(number) for number in np.flatnonzero(counts >= fewest)),
        key=lambda number: (-counts[number], tokens.types[number]),
    )
    # Keras keeps a vocabulary in an array of equally wide strings: one long token costs gigabytes,
    # and NUL at an end is lost.
    found = (tokens.types[number] for number in ranked)
    return tuple(token for token in found if len(token) <= LONGEST and "\0" not in token)[:most]


def encode(
    tokens: Tokens, vocabulary: tuple[str, ...]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Codes of all tokens, and where each document begins; an empty one is one unknown token."""
    place = {token: number for number, token in enumerate(vocabulary, UNKNOWN + 1)}
    lookup = np.array([place.get(token, UNKNOWN) for token in tokens.types] or [0], dtype=np.int32)
    codes = lookup[tokens.numbers]
    starts = np.cumsum(tokens.lengths) - tokens.lengths
    codes = np.insert(codes, starts[tokens.lengths == 0], UNKNOWN)
    offsets = np.concatenate([[0], np.cumsum(np.maximum(tokens.lengths, 1))])
    return codes.astype(np.int32)[:, None], offsets.astype(np.int64)


def likeness(document: str, unit: str) -> str | bytes:
    """What nearly identical documents share; of words all but case, punctuation and digits.

    >>> likeness("Call 0800 NOW!", "word") == likeness("call 0900 now", "word")
    True
    """
    if unit == "character":
        return document.strip()
    bare = document.encode("utf-8", "replace").translate(LOWER, PUNCTUATION + b"0123456789").split()
    return b" ".join(bare) or document.strip()


def unit_of(documents: Sequence[str]) -> tuple[str, str]:
    """Whether to cut into words or characters, and why.

    >>> [unit_of([text])[0] for text in ("很，好吃，味道足，量大", "Ok lar... Joking", "CCO")]
    ['character', 'word', 'character']
    """
    step = max(1, len(documents) // SAMPLE_TEXTS)
    sample = [text[:SAMPLE_CHARACTERS].strip() for text in documents[::step]]
    sample = [text for text in sample if text]
    if not sample:
        return "word", "Tokens: words; every text is empty."
    points = np.frombuffer("".join(sample).encode("utf-32-le", "replace"), dtype=np.uint32)
    unspaced = np.zeros(len(points), dtype=np.bool_)
    for first, last in UNSPACED:
        unspaced |= (points >= first) & (points <= last)
    latin = ((points | 0x20) >= 97) & ((points | 0x20) <= 122)
    letters = int((latin | ((points >= 0xC0) & (points < 0x1F000)) | unspaced).sum())
    share = int(unspaced.sum()) / max(1, letters)
    if share > MANY_UNSPACED:
        why = f"{share:.0%} of the letters are of a script without spaces between words"
        return "character", f"Tokens: characters; {why}."
    spaced = float(np.mean([len(text.split(None, 1)) > 1 for text in sample]))
    if spaced < FEW_SPACES:
        return "character", f"Tokens: characters; {1 - spaced:.0%} of the texts have no space."
    words = [len(word) for text in sample for word in text.split()]
    mean = float(np.mean(words))
    if mean > LONG_WORD:
        why = f"{mean:.0f} characters stand between two spaces on average"
        return "character", f"Tokens: characters; {why}."
    return "word", f"Tokens: words; they have {mean:.1f} characters on average."
