"""Is the judge right as often as it says? A cell against itself, and differences that were planted.

    python tests/benchmarks/calibration.py [--duels 1000] [--seed 1]
                                           [--real 20 --tables etth1 japanese_vowels --seeds 4]

Simulated duels go through the real judge. Their noise is that of real runs: the spread of a fold's
difference between seeds, and between folds, in margins, and the share of rows that a fold tests.
A/A: the same cell under both names; a winner in 5 % at most, but for what chance allows so many
duels, with the duel's stopping rule (see `judge.stopping`) and without. Planted: the share of each
outcome at 0, ½, 1, 2 and 4 margins, with the rule; at 4 margins with low noise, the right cell in
90 % at least.

The luck of a seed: a part of it, by its spread, is common to all folds that are trained with that
seed. Where each fold has seeds of its own, as in the duel, it is one noise more of the fold; where
all have the same, it moves them together, and the spread between folds knows nothing of it. Both
ways stand side by side; only the first must keep to 5 %.

`--real`: so many A/A duels of real trainings besides, on the developers' data: one network is
trained on every duel fold with as many seeds of the fold's own as two names need (`--seeds` each),
to whom they are dealt; a row a duel. `--duels 0` leaves it at those.
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
from autorecur.data.dataset import Fold
from autorecur.data.understand import Asked, understand
from autorecur.judge.comparison import Comparison, Finalist, PairedScore
from autorecur.judge.duel import MOST_SEEDS, SEEDS_IN_TIME
from autorecur.judge.outcome import Case, Margin, Outcome
from autorecur.judge.stopping import is_clear, next_look
from autorecur.metrics import METRICS
from autorecur.nets.defaults import first_candidate, space_for
from autorecur.nets.order import Fit, Order
from autorecur.nets.train import train_together
from autorecur.search.workers import WorkerPool, default_workers

ALLOWED, FOUND = 0.05, 0.90
MARGIN, LEVEL = 1.0, 100.0
WON = (Outcome.LSTM, Outcome.GRU)
REAL_STEPS = 400
POINTS = 0.005  # a margin of half a point, of a metric that has a ceiling
IN_COMMON = (0.25, 0.5)  # of a seed's luck, by its spread, what all folds with that seed share

Scores = tuple[NDArray[Any], NDArray[Any]]


class Noise(NamedTuple):
    """Of a fold's difference, in margins: its spread between seeds, and beyond that."""

    seeds: int
    folds: int
    of_seeds: float
    of_folds: float
    test_share: float


# Measured in runs of three minutes (`every_kind.py --budget 3min --seed 7`), from their duels.
MEASURED = {
    "airline_passengers": Noise(9, 4, 42.8, 60.1, 0.136),
    # Not measured: noise of the seeds alone on few folds, where looks are the likeliest to err.
    "seeds alone": Noise(9, 4, 42.8, 0.0, 0.068),
    "beijing_pm25": Noise(2, 8, 2.5, 0.0, 0.042),
    "cmapss_fd001": Noise(5, 6, 7.7, 4.0, 0.167),
    "covid3month": Noise(9, 8, 3.1, 1.4, 0.125),
    "etth1": Noise(5, 8, 1.4, 0.6, 0.042),
    "metro_traffic": Noise(1, 8, 4.7, 0.0, 0.042),
    "names_by_language": Noise(2, 8, 3.7, 1.6, 0.125),
    "trec6": Noise(2, 8, 1.8, 1.8, 0.125),
    "walmart_store_sales": Noise(9, 4, 2.9, 3.3, 0.151),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duels", type=int, default=1_000)
    parser.add_argument("--real", type=int, default=0)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=["etth1"])
    parser.add_argument("--seeds", type=int, default=2, help="of each name and fold, really")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    rng = np.random.default_rng(given.seed)
    broken = 0
    if given.duels:
        broken += _against_itself(given.duels, rng) + _by_seed(given.duels, rng)
        broken += _planted(given.duels, rng)
    if given.real and not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    if given.real:
        broken += sum(_really(name, given.real, given.seeds, rng) for name in given.tables)
    print(f"{broken} of these are otherwise than they should be")
    return 1 if broken else 0


