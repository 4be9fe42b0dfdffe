"""The largest records that a report should still draw fast."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from report.hostile import MARKUP
from report.sample import record
from report.sample_kinds import of_kind

from autorecur.record import Record

__all__ = ["worst"]

LONG = "a name as long as names get, with <b>markup</b> & \u202e signs in it " * 40
COLUMNS, CLASSES, FOLDS, SEEDS = 100, 50, 40, 10


def worst(kind: str, trials: int) -> Record:
    """A forecast or a classification with that many trials, 400 pairs and 100 columns."""
    rng = random.Random(5)
    base = record(name=LONG, trials=trials)
    if kind == "classes":
        many = of_kind("many classes", LONG)
        base = replace(many, trials=base.trials, checks=base.checks, duel=base.duel)
    labels = [f"{at} {LONG}" for at in range(CLASSES)]
    columns = [
        {
            "name": f"{at} {LONG}",
            "role": "past",
            "dtype": "category",
            "reason": f"{MARKUP} {LONG}",
            "values": labels,
        }
        for at in range(COLUMNS)
    ]
    data = {**base.data, "columns_read": columns, "columns": COLUMNS}
    figures: dict[str, Any] = dict(base.figures)
    if kind == "classes":
        data["classes"] = labels
        figures["classes"] = {
            "labels": labels,
            "matrix": [[rng.randrange(900) for _ in labels] for _ in labels],
            "baseline_matrix": [[rng.randrange(900) for _ in labels] for _ in labels],
            "baseline_name": LONG,
        }
    pairs = [
        {**base.duel[0], "fold": f"fold {fold + 1}", "seed": seed, "difference": rng.gauss(-1, 1)}
        for fold in range(FOLDS)
        for seed in range(SEEDS)
    ]
    run = {**base.run, "name": f"runs/{LONG}", "command": f"autorecur fit '{LONG}'"}
    return replace(base, run=run, data=data, duel=pairs, figures=figures)
