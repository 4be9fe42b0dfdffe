"""What accuracy costs: scores by seconds of training, in the search and where they were judged.

A score of the search is one on the selection rows, and the best of its curve: it stands beside
others of full trainings of the search, and never on one axis with scores of the duel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import words
from autorecur.report.plots.fidelity import key

__all__ = ["PriceInfo", "Priced", "price_info"]


@dataclass(frozen=True)
class Priced:
    """One network: what it took to train, and what it scores."""

    title: str
    cell: str
    seconds: float
    score: float
    spread: float | None = None  # over seeds
    parameters: int | None = None
    front: bool = False  # none that took as long, or less, is as good
    chosen: bool = False  # the one that is saved


@dataclass(frozen=True)
class PriceInfo:
    """Fully trained networks of the search, and the finalists beside the baselines."""

    tried: tuple[Priced, ...]  # by seconds
    finalists: tuple[Priced, ...]
    baselines: tuple[tuple[str, float], ...]  # on the rows of the finalists; the best first
    where: str  # the finalists were scored: "duel" or "holdout"
    label: str
    better: str

    @property
    def front(self) -> tuple[Priced, ...]:
        return tuple(each for each in self.tried if each.front)


def price_info(record: Record) -> PriceInfo | None:
    """Scores by seconds; None where no network was trained fully and no finalist has a score."""
    where = "duel" if any(row["score"] is not None for row in record.finalists) else "holdout"
    share, flip = record.metric["name"] in words.SHARES, sign(record.metric["better"])
    tried = _front(_tried(record, share, flip), flip)
    finalists = _finalists(record, where, share)
    if not tried and not finalists:
        return None
    scored = [(row[where], row["name"]) for row in record.baselines if row[where] is not None]
    ranked = sorted(scored, key=lambda pair: (flip * pair[0], pair[1]))
    return PriceInfo(
        tried=tried,
        finalists=finalists,
        baselines=tuple((name, _natural(score, share)) for score, name in ranked),
        where=where,
        label=_label(record, share),
        better=record.metric["better"],
    )


def _label(record: Record, share: bool) -> str:
    """The metric and its unit, short enough for an axis."""
    name, unit = record.metric["name"], "%" if share else words.cut(record.metric["unit"], 24)
    return words.metric_name(name) + (f" [{unit}]" if unit and name != "bits" else "")


def _natural(score: float, share: bool) -> float:
    return 100 * score if share else score


def _tried(record: Record, share: bool, flip: float) -> tuple[Priced, ...]:
    """Every full training that has a score, the quickest first; the best of the chosen is marked.

    The chosen candidate may have been drawn twice: the best of its trials is the one that chose it.
    """
    wanted = next((key(row["candidate"]) for row in record.finalists if row["chosen"]), None)
    full = [trial for trial in record.trials if trial["top"] and trial["score"] is not None]
    same = [trial for trial in full if key(trial["candidate"]) == wanted]
    chosen = min(same, key=lambda trial: flip * trial["score"], default=None)
    found = [
        Priced(
            title=_title(trial),
            cell=trial["cell"],
            seconds=_whole_seconds(trial, record.trials),
            score=_natural(trial["score"], share),
            parameters=trial.get("parameters"),
            chosen=trial is chosen,
        )
        for trial in full
    ]
    return tuple(sorted((p for p in found if p.seconds > 0), key=lambda p: (p.seconds, p.title)))


def _title(trial: Mapping[str, Any]) -> str:
    return f"{trial['cell'].upper()} {trial['candidate']['depth']} × {trial['candidate']['width']}"


def _whole_seconds(trial: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> float:
    """Of a training from its start: it went on from the checkpoints of the rungs below."""
    if trial["pair"] is None:
        return float(trial["seconds"])
    return float(
        sum(
            each["seconds"]
            for each in trials
            if each["pair"] == trial["pair"]
            and each["cell"] == trial["cell"]
            and each["rung"] <= trial["rung"]
        )
    )


def _front(tried: Sequence[Priced], flip: float) -> tuple[Priced, ...]:
    """The same, each marked that no quicker one is as good as."""
    marked, best = [], float("inf")
    order = {each: at for at, each in enumerate(tried)}
    for each in sorted(tried, key=lambda p: (p.seconds, flip * p.score)):
        ahead = flip * each.score < best
        best = min(best, flip * each.score)
        marked.append((order[each], replace(each, front=ahead)))
    return tuple(each for _, each in sorted(marked, key=lambda pair: pair[0]))


def _finalists(record: Record, where: str, share: bool) -> tuple[Priced, ...]:
    """The finalists, with the mean seconds of the trainings that their scores are the mean of."""
    found = []
    for row in record.finalists:
        score = row["score" if where == "duel" else "holdout"]
        seconds = _duel_seconds(record, row["cell"]) if where == "duel" else row["train_seconds"]
        if score is not None and seconds:
            spread = row["spread"] if where == "duel" else None
            found.append(
                Priced(
                    title=row["title"],
                    cell=row["cell"],
                    seconds=seconds,
                    score=_natural(score, share),
                    spread=None if spread is None else _natural(spread, share),
                    parameters=row["parameters"],
                    chosen=row["chosen"],
                )
            )
    return tuple(found)


def _duel_seconds(record: Record, cell: str) -> float:
    took = [
        pair[f"{cell}_seconds"]
        for pair in record.duel
        if pair["difference"] is not None and pair[f"{cell}_seconds"]
    ]
    return sum(took) / len(took) if took else 0.0
