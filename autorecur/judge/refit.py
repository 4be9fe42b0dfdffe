"""The refit: both finalists trained on all before the holdout, and that forecast once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from autorecur.metrics import Metric
from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Fit, Order
from autorecur.nets.shape import Shape
from autorecur.search.dispatch import Dispatcher
from autorecur.search.work import step_work

__all__ = ["refit"]


def refit(
    finalists: Mapping[str, Candidate],
    shape: Shape,
    metric: Metric,
    seed: int,
    steps: int,
    shared: Path,
    folder: Path,
    deadline: float,
    dispatcher: Dispatcher,
    fits: dict[str, Fit],
) -> None:
    """Put each finalist's fit into `fits`, by cell, as soon as it is there.

    Its model is at `Fit.model`, its forecasts are in `Fit.forecasts`. The saved model is the one
    that was measured on the holdout; it has not seen those rows.
    """
    waiting = [
        Order(
            id=f"refit-{cell}",
            arrays=str(shared),
            candidate=candidate,
            fold="holdout",
            seed=seed,
            steps=steps,
            metric=metric.name,
            deadline=deadline,
            step_work=step_work(candidate, shape),
            model=str(folder / "checkpoints" / f"refit-{cell}.keras"),
            forecast=True,
            calibrate=True,
            latency=True,
            memory=True,
        )
        for cell, candidate in finalists.items()
    ]

    def done(order: Order, fit: Fit) -> dict[str, list[str]]:
        answers = folder / "checkpoints" / f"{order.id}.npz"
        if fit.noted:
            with np.load(answers) as stored:
                fit = replace(fit, model=order.model, **stored)
        fits[order.candidate.cell] = fit
        if fit.model is None or fit.forecasts is None or fit.calibration is None:
            return {"files": [str(answers)]}  # which is not there: it must be trained again
        arrays = {"forecasts": fit.forecasts, "calibration": fit.calibration}
        if fit.memory is not None:
            arrays["memory"] = fit.memory
        np.savez(answers, **arrays)  # type: ignore[arg-type]
        return {"files": [str(answers), fit.model]}

    def following() -> Order | None:
        order = waiting.pop(0) if waiting else None
        # One worker trains them one after the other, and the last one's time is not for the first.
        return dispatcher.evened(order) if order and dispatcher.workers >= len(finalists) else order

    dispatcher.run(following, done)