def _against_itself(duels: int, rng: np.random.Generator) -> int:
    """A/A with measured noise; how many of its rows have too many winners."""
    print(
        "| noise of | folds × seeds | a winner, no look | a winner, looks | leaning | equivalent | "
        "undecided | ended early | seeds used |"
    )
    print("|---" * 9 + "|")
    broken = 0
    for name, noise in MEASURED.items():
        for seeds in (noise.seeds, SEEDS_IN_TIME):
            told = [_told(duel, noise.test_share) for duel in _drawn(0.0, noise, seeds, duels, rng)]
            shares = _shares([each.last for each in told]), _shares([each.looked for each in told])
            won = [sum(share[each.name] for each in WON) for share in shares]
            broken += sum(_too_many(each, duels) for each in won)
            early = sum(each.seeds < seeds for each in told) / duels
            cells = [f"{each:.1%}" for each in won]
            cells += [f"{shares[1][each]:.1%}" for each in ("LEANING", "EQUIVALENT", "UNDECIDED")]
            cells += [f"{early:.0%}", f"{np.mean([each.seeds for each in told]):.1f}"]
            size = f"{noise.folds} × {seeds}"
            print("| " + " | ".join([name, size, *cells]) + " |", flush=True)
    return broken


def _by_seed(duels: int, rng: np.random.Generator) -> int:
    """A/A where a seed has luck of its own; how many rows of the duel's way have too many winners.

    By the verdict on as many seeds as the runs had.
    """
    print("\n| noise of | folds × seeds | luck in common | a winner, own seeds | same seeds |")
    print("|---" * 5 + "|")
    broken = 0
    for name, noise in MEASURED.items():
        for part in IN_COMMON:
            won = []
            for common in (0.0, part):
                drawn = _drawn(0.0, noise, noise.seeds, duels, rng, common)
                found = [_case(duel, noise.seeds, noise.test_share).outcome for duel in drawn]
                won.append(sum(outcome in WON for outcome in found) / duels)
            broken += _too_many(won[0], duels)
            size = f"{noise.folds} × {noise.seeds}"
            cells = [name, size, f"{part:g}", *(f"{each:.1%}" for each in won)]
            print("| " + " | ".join(cells) + " |", flush=True)
    return broken


def _too_many(share: float, duels: int) -> bool:
    """Whether a share of winners is above what is allowed by more than two standard deviations."""
    return share > ALLOWED + 2 * float(np.sqrt(ALLOWED * (1 - ALLOWED) / duels))


def _planted(duels: int, rng: np.random.Generator) -> int:
    """The share of each outcome where the GRU is better by so many margins."""
    names = ("GRU", "LSTM", "EQUIVALENT", "LEANING", "UNDECIDED")
    print("\n| margins | folds | noise, margins | " + " | ".join(names) + " | ended early |")
    print("|---" * (4 + len(names)) + "|")
    broken = 0
    for margins in (0.0, 0.5, 1.0, 2.0, 4.0):
        for folds in (4, 8, 16):
            for spread in (0.5, 2.0):
                noise = Noise(MOST_SEEDS, folds, spread, spread / 2, 0.05)
                drawn = _drawn(-margins, noise, noise.seeds, duels, rng)
                told = [_told(duel, noise.test_share) for duel in drawn]
                shares = _shares([each.looked for each in told])
                broken += margins == 4.0 and spread == 0.5 and shares["GRU"] < FOUND
                cells = [f"{shares[name]:.1%}" for name in names]
                cells += [f"{sum(each.seeds < noise.seeds for each in told) / duels:.0%}"]
                row = [f"{margins:g}", str(folds), f"{spread:g}", *cells]
                print("| " + " | ".join(row) + " |", flush=True)
    return broken


def _shares(outcomes: Sequence[Outcome]) -> dict[str, float]:
    found = Counter(outcomes)
    return {each.name: found[each] / len(outcomes) for each in Outcome}


def _drawn(
    difference: float,
    noise: Noise,
    seeds: int,
    duels: int,
    rng: np.random.Generator,
    common_luck: float = 0.0,
) -> Iterator[Scores]:
    """Duels whose GRU differs by `difference` margins from the LSTM: (fold, seed) of each cell.

    Folds share rows, so what moves one of them moves the others as well: by the test share. Of a
    seed's luck the share `common_luck`, by its spread, moves every fold: none where each fold has
    seeds of its own.
    """
    for _ in range(duels):
        level = LEVEL + rng.normal(0, 5 * MARGIN, (noise.folds, 1))
        own = rng.normal(0, noise.of_folds, (noise.folds, 1))
        common = rng.normal(0, noise.of_folds)
        shared = np.sqrt(noise.test_share) * common + np.sqrt(1 - noise.test_share) * own
        folds = difference + shared
        luck = rng.normal(0, noise.of_seeds / np.sqrt(2), (2, noise.folds, seeds))
        luck *= np.sqrt(1 - common_luck**2)
        luck += common_luck * rng.normal(0, noise.of_seeds / np.sqrt(2), (2, 1, seeds))
        yield level + luck[0], level + folds + luck[1]


class Told(NamedTuple):
    """What the judge says in the end, what it says where it stops early, and after how many."""

    last: Outcome
    looked: Outcome
    seeds: int


