"""A saved run in a fresh process, under the backend that users have by default."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from autorecur import Run

PREDICT = """
import sys
from pathlib import Path
import autorecur
from autorecur.errors import AutorecurError
run = autorecur.load(sys.argv[1])
for path in Path(sys.argv[2]).glob("*.csv"):
    try:
        run.predict(path).to_csv(path.with_suffix(".answers"), index=False)
    except AutorecurError as error:
        path.with_suffix(".refusal").write_text(str(error))
"""
ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """That of a user who has chosen no backend; the package is that of this checkout."""
    kept = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return kept | {"PYTHONPATH": str(ROOT)}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autorecur", *arguments],
        capture_output=True,
        text=True,
        env=environment(),
    )


def predicted(
    run: Run, tables: Mapping[str, pd.DataFrame], folder: Path
) -> dict[str, pd.DataFrame | str]:
    """What one fresh process answers to each table, or the sentence in which it refuses."""
    folder.mkdir()
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    call = [sys.executable, "-c", PREDICT, str(run.folder), str(folder)]
    done = subprocess.run(call, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    found: dict[str, pd.DataFrame | str] = {}
    for name in tables:
        refusal = folder / f"{name}.refusal"
        found[name] = (
            refusal.read_text()
            if refusal.exists()
            else pd.read_csv(folder / f"{name}.answers", keep_default_na=False, na_values=[""])
        )
    return found


def check_answers(run: Run, table: pd.DataFrame, folder: Path) -> None:
    """A fresh process answers as the run did, whatever the order of the rows, and to one row.

    Where something has to be known of the steps to come, one row cannot say it: it is refused.
    """
    schema = run.schema
    if schema.traits.labelled:  # the answer is wanted, so the table does not have it
        table = table.drop(columns=schema.unit)
    mixed = np.random.default_rng(3).permutation(len(table))
    tables = {"straight": table, "shuffled": table.iloc[mixed], "one": table.head(1)}
    found = predicted(run, tables, folder)
    straight, shuffled, one = (found[name] for name in tables)
    assert isinstance(straight, pd.DataFrame) and isinstance(shuffled, pd.DataFrame)
    if schema.traits.text:
        shuffled = shuffled.assign(row=mixed[shuffled["row"]])
        key = ["row"]
    else:
        key = [name for name in (schema.series, schema.time, "step") if name in straight.columns]
    if schema.traits.labelled:
        _check_holdout(run, straight, key)
    straight, shuffled = (each.sort_values(key, ignore_index=True) for each in (straight, shuffled))
    pd.testing.assert_frame_equal(straight, shuffled, rtol=1e-4, atol=1e-4)
    if schema.names("known"):
        assert isinstance(one, str) and len(one.splitlines()) == 1
        assert schema.names("known")[0] in one
    else:
        assert isinstance(one, pd.DataFrame), one
        assert len(one) == max(1, schema.horizon)
        assert np.isfinite(one.select_dtypes("number").to_numpy(dtype=float)).all()


def _check_holdout(run: Run, said: pd.DataFrame, key: list[str]) -> None:
    """What is said of the holdout's examples is what the run wrote down of them."""
    written = pd.read_csv(run.folder / "predictions.csv", keep_default_na=False, na_values=[""])
    both = written.drop(columns="actual").merge(said, on=key, suffixes=("", " again"))
    assert len(both) == len(written) > 0
    for name in (name for name in both.columns if name.endswith(" again")):
        first, again = both[name.removesuffix(" again")], both[name]
        if name == f"{run.schema.unit} again" and run.schema.classes:
            assert (first.astype(str) == again.astype(str)).mean() > 0.99  # ties, in float32
        else:
            np.testing.assert_allclose(again, first, rtol=1e-3, atol=1e-3)
