"""The pieces of a run become its Record; nothing is decided here."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from autorecur import __version__, exhibits, questions
from autorecur.data import scoring
from autorecur.data.dataset import Dataset
from autorecur.judge.verdict import cost_sentence
from autorecur.nets.candidate import REFERENCE_CELL, REFERENCE_NAME
from autorecur.nets.cost import BYTES_PER_WEIGHT
from autorecur.nets.programs import PROCESSOR
from autorecur.record import Record
from autorecur.search.budget import LedgerEntry
from autorecur.search.rungs import rung_of
from autorecur.search.search import MODEL_FILE
from autorecur.search.trial import Trial, in_order
from autorecur.search.uses import LOST, START
from autorecur.story import Story

__all__ = ["holdout_detail", "record_of"]

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
            "lacks": list(story.lacks),
            "version": __version__,
        },
        data=_data(story.dataset),
        metric={
            "name": name,
            "better": story.metric.better,
            "unit": story.metric.unit_of(story.dataset.schema.unit),
        },
        verdict=_verdict(story, cost, details),
        budget={
            "text": meter.budget.text,
            "limit_seconds": meter.budget.seconds,
            "spent_seconds": spent,
            "trainings": meter.trainings,
            "multiply_adds": meter.multiply_adds,
            "ended_by": story.ended_by,
            "ledger": [asdict(entry) for entry in ledger],
            "workers": _workers(story, ledger),
            "timeline": [asdict(each) for each in story.dispatcher.timeline],
            "cells": {
                cell: {
                    "seconds": story.dispatcher.cell_seconds.get(cell, 0.0),
                    "trainings": story.dispatcher.cell_trainings.get(cell, 0),
                }
                for cell in ("lstm", "gru")
            },
            **_limits(story),
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
        trials=tuple(_trial(trial) for trial in in_order(story.trials)),
        duel=tuple(pair.as_dict() for pair in story.comparison.pairs),
        checks=tuple(asdict(check) for check in story.checks),
        figures=story.figures or exhibits.figures(story),
        environment=_environment(story),
    )


def _verdict(
    story: Story, cost: str, details: Mapping[str, Mapping[str, float | None]]
) -> dict[str, Any]:
    """The verdict, and what stands beside it."""
    holdout = {cell: _holdout(story, cell, details) for cell in story.refits}
    asked = story.crosschecks
    if asked is None:
        asked = questions.crosschecked(story)
    return replace(story.verdict, cost=cost).as_dict() | {
        "crosschecks": [asdict(each) for each in asked],
        "panel": asdict(story.panel) if story.panel else None,
        "learning": asdict(story.learning) if story.learning else None,
        "folklore": [asdict(each) for each in questions.folklore_of(story, holdout)],
    }


def _workers(story: Story, ledger: Sequence[LedgerEntry]) -> list[dict[str, Any]]:
    """What the workers did while each stage lasted: their seconds together.

    Of a run before it was resumed, what its journal says of the trainings.
    """
    dispatcher = story.dispatcher
    starts = dispatcher.start_ups()
    told = [entry for entry in ledger if entry.stage != "before" or "before" in dispatcher.uses]
    return [
        _uses(
            entry.stage,
            dispatcher.workers * entry.seconds,
            dispatcher.uses.get(entry.stage, {}),
            starts.get(entry.stage, 0.0),
        )
        for entry in told
    ]


def _uses(stage: str, whole: float, uses: Mapping[str, float], starting: float) -> dict[str, Any]:
    """So that all of it is `whole`; what the workers did not spend otherwise, they waited."""
    did = {name: uses.get(name, 0.0) for name in ("compile", "steps", "validation", "other", LOST)}
    left = max(0.0, whole - sum(did.values()))
    starting = min(starting, left)
    return {"stage": stage, **did, START: starting, "waiting": left - starting}


def _limits(story: Story) -> dict[str, Any]:
    """On the model; a run that had none has no entry."""
    limits = story.limits
    return {"limits": {**asdict(limits), "text": limits.text}} if limits.text else {}


def _data(dataset: Dataset) -> dict[str, Any]:
    schema = dataset.schema
    roles: dict[str, list[str]] = {}
    for column in schema.columns:
        roles.setdefault(column.role, []).append(column.name)
    # Of panels and of whole series the bounds are counts laid end to end, which have no stamps.
    dated = hasattr(dataset.times, "strftime") and len(dataset.offsets) == 2
    return {
        "name": dataset.name,
        "rows": dataset.rows,
        "columns": len(schema.columns),
        "target": schema.unit or list(schema.names("target")) or "",
        "kind": schema.kind,
        "horizon": schema.horizon,
        "frequency": schema.frequency,
        "season": schema.season,
        "cycles": list(schema.cycles),
        "time_format": schema.time_format,
        "tokens": schema.tokens,
        "classes": list(schema.classes),
        "series": len(dataset.offsets) - 1,
        "vocabulary": len(dataset.vocabulary),
        "fingerprint": dataset.fingerprint,
        "roles": roles,
        "columns_read": [asdict(column) for column in schema.columns],
        "reasons": list(schema.reasons),
        "split": {
            "sentence": dataset.split.sentence,
            # As most kinds imply their folds, it is said where they are otherwise.
            **({"drawn": True} if dataset.split.drawn and dataset.kind.folds == "rolling" else {}),
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
    trial = story.model
    if trial is None:
        return None
    fit = story.refits.get(trial.candidate.cell)
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
        "bands": exhibits.bands(story),
    }


def _score(story: Story, details: Mapping[str, Mapping[str, float | None]]) -> dict[str, Any]:
    name, trained = story.metric.name, [trial for trial in story.trials if trial.status.begun]
    validation = story.model.score if story.model else None
    holdout = details.get("model", {}).get(name)
    optimism = None
    if holdout is not None and validation is not None:
        optimism = story.metric.gain(validation, holdout)
    return {
        "validation": validation,
        "holdout": holdout,
        "optimism": optimism,
        "tried": len({trial.candidate for trial in trained}),
        "baselines": {b: s.get("holdout") for b, s in story.references.scores.items()},
        "detail": dict(details),
    }


def holdout_detail(story: Story) -> dict[str, dict[str, float | None]]:
    """Every score on the holdout: of the model, the other finalist (its cell) and each baseline."""
    dataset, fold = story.dataset, story.dataset.split.holdout
    given: dict[str, Any] = {
        "model" if cell == story.model_cell else _named(cell): fit.forecasts
        for cell, fit in story.refits.items()
        if fit.forecasts is not None
    }
    given |= story.references.holdout
    return {
        name: scoring.detail_of(story.metric, dataset, fold, fold.test, answers)
        for name, answers in given.items()
    }


def _named(cell: str) -> str:
    return REFERENCE_NAME if cell == REFERENCE_CELL else cell


def _finalist(
    story: Story, cell: str, details: Mapping[str, Mapping[str, float | None]]
) -> dict[str, Any]:
    trial, fit = story.finalists[cell], story.refits.get(cell)
    cost = (fit.cost if fit else None) or trial.cost
    return {
        "cell": cell,
        "title": trial.candidate.title,
        "candidate": asdict(trial.candidate),
        "score": story.comparison.mean(cell),
        "spread": story.comparison.spread(cell),
        "holdout": _holdout(story, cell, details),
        "parameters": cost.parameters if cost else None,
        "bytes": cost.parameters * BYTES_PER_WEIGHT if cost else None,
        "multiply_adds": cost.multiply_adds if cost else None,
        "latency_ms": cost.latency.p50 if cost and cost.latency else None,
        "train_seconds": fit.seconds if fit else trial.seconds,
        "chosen": trial is story.model,
    }


def _holdout(
    story: Story, cell: str, details: Mapping[str, Mapping[str, float | None]]
) -> float | None:
    """The score of a refitted network on the holdout."""
    name = "model" if cell == story.model_cell else _named(cell)
    return details.get(name, {}).get(story.metric.name)


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "id": trial.id,
        "pair": trial.pair,
        "cell": trial.candidate.cell,
        "rung": rung_of(trial.fraction),
        "top": trial.top,
        "seed": trial.seed,
        "candidate": asdict(trial.candidate),
        "parameters": trial.cost.parameters if trial.cost else None,
        "score": trial.score,
        "status": trial.status.name.lower(),
        "sentence": f"beyond the limits: {trial.excess}" if trial.excess else trial.sentence,
        "seconds": trial.seconds,
        "steps": trial.steps,
        "curve": list(trial.curve),
    }


def _environment(story: Story) -> dict[str, Any]:
    versions = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:  # run from a checkout that was never installed
            versions[library] = __version__ if library == "autorecur" else "unknown"
    return {
        "seed": story.seed,
        "engine": story.dispatcher.engine or "none",
        "workers": story.dispatcher.workers,
        "threads": 1,
        "device": story.dispatcher.device or PROCESSOR,
        "platform": f"{platform.system()} {platform.machine()}",
        "versions": versions,
    }
