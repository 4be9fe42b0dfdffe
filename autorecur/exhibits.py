"""The holdout, as the report shows it and predictions.csv holds it: data behind figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur import answers
from autorecur.certainty import certainty
from autorecur.data.dataset import Dataset
from autorecur.data.thin import thinned
from autorecur.foretold import forecast, one_step, scatter
from autorecur.histogram import histogram, quartiles
from autorecur.judge.check import Refitted
from autorecur.leftover import residuals
from autorecur.nets.candidate import CELLS
from autorecur.nets.memory import MOST, reach
from autorecur.nets.order import Fit
from autorecur.story import Story

__all__ = ["afterwards", "bands", "figures", "predictions"]

MOST_WORST = 10  # documents
MOST_TARGETS = 4  # of which the values are counted
MOST_CLASSES = 20  # the most frequent ones
MOST_VALUES = 200_000  # more of them look no different
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
    dataset, given = story.dataset, story.answers
    found: dict[str, Any] = dict.fromkeys(
        ("forecast", "residuals", "classes", "certainty", "scatter")
    )
    if given is not None and dataset.schema.classes:
        found |= _classes(story, given)
    elif given is not None and dataset.kind.output != "tokens":
        found |= _numbers(story, given)
    return found | {
        "targets": targets(dataset) or None,
        "memory": _memory(story),
        "worst": _worst(story) if dataset.excerpts else None,
    }


def _numbers(story: Story, given: Array) -> dict[str, Any]:
    """What was foretold beside what was, and what is left of the first target."""
    dataset = story.dataset
    found = {"residuals": residuals(one_step(dataset, given), dataset.schema.names("target")[0])}
    if dataset.kind.labelled:
        return found | {"scatter": scatter(dataset, given)}
    other, best = story.other, story.best_baseline
    shown = {
        "model": given,
        "other": story.refits[other].forecasts if other else None,
        "baseline": story.references.holdout.get(best) if best else None,
    }
    title = story.finalists[other].candidate.title if other else None
    return found | {"forecast": forecast(dataset, shown, title, best)}


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


def _classes(story: Story, given: Array) -> dict[str, Any]:
    """How often each true class was taken for which, and how sure the answers are."""
    dataset, name = story.dataset, story.best_baseline
    labels = list(dataset.schema.classes)
    codes = dataset.actuals(dataset.split.holdout.test)[:, 0, 0]
    known = ~np.isnan(codes)
    truth = codes[known].astype(np.int64)
    best = story.references.holdout.get(name or "")
    return {
        "classes": {
            "labels": labels,
            "matrix": _matrix(truth, given[known]),
            "baseline_matrix": None if best is None else _matrix(truth, best[known]),
            "baseline_name": None if best is None else name,
        },
        "certainty": certainty(labels, truth, given[known, 0, :]),
    }


def _matrix(truth: NDArray[np.int64], given: Array) -> list[list[int]]:
    told = given[:, 0, :].argmax(axis=1)
    counts = np.zeros((given.shape[-1], given.shape[-1]), np.int64)
    np.add.at(counts, (truth, told), 1)
    matrix: list[list[int]] = counts.tolist()
    return matrix


def targets(dataset: Dataset) -> list[dict[str, Any]]:
    """How many values of each target lie where, over the whole table."""
    names, classes = dataset.schema.names("target"), dataset.schema.classes
    if dataset.kind.labelled:
        values, known = dataset.labels, ~np.isnan(dataset.labels)
    else:
        values, known = dataset.values[:, : len(names)], dataset.observed
    return [
        {
            "name": name,
            "of": len(values),
            "missing": int((~known[:, place]).sum()),
            **_spread(values[:, place], known[:, place], classes),
        }
        for place, name in enumerate(names[:MOST_TARGETS])
    ]


def _spread(values: Array, known: NDArray[np.bool_], classes: Sequence[str]) -> dict[str, Any]:
    """The histogram of one target: of its classes, or of numbers, of which a sample is enough."""
    if classes:
        counts = np.bincount(values[known].astype(np.int64), minlength=len(classes))
        order = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
        shown = [{"label": classes[at], "count": int(counts[at])} for at in order.tolist()]
        return {
            "counted": int(counts.sum()),
            "classes": shown,
            "histogram": None,
            "quartiles": None,
        }
    some = values[thinned(np.flatnonzero(known), MOST_VALUES)]
    return {
        "counted": len(some),
        "classes": None,
        "histogram": histogram(some),
        "quartiles": quartiles(some),
    }


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
    """Half of each band's width, by share, step and target (see `half_widths`); what it held."""
    fit = story.refits.get(story.model_cell or "")
    found = {} if fit is None else half_widths(story.dataset, fit)
    held = {} if fit is None else _held(story.dataset, fit, found)
    return [
        {
            "share": share,
            "half_widths": widths.tolist(),
            **({"held": held[share][0], "of": held[share][1]} if share in held else {}),
        }
        for share, widths in found.items()
    ]


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


def _held(
    dataset: Dataset, fit: Fit, found: Mapping[float, Array]
) -> dict[float, tuple[float, int]]:
    """By band the share of the holdout's values that it held, and of how many."""
    if fit.forecasts is None or not found:
        return {}
    errors = np.abs(dataset.actuals(dataset.split.holdout.test) - fit.forecasts)
    known = np.isfinite(errors)
    count = int(known.sum())
    return {
        share: (float((errors <= widths)[known].mean()), count)
        for share, widths in found.items()
        if count
    }


def afterwards(dataset: Dataset, fit: Fit, lookback: int) -> Refitted:
    """What the checks ask of a refitted finalist."""
    left = None
    if fit.forecasts is not None and dataset.kind.window == "before":
        left = one_step(dataset, fit.forecasts)
    followed = left is not None and left.in_steps
    return Refitted(
        lookback=lookback,
        train_score=fit.train_score,
        score=fit.score,
        residuals=left.values.tolist() if left and followed else (),
        begins=left.begins if left and followed else (),
        held=_held(dataset, fit, half_widths(dataset, fit)),
        reach=None if fit.memory is None else reach(fit.memory),
    )
