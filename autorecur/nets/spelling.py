"""Where the vectors of a text's words begin: words that are spelled alike begin alike.

A few thousand documents show most words a handful of times, too few to find out that "inventor" and
"invented" belong together. So a word begins as the sum of random vectors of its n-grams and of one
of its own (the subwords of Bojanowski et al. 2017, as a start alone): from there each word goes its
own way, and the network that is saved has an embedding like any other. A few dozen letters are seen
so often that they need no such help. `tests/benchmarks/word_start.py` compares both starts.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["FEWEST", "spelled"]

FEWEST = 1000  # tokens of a vocabulary from which on they begin by their spelling
LENGTHS = (3, 4, 5)  # characters of an n-gram
OWN = 2.0  # what a word's own vector counts, beside 1 for each of its n-grams
BUCKETS = 1 << 15  # n-grams share vectors by chance rather than have a table without an end
SPREAD = 0.3  # standard deviation of a vector's numbers; GloVe's have about as much


def spelled(words: tuple[str, ...], width: int, seed: int) -> NDArray[np.float32]:
    """Vectors of padding, of an unknown word and of `words`: [2 + words, width].

    >>> _, _, *vectors = spelled(("invent", "invented", "bird"), width=64, seed=1)
    >>> bool(vectors[0] @ vectors[1] > 2 * abs(vectors[0] @ vectors[2]))
    True
    """
    rng = np.random.default_rng((seed, 13))
    shares = _shares(words)
    vectors = shares @ rng.standard_normal((BUCKETS, width), np.float32)
    vectors += OWN * rng.standard_normal(vectors.shape, np.float32)
    vectors /= np.sqrt(np.square(vectors).mean(axis=1, keepdims=True))
    first = np.stack([np.zeros(width, np.float32), rng.standard_normal(width, np.float32)])
    return np.float32(SPREAD) * np.concatenate([first, vectors])


@lru_cache(maxsize=1)
def _shares(words: tuple[str, ...]) -> sparse.csr_matrix:
    """How often each word has the n-grams of each bucket: [words, BUCKETS]."""
    buckets = [
        [zlib.crc32(gram) % BUCKETS for gram in _grams(f"<{word}>".encode())] for word in words
    ]
    ends = np.cumsum([0, *map(len, buckets)])
    columns = np.fromiter((bucket for each in buckets for bucket in each), np.int32, ends[-1])
    ones = np.ones(len(columns), np.float32)
    return sparse.csr_matrix((ones, columns, ends), (len(words), BUCKETS))


def _grams(word: bytes) -> list[bytes]:
    return [word[at : at + size] for size in LENGTHS for at in range(len(word) - size + 1)]
