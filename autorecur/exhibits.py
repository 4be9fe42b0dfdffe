"""The holdout, as the report shows it and predictions.csv holds it: data behind figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur import answers
from autorecur.data.dataset import Dataset
from autorecur.judge.check import Refitted
from autorecur.nets.candidate import CELLS
from autorecur.nets.memory import MOST, reach
from autorecur.nets.order import Fit
from autorecur.story import Story

__all__ = ["afterwards", "bands", "figures", "predictions"]

MOST_POINTS = 400  # of a figure
MOST_WORST = 10  # documents
BANDS = (0.5, 0.8, 0.9, 0.95)
Array = NDArray[np.floating[Any]]


def predictions(story: Story) -> pd.DataFrame:
    """The saved network's answers on the holdout, beside the truth."""
    dataset, given = story.dataset, story.answers
    if given is None:
        return pd.DataFrame()
    schema, kind, test = dataset.schema, dataset.kind, dataset.split.holdout.test
    if kind.output == "tokens":
        return answers.stretch_table(test, given)
    truth = dataset.actuals(test)
    if kind.window == "before":
        series = dataset.series_of(test)
        return answers.forecast_table(
            schema, dataset.times, dataset.series, series, test, given, truth
        )
    names = np.asarray(dataset.series, object)
    identity: dict[str, Any] = {}
    if kind.by_series:
        identity["row" if kind.text else schema.series or "series"] = names[test]
    else:
        if schema.series:
            identity[schema.series] = names[dataset.series_of(test)]
        identity[schema.time or "row"] = dataset.times[test]
    return answers.label_table(schema, identity, given, truth)


def figures(story: Story) -> dict[str, Any]:
    """The record's `figures` section; None where one does not apply."""
    classes = bool(story.dataset.schema.classes)
    labelled = story.dataset.kind.labelled
    return {
        "forecast": _forecast(story) if story.dataset.kind.window == "before" else None,
        "classes": _classes(story) if classes else None,
        "scatter": _scatter(story) if labelled and not classes else None,
        "memory": _memory(story),
        "worst": _worst(story) if story.dataset.excerpts else None,
    }


def _memory(story: Story) -> dict[str, Any] | None:
    """How far back each finalist looks: see `nets.memory`."""
    asked = {cell: story.refits[cell].memory for cell in CELLS if cell in story.refits}
    return {
        cell: {
            "shares": [float(f"{share:.3g}") for share in memory.tolist()],
            "reach": within,
            "most": MOST,
        }
        for cell, memory in asked.items()
        if memory is not None and (within := reach(memory)) is not None
    } or None


