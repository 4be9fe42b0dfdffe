"""A Dataset's arrays on disk, memory-mapped, so that every worker shares one copy of them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autorecur.data.dataset import Dataset

__all__ = ["load", "save", "share"]

_SHARED = ("values", "observed", "known", "codes", "static", "labels", "vectors")


def save(dataset: Dataset, folder: Path) -> Path:
    """Write `dataset` under `folder`, large arrays apart, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SHARED:
        np.save(folder / f"{name}.npy", getattr(dataset, name))
    empty = np.empty((0, 0))
    rest = replace(dataset, **{name: empty for name in _SHARED})  # type: ignore[arg-type]
    rest = replace(rest, times=pd.RangeIndex(0))  # a training does not ask what time it is
    # Ours alone: written and read by one run, on one machine, and removed when it ends.
    (folder / "rest.pickle").write_bytes(pickle.dumps(rest))
    return folder


def share(dataset: Dataset, folder: Path) -> Dataset:
    """`dataset` as its workers will have it: in the files of `folder`, mapped and not copied."""
    return replace(dataset, **_mapped(save(dataset, folder)))


def load(folder: Path) -> Dataset:
    """The Dataset that `save` wrote.

    Its large arrays are the files' own pages, which all readers share while nobody writes to them.
    """
    rest: Dataset = pickle.loads((folder / "rest.pickle").read_bytes())
    return replace(rest, **_mapped(folder))


def _mapped(folder: Path) -> dict[str, Any]:
    return {name: np.load(folder / f"{name}.npy", mmap_mode="c") for name in _SHARED}
