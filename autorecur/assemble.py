"""The pieces of a run become its Record; nothing is decided here."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur import __version__
from autorecur.data.dataset import Dataset
from autorecur.judge.checks import Check
from autorecur.judge.comparison import Comparison, Finalist
from autorecur.judge.references import References
from autorecur.judge.verdict import Verdict, cost_sentence
from autorecur.metrics import Metric, detail
from autorecur.nets.cost import BYTES_PER_WEIGHT
from autorecur.nets.train import Fit
from autorecur.record import Record
from autorecur.search.dispatch import Dispatcher
from autorecur.search.search import MODEL_FILE
from autorecur.search.trial import Trial

__all__ = ["Story", "finalist_of", "holdout_detail", "predictions", "record_of"]

LIBRARIES = (
    "autorecur",
    "keras",
    "jax",
    "tensorflow",
    "keras-tuner",
    "numpy",
    "pandas",
    "scikit-learn",
)
MOST_POINTS = 400  # of the forecast figure
Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Story:
    """Everything that a run leaves behind, before it is written down."""

    started: str
    run_id: str
    command: str
    seed: int
    ended_by: str
    dataset: Dataset
    metric: Metric
    trials: tuple[Trial, ...]
    finalists: Mapping[str, Trial]
    comparison: Comparison
    verdict: Verdict
    references: References
    refits: Mapping[str, Fit]
    checks: tuple[Check, ...]
    dispatcher: Dispatcher
    model_cell: str | None
    model_file: Path
    details: dict[str, dict[str, float | None]] = field(default_factory=dict)


def record_of(story: Story) -> Record:
    """The Record of a run, up to this moment of its meter."""
    meter = story.dispatcher.meter
    ledger = meter.ledger()
    spent = sum(entry.seconds for entry in ledger)
    cost = cost_sentence(spent, meter.budget.text, meter.trainings)
    details = story.details or holdout_detail(story)
    name, duel_means = story.metric.name, story.comparison.baseline_means()
    return Record(
        run={
            "id": story.run_id,
            "name": str(story.model_file.parent),  # where the report tells to find it
            "started": story.started,
            "command": story.command,
            "version": __version__,
        },
        data=_data(story.dataset),
        metric={
            "name": name,
            "better": story.metric.better,
            "unit": story.metric.unit_of(story.dataset.schema.unit),
        },
        verdict=replace(story.verdict, cost=cost).as_dict(),
        budget={
            "text": meter.budget.text,
            "limit_seconds": meter.budget.seconds,
            "spent_seconds": spent,
            "trainings": meter.trainings,
            "ended_by": story.ended_by,
            "ledger": [asdict(entry) for entry in ledger],
            "cells": {
                cell: {
                    "seconds": story.dispatcher.cell_seconds.get(cell, 0.0),
                    "trainings": story.dispatcher.cell_trainings.get(cell, 0),
                }
                for cell in ("lstm", "gru")
            },
        },
        model=_model(story),
        score=_score(story, details),
        finalists=tuple(_finalist(story, cell, details) for cell in story.finalists),
        baselines=tuple(
            {
                "name": baseline,
                "duel": duel_means.get(baseline),
                "holdout": scores.get("holdout"),
                "seconds": story.references.seconds.get(baseline),
            }
            for baseline, scores in story.references.scores.items()
        ),
        trials=tuple(_trial(trial) for trial in story.trials),
        duel=tuple(
            {**asdict(pair), "difference": pair.difference} for pair in story.comparison.pairs
        ),
        checks=tuple(asdict(check) for check in story.checks),
        figures={"forecast": _forecast_figure(story)},
        environment=_environment(story),
    )


def _data(dataset: Dataset) -> dict[str, Any]:
    schema = dataset.schema
    roles: dict[str, list[str]] = {}
    for column in schema.columns:
        roles.setdefault(column.role, []).append(column.name)
    dated = hasattr(dataset.times, "strftime")
    return {
        "name": dataset.name,
        "rows": dataset.rows,
        "columns": len(schema.columns),
        "target": schema.unit,
        "kind": schema.kind,
        "horizon": schema.horizon,
        "frequency": schema.frequency,
        "season": schema.season,
        "cycles": list(schema.cycles),
        "time_format": schema.time_format,
        "fingerprint": dataset.fingerprint,
        "roles": roles,
        "columns_read": [asdict(column) for column in schema.columns],
        "reasons": list(schema.reasons),
        "split": {
            "sentence": dataset.split.sentence,
            "parts": [
                {
                    "part": part,
                    "first": first,
                    "last": last - 1,
                    "begin": str(dataset.times[first]) if dated else None,
                    "end": str(dataset.times[last - 1]) if dated else None,
                }
                for part, first, last in dataset.split.bounds
            ],
        },
    }


def _model(story: Story) -> dict[str, Any] | None:
    cell = story.model_cell
    if cell is None:
        return None
    trial, fit = story.finalists[cell], story.refits.get(cell)
    cost = (fit.cost if fit else None) or trial.cost
    latency = cost.latency if cost else None
    return {
        **asdict(trial.candidate),
        "title": trial.candidate.title,
        "parameters": cost.parameters if cost else 0,
        "bytes": story.model_file.stat().st_size,
        "multiply_adds": cost.multiply_adds if cost else None,
        "latency_ms": {
            "p50": latency.p50 if latency else None,
            "p95": latency.p95 if latency else None,
        },
        "train_seconds": fit.seconds if fit and fit.score is not None else trial.seconds,
        "file": MODEL_FILE,
    }


def _score(story: Story, details: Mapping[str, Mapping[str, float | None]]) -> dict[str, Any]:
    name, cell = story.metric.name, story.model_cell
    validation = story.finalists[cell].score if cell else None
    holdout = details.get("model", {}).get(name)
    optimism = None
    if holdout is not None and validation is not None:
        optimism = story.metric.gain(validation, holdout)
    return {
        "validation": validation,
        "holdout": holdout,
        "optimism": optimism,
        "tried": len({trial.candidate for trial in story.trials}),
        "baselines": {b: s.get("holdout") for b, s in story.references.scores.items()},
        "detail": dict(details),
    }


def holdout_detail(story: Story) -> dict[str, dict[str, float | None]]:
    """Every score on the holdout: of the model, the other finalist (its cell) and each baseline."""
    dataset, fold = story.dataset, story.dataset.split.holdout
    truth = dataset.actuals(fold.test)
    rows = dataset.values[: fold.fit_rows, 0].astype(np.float64)
    season = max(1, dataset.schema.season)
    naive = float(np.abs(rows[season:] - rows[:-season]).mean()) if len(rows) > season else None
    forecasts: dict[str, Array] = {
        "model" if cell == story.model_cell else cell: fit.forecasts
        for cell, fit in story.refits.items()
        if fit.forecasts is not None
    }
    forecasts |= story.references.holdout
    return {
        name: detail(truth, forecast, float(rows.std()), naive)
        for name, forecast in forecasts.items()
    }


def _finalist(
    story: Story, cell: str, details: Mapping[str, Mapping[str, float | None]]
) -> dict[str, Any]:
    trial, fit, chosen = story.finalists[cell], story.refits.get(cell), cell == story.model_cell
    cost = (fit.cost if fit else None) or trial.cost
    return {
        "cell": cell,
        "title": trial.candidate.title,
        "candidate": asdict(trial.candidate),
        "score": story.comparison.mean(cell),
        "spread": story.comparison.spread(cell),
        "holdout": details.get("model" if chosen else cell, {}).get(story.metric.name),
        "parameters": cost.parameters if cost else None,
        "bytes": cost.parameters * BYTES_PER_WEIGHT if cost else None,
        "multiply_adds": cost.multiply_adds if cost else None,
        "latency_ms": cost.latency.p50 if cost and cost.latency else None,
        "train_seconds": fit.seconds if fit else trial.seconds,
        "chosen": chosen,
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "id": trial.id,
        "pair": trial.pair,
        "cell": trial.candidate.cell,
        "rung": trial.rung,
        "top": trial.top,
        "seed": trial.seed,
        "candidate": asdict(trial.candidate),
        "score": trial.score,
        "status": trial.status.name.lower(),
        "sentence": trial.sentence,
        "seconds": trial.seconds,
        "steps": trial.steps,
        "curve": list(trial.curve),
    }


def _forecast_figure(story: Story) -> dict[str, Any] | None:
    """Consecutive holdout windows, each forecast from its own origin, as many as can be seen."""
    dataset, horizon = story.dataset, story.dataset.horizon
    test = dataset.split.holdout.test
    cell = story.model_cell
    if cell is None or cell not in story.refits or story.refits[cell].forecasts is None:
        return None
    chosen, reached = [], -1
    for place, example in enumerate(test):
        if example >= reached:
            chosen.append(place)
            reached = int(example) + horizon
    chosen = chosen[-max(1, MOST_POINTS // horizon) :]
    examples = test[chosen]
    rows = (examples[:, None] + np.arange(horizon)).ravel()
    other = next(
        (c for c in story.refits if c != cell and story.refits[c].forecasts is not None), None
    )
    best = _best_baseline(story)

    def picked(forecasts: Array | None) -> list[float] | None:
        return None if forecasts is None else forecasts[chosen][:, :, 0].ravel().tolist()

    return {
        "times": [str(stamp) for stamp in dataset.times[rows]],
        "actual": dataset.actuals(examples)[:, :, 0].ravel().tolist(),
        "model": picked(story.refits[cell].forecasts),
        "other": picked(story.refits[other].forecasts if other else None),
        "other_name": story.finalists[other].candidate.title if other else None,
        "baseline": picked(story.references.holdout.get(best) if best else None),
        "baseline_name": best,
        "unit": dataset.schema.unit,
    }


def _best_baseline(story: Story) -> str | None:
    best = story.comparison.best_baseline()
    if best is not None:
        return best[0]
    scores = {n: s["holdout"] for n, s in story.references.scores.items() if "holdout" in s}
    sign = 1.0 if story.metric.better == "lower" else -1.0
    return min(scores, key=lambda name: sign * scores[name]) if scores else None


def _environment(story: Story) -> dict[str, Any]:
    versions = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:  # run from a checkout that was never installed
            versions[library] = __version__ if library == "autorecur" else "unknown"
    return {
        "seed": story.seed,
        "engine": "jax",
        "workers": story.dispatcher.workers,
        "threads": 1,
        "device": f"CPU, {os.cpu_count()} cores",
        "platform": f"{platform.system()} {platform.machine()}",
        "versions": versions,
    }


def finalist_of(trial: Trial) -> Finalist:
    """A finalist as the judge sees it: its size and what it cost in the search."""
    candidate, cost = trial.candidate, trial.cost
    return Finalist(
        cell=candidate.cell,
        title=candidate.title,
        parameters=cost.parameters if cost else 0,
        bytes=cost.bytes if cost else 0,
        multiply_adds=cost.multiply_adds if cost else 0,
        latency_ms=cost.latency.p50 if cost and cost.latency else None,
        train_seconds=trial.seconds,
        depth=candidate.depth,
        width=candidate.width,
        score=trial.score,
    )


def predictions(story: Story) -> pd.DataFrame:
    """The model's forecasts of the holdout: origin, time, step, forecast, actual."""
    dataset, horizon = story.dataset, story.dataset.horizon
    fit = story.refits.get(story.model_cell or "")
    columns = ["origin", "time", "step", "forecast", "actual"]
    if fit is None or fit.forecasts is None:
        return pd.DataFrame(columns=columns)
    test = dataset.split.holdout.test
    rows = (test[:, None] + np.arange(horizon)).ravel()
    values = (
        np.repeat(dataset.times[test - 1], horizon),
        dataset.times[rows],
        np.tile(np.arange(1, horizon + 1), len(test)),
        fit.forecasts[:, :, 0].ravel(),
        dataset.actuals(test)[:, :, 0].ravel(),
    )
    return pd.DataFrame(dict(zip(columns, values, strict=True)))
