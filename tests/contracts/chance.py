"""What chance alone allows a network to gain on a holdout."""

from __future__ import annotations

import numpy as np
import pandas as pd

from autorecur import Run

DEVIATIONS = 3.0  # one honest holdout in 740 lies further out


def gain_and_chance(run: Run) -> tuple[float, float]:
    """By how much a network beats, on its holdout, whoever knows nothing; and what chance allows.

    Whoever knows nothing gives one answer to everything, and here the best one in hindsight: the
    holdout's commonest class, its median (of each series), or the shares of its tokens' training
    text. Let d be the gain of the network over that answer on one example. A network that has
    learnt nothing of the truth has E[d] ≤ 0, for no constant is better than the best one. The mean
    of n independent d deviates from its expectation by more than 3·s/√n once in 740 times, s being
    their standard deviation; so 3·s/√n is what n examples of a holdout leave to chance. Steps that
    several windows forecast are one example, since they share their truth.
    """
    gains = _gains(run)
    return float(gains.mean()), DEVIATIONS * float(gains.std(ddof=1)) / float(np.sqrt(len(gains)))


def _gains(run: Run) -> pd.Series:
    table = pd.read_csv(run.folder / "predictions.csv", keep_default_na=False, na_values=[""])
    schema = run.schema
    if schema.traits.output == "tokens":
        return run.record.score["baselines"]["unigram"] - table["bits"]
    table = table[table["actual"].notna()]
    if schema.classes:
        right = (table[schema.unit] == table["actual"]).astype(float)
        return right - (table["actual"] == table["actual"].mode().iloc[0]).astype(float)
    if schema.traits.labelled:
        return _off(table["actual"]) - (table["actual"] - table[schema.unit]).abs()
    place = ([schema.series] if schema.series else []) + ["time"]
    own = table[schema.series] if schema.series else np.zeros(len(table))
    constant = table.groupby(own)["actual"].transform(_off)
    usual = constant.groupby(own).transform("mean")  # series of a panel differ in scale
    gains = (constant - (table["actual"] - table["forecast"]).abs()) / usual
    return gains.groupby([table[name] for name in place]).mean()


def _off(actual: pd.Series) -> pd.Series:
    return (actual - actual.median()).abs()
