"""Leak controls: what cannot be learnt is not learnt, in any kind.

The tables are those of the other contracts with the tie between inputs and truth cut. Whatever
gains on them must have seen what it was not to see.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from contracts.chance import gain_and_chance
from contracts.kinds import EXAMPLES, Example

import autorecur
from autorecur.search.workers import WorkerPool


def _shuffled(example: Example) -> pd.DataFrame:
    """Its labels dealt out anew over the examples; its rows, or characters, in a drawn order."""
    rng = np.random.default_rng(11)
    table, asked = example.table.copy(), example.asked
    if example.kind == "language-model":
        signs = np.array(list("\n".join(table["line"])))
        return pd.DataFrame({"line": "".join(rng.permutation(signs)).split("\n")})
    if example.kind == "forecast":
        # The clock goes on as it did, and what is known in advance stays with its time.
        fixed = {asked["time"], asked.get("series"), *asked.get("known", ())}
        moved = [name for name in table.columns if name not in fixed]
        owner = table[asked["series"]] if "series" in asked else np.zeros(len(table))
        for rows in table.groupby(owner).indices.values():
            table.loc[rows, moved] = table.loc[rng.permutation(rows), moved].to_numpy()
        return table
    if "series" in asked:
        labels = table.groupby(asked["series"], sort=False)[example.truth].first()
        dealt = pd.Series(rng.permutation(labels.to_numpy()), index=labels.index)
        return table.assign(**{str(example.truth): table[asked["series"]].map(dealt)})
    dealt = pd.Series(rng.permutation(table[example.truth].to_numpy()), index=table.index)
    return table.assign(**{str(example.truth): dealt})


@pytest.mark.slow
@pytest.mark.parametrize("name", list(EXAMPLES))
def test_with_the_truth_shuffled_no_cell_beats_its_baselines(
    name: str, workers: WorkerPool, tmp_path: Path
) -> None:
    """No claim in the verdict, and no gain on the holdout beyond chance (see `gain_and_chance`).

    The duel may put a cell ahead of the best baseline by luck, where its folds hold few examples;
    then AR101 has to say that this is not sure.
    """
    example = EXAMPLES[name]()
    run = autorecur.fit(
        _shuffled(example),
        **example.asked,
        budget="12trainings",
        space={"width": (8,), "depth": (1,)},
        seed=2,
        executor=workers,
        out=tmp_path / name,
    )
    assert run.record.verdict["outcome"] in ("BASELINE_WINS", "EQUIVALENT", "UNDECIDED")
    assert run.record.verdict["winner"] not in ("lstm", "gru")
    beaten = {check["code"]: check["level"] for check in run.record.checks}["AR101"]
    assert beaten in ("issue", "tip")
    gain, chance = gain_and_chance(run)
    assert gain <= chance
