"""What a baseline reads of a document: its words or characters and their n-grams, TF-IDF weighted.

Documents are there as codes. N-grams of words, and of characters where those are the tokens, are
numbers made of the codes; the characters inside words come from the vocabulary, by one product of
matrices, because a document's n-grams within words are the sum of its words'. What was counted of a
document before it was cut (`data.marks`) stands beside them, as it does in the network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from autorecur.data.dataset import Dataset, Examples
from autorecur.nets.baselines.labels import Inputs, Labelled
from autorecur.nets.baselines.windows import thin
from autorecur.nets.shape import moments

__all__ = ["character_inputs", "gram_inputs", "word_inputs"]

WORD_GRAMS, CHARACTER_GRAMS, WITHIN_WORDS = 2, 4, (2, 5)
MOST_COLUMNS, MOST_WEIGHTS = 40_000, 120_000  # n-grams; and those times the classes
MOST_TOKENS = 2_000_000  # of the training documents
LONGEST_WORD = 40

Counts = Callable[[Examples], Any]  # a sparse matrix, [documents, n-grams]
Facts = Callable[[Examples], NDArray[np.float32]]  # [documents, columns]


def gram_inputs(task: Labelled) -> Inputs:
    """Of texts by character: n-grams of characters."""
    return _weighted(task, _grams(task, CHARACTER_GRAMS))


def word_inputs(task: Labelled) -> Inputs:
    """Of texts by word: words, and pairs of neighbours."""
    return _weighted(task, _grams(task, WORD_GRAMS))


def character_inputs(task: Labelled) -> Inputs:
    """Of texts by word: n-grams of the characters inside words."""
    spelling = _spelling(task.dataset.vocabulary)
    words = _words(task.dataset)
    return _weighted(task, lambda examples: words(examples) @ spelling)


def _flat(
    dataset: Dataset, examples: Examples
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Codes of the documents one after the other, each between two zeros; document; place in it."""
    starts = dataset.offsets[examples]
    lengths = dataset.offsets[examples + 1] - starts + 2
    begins = np.concatenate([[0], np.cumsum(lengths)])
    document = np.repeat(np.arange(len(examples)), lengths)
    place = np.arange(begins[-1]) - begins[document]
    inside = (place > 0) & (place < lengths[document] - 1)
    codes = np.zeros(begins[-1], np.int64)
    codes[inside] = dataset.codes[(starts[document] + place - 1)[inside], 0]
    return codes, document, place


