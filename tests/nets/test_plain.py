"""The other engine: the same trainings by plain `fit`, on TensorFlow in a worker of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import engines
import keras
import numpy as np
import pytest
import tables

from autorecur.data.dataset import Dataset
from autorecur.nets.batches import batches
from autorecur.nets.block import block_of, inputs_of
from autorecur.nets.build import core
from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.order import Order, Status
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.state import optimiser_of
from autorecur.nets.train import train
from autorecur.search.workers import WorkerPool

SMALL = Candidate("gru", width=6, lookback=8, batch=8, learning_rate=0.01, normalisation="none")


@pytest.fixture(scope="module")
def tensorflow() -> Iterator[WorkerPool]:
    with WorkerPool(1, threads=2, backend="tensorflow") as pool:
        yield pool
        pool.shutdown(wait=False, cancel_futures=True)


def waves(known: bool = True) -> Dataset:
    steps = np.arange(300)
    y = np.sin(steps / 2) + np.random.default_rng(1).normal(0, 0.1, 300)
    columns = np.stack([y, np.roll(y, 2)], axis=1)
    none = None if known else np.empty((300, 0))
    return tables.forecast(columns, season=12, horizon=3, known=none)


def rooms() -> Dataset:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(400, 2)).cumsum(axis=0) / 5
    labels = ["up" if each > 0 else "down" for each in values[:, 0]]
    rows = np.arange(10, 400)
    return tables.nowcast(values, labels, rows[:250], rows[250:300], rows[300:])


def sounds(lengths: tuple[int, int] = (3, 9)) -> Dataset:
    """Two classes of equally many series, so that every class counts the same."""
    rng = np.random.default_rng(3)
    series = [rng.normal(size=(int(rng.integers(*lengths)), 2)) for _ in range(120)]
    for place, each in enumerate(series):
        each += place % 2 - 0.5
    labels = ["odd" if place % 2 else "even" for place in range(120)]
    order = np.arange(120)
    return tables.sequences(series, labels, order[:80], order[80:100], order[100:])


def notes() -> Dataset:
    rng = np.random.default_rng(4)
    words = np.array(["good", "bad", "fine", "poor", "and", "or"])
    documents = [" ".join(rng.choice(words, rng.integers(1, 8))) for _ in range(120)]
    labels = [float(text.count("good") - text.count("bad")) for text in documents]
    order = np.arange(120)
    return tables.texts(documents, labels, order[:80], order[80:100], order[100:])


def speech() -> Dataset:
    return tables.language("to be or not to be that is the question " * 60, until=1_800, steps=16)


KINDS: dict[str, tuple[Callable[[], Dataset], dict[str, Any]]] = {
    "forecast": (waves, {"normalisation": "standard", "linear": True}),
    "nowcast": (rooms, {"weight_decay": 0.2}),
    "sequences": (sounds, {"lookback": 8, "pooling": "attention", "bidirectional": True}),
    "texts": (notes, {"lookback": 7, "pooling": "max", "embedding": 5, "depth": 2}),
    "language": (speech, {"lookback": 16, "embedding": 5}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_do_the_same(kind: str, tensorflow: WorkerPool) -> None:
    make, choices = KINDS[kind]
    dataset, candidate = make(), replace(SMALL, **choices)
    ours = engines.trained(dataset, candidate, None)
    theirs = tensorflow.submit(engines.trained, dataset, candidate, ours["start"]).result()
    assert (ours["engine"], theirs["engine"]) == ("jax", "tensorflow")
    assert np.mean(ours["losses"][-10:]) < np.mean(ours["losses"][:10])
    for part in ("start", "losses"):
        np.testing.assert_allclose(theirs[part][0], ours[part][0], atol=1e-5)
    np.testing.assert_allclose(theirs["one"], theirs["answers"][:1], atol=1e-5)
    if dataset.kind.text:
        # TensorFlow's gradients of vectors are sparse, and their norm is clipped before those of
        # one token are summed up: the steps are others, and as good.
        ends = [np.mean(each["losses"][-10:]) for each in (ours, theirs)]
        assert ends[1] == pytest.approx(ends[0], rel=0.4)
        return
    np.testing.assert_allclose(theirs["losses"], ours["losses"], atol=2e-4)
    for part in ("weights", "average"):
        for one, other in zip(theirs[part], ours[part], strict=True):
            np.testing.assert_allclose(one, other, atol=2e-3)
    np.testing.assert_allclose(theirs["answers"], ours["answers"], atol=5e-3)


@pytest.mark.parametrize("cell", CELLS)
def test_a_whole_training_on_either_is_as_good(
    cell: str, seasonal: Any, tensorflow: WorkerPool
) -> None:
    """Its own start, dropout and all: what differs is less than what a seed makes."""
    candidate = Candidate(cell, width=8, lookback=12, batch=16, learning_rate=0.01, dropout=0.1)
    orders = [
        Order("", seasonal.folder, candidate, "selection", seed, 100, "mae", float("inf"))
        for seed in range(4)
    ]
    ours = [train(order) for order in orders]
    theirs = [tensorflow.submit(train, order).result() for order in orders]
    assert {fit.engine for fit in theirs} == {"tensorflow"}
    assert all(fit.status is Status.FINISHED and fit.steps == 100 for fit in theirs)
    scores = np.array([[fit.score for fit in fits] for fits in (ours, theirs)])
    noise = scores.std(axis=1, ddof=1).max()
    assert abs(np.diff(scores.mean(axis=1))[0]) < 3 * noise


def test_it_goes_on_from_a_checkpoint_as_if_it_had_never_stopped(
    seasonal: Any, tensorflow: WorkerPool, tmp_path: Any
) -> None:
    candidate = Candidate("gru", width=5, lookback=8, batch=16, learning_rate=0.01, dropout=0.2)
    path = str(tmp_path / "one.npz")
    whole = Order("", seasonal.folder, candidate, "selection", 5, 60, "mae", float("inf"))
    half = replace(whole, steps=30, checkpoint=path)
    rest = replace(whole, resume_from=path)
    in_one, _, resumed = (tensorflow.submit(train, each).result() for each in (whole, half, rest))
    assert resumed.steps_done == 30
    np.testing.assert_allclose(resumed.curve, in_one.curve, rtol=1e-5)


CASES = [
    *((depth, both_ways, masks, 8) for depth in (1, 2, 3) for both_ways, masks in ((0, 0), (1, 1))),
    (1, 1, 0, 8),
    (3, 0, 1, 8),
    (1, 0, 0, 1),
    (2, 1, 1, 1),
]
# Every case with both cells; half of them, each with one cell, are left out by default.
OFTEN = (0, 3, 4, 6, 9), (1, 2, 5, 7, 8)
CASES_OF_CELLS = [
    pytest.param(cell, *case, marks=() if place in often else pytest.mark.slow)
    for cell, often in zip(CELLS, OFTEN, strict=True)
    for place, case in enumerate(CASES)
]


@pytest.mark.parametrize(("cell", "depth", "both_ways", "masks", "rows"), CASES_OF_CELLS)
def test_the_compiled_step_is_kerass_own_fit(
    cell: str, depth: int, both_ways: int, masks: int, rows: int
) -> None:
    """Fifty steps of the stock network by `fit`, with Keras' own loss, from the same start."""
    dataset = sounds((1, rows + 1) if masks else (rows, rows + 1))
    candidate = replace(
        SMALL, cell=cell, depth=depth, lookback=rows, bidirectional=bool(both_ways), pooling="mean"
    )
    ours = engines.trained(dataset, candidate, None)
    shape, fold = Shape.of(dataset), dataset.split.selection
    scaler = Scaler.fit(dataset, fold)
    block = block_of(dataset, fold, scaler, shape, scaled=False, resident=False)
    assert block.counts.tolist() == [1.0, 1.0]
    examples = batches(fold.train, candidate.batch, 3, 0, engines.STEPS).reshape(-1)
    inputs = inputs_of(block, examples, shape, rows)
    assert bool((inputs[-1] == 0).any()) is bool(masks and rows > 1)

    model = core(candidate, shape, seed=11)
    model.set_weights(ours["start"])
    optimiser = optimiser_of(model)
    optimiser.learning_rate = candidate.learning_rate
    model.compile(optimiser, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    means: list[float] = []
    told = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _, logs: means.append(logs["loss"])
    )
    truth = dataset.labels[examples].astype("int32")
    model.fit(inputs, truth, batch_size=candidate.batch, shuffle=False, verbose=0, callbacks=[told])
    totals = np.array(means) * np.arange(1, engines.STEPS + 1)
    np.testing.assert_allclose(np.diff(totals, prepend=0), ours["losses"], atol=1e-5)
