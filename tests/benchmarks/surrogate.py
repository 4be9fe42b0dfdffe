"""Does the model of what was seen find better pairs than chance does? Nothing is trained here.

    python tests/benchmarks/surrogate.py [--repetitions 200] [--seed 1] [--pairs 40]

Our oracle searches made-up tables by its own protocol, brackets and rungs and all, once guided by
`search/surrogate.py` and once with random draws. Each repetition makes a table up: an optimum of
the learning rate that moves with the width, losses that rise steeply above it, a width and a
lookback that suit, what the choices without an order are worth, an advantage of one cell, what
going on from a rung gains, and the luck of each seed. Printed is the mean regret, by pairs begun:
by what part the true loss of the pair that looks best lies above the best of 20,000 candidates.
The exit code is 1 where random draws are better at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from autorecur.nets.candidate import CELLS, Candidate, Space
from autorecur.search.oracle import Columns, PairOracle
from autorecur.search.rungs import Placement, fraction

SPACE = Space(
    lookback=(24, 48, 96), normalisation=("last", "standard", "difference"), linear=(True, False)
)
FIRST = Candidate("lstm", width=32, lookback=48, learning_rate=2e-3, normalisation="standard")
LOOKED_AT = (4, 8, 13, 22, 31, 40)
LUCK = (0.01, 0.04)  # the spread of log losses over seeds, of the steadiest table and the wildest
MANY = 20_000  # candidates, of which the best is the measure of all


class Surface:
    """A made-up table: the log loss of every candidate, and of a training with its luck."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rate, self.moves = rng.uniform(np.log(1.5e-3), np.log(1.2e-2)), rng.uniform(-0.5, 0)
        self.below, self.above = rng.uniform(0.01, 0.06), rng.uniform(0.04, 0.2)
        self.width, self.narrow = rng.uniform(3.5, 7), rng.uniform(0.005, 0.03)
        self.lookback, self.short = rng.uniform(4.5, 6.6), rng.uniform(0, 0.04)
        self.choices = {name: rng.normal(0, 0.04, 3) for name in ("normalisation", "depth")}
        self.linear, self.dropout = rng.normal(0, 0.03), rng.normal(0, 0.2)
        self.rung, self.luck = rng.uniform(0.03, 0.15), rng.uniform(*LUCK)
        self.cell, self.seed = rng.normal(0, 0.03), int(rng.integers(10**6))
        best = self.true(SPACE.columns(rng, MANY))
        self.best = float(best.min())

    def true(self, columns: Columns) -> NDArray[np.float64]:
        width = np.log2(columns["width"])
        off = np.log(columns["learning_rate"]) - self.rate - self.moves * (width - 5)
        steep = np.where(off > 0, self.above, self.below)
        ordered = sorted(set(SPACE.normalisation))
        at = np.array([ordered.index(name) for name in columns["normalisation"]])
        lookback = np.log2(columns["lookback"]) - self.lookback
        made = steep * off**2 + self.narrow * (width - self.width) ** 2
        made = made + self.short * lookback**2 + self.choices["normalisation"][at]
        made = made + self.choices["depth"][columns["depth"] - 1]
        made = made + self.linear * columns["linear"] + self.dropout * columns["dropout"]
        return np.asarray(made, dtype=float)

    def of(self, candidate: Candidate) -> float:
        values = asdict(candidate)
        return float(self.true({name: np.array([value]) for name, value in values.items()})[0])

    def scores(self, candidate: Candidate, place: Placement) -> dict[str, float | None]:
        """Of both cells; slow learners have most to gain from going on."""
        rung = -np.log(fraction(place)) / np.log(3)
        slow = max(0.2, 1.0 - 0.4 * (np.log(candidate.learning_rate) - self.rate))
        made: dict[str, float | None] = {}
        for number, cell in enumerate(CELLS):
            luck = np.random.default_rng((self.seed, place.pair, number)).normal(0, self.luck)
            log = self.of(candidate) + luck + self.rung * rung * slow + number * self.cell
            made[cell] = float(np.exp(log)) if log < 3 else None
        return made


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=LOOKED_AT[-1])
    given = parser.parse_args(arguments)
    looked_at = [pairs for pairs in LOOKED_AT if pairs <= given.pairs]
    regrets: dict[bool, list[list[float]]] = {True: [], False: []}
    draws: list[float] = []
    for repetition in range(given.repetitions):
        for guided in regrets:
            surface = Surface(np.random.default_rng((given.seed, repetition)))
            regrets[guided].append(_searched(surface, repetition, guided, looked_at, draws))
    print("| draws | " + " | ".join(f"{pairs} pairs" for pairs in looked_at) + " |")
    print("|---" * (1 + len(looked_at)) + "|")
    for guided, name in ((False, "at random"), (True, "by the surrogate")):
        means = np.mean(regrets[guided], axis=0)
        print(f"| {name} | " + " | ".join(f"{mean:.1%}" for mean in means) + " |")
    apart = np.array(regrets[False]) - np.array(regrets[True])
    errors = apart.std(axis=0) / np.sqrt(len(apart))
    cells = [f"{m:+.1%} ± {e:.1%}" for m, e in zip(apart.mean(axis=0), errors, strict=True)]
    print("| gained, ± its standard error | " + " | ".join(cells) + " |")
    slow = np.percentile(draws, 95)
    print(f"a guided draw: {np.median(draws):.0f} ms, {slow:.0f} ms at its 95th percentile")
    return int(apart.mean(axis=0)[-1] <= 0)


def _searched(
    surface: Surface, seed: int, guided: bool, looked_at: Sequence[int], draws: list[float]
) -> list[float]:
    """The regret of what looks best, after so many pairs were begun."""
    oracle = PairOracle(SPACE, FIRST, seed, guided=guided)
    regrets: list[float] = []
    while len(regrets) < len(looked_at):
        begin = time.perf_counter()
        known = len(oracle.pairs)
        answer = oracle.populate_space(f"{len(oracle.placements)}")
        if len(oracle.pairs) > known:
            if known in looked_at:
                regrets.append(_regret(surface, oracle))
            if guided and known > 4:
                draws.append(1e3 * (time.perf_counter() - begin))
        if answer["status"] != "RUNNING":
            raise RuntimeError("the oracle has nothing left")
        place = list(oracle.placements.values())[-1][0]
        oracle.finished[place] = surface.scores(Candidate("lstm", **answer["values"]), place)
    return regrets


def _regret(surface: Surface, oracle: PairOracle) -> float:
    def looks(place: Placement) -> float:
        known = [score for score in oracle.finished[place].values() if score is not None]
        return sum(np.log(known)) / len(known) if known else float("inf")

    best = oracle.pairs[min(oracle.finished, key=looks).pair]
    assert best is not None
    return float(np.expm1(surface.of(best) - surface.best))


if __name__ == "__main__":
    sys.exit(main())
