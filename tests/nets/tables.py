"""Datasets of every kind, made by hand for the tests of the networks' neighbours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from autorecur.data.dataset import Column, Dataset, Fold, Schema, Split
from autorecur.data.marks import marks_of

STRIPPED = r"[!\"#$%&()\*\+,\-\./:;<=>?@\[\\\]^_`{|}~\']"


def forecast(
    values: np.ndarray,
    season: int,
    horizon: int,
    targets: int = 1,
    offsets: Sequence[int] = (),
    test: int = 60,
    known: np.ndarray | None = None,
) -> Dataset:
    """Rows in time: of each series the last `test` are the test part, as many before validation."""
    values = np.asarray(values, dtype=np.float32).reshape(len(values), -1)
    rows = len(values)
    bounds = np.array(offsets or (0, rows))
    last = horizon - 1
    parts: dict[str, list[np.ndarray]] = {"train": [], "validation": [], "test": []}
    for start, end in pairwise(bounds):
        first = start + min(2 * season, (end - start) // 4)
        parts["train"].append(np.arange(first, end - 2 * test - last))
        parts["validation"].append(np.arange(end - 2 * test, end - test - last))
        parts["test"].append(np.arange(end - test, end - last))
    fold = Fold(
        "test",
        **{name: np.concatenate(found) for name, found in parts.items()},
        fit_until=np.maximum(bounds[1:] - 2 * test, bounds[:-1]),
    )
    phase = 2 * np.pi * np.arange(rows)[:, None] / max(season, 2)
    waves = np.hstack([np.sin(phase), np.cos(phase)])
    columns = tuple(
        Column(f"c{place}", "target" if place < targets else "past", "numeric", "")
        for place in range(values.shape[1])
    )
    return _dataset(
        Schema("forecast", columns, horizon, None, season, ()),
        values,
        bounds,
        fold,
        known=(waves if known is None else known).astype(np.float32),
        observed=np.ones((rows, targets), dtype=bool),
    )


def _dataset(
    schema: Schema, values: np.ndarray, offsets: np.ndarray, fold: Fold, **rest
) -> Dataset:
    rows = len(values)
    empty = {"known": np.empty((rows, 0), np.float32), "observed": np.empty((rows, 0), bool)}
    return Dataset(
        name="made by hand",
        schema=schema,
        values=np.asarray(values, np.float32),
        offsets=np.asarray(offsets, np.int64),
        times=pd.RangeIndex(rows),
        split=Split(fold, (), fold, "", ()),
        fingerprint="",
        **(empty | rest),
    )


def _target(labels: Sequence[object]) -> tuple[Column, np.ndarray]:
    """The label's column, and its codes or numbers, [n, 1]."""
    if not all(isinstance(label, str) for label in labels):
        numbers = np.asarray(labels, np.float32)[:, None]
        return Column("label", "target", "numeric", ""), numbers
    classes = tuple(sorted(set(map(str, labels))))
    codes = np.array([classes.index(str(label)) for label in labels], np.float32)[:, None]
    return Column("label", "target", "categorical", "", classes), codes


def nowcast(
    values: np.ndarray,
    labels: Sequence[object],
    train: np.ndarray,
    validation: np.ndarray,
    test: np.ndarray,
    offsets: Sequence[int] = (),
) -> Dataset:
    """A label a row."""
    column, codes = _target(labels)
    bounds = np.array(offsets or (0, len(values)))
    past = tuple(Column(f"c{i}", "past", "numeric", "") for i in range(np.shape(values)[1]))
    series = np.searchsorted(bounds, train, side="right") - 1
    until = bounds[:-1].copy()
    np.maximum.at(until, series, train + 1)
    return _dataset(
        Schema("nowcast", (*past, column), 0, None, 1, ()),
        values,
        bounds,
        Fold("test", train, validation, test, until),
        labels=codes,
    )


