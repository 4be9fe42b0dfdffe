"""What all tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autorecur.data import arrays
from autorecur.data.dataset import Dataset
from autorecur.data.read import read
from autorecur.data.series import dataset
from autorecur.search.workers import WorkerPool
from autorecur.tables import bundled

ROOT = Path(__file__).resolve().parent.parent

# Before anything imports Keras, which none of the above does: the workers train on JAX, and so do
# the tests. The process is the tests' own, so whatever the user has chosen is overruled.
os.environ["KERAS_BACKEND"] = "jax"
# What was compiled once is there in the next run of the tests, which halves their time.
os.environ["JAX_COMPILATION_CACHE_DIR"] = str(ROOT / ".pytest_cache" / "jax")
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"


@dataclass(frozen=True, eq=False)
class Stored:
    """A Dataset and the folder where its arrays lie for the trainings."""

    dataset: Dataset
    folder: str


@pytest.fixture
def shared_table() -> Callable[[str], Path]:
    """Finds one of the real data sets that lie beside a checkout, or skips."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "datasets" / name
        if not path.is_file():
            pytest.skip(f"the data set {name} does not lie beside this checkout")
        return path

    return find


@pytest.fixture(scope="session")
def workers() -> Iterator[WorkerPool]:
    """Two warm worker processes, shared: a test that kills one leaves a fresh one behind."""
    with WorkerPool(2) as pool:
        yield pool
        pool.shutdown(wait=False, cancel_futures=True)


def _waves() -> pd.DataFrame:
    """400 months of a noisy seasonal series with a trend, and a covariate that leads it."""
    steps, rng = np.arange(400), np.random.default_rng(3)
    y = 20 + 0.02 * steps + 3 * np.sin(2 * np.pi * steps / 12) + rng.normal(0, 0.5, 400)
    months = pd.date_range("1980-01-01", periods=400, freq="MS").strftime("%Y-%m-%d")
    return pd.DataFrame({"month": months, "y": y.round(4), "lead": np.roll(y, -3).round(3)})


@pytest.fixture(scope="session")
def seasonal(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """Two channels and no calendar: the rows are only counted."""
    counted = dataset(read(_waves().drop(columns="month")), target="y", horizon=6)
    return Stored(counted, str(arrays.save(counted, tmp_path_factory.mktemp("seasonal"))))


@pytest.fixture(scope="session")
def gappy(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """Calendar features known in advance, and targets that were filled in."""
    frame = _waves()
    frame.loc[[40, 41, 120, 260, 390], "y"] = np.nan
    dated = dataset(read(frame), target="y", time="month", horizon=6)
    return Stored(dated, str(arrays.save(dated, tmp_path_factory.mktemp("gappy"))))


@pytest.fixture(scope="session")
def co2(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """The bundled table: weekly, real, with gaps."""
    weekly = dataset(read(bundled("co2_weekly")), horizon=13)
    return Stored(weekly, str(arrays.save(weekly, tmp_path_factory.mktemp("co2"))))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("device") and shutil.which("nvidia-smi") is None:
        pytest.skip("needs a GPU")
