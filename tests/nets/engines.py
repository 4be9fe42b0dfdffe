"""One short training, told by its losses, weights and answers, in whichever process it is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autorecur.data.dataset import Dataset
from autorecur.nets.batches import batches
from autorecur.nets.block import block_of
from autorecur.nets.build import core
from autorecur.nets.candidate import Candidate
from autorecur.nets.programs import engine_name, program
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.start import set_gate_bias

STEPS = 50


def losses_of(dataset: Dataset) -> str:
    numbers = Shape.of(dataset).output == "numbers"
    return "mean_absolute_error" if numbers else "sparse_categorical_crossentropy"


def trained(
    dataset: Dataset, candidate: Candidate, weights: Sequence[np.ndarray] | None
) -> dict[str, Any]:
    """Fifty steps from `weights`, or from this engine's own start, in chunks of ten."""
    shape, fold = Shape.of(dataset), dataset.split.selection
    made = program(candidate, shape, losses_of(dataset))
    model = core(candidate, shape, seed=11)
    set_gate_bias(model)
    if weights is not None:
        model.set_weights(weights)
    name = engine_name()
    scaler = Scaler.fit(dataset, fold)
    block = block_of(dataset, fold, scaler, shape, scaled=False, resident=name == "jax")
    state, losses = made.start(model, candidate), []
    drawn = batches(fold.train, candidate.batch, 3, 0, STEPS)
    for chunk in np.split(drawn, 5):
        state, of_chunk = made.advance(state, block, chunk)
        losses += np.asarray(of_chunk).tolist()
    return {
        "engine": name,
        "start": [np.asarray(each) for each in model.get_weights()],
        "losses": losses,
        "weights": [np.asarray(each) for each in state.trainable],
        "average": [np.asarray(each) for each in state.average],
        "answers": np.asarray(made.forecast(state, block, fold.validation)),
        "one": np.asarray(made.forecast_one(state, block, fold.validation[:1])),
    }
