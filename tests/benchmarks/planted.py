"""Data whose answer is known, through whole runs: does the verdict ever say what cannot be?

    python tests/benchmarks/planted.py [--budget 90s] [--seeds 1 2 3] [--only counting …]

counting        documents of n letters of one kind, then as many of another, or nearly as many: an
                LSTM can count, a GRU of finite precision cannot (Weiss, Goldberg, Yahav 2018).
                That is of the last state alone; the space of texts also pools (mean, maximum,
                attention, both directions), by which either cell may count, so that two equal
                ones are plausible too
adding 50, 100  the sum of the two marked numbers of a sequence of so many (Hochreiter and
                Schmidhuber 1997)
order           which of two signs came first among distractors, twice: four classes (the same)
season          a series that repeats itself: seasonal naive is without an error
white noise     nothing can be foretold

"network" is the better cell's score on the duel's folds, beside the best baseline's. The last
column marks a verdict that cannot be right as "wrong", one that names neither as "undecided", one
without a comparison as "no answer", and as "not learnt" that no network beats the baselines where
one should. The exit code is 1 where a verdict is wrong, where seeds of one table name opposite
cells (beside a baseline that wins, too), where none of its seeds has an answer, where none has
learnt what can be learnt, and where a run failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from every_kind import FAILURES, fitted, leaning, reason

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
    """A table, how to ask about it, and what cannot be right."""

    make: Callable[[np.random.Generator], pd.DataFrame]
    flags: tuple[str, ...]
    learnable: bool  # by a network, better than by any baseline
    never: tuple[str, ...] = ()  # outcomes
    worse: str = ""  # the cell that cannot be the better one


class Told(NamedTuple):
    """What is to be said of a run's verdict, and whom it names."""

    mark: str
    cell: str | None = None


SEQUENCES = ("--target", "target", "--series", "id", "--time", "t")
SERIES = ("--target", "y", "--time", "hour", "--horizon", "24")
CHANCES = ("lstm_better", "equivalent", "gru_better")
CELLS = ("LSTM", "GRU")
BEATEN = (*CELLS, "LEANING", "UNDECIDED", "EQUIVALENT")  # whatever says that a network is better
PLANTED = {
    "counting": Planted(counting, ("--text", "text", "--target", "label"), True, worse="gru"),
    "adding 50": Planted(adding(50), SEQUENCES, True),
    "adding 100": Planted(adding(100), SEQUENCES, True),
    "order": Planted(order, SEQUENCES, True),
    "season": Planted(season, SERIES, False, BEATEN),
    "white noise": Planted(white_noise, SERIES, False, (*CELLS, "LEANING")),
}
MARKS = ("wrong", "undecided", "not learnt", "no answer", "failed")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", default="90s")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", choices=PLANTED, default=list(PLANTED))
    given = parser.parse_args(arguments)
    print("| planted | seed | outcome | P(LSTM) | P(equal) | P(GRU) | network | baseline | is |")
    print("|---" * 9 + "|")
    found = {name: [_told(name, seed, given.budget) for seed in given.seeds] for name in given.only}
    marks = Counter(each.mark for those in found.values() for each in those)
    torn = [name for name, those in found.items() if _torn(those)]
    silent = [name for name, those in found.items() if not any(map(_answers, those))]
    print(", ".join(f"{marks[mark]} {mark}" for mark in MARKS))
    print(f"opposite cells by the seed: {', '.join(torn) or 'nowhere'}")
    print(f"no answer with any seed: {', '.join(silent) or 'nowhere'}")
    dull = [name for name, those in found.items() if _unlearnt(those)]
    print(f"learnt with no seed: {', '.join(dull) or 'nowhere'}")
    return 1 if marks["wrong"] or marks["failed"] or torn or silent or dull else 0


def _torn(those: Sequence[Told]) -> bool:
    """Whether one names the LSTM where another names the GRU, be it as leaning only."""
    return {"lstm", "gru"} <= {each.cell for each in those}


def _unlearnt(those: Sequence[Told]) -> bool:
    """Whether every seed that has an answer says that no network beats the baselines, wrongly."""
    marks = {each.mark for each in those if _answers(each)}
    return marks == {"not learnt"}


def _answers(told: Told) -> bool:
    return told.mark not in ("no answer", "failed")


def _told(name: str, seed: int, budget: str) -> Told:
    """A row of the table, from one run; what is to be said of it."""
    try:
        record = _run(PLANTED[name], seed, budget)
    except FAILURES as error:
        _row(name, str(seed), reason(error), *"–––––", "**failed**")
        return Told("failed")
    verdict = record["verdict"]
    mark = _mark(PLANTED[name], verdict)
    _row(name, str(seed), verdict["outcome"], *_numbers(record), f"**{mark}**" if mark else "")
    return Told(mark, leaning(verdict))


def _mark(planted: Planted, verdict: dict[str, Any]) -> str:
    """What the last column says of a verdict."""
    outcome, cell = verdict["outcome"], leaning(verdict)
    if outcome in planted.never or (cell and cell == planted.worse):
        return "wrong"
    if outcome == "BASELINE_WINS":
        return "not learnt" if planted.learnable else ""
    return {"INCOMPLETE": "no answer", "UNDECIDED": "undecided"}.get(outcome, "")


def _run(planted: Planted, seed: int, budget: str) -> dict[str, Any]:
    """The record of one run, by a process of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        table, folder = Path(temporary) / "planted.csv", Path(temporary) / "run"
        planted.make(np.random.default_rng(seed)).to_csv(table, index=False)
        return fitted(table, planted.flags, budget, seed, folder)


def _numbers(record: dict[str, Any]) -> list[str]:
    """The three probabilities, the better cell's score and the best baseline's."""
    chances = record["verdict"]["probability"] or {}
    best = min if record["metric"]["better"] == "lower" else max
    scores = [
        [each["score"] for each in record["finalists"]],
        [each["duel"] for each in record["baselines"]],
    ]
    known = [[each for each in some if each is not None] for some in scores]
    return [
        *(f"{chances[key]:.2f}" if chances else "–" for key in CHANCES),
        *(f"{best(some):.4g}" if some else "–" for some in known),
    ]


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