def _told(duel: Scores, test_share: float) -> Told:
    """By the real judge and the real rule."""
    most = duel[0].shape[1]
    seeds, last = next_look(0), _case(duel, most, test_share)
    while seeds < most:
        early = _case(duel, seeds, test_share)
        if is_clear(early.comparison, early.margin):
            break
        seeds = next_look(seeds)
    else:
        seeds, early = most, last
    return Told(last.outcome, early.outcome, seeds)


def _case(duel: Scores, seeds: int, test_share: float) -> Case:
    """With so many seeds; the one baseline is far off, and so never the answer."""
    lstm, gru = duel
    folds = tuple(f"fold {number}" for number in range(len(lstm)))
    pairs = tuple(
        PairedScore(fold, seed, float(lstm[place, seed]), float(gru[place, seed]), 1.0, 1.0)
        for seed in range(seeds)
        for place, fold in enumerate(folds)
    )
    baselines = {"naive": (1e9,) * len(folds)}
    comparison = Comparison(pairs, folds, baselines, test_share, METRICS["mae"])
    finalists = {cell: Finalist(cell, cell, 1, 4, 1, None, 1.0) for cell in ("lstm", "gru")}
    return Case(comparison, finalists, Margin(MARGIN, "", 0.01, "LEVEL"))


def _really(name: str, duels: int, seeds: int, rng: np.random.Generator) -> int:
    """A/A by real trainings of a table's sound default, half of a fold's seeds to either name."""
    print(f"\n| {name} | without a look | with looks | seeds used | P(equal) | seconds |")
    print("|---" * 6 + "|")
    told: list[Told] = []
    begin = time.monotonic()
    for scores, test_share in _trained(name, duels, 2 * seeds):
        dealt = rng.permuted(scores, axis=1) / _margin_of(name, scores)
        halves = dealt[:, :seeds], dealt[:, seeds:]
        told.append(_told(halves, test_share))
        equal = _case(halves, seeds, test_share).belief.equivalent
        seconds, begin = time.monotonic() - begin, time.monotonic()
        row = (len(told), told[-1].last.name, told[-1].looked.name, told[-1].seeds)
        cells = [*map(str, row), f"{equal:.2f}", f"{seconds:.0f}"]
        print("| " + " | ".join(cells) + " |", flush=True)
    broken = 0
    for way, outcomes in (
        ("without a look", [each.last for each in told]),
        ("with looks", [each.looked for each in told]),
    ):
        won = sum(outcome in WON for outcome in outcomes)
        broken += _too_many(won / duels, duels)
        print(f"{name}, {way}: a winner in {won} of {duels}")
    return broken


def _margin_of(name: str, scores: NDArray[Any]) -> float:
    """As a run declares it: 1 % of an error, or half a point."""
    return POINTS if METRICS[TABLES[name][2]].ceiling else 0.01 * abs(float(scores.mean()))


def _trained(name: str, duels: int, seeds: int) -> Iterator[tuple[NDArray[Any], float]]:
    """Of each duel, scores by (fold, seed) of one network, and the share of rows that is scored."""
    file, asked, metric_name = TABLES[name]
    dataset = understand(DATASETS / file, Asked(**asked))
    metric, folds = METRICS[metric_name], dataset.split.duel
    candidate = first_candidate(dataset, space_for(dataset, None))
    test_share = float(np.mean([fold.test_share for fold in folds]))
    with tempfile.TemporaryDirectory() as folder, WorkerPool(default_workers()) as pool:
        shared = str(arrays.save(dataset, Path(folder)))

        def submitted(fold: Fold, seed: int) -> Future[list[Fit]]:
            order = Order(
                id=f"{fold.name}-{seed}",
                arrays=shared,
                candidate=candidate,
                fold=fold.name,
                seed=seed,
                steps=REAL_STEPS,
                metric=metric_name,
                deadline=float("inf"),
                forecast=True,
            )
            return pool.submit(train_together, [order])

        def scored(fold: Fold, future: Future[list[Fit]]) -> float:
            (fit,) = future.result()
            assert fit.forecasts is not None, fit.sentence
            return scoring.score(metric, dataset, fold, fold.test, fit.forecasts)

        try:
            for duel in range(duels):
                # Each fold has seeds of its own, as in the duel.
                drawn = np.arange(len(folds) * seeds).reshape(len(folds), seeds)
                drawn += duel * drawn.size
                under_way = [
                    [submitted(fold, seed) for seed in own.tolist()]
                    for fold, own in zip(folds, drawn, strict=True)
                ]
                scores = [
                    [scored(fold, future) for future in those]
                    for fold, those in zip(folds, under_way, strict=True)
                ]
                yield np.array(scores), test_share
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


if __name__ == "__main__":
    sys.exit(main())
