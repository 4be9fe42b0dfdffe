"""A saved run in a fresh process, under the backend that users have by default."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from autorecur import Run

ASKED = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
import autorecur
from autorecur import cli
from autorecur.errors import AutorecurError
run, (folder, tables, calls) = autorecur.load(sys.argv[1]), json.loads(sys.argv[2])
for path in (Path(folder) / name for name in tables):
    try:
        run.predict(path).to_csv(path.with_suffix(".answers"), index=False)
    except AutorecurError as error:
        path.with_suffix(".refusal").write_text(str(error))
told = []
for arguments in calls:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = cli.main(arguments)
    told.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(told))
"""
ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """That of a user who has chosen no backend; the package is that of this checkout."""
    kept = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return kept | {"PYTHONPATH": str(ROOT)}


class Told(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


def asked(
    run: Run, tables: Mapping[str, pd.DataFrame], folder: Path, *calls: Sequence[str]
) -> tuple[dict[str, pd.DataFrame | str], list[Told]]:
    """What one fresh process answers to each table, and what each of those commands says in it.

    Of a table that it refuses, the sentence.
    """
    folder.mkdir()
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    wanted = json.dumps([str(folder), [f"{name}.csv" for name in tables], calls])
    call = [sys.executable, "-c", ASKED, str(run.folder), wanted]
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
    return found, [Told(*told) for told in json.loads(done.stdout.splitlines()[-1])]


def check_answers(run: Run, table: pd.DataFrame, folder: Path, *calls: Sequence[str]) -> list[Told]:
    """A fresh process answers as the run did, whatever the order of the rows, and to one row.

    Where something has to be known of the steps to come, one row cannot say it: it is refused.
    Returns what the same process said to those commands.
    """
    schema = run.schema
    if schema.traits.labelled:  # the answer is wanted, so the table does not have it
        table = table.drop(columns=schema.unit)
    mixed = np.random.default_rng(3).permutation(len(table))
    tables = {"straight": table, "shuffled": table.iloc[mixed], "one": table.head(1)}
    found, told = asked(run, tables, folder, *calls)
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
    return told


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
