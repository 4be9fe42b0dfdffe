"""Duels as they might have been played, and what the judge says of them, for the sample records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.judge.comparison import Comparison, Finalist, PairedScore
from autorecur.judge.crosschecks import crosschecks
from autorecur.judge.outcome import Margin
from autorecur.judge.regimes import Met
from autorecur.judge.verdict import Verdict, decide
from autorecur.metrics import METRICS, sign
from autorecur.nets.candidate import Candidate

POINT_SHARE = 0.5  # a margin of 1 % is half a point of a share of right answers


@dataclass(frozen=True)
class Play:
    """The mean scores of a duel, and how far they vary."""

    metric: str
    unit: str
    lstm: float
    gru: float
    baselines: Mapping[str, float]
    apart: float  # standard deviation of the difference between folds
    by_seed: float  # and of a score between seeds
    level: float = 0.0  # by how much folds are harder or easier, for everyone
    folds: int = 12
    seeds: int = 3
    test_share: float = 0.08
    margin: float = 0.01


def finalist(cell: str, depth: int = 2, width: int = 64) -> Finalist:
    """What the sample's finalists cost."""
    size = 38_424 if cell == "gru" else 50_712
    return Finalist(
        cell=cell,
        title=f"{cell.upper()} {depth} × {width}",
        parameters=size,
        bytes=4 * size,
        multiply_adds=1_770_000,
        latency_ms=0.8 if cell == "gru" else 1.0,
        train_seconds=41.2 if cell == "gru" else 52.3,
        depth=depth,
        width=width,
        score=38.4,
    )


def _centred(rng: np.random.Generator, size: int, spread: float) -> NDArray[np.float64]:
    """Numbers around nought with exactly that standard deviation; noughts where there is one."""
    drawn = rng.normal(0.0, 1.0, size)
    drawn -= drawn.mean()
    return spread * drawn / drawn.std(ddof=1) if size > 1 else 0 * drawn


def compared(play: Play, seed: int) -> Comparison:
    """The duel; the mean score of each cell is exactly what `play` says."""
    rng = np.random.default_rng(seed)
    levels = _centred(rng, play.folds, play.level)
    apart = play.gru - play.lstm + _centred(rng, play.folds, play.apart)
    names, pairs = tuple(f"fold {fold + 1}" for fold in range(play.folds)), []
    for fold, name in enumerate(names):
        lstm = play.lstm + levels[fold] + _centred(rng, play.seeds, play.by_seed)
        gru = play.lstm + levels[fold] + apart[fold] + _centred(rng, play.seeds, play.by_seed)
        for at in range(play.seeds):
            scores = float(lstm[at]), float(gru[at])
            pairs.append(PairedScore(name, 7 + at, *scores, lstm_seconds=2.6, gru_seconds=2.5))
    baselines = {
        name: tuple(score + float(level) for level in levels)
        for name, score in play.baselines.items()
    }
    return Comparison(tuple(pairs), names, baselines, play.test_share, METRICS[play.metric])


def margin_of(play: Play, comparison: Comparison) -> Margin:
    """A share of the best baseline's error, or so many points, as in a run."""
    if comparison.metric.ceiling:
        return Margin(POINT_SHARE * play.margin, play.unit, None, "a declared number of points")
    best = comparison.best_baseline()
    return Margin.default(best[1] if best else 0.0, play.margin, play.unit)


def other_regimes(play: Play, seed: int) -> tuple[Met, ...]:
    """The leading finalist beside the other cell, in three ways to be fair."""
    lstm = Candidate("lstm", depth=2, width=64)
    twin = replace(lstm, cell="gru")
    ways = (
        ("equal width", twin, 0.4),
        ("equal parameters", replace(twin, width=74), 0.8),
        ("equal seconds", twin, 0.5),
    )
    return tuple(
        Met(
            name,
            {"lstm": lstm, "gru": gru},
            compared(
                replace(play, gru=play.lstm + part * (play.gru - play.lstm), seeds=1), seed + at
            ),
        )
        for at, (name, gru, part) in enumerate(ways)
    )


def judged(
    comparison: Comparison, margin: Margin, cells: Sequence[str] = ("lstm", "gru"), **told: Any
) -> Verdict:
    """What the judge says, of a run of ten minutes."""
    finalists = {cell: finalist(cell) for cell in cells}
    return decide(comparison, finalists, margin, "10min", 581.2, 31, **told)


def section(comparison: Comparison, verdict: Verdict, seed: int) -> dict[str, Any]:
    """The record's `verdict`: with the cross-checks, and what was not asked left empty."""
    asked: tuple[Any, ...] = ()
    if comparison.scored and verdict.probability is not None:
        rng = np.random.default_rng(seed)
        holdout = rng.normal(0.15, 1.0, 40)  # on which the LSTM was a little luckier
        order = sign(comparison.metric.better)
        asked = crosschecks(
            verdict.outcome, verdict.winner, order * comparison.differences, holdout, 0, seed
        )
    beside = {"panel": None, "learning": None, "folklore": []}
    return verdict.as_dict() | beside | {"crosschecks": [asdict(each) for each in asked]}


def pairs_of(comparison: Comparison) -> list[dict[str, Any]]:
    """The record's `duel`."""
    return [pair.as_dict() for pair in comparison.pairs]


def bare(comparison: Comparison) -> Comparison:
    """The same duel before anything was trained for it."""
    return replace(comparison, pairs=())