def _grams(task: Labelled, longest: int) -> Counts:
    """Counts of n-grams, of those that the training documents hold."""
    dataset = task.dataset
    tokens = int((dataset.offsets[task.train + 1] - dataset.offsets[task.train]).sum())
    shown = thin(task.train, max(1, int(len(task.train) * min(1.0, MOST_TOKENS / max(1, tokens)))))
    base = dataset.code_sizes[0]

    def numbered(examples: Examples) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
        codes, document, place = _flat(dataset, examples)
        grams, documents, number = [], [], np.zeros_like(codes)
        for length in range(1, longest + 1):
            # The n-gram that ends here: one token more, in front of the shorter one.
            number[length - 1 :] += codes[: len(codes) - length + 1] * base ** (length - 1)
            told = place >= length - 1
            if length == 1:
                told = codes > 1  # neither an end nor an unknown token
            grams.append(number[told] * 8 + length)
            documents.append(document[told])
        return grams, documents

    kept = [
        _commonest(gram, document, MOST_COLUMNS // (1 if longest < 3 else 2))
        for gram, document in zip(*numbered(shown), strict=True)
    ]

    def counts(examples: Examples) -> Any:
        blocks = []
        for gram, document, known in zip(*numbered(examples), kept, strict=True):
            place = np.searchsorted(known, gram)
            place[place == len(known)] = 0
            there = known[place] == gram if len(known) else np.zeros(len(gram), bool)
            blocks.append(_summed(document[there], place[there], (len(examples), len(known))))
        return sparse.hstack(blocks, format="csr")

    return counts


def _commonest(gram: NDArray[np.int64], document: NDArray[np.int64], most: int) -> Any:
    """Sorted n-grams, those of the most documents where there are many."""
    order = np.lexsort((document, gram))
    gram, document = gram[order], document[order]
    fresh = np.ones(len(gram), bool)
    fresh[1:] = (gram[1:] != gram[:-1]) | (document[1:] != document[:-1])
    known, documents = np.unique(gram[fresh], return_counts=True)
    if len(known) > most:
        known = np.sort(known[np.argsort(-documents, kind="stable")[:most]])
    return known


def _summed(document: NDArray[np.int64], column: NDArray[np.int64], shape: tuple[int, int]) -> Any:
    ones = np.ones(len(document))
    return sparse.coo_matrix((ones, (document, column)), shape=shape).tocsr()


def _words(dataset: Dataset) -> Counts:
    def counts(examples: Examples) -> Any:
        codes, document, _ = _flat(dataset, examples)
        there = codes > 1
        return _summed(document[there], codes[there] - 2, (len(examples), len(dataset.vocabulary)))

    return counts


def _spelling(vocabulary: tuple[str, ...]) -> Any:
    """[words, n-grams]: how often each word holds each n-gram of characters, its ends included."""
    columns: dict[str, int] = {}
    rows, places = [], []
    for row, word in enumerate(vocabulary):
        told = f" {word[:LONGEST_WORD]} "
        for length in range(WITHIN_WORDS[0], WITHIN_WORDS[1] + 1):
            for first in range(max(1, len(told) - length + 1)):
                rows.append(row)
                places.append(columns.setdefault(told[first : first + length], len(columns)))
    shape = (len(vocabulary), max(1, len(columns)))
    return _summed(np.array(rows, np.int64), np.array(places, np.int64), shape)


def _weighted(task: Labelled, counts: Counts) -> Inputs:
    """TF-IDF of the counts, and beside it, as large, what the network has beside the words too."""
    weighed, facts = _tfidf(task, counts), _facts(task)
    if facts is None:
        return weighed
    shown = weighed(task.train)
    size = float(np.sqrt(shown.multiply(shown).sum() / max(1, shown.shape[0]))) or 1.0
    usual, spread = moments(facts(task.train))
    # As large as all other columns together, so that the same penalty leaves it alone.
    share = size / np.sqrt(len(usual))

    def inputs(examples: Examples) -> Any:
        beside = sparse.csr_matrix(share * (facts(examples) - usual) / spread)
        return sparse.hstack([weighed(examples), beside], format="csr")

    return inputs


def _tfidf(task: Labelled, counts: Counts) -> Inputs:
    """The commonest n-grams of the training documents, TF-IDF weighted."""
    from sklearn.feature_extraction.text import TfidfTransformer

    seen = counts(task.train)
    documents = np.asarray((seen > 0).sum(axis=0)).ravel()
    kept = np.flatnonzero(documents)
    most = min(MOST_COLUMNS, MOST_WEIGHTS // max(2, task.classes))
    if len(kept) > most:
        kept = np.sort(kept[np.argsort(-documents[kept], kind="stable")[:most]])
    if not len(kept):
        return lambda examples: sparse.csr_matrix((len(examples), 0))
    weigh = TfidfTransformer(sublinear_tf=True, norm="l2" if task.classes else None)
    weigh.fit(seen[:, kept])
    return lambda examples: weigh.transform(counts(examples)[:, kept])


def _facts(task: Labelled) -> Facts | None:
    """The marks of each document, where they are counted, and its length where that may tell."""
    static, offsets = task.dataset.static, task.dataset.offsets
    parts: list[Facts] = []
    if static.size:
        parts.append(lambda examples: static[examples])
    if not task.classes:
        parts.append(lambda each: np.log1p(offsets[each + 1] - offsets[each])[:, None])
    if not parts:
        return None
    return lambda examples: np.hstack([part(examples) for part in parts]).astype(np.float32)