def _forecast(story: Story) -> dict[str, Any] | None:
    """Consecutive holdout windows of the last series, each forecast from its own origin."""
    dataset, horizon, given = story.dataset, story.dataset.horizon, story.answers
    if given is None:
        return None
    test = dataset.split.holdout.test
    series = dataset.series_of(test)
    chosen, reached = [], -1
    for place in np.flatnonzero(series == series[-1]):
        if test[place] >= reached:
            chosen.append(place)
            reached = int(test[place]) + horizon
    chosen = chosen[-max(1, MOST_POINTS // horizon) :]
    examples = test[chosen]
    rows = (examples[:, None] + np.arange(horizon)).ravel()
    other, best = story.other, story.best_baseline

    def picked(forecasts: Array | None) -> list[float] | None:
        return None if forecasts is None else forecasts[chosen][:, :, 0].ravel().tolist()

    return {
        "times": [str(stamp) for stamp in dataset.times[rows]],
        "actual": dataset.actuals(examples)[:, :, 0].ravel().tolist(),
        "model": picked(given),
        "other": picked(story.refits[other].forecasts if other else None),
        "other_name": story.finalists[other].candidate.title if other else None,
        "baseline": picked(story.references.holdout.get(best) if best else None),
        "baseline_name": best,
        "unit": dataset.schema.unit,
    }


def _classes(story: Story) -> dict[str, Any] | None:
    """How often each true class was taken for which."""
    dataset, given, name = story.dataset, story.answers, story.best_baseline
    if given is None:
        return None
    codes = dataset.actuals(dataset.split.holdout.test)[:, 0, 0]
    known = ~np.isnan(codes)
    truth = codes[known].astype(np.int64)
    best = story.references.holdout.get(name or "")
    return {
        "labels": list(dataset.schema.classes),
        "matrix": _matrix(truth, given[known]),
        "baseline_matrix": None if best is None else _matrix(truth, best[known]),
        "baseline_name": None if best is None else name,
    }


def _matrix(truth: NDArray[np.int64], given: Array) -> list[list[int]]:
    told = given[:, 0, :].argmax(axis=1)
    counts = np.zeros((given.shape[-1], given.shape[-1]), np.int64)
    np.add.at(counts, (truth, told), 1)
    matrix: list[list[int]] = counts.tolist()
    return matrix


def _scatter(story: Story) -> dict[str, Any] | None:
    given = story.answers
    if given is None:
        return None
    truth = story.dataset.actuals(story.dataset.split.holdout.test)[:, 0, 0]
    known = np.flatnonzero(~np.isnan(truth))
    step = -(-len(known) // MOST_POINTS)
    picked = known[:: max(1, step)]
    return {"actual": truth[picked].tolist(), "foretold": given[picked, 0, 0].tolist()}


def _worst(story: Story) -> list[dict[str, Any]] | None:
    """The documents of the holdout that were answered worst, worst first.

    Of classes the mistakes, the surest first; of numbers what was furthest off.
    """
    dataset, given = story.dataset, story.answers
    if given is None:
        return None
    truth, told = dataset.actuals(dataset.split.holdout.test)[:, 0, 0], given[:, 0, :]
    classes = dataset.schema.classes
    if classes:
        answer, sure = told.argmax(axis=1), told.max(axis=1)
        badness = np.where(answer != truth, sure, np.nan)
    else:
        answer, sure = told[:, 0], np.full(len(told), np.nan)
        badness = np.abs(answer - truth)
    order = np.argsort(-badness, kind="stable")  # what is no mistake is not a number, and last
    worst = order[: min(MOST_WORST, int(np.isfinite(badness).sum()))]
    return [
        {
            "text": dataset.excerpts[place],
            "actual": classes[int(truth[place])] if classes else float(truth[place]),
            "foretold": classes[int(answer[place])] if classes else float(answer[place]),
            "probability": min(1.0, float(sure[place])) if classes else None,
        }
        for place in worst.tolist()
    ]


def bands(story: Story) -> list[dict[str, Any]]:
    """Half of each band's width, by share, step and target: see `half_widths`."""
    fit = story.refits.get(story.model_cell or "")
    found = {} if fit is None else half_widths(story.dataset, fit)
    return [{"share": share, "half_widths": widths.tolist()} for share, widths in found.items()]


def half_widths(dataset: Dataset, fit: Fit) -> dict[float, Array]:
    """Half of each band's width [horizon, targets], by share: split conformal, from validation.

    A band [forecast − half, forecast + half] holds its share of true values where the residuals to
    come are like those of the validation block (Vovk et al. 2005). None for a panel, whose series
    differ in scale, nor where the validation block is too short for the share.
    """
    if fit.calibration is None or dataset.kind.window != "before" or len(dataset.offsets) > 2:
        return {}
    truth = dataset.actuals(dataset.split.holdout.validation)
    errors = np.sort(np.abs(truth - fit.calibration), axis=0)
    counts = np.isfinite(errors).sum(axis=0).min()
    ranks = {share: int(np.ceil((counts + 1) * share)) for share in BANDS}
    return {share: errors[rank - 1] for share, rank in ranks.items() if rank <= counts}


def afterwards(dataset: Dataset, fit: Fit, lookback: int) -> Refitted:
    """What the checks ask of a refitted finalist."""
    residuals, held = np.empty(0), {}
    test = dataset.split.holdout.test
    if fit.forecasts is not None and dataset.kind.window == "before" and len(dataset.offsets) == 2:
        errors = np.abs(apart := dataset.actuals(test) - fit.forecasts)
        if len(test) > 1 and (np.diff(test) == 1).all():
            residuals = apart[:, 0, 0].astype(float)
        known = np.isfinite(errors)
        for share, widths in half_widths(dataset, fit).items():
            held[share] = (float((errors <= widths)[known].mean()), int(known.sum()))
    return Refitted(
        lookback=lookback,
        train_score=fit.train_score,
        score=fit.score,
        residuals=residuals.tolist(),
        held=held,
        reach=None if fit.memory is None else reach(fit.memory),
    )
