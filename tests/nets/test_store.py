"""A network to disk and back: original units, safe mode, any Keras backend."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pytest

from autorecur.data.kinds import kind_named
from autorecur.errors import RunError
from autorecur.nets import store
from autorecur.nets.build import core
from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.whole import whole

SHAPE = Shape(channels=2, targets=1, known=2, horizon=5, season=4)
FORECAST = kind_named("forecast")


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of one series, as a table that was read has them."""

    values: np.ndarray
    known: np.ndarray
    codes: np.ndarray
    static: np.ndarray
    offsets: np.ndarray


def scaler_of(shape: Shape) -> Scaler:
    mean = np.array([340.0, -7.0, 0.5, 0.1], np.float32)[: 2 + shape.known]
    deviation = np.array([12.0, 3.0, 0.8, 2.0], np.float32)[: 2 + shape.known]
    none = np.empty(0, np.float32)
    return Scaler(mean, deviation, mean[:1], deviation[:1], none, none)


def trained(cell: str = "gru", shape: Shape = SHAPE) -> keras.Model:
    candidate = Candidate(cell, depth=2, width=4, lookback=8, dropout=0.1, normalisation="season")
    model = core(candidate, shape, seed=1)
    rng = np.random.default_rng(4)
    model.set_weights(
        [
            rng.normal(0, 0.4, w.shape) if w.dtype == np.float32 else w  # not a dropout's seed
            for w in model.get_weights()
        ]
    )
    return whole(model, shape, scaler_of(shape), 8)


def rows(known: int = 2) -> Rows:
    """45 rows; those of the last five are the steps of the last forecast."""
    rng = np.random.default_rng(6)
    shape, nothing = replace(SHAPE, known=known), np.empty((45, 0))
    numbers = rng.normal(size=(45, 2 + known)).astype(np.float32)
    raw = numbers * scaler_of(shape).deviation + scaler_of(shape).mean
    offsets = np.array([0, 45])
    return Rows(raw[:, :2], raw[:, 2:], nothing.astype(np.int32), np.empty((1, 0)), offsets)


@pytest.mark.parametrize("cell", CELLS)
def test_saved_and_loaded_again(cell: str, tmp_path: Path) -> None:
    model, path = trained(cell), tmp_path / "model.keras"
    store.save(model, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.keras"]
    given = rows()
    examples = np.arange(8, 40)
    expected = store.forecast(model, given, examples, FORECAST)
    for loaded in (store.load(path), keras.models.load_model(path, safe_mode=True)):
        got = store.forecast(loaded, given, examples, FORECAST)
        np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_saved_models_load_under_tensorflow(tmp_path: Path) -> None:
    models = {cell: trained(cell) for cell in CELLS}
    given = rows()
    examples = np.arange(8, 40)
    for cell, model in models.items():
        store.save(model, tmp_path / f"{cell}.keras")
    np.savez(tmp_path / "rows.npz", examples=examples, **asdict(given))
    script = """
import sys
from pathlib import Path
from types import SimpleNamespace
import keras, numpy as np
from autorecur.data.kinds import kind_named
from autorecur.nets import store
assert keras.backend.backend() == "tensorflow"
folder = Path(sys.argv[1])
rows = SimpleNamespace(**np.load(folder / "rows.npz"))
for cell in ("lstm", "gru"):
    model = keras.models.load_model(folder / f"{cell}.keras", safe_mode=True)
    forecast = store.forecast(model, rows, rows.examples, kind_named("forecast"))
    np.save(folder / f"{cell}.npy", forecast)
"""
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=True,
    )
    for cell, model in models.items():
        expected = store.forecast(model, given, examples, FORECAST)
        np.testing.assert_allclose(np.load(tmp_path / f"{cell}.npy"), expected, rtol=1e-5)


def test_a_failed_save_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"the old one")
    model = trained()

    def full(where: Path) -> None:
        Path(where).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(model, "save", full)
    with pytest.raises(OSError, match="no space"):
        store.save(model, path)
    assert path.read_bytes() == b"the old one"


def test_no_model_is_the_users_to_repair(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"there is no model at .*: the run ended before one"):
        store.load(tmp_path / "model.keras")


def test_windows_are_gathered_as_examples_say(monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained()
    given = rows()
    examples = np.arange(8, 40)
    together = store.forecast(model, given, examples, FORECAST)
    values, known = given.values, given.known
    past = np.concatenate([values, known], axis=1)
    for place in (0, 5, 31):
        o = examples[place]
        inputs = [past[None, o - 8 : o], known[None, o : o + 5]]
        expected = np.asarray(model.predict_on_batch(inputs))[0]
        np.testing.assert_allclose(together[place], expected, rtol=1e-5)
    monkeypatch.setattr(store, "BATCH", 9)  # several batches, the last one smaller
    in_parts = store.forecast(model, given, examples, FORECAST)
    np.testing.assert_allclose(in_parts, together, rtol=1e-5)


def test_a_short_table_is_led_in_by_its_first_row() -> None:
    model = trained()
    given = rows()
    values, known = given.values, given.known
    past = np.concatenate([values, known], axis=1)
    led_in = np.concatenate([np.repeat(past[:1], 5, axis=0), past[:3]])[None]
    expected = np.asarray(model.predict_on_batch([led_in, known[None, 3:8]]))
    got = store.forecast(model, given, np.array([3]), FORECAST)
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_nothing_known_in_advance_is_one_input() -> None:
    shape = Shape(channels=2, targets=1, known=0, horizon=5, season=4)
    forecast = store.forecast(trained(shape=shape), rows(known=0), np.arange(8, 12), FORECAST)
    assert forecast.shape == (4, 5, 1) and np.isfinite(forecast).all()
