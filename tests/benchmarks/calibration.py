"""Is the judge right as often as it says? A cell against itself, and differences that were planted.

    python tests/benchmarks/calibration.py [--duels 1000] [--real 20] [--seed 1]

Simulated duels go through the real judge. Their noise is that of real runs: the spread of a fold's
difference between seeds, and between folds, in margins, and the share of rows that a fold tests.
A/A: the same cell under both names; a winner in 5 % at most. Planted: the share of each outcome at
0, ½, 1, 2 and 4 margins; at 4 margins with low noise, the right cell in 90 % at least.

`--real`: so many A/A duels of real trainings besides, on the developers' data: one network is
trained on every duel fold with many seeds, which are then dealt to two names.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from search_throughput import DATASETS, TABLES

from autorecur.data import arrays, scoring
from autorecur.data.understand import Asked, understand
from autorecur.judge.comparison import Comparison, Finalist, PairedScore
from autorecur.judge.outcome import Case, Margin, Outcome
from autorecur.metrics import METRICS
from autorecur.nets.defaults import first_candidate, space_for
from autorecur.nets.order import Order
from autorecur.nets.train import train
from autorecur.search.workers import WorkerPool

ALLOWED, FOUND = 0.05, 0.90
MARGIN, LEVEL = 1.0, 100.0
WON = (Outcome.LSTM, Outcome.GRU)
REAL_STEPS = 400


class Noise(NamedTuple):
    """Of a fold's difference, in margins: its spread between seeds, and beyond that."""

    seeds: int
    folds: int
    of_seeds: float
    of_folds: float
    test_share: float


