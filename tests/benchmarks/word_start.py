"""What the start of word vectors is worth: by spelling (`nets/spelling.py`), or as Keras has it.

    python tests/benchmarks/word_start.py [--only trec6 …] [--folds 6] [--seeds 2]

The same network of both cells is trained with either start on the duel's folds, the same folds and
seeds for both; the holdout is not touched. A line a table: accuracy with each start, and the mean
of the differences with its standard error.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autorecur.data import arrays, scoring
from autorecur.data.dataset import Dataset
from autorecur.data.understand import Asked, understand
from autorecur.metrics import METRICS
from autorecur.nets.candidate import Candidate
from autorecur.nets.defaults import first_candidate, full_steps, space_for
from autorecur.nets.order import Order
from autorecur.nets.spelling import spelled
from autorecur.nets.start import EMBEDDING_LIMIT
from autorecur.nets.train import train
from autorecur.search.workers import WorkerPool

DATASETS = Path(__file__).resolve().parents[3] / "shared" / "datasets"
METRIC = METRICS["accuracy"]
TABLES = {
    "trec6": ("trec6.csv", Asked(text="text", target="label", split="split")),
    "sms_spam": ("sms_spam.csv", Asked(text="text", target="label")),
    "mr_polarity": ("mr_polarity.csv.gz", Asked(text="text", target="label")),
    "waimai_reviews_zh": ("waimai_reviews_zh.csv", Asked(text="text", target="label")),
    "names_by_language": ("names_by_language.csv", Asked(text="name", target="language")),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--folds", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args(arguments)
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    with WorkerPool(2) as pool:
        for name in given.only:
            file, asked = TABLES[name]
            dataset = understand(DATASETS / file, asked)
            scores = [
                _scores(pool, replace(dataset, vectors=vectors), given.folds, given.seeds)
                for vectors in _starts(dataset)
            ]
            keras, ours = (100 * np.array(each) for each in scores)
            gains = ours - keras
            error = gains.std(ddof=1) / np.sqrt(len(gains))
            print(
                f"{name}: {len(dataset.vocabulary):,} tokens, as Keras {keras.mean():.2f} %, "
                f"spelled {ours.mean():.2f} %, gain {gains.mean():+.2f} ± {error:.2f} "
                f"({len(gains)} pairs)",
                flush=True,
            )
    return 0


def _starts(dataset: Dataset) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both given as a file of vectors would be, so that nothing else differs."""
    width = space_for(dataset).embedding[0]
    rng = np.random.default_rng(1)
    size = (dataset.code_sizes[0], width)
    usual = rng.uniform(-EMBEDDING_LIMIT, EMBEDDING_LIMIT, size).astype(np.float32)
    return usual, spelled(dataset.vocabulary, width, 1)


def _scores(pool: WorkerPool, dataset: Dataset, folds: int, seeds: int) -> list[float]:
    first = first_candidate(dataset, space_for(dataset))
    like = replace(first, dropout=0.3, learning_rate=5e-3, batch=64)
    steps = full_steps(dataset, like)
    with tempfile.TemporaryDirectory() as folder:
        shared = str(arrays.save(dataset, Path(folder)))

        def order(candidate: Candidate, fold: str, seed: int) -> Order:
            name = f"{candidate.cell}-{fold}-{seed}"
            usual = Order(name, shared, candidate, fold, seed, steps, METRIC.name, float("inf"))
            return replace(usual, forecast=True)

        going = [
            (fold, pool.submit(train, order(like.with_cell(cell), fold.name, seed)))
            for cell in ("lstm", "gru")
            for fold in dataset.split.duel[:folds]
            for seed in range(seeds)
        ]
        return [
            scoring.score(METRIC, dataset, fold, fold.test, future.result().forecasts)
            for fold, future in going
        ]


if __name__ == "__main__":
    raise SystemExit(main())
