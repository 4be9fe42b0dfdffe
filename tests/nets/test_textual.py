"""A saved network reads strings as its training did: the same words, the same marks."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tables

from autorecur.data import arrays
from autorecur.nets import store
from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Order
from autorecur.nets.train import train

HOSTILE = [
    "",
    "  !? ",
    'Call 0800-NOW (or "later")… «ÄÖÜ» İ ٣٤ £5 CO₂',
    "`a` {b} [c] <d> ~e^ |f| g_h \\ % & $ # @ * + = / ; : ' ,.",
    "👩‍👩‍👧 שלום 你好。",
    "A1! " * 20_000,
]
# The saved network, in a process of its own whose Keras runs on TensorFlow.
READ = """
import json, sys
import numpy as np
from autorecur.nets.textual import answers, with_text
import keras
given = json.load(open(sys.argv[1], encoding="utf-8"))
with_text(given["path"], given["vocabulary"], "word", given["classes"], given["out"])
model = keras.models.load_model(given["out"], safe_mode=True)
np.save(given["told"], answers(model, given["documents"]))
"""


@pytest.fixture
def shouted() -> tuple[list[str], list[str]]:
    """Texts whose class their words do not tell: half of them have capitals, digits and marks."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefgh"), 3)) for _ in range(40)]
    said = [" ".join(rng.choice(words, rng.integers(3, 8))) for _ in range(394)]
    loud = rng.random(394) < 0.5
    texts = [
        f"{s.title()} {n} now!" if up else f"{s} now"
        for n, (s, up) in enumerate(zip(said, loud, strict=True))
    ]
    return [*texts, *HOSTILE], [*np.where(loud, "loud", "low"), *["loud", "low"] * 3]


def test_a_saved_network_sees_what_its_training_saw(
    shouted: tuple[list[str], list[str]], tmp_path: Path
) -> None:
    texts, names = shouted
    parts = np.split(np.arange(400), [240, 300])
    dataset = tables.texts(texts, names, *parts)
    path, told = tmp_path / "model.keras", tmp_path / "told.npy"
    order = Order(
        id="one",
        arrays=str(arrays.save(dataset, tmp_path / "arrays")),
        candidate=Candidate("gru", width=5, lookback=8, batch=16, learning_rate=0.01, embedding=4),
        fold="test",
        seed=5,
        steps=200,
        metric="accuracy",
        deadline=math.inf,
        forecast=True,
        model=str(path),
    )
    fit = train(order)
    assert fit.score is not None and fit.score > 0.95  # the words alone tell nothing
    test = dataset.split.holdout.test
    within = store.forecast(store.load(path), dataset, test, dataset.kind)
    asked = {
        "path": str(path),
        "out": str(tmp_path / "reads.keras"),
        "vocabulary": dataset.vocabulary,
        "classes": dataset.schema.classes,
        "documents": [texts[place] for place in test],
        "told": str(told),
    }
    case = tmp_path / "case.json"
    case.write_text(json.dumps(asked), encoding="utf-8")
    environment = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", READ, str(case)], env=environment, check=True)
    np.testing.assert_allclose(np.load(told), within, atol=1e-5)
    np.testing.assert_allclose(within, fit.forecasts, atol=1e-4)