# Measured in runs of three minutes (`every_kind.py --budget 3min --seed 7`), from their duels.
MEASURED = {
    "airline_passengers": Noise(9, 4, 42.8, 60.1, 0.016),
    "beijing_pm25": Noise(2, 8, 2.5, 0.0, 0.019),
    "cmapss_fd001": Noise(5, 6, 7.7, 4.0, 0.036),
    "covid3month": Noise(9, 8, 3.1, 1.4, 0.125),
    "etth1": Noise(5, 8, 1.4, 0.6, 0.041),
    "metro_traffic": Noise(1, 8, 4.7, 0.0, 0.017),
    "names_by_language": Noise(2, 8, 3.7, 1.6, 0.125),
    "trec6": Noise(2, 8, 1.8, 1.8, 0.125),
    "walmart_store_sales": Noise(9, 4, 2.9, 3.3, 0.017),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duels", type=int, default=1_000)
    parser.add_argument("--real", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    rng = np.random.default_rng(given.seed)
    broken = _against_itself(given.duels, rng) + _planted(given.duels, rng)
    if given.real and not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    if given.real:
        broken += _really(given.real, rng)
    print(f"{broken} of these are otherwise than they should be")
    return 1 if broken else 0


def _against_itself(duels: int, rng: np.random.Generator) -> int:
    """A/A with measured noise; how many of its rows have too many winners."""
    print("| noise of | folds × seeds | a winner | leaning | equivalent | undecided |")
    print("|---|---|---|---|---|---|")
    broken = 0
    for name, noise in MEASURED.items():
        found = Counter(_outcomes(0.0, noise, duels, rng))
        won = sum(found[each] for each in WON) / duels
        broken += won > ALLOWED + 2 * np.sqrt(ALLOWED * (1 - ALLOWED) / duels)  # by chance
        rest = (Outcome.LEANING, Outcome.EQUIVALENT, Outcome.UNDECIDED)
        cells = [f"{won:.1%}", *(f"{found[each] / duels:.1%}" for each in rest)]
        size = f"{noise.folds} × {noise.seeds}"
        print("| " + " | ".join([name, size, *cells]) + " |", flush=True)
    return broken


def _planted(duels: int, rng: np.random.Generator) -> int:
    """The share of each outcome where the GRU is better by so many margins."""
    names = ("GRU", "LSTM", "EQUIVALENT", "LEANING", "UNDECIDED")
    print("\n| margins | folds | noise, margins | " + " | ".join(names) + " |")
    print("|---" * (3 + len(names)) + "|")
    broken = 0
    for margins in (0.0, 0.5, 1.0, 2.0, 4.0):
        for folds in (4, 8, 16):
            for spread in (0.5, 2.0):
                noise = Noise(2, folds, spread, spread / 2, 0.05)
                found = Counter(_outcomes(-margins, noise, duels, rng))
                shares = [found[Outcome[name]] / duels for name in names]
                broken += margins == 4.0 and spread == 0.5 and shares[0] < FOUND
                cells = " | ".join(f"{share:.1%}" for share in shares)
                print(f"| {margins:g} | {folds} | {spread:g} | {cells} |", flush=True)
    return broken


def _outcomes(
    difference: float, noise: Noise, duels: int, rng: np.random.Generator
) -> Iterator[Outcome]:
    """Of duels whose GRU differs by `difference` margins from the LSTM."""
    for _ in range(duels):
        level = LEVEL + rng.normal(0, 5 * MARGIN, (noise.folds, 1))
        folds = difference + rng.normal(0, noise.of_folds, (noise.folds, 1))
        seeds = rng.normal(0, noise.of_seeds / np.sqrt(2), (2, noise.folds, noise.seeds))
        yield _judged(level + seeds[0], level + folds + seeds[1], noise.test_share)


def _judged(lstm: NDArray[Any], gru: NDArray[Any], test_share: float) -> Outcome:
    """By the real judge; the one baseline is far off, and so never the answer."""
    folds = tuple(f"fold {number}" for number in range(len(lstm)))
    pairs = tuple(
        PairedScore(fold, seed, float(lstm[place, seed]), float(gru[place, seed]), 1.0, 1.0)
        for place, fold in enumerate(folds)
        for seed in range(lstm.shape[1])
    )
    baselines = {"naive": (1e9,) * len(folds)}
    comparison = Comparison(pairs, folds, baselines, test_share, METRICS["mae"])
    finalists = {cell: Finalist(cell, cell, 1, 4, 1, None, 1.0) for cell in ("lstm", "gru")}
    return Case(comparison, finalists, Margin(MARGIN, "", 0.01, "LEVEL")).outcome


def _really(duels: int, rng: np.random.Generator) -> int:
    """A/A by real trainings of ETTh1's sound default, a seed of each fold to either name."""
    file, asked, name = TABLES["etth1"]
    dataset = understand(DATASETS / file, Asked(**asked))
    metric, folds = METRICS[name], dataset.split.duel
    candidate = first_candidate(dataset, space_for(dataset, None))
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, WorkerPool() as pool:
        shared = str(arrays.save(dataset, Path(folder)))

        def order(fold: str, seed: int) -> Order:
            return Order(
                id=f"{fold}-{seed}",
                arrays=shared,
                candidate=candidate,
                fold=fold,
                seed=seed,
                steps=REAL_STEPS,
                metric=name,
                deadline=float("inf"),
                forecast=True,
            )

        futures: dict[tuple[int, int], Future[Any]] = {
            (place, seed): pool.submit(train, order(fold.name, seed))
            for seed in range(2 * duels)
            for place, fold in enumerate(folds)
        }
        scores = np.empty((len(folds), 2 * duels))
        for (place, seed), future in futures.items():
            fold, fit = folds[place], future.result()
            scores[place, seed] = scoring.score(metric, dataset, fold, fold.test, fit.forecasts)
        pool.shutdown(wait=False, cancel_futures=True)
    best = scores.mean()
    shares = [len(fold.test) / (len(fold.test) + len(fold.train)) for fold in folds]
    dealt = rng.permuted(scores, axis=1) / (0.01 * best)  # in margins of 1 %
    found = Counter(
        _judged(dealt[:, [number]], dealt[:, [duels + number]], float(np.mean(shares)))
        for number in range(duels)
    )
    won = sum(found[each] for each in WON) / duels
    told = ", ".join(f"{outcome.name} {count}" for outcome, count in found.most_common())
    print(
        f"\n{duels} real duels of ETTh1's default with itself, {len(folds)} folds, {scores.size} "
        f"trainings in {time.monotonic() - begin:.0f} s: {told}"
    )
    return int(won > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
