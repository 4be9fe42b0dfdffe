"""What a worker keeps of the run's arrays from one training to the next."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from autorecur.data import arrays
from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.nets.block import Block, block_of
from autorecur.nets.programs import engine_name
from autorecur.nets.shape import Scaler, Shape

__all__ = ["dataset_of", "fold_of", "part_of", "resident_block", "scaler_of", "trainable"]

FEWEST_WHOLE = 16  # whole windows; with fewer, windows that begin before their series serve too
PART_SEED = 19  # of the draw of the series, or documents, that are a part of the training data


@lru_cache(maxsize=1)
def dataset_of(folder: str) -> Dataset:
    return arrays.load(Path(folder))


def fold_of(dataset: Dataset, name: str) -> Fold:
    folds = (dataset.split.selection, *dataset.split.duel, dataset.split.holdout)
    return next(fold for fold in folds if fold.name == name)


def trainable(dataset: Dataset, fold: Fold, lookback: int) -> Examples:
    """The training examples with a whole window before them, or all where too few have one.

    A nowcast trains on every row: it must answer the first rows of a series like the rest, and
    learns to only from windows that begin before their series.
    """
    if dataset.kind.window != "before":
        return fold.train
    whole = fold.train[fold.train - dataset.first_rows(fold.train) >= lookback]
    return whole if len(whole) >= FEWEST_WHOLE else fold.train


def part_of(dataset: Dataset, fold: Fold, examples: Examples, share: float) -> Examples:
    """A share of the training examples: a smaller one is part of a larger one, whatever the seed.

    Where parts are whole series or documents, those are drawn. Of windows, which share their rows,
    the latest are taken: an eighth of them, drawn at random, would still reach nearly every row.
    """
    if share == 1.0:
        return examples
    series = dataset.series_of(examples)
    apart = not np.isin(dataset.series_of(fold.validation), series).any()
    if dataset.kind.by_series or apart:  # an example is a series, or none is in two parts
        place = np.random.default_rng(PART_SEED).permutation(len(dataset.offsets) - 1)[series]
    else:
        place = fold.fit_until[series] - examples  # rows to where its series' training rows end
    kept = np.argsort(place, kind="stable")[: max(1, round(share * len(examples)))]
    return np.sort(examples[kept])


@lru_cache(maxsize=2)
def resident_block(folder: str, fold: str, scaled: bool) -> Block:
    """The rows on the device, as one fold may see them; two folds' worth are kept."""
    dataset = dataset_of(folder)
    chosen = fold_of(dataset, fold)
    return block_of(
        dataset,
        chosen,
        scaler_of(folder, fold),
        Shape.of(dataset),
        scaled=scaled,
        resident=engine_name() == "jax",
    )


@lru_cache(maxsize=2)
def scaler_of(folder: str, fold: str) -> Scaler:
    """Fitted once for all trainings on a fold: it reads every row that the fold may see."""
    dataset = dataset_of(folder)
    return Scaler.fit(dataset, fold_of(dataset, fold))
