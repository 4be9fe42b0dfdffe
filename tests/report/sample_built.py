"""What the sample records of all kinds are built of; the verdict is the judge's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from report import played, sample
from report.played import Play

from autorecur.record import Record

__all__ = ["Scores", "built", "data_of", "of_bits", "of_classes", "of_numbers"]


@dataclass(frozen=True)
class Scores:
    """What the two finalists, and the baselines, best first, have in the duel."""

    metric: str
    better: str
    unit: str
    lstm: float
    gru: float
    baselines: dict[str, float]
    apart: float  # standard deviation of the difference between folds
    detail: Callable[[float], dict[str, float | None]]
    seeds: int = 3

    @property
    def leads(self) -> str:
        """The cell that is ahead, whose network is saved."""
        return "lstm" if (self.lstm < self.gru) is (self.better == "lower") else "gru"


def built(scores: Scores, data: dict[str, Any], figures: dict[str, Any], **options: Any) -> Record:
    """A record of that question; the verdict is what the judge says of the scores."""
    base = sample.record("LSTM" if scores.leads == "lstm" else "GRU")
    relative, best = scores.better == "lower", getattr(scores, scores.leads)
    other = "gru" if scores.leads == "lstm" else "lstm"
    play = Play(
        metric=scores.metric,
        unit=scores.unit,
        lstm=scores.lstm,
        gru=scores.gru,
        baselines=scores.baselines,
        apart=scores.apart,
        by_seed=scores.apart / 3,
        level=scores.apart,
        folds=6,
        seeds=scores.seeds,
        test_share=0.17,
    )
    comparison = played.compared(play, 11)
    met = played.other_regimes(play, 11)
    verdict = played.judged(comparison, played.margin_of(play, comparison), met=met)
    candidate = dict(base.finalists[0]["candidate"]) | {"normalisation": "none"} | options
    trials = [
        {
            **trial,
            "candidate": {
                **trial["candidate"],
                **candidate,
                "cell": trial["cell"],
                "depth": trial["candidate"]["depth"],
                "width": trial["candidate"]["width"],
            },
            **_trained(scores, trial, at),
        }
        for at, trial in enumerate(base.trials)
    ]
    finalists = [
        {
            **row,
            "chosen": row["cell"] == verdict.recommended,
            "candidate": {**candidate, "cell": row["cell"]},
            "score": comparison.mean(row["cell"]),
            "spread": comparison.spread(row["cell"]),
            "holdout": getattr(scores, row["cell"]),
        }
        for row in base.finalists
    ]
    return replace(
        base,
        run={**base.run, "command": f"autorecur fit table.csv --task {data['kind']} --seed 7"},
        data={**base.data, **data},
        metric={"name": scores.metric, "better": scores.better, "unit": scores.unit},
        verdict={
            **played.section(comparison, verdict, 11),
            "folklore": base.verdict["folklore"],
        },
        model={**base.model, **candidate, "cell": scores.leads} if base.model else None,
        score={
            "validation": best - (1 if relative else -1) * scores.apart / 2,
            "holdout": best,
            "optimism": scores.apart / 2,
            "tried": 12,
            "baselines": dict(scores.baselines),
            "detail": {"model": scores.detail(best), other: scores.detail(getattr(scores, other))}
            | {name: scores.detail(value) for name, value in scores.baselines.items()},
        },
        finalists=finalists,
        baselines=[
            {"name": name, "duel": value, "holdout": value, "seconds": 0.6}
            for name, value in scores.baselines.items()
        ],
        trials=trials,
        duel=played.pairs_of(comparison),
        figures={**dict.fromkeys(sample.FIGURES), **figures},
        checks=[_rare(check) if data["classes"] else check for check in base.checks],
    )


def _rare(check: dict[str, Any]) -> dict[str, Any]:
    """The check on rare classes as it is where there are classes."""
    if check["code"] != "AR109":
        return check
    sentence = "Every class has 5 training members or more."
    return {**check, "level": "passed", "sentence": sentence}


def _trained(scores: Scores, trial: Any, at: int) -> dict[str, Any]:
    """Scores of a trial that suit the metric; the last one was skipped."""
    if at == 23:
        return {
            "score": None,
            "curve": (),
            "steps": 0,
            "seconds": 0.0,
            "status": "skipped",
            "sentence": "not started: it could not have been trained in time",
        }
    if trial["score"] is None:
        return {"curve": ()}
    best = scores.gru if trial["cell"] == "gru" else scores.lstm
    worse = abs(best) * 0.25 * (1 if scores.better == "lower" else -1)
    short = at % 7 / 12 + 0.12 * (2 - trial["rung"])
    curve = [
        best + worse * (short + math.exp(-step / 2.0)) for step in range(4 + 4 * trial["rung"])
    ]
    return {"score": curve[-1], "curve": curve}


def of_classes(accuracy: float) -> dict[str, float | None]:
    return {"accuracy": accuracy, "macro_f1": accuracy - 0.021, "log_loss": 1.9 * (1.02 - accuracy)}


def of_numbers(mae: float) -> dict[str, float | None]:
    return {
        "mae": mae,
        "mse": 1.7 * mae**2,
        "rmse": 1.3 * mae,
        "smape": 9.1,
        "mase": None,
        "mae_standardised": mae / 2.1,
        "mse_standardised": (mae / 1.9) ** 2,
    }


def of_bits(bits: float) -> dict[str, float | None]:
    return {"bits": bits, "perplexity": 2**bits}


def data_of(
    kind: str, name: str, columns: list[tuple[str, str, str, list[str]]], **facts: Any
) -> Any:
    roles: dict[str, list[str]] = {}
    for column, role, _, _ in columns:
        roles.setdefault(role, []).append(column)
    read = [
        {
            "name": column,
            "role": role,
            "dtype": dtype,
            "reason": f"used as {role}",
            "values": values,
        }
        for column, role, dtype, values in columns
    ]
    size = facts["examples"]
    holdout, validation = size // 5, size // 6
    bounds = [size - holdout - validation, size - holdout, size]
    parts, first = [], 0
    for part, last in zip(("duel", "selection validation", "holdout"), bounds, strict=True):
        parts.append({"part": part, "first": first, "last": last - 1, "begin": None, "end": None})
        first = last
    return {
        "name": "table.csv" if name == "load" else name,
        "kind": kind,
        "target": next((column for column, role, _, _ in columns if role == "target"), ""),
        "columns": len(columns),
        "columns_read": read,
        "roles": roles,
        "reasons": [f"The task is {kind}: {columns[0][0]} was named."],
        "horizon": facts.get("horizon", 0),
        "frequency": None,
        "season": facts.get("season", 1),
        "cycles": [],
        "classes": list(facts.get("classes", ())),
        "tokens": facts.get("tokens"),
        "vocabulary": facts.get("vocabulary", 0),
        "rows": facts["rows"],
        "series": facts.get("series", size),
        "split": {"sentence": facts["split"], "parts": parts},
    }