def sequences(
    series: Sequence[np.ndarray],
    labels: Sequence[object],
    train: np.ndarray,
    validation: np.ndarray,
    test: np.ndarray,
) -> Dataset:
    """A label a series."""
    column, codes = _target(labels)
    lengths = [len(each) for each in series]
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    channels = np.shape(series[0])[1]
    past = tuple(Column(f"c{i}", "past", "numeric", "") for i in range(channels))
    kind = "sequence-classification" if column.values else "sequence-regression"
    return _dataset(
        Schema(kind, (*past, column), 0, None, 1, ()),
        np.concatenate(series),
        bounds,
        Fold("test", train, validation, test, _until(bounds, train)),
        labels=codes,
    )


def unequal() -> Dataset:
    """Labelled sequences of which most are much shorter than the rest."""
    rng = np.random.default_rng(3)
    lengths = [*rng.integers(2, 6, 60), *rng.integers(12, 20, 12)]
    series = [rng.normal(size=(rows, 2)).astype(np.float32) for rows in lengths]
    labels = ["up" if each[:, 0].sum() > 0 else "down" for each in series]
    places = rng.permutation(72)
    return sequences(series, labels, places[:50], places[50:60], places[60:])


def _until(bounds: np.ndarray, train: np.ndarray) -> np.ndarray:
    until = bounds[:-1].copy()
    until[train] = bounds[1:][train]
    return until


def texts(
    documents: Sequence[str],
    labels: Sequence[object],
    train: np.ndarray,
    validation: np.ndarray,
    test: np.ndarray,
    tokens: str = "word",
) -> Dataset:
    """A label a document; the vocabulary is that of all documents but the test part's."""
    column, labelled = _target(labels)
    words = [
        list(text) if tokens == "character" else re.sub(STRIPPED, "", text.lower()).split()
        for text in documents
    ]
    shown = np.concatenate([train, validation])
    counts = Counter(word for document in shown for word in words[document])
    fewest = 2 if len(counts) > 5000 else 1
    vocabulary = tuple(word for word, count in counts.most_common(20_000) if count >= fewest)
    places = {word: place + 2 for place, word in enumerate(vocabulary)}
    coded = [[places.get(word, 1) for word in document] or [1] for document in words]
    bounds = np.concatenate([[0], np.cumsum([len(document) for document in coded])])
    flat = np.array([code for document in coded for code in document], np.int32)[:, None]
    kind = "text-classification" if column.values else "text-regression"
    text = Column("text", "text", "text", "")
    return _dataset(
        Schema(kind, (text, column), 0, None, 1, (), tokens=tokens),
        np.empty((len(flat), 0)),
        bounds,
        Fold("test", train, validation, test, _until(bounds, train)),
        labels=labelled,
        codes=flat,
        vocabulary=vocabulary,
        static=marks_of(documents) if tokens == "word" else np.empty((len(documents), 0)),
    )


def language(text: str, until: int, steps: int = 128, tokens: str = "character") -> Dataset:
    """One text: stretches of its first `until` tokens train, the later ones test.

    Those before the last tenth of them are counted; that tenth is to choose by.
    """
    words = list(text) if tokens == "character" else text.split()
    vocabulary = tuple(word for word, _ in Counter(words[:until]).most_common(20_000))
    places = {word: place + 2 for place, word in enumerate(vocabulary)}
    codes = np.array([places.get(word, 1) for word in words], np.int32)[:, None]
    stretches = np.arange(0, len(words) - steps, steps)
    shown = stretches[stretches + steps + 1 <= until]
    train, validation = np.split(shown, [len(shown) - max(1, len(shown) // 10)])
    test = stretches[stretches >= until]
    return _dataset(
        Schema(
            "language-model",
            (Column("text", "text", "text", ""),),
            steps,
            None,
            1,
            (),
            tokens=tokens,
        ),
        np.empty((len(codes), 0)),
        np.array([0, len(codes)]),
        Fold("test", train, validation, test, validation[:1]),
        codes=codes,
        vocabulary=vocabulary,
    )
