"""Data whose answer is known, through whole runs: does the verdict ever say what cannot be?

    python tests/benchmarks/planted.py [--budget 90s] [--seeds 1 2 3] [--only counting …]

counting        documents of n letters of one kind, then as many of another, or nearly as many: an
                LSTM can count, a GRU of finite precision cannot (Weiss, Goldberg, Yahav 2018)
adding 50, 100  the sum of the two marked numbers of a sequence of so many (Hochreiter and
                Schmidhuber 1997)
order           which of two signs came first among distractors, twice: four classes (the same)
season          a series that repeats itself: seasonal naive is without an error
white noise     nothing can be foretold

The last column tells a verdict that cannot be right, and the exit code is 1 then. "network" is the
better cell's score on the duel's folds, beside the best baseline's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from every_kind import fitted

ROWS, EXAMPLES = 3_000, 1_500
LONGEST = 24  # letters of one kind
LETTERS = "acegikmo", "bdfhjlnp"


def counting(rng: np.random.Generator) -> pd.DataFrame:
    texts, labels = [], []
    for _ in range(EXAMPLES):
        first = int(rng.integers(3, LONGEST))
        even = bool(rng.integers(2))
        second = first if even else max(1, first + int(rng.choice([-3, -2, -1, 1, 2, 3])))
        signs = [
            rng.choice(list(kind), many)
            for kind, many in zip(LETTERS, (first, second), strict=True)
        ]
        texts.append(" ".join(np.concatenate(signs)))
        labels.append("even" if first == second else "odd")
    return pd.DataFrame({"text": texts, "label": labels})


def adding(steps: int) -> Callable[[np.random.Generator], pd.DataFrame]:
    def made(rng: np.random.Generator) -> pd.DataFrame:
        values = rng.uniform(0, 1, (EXAMPLES, steps)).round(4)
        marks = np.zeros((EXAMPLES, steps))
        for row in marks:
            row[[rng.integers(steps // 2), rng.integers(steps // 2, steps)]] = 1
        return _table(values=values, mark=marks).assign(
            target=np.repeat((values * marks).sum(axis=1), steps)
        )

    return made


def order(rng: np.random.Generator) -> pd.DataFrame:
    steps = 40
    signs = rng.integers(2, 6, (EXAMPLES, steps))  # distractors
    told = rng.integers(0, 2, (EXAMPLES, 2))
    for row, (one, two) in zip(signs, told, strict=True):
        row[rng.integers(5, 15)], row[rng.integers(22, 32)] = one, two
    names = np.array(["XX", "XY", "YX", "YY"])[told @ [2, 1]]
    columns = {f"sign{each}": (signs == each).astype(int) for each in range(6)}
    return _table(**columns).assign(target=np.repeat(names, steps))


def season(rng: np.random.Generator) -> pd.DataFrame:
    return _series(np.tile(rng.normal(10, 3, 24), ROWS // 24))


def white_noise(rng: np.random.Generator) -> pd.DataFrame:
    return _series(rng.normal(10, 3, ROWS))


def _table(**columns: np.ndarray) -> pd.DataFrame:
    """Sequences as rows, from (sequence, step) of each column."""
    many, steps = next(iter(columns.values())).shape
    flat = {name: values.ravel() for name, values in columns.items()}
    return pd.DataFrame(
        {"id": np.repeat(np.arange(many), steps), "t": np.tile(np.arange(steps), many), **flat}
    )


def _series(values: np.ndarray) -> pd.DataFrame:
    hours = pd.date_range("2020-01-01", periods=len(values), freq="h")
    return pd.DataFrame({"hour": hours, "y": values})


class Planted(NamedTuple):
    """A table, how to ask about it, and the outcomes that cannot be right."""

    make: Callable[[np.random.Generator], pd.DataFrame]
    flags: tuple[str, ...]
    never: tuple[str, ...]


SEQUENCES = ("--target", "target", "--series", "id", "--time", "t")
SERIES = ("--target", "y", "--time", "hour", "--horizon", "24")
CHANCES = ("lstm_better", "equivalent", "gru_better")
CELLS = ("LSTM", "GRU")
BEATEN = (*CELLS, "LEANING", "UNDECIDED", "EQUIVALENT")  # whatever says that a network is better
PLANTED = {
    "counting": Planted(counting, ("--text", "text", "--target", "label"), ("GRU",)),
    "adding 50": Planted(adding(50), SEQUENCES, ()),
    "adding 100": Planted(adding(100), SEQUENCES, ()),
    "order": Planted(order, SEQUENCES, ()),
    "season": Planted(season, SERIES, BEATEN),
    "white noise": Planted(white_noise, SERIES, CELLS),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", default="90s")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", choices=PLANTED, default=list(PLANTED))
    given = parser.parse_args(arguments)
    print("| planted | seed | outcome | P(LSTM) | P(equal) | P(GRU) | network | baseline | wrong |")
    print("|---" * 9 + "|")
    wrong = 0
    for name in given.only:
        for seed in given.seeds:
            record = _run(PLANTED[name], seed, given.budget)
            wrong += _print(name, seed, record)
    print(f"{wrong} verdicts that cannot be right")
    return 1 if wrong else 0


def _run(planted: Planted, seed: int, budget: str) -> dict[str, Any]:
    """The record of one run, by a process of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        table, folder = Path(temporary) / "planted.csv", Path(temporary) / "run"
        planted.make(np.random.default_rng(seed)).to_csv(table, index=False)
        return fitted(table, planted.flags, budget, seed, folder)


def _print(name: str, seed: int, record: dict[str, Any]) -> bool:
    """A row of the table; whether the verdict cannot be right."""
    outcome, chances = record["verdict"]["outcome"], record["verdict"]["probability"] or {}
    wrong = outcome in PLANTED[name].never
    best = min if record["metric"]["better"] == "lower" else max
    scores = [
        [each["score"] for each in record["finalists"]],
        [each["duel"] for each in record["baselines"]],
    ]
    known = [[each for each in some if each is not None] for some in scores]
    cells = [
        *(f"{chances[key]:.2f}" if chances else "–" for key in CHANCES),
        *(f"{best(some):.4g}" if some else "–" for some in known),
    ]
    row = [name, str(seed), outcome, *cells, "**wrong**" * wrong]
    print("| " + " | ".join(row) + " |", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
