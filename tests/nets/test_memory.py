"""How far back a network looks: as finite differences say it, and as a planted distance does."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tables

from autorecur.data import arrays
from autorecur.data.dataset import Column, Dataset
from autorecur.nets.block import Block, block_of, inputs_of
from autorecur.nets.build import core, input_names
from autorecur.nets.candidate import Candidate
from autorecur.nets.memory import effective_memory, reach
from autorecur.nets.order import Order
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.train import train

LOOKBACK = 6
RNG = np.random.default_rng(4)


def with_block(dataset: Dataset) -> tuple[Block, Shape]:
    fold, shape = dataset.split.holdout, Shape.of(dataset)
    return block_of(dataset, fold, Scaler.fit(dataset, fold), shape, scaled=False), shape


def numbers() -> Dataset:
    rows = RNG.normal(size=(60, 2)).astype(np.float32)
    return tables.nowcast(
        rows, list(map(float, range(60))), np.arange(30), np.arange(30, 40), np.arange(40, 60)
    )


def series_of_unequal_length() -> Dataset:
    series = [RNG.normal(size=(rows, 2)).astype(np.float32) for rows in (1, 3, 6, 5, 2, 4)]
    return tables.sequences(
        series, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], np.arange(3), np.array([3]), np.arange(4, 6)
    )


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("made", [numbers, series_of_unequal_length])
def test_it_is_what_small_changes_do(made: object, cell: str) -> None:
    dataset: Dataset = made()  # type: ignore[operator]
    block, shape = with_block(dataset)
    model = core(Candidate(cell, width=4, depth=2, lookback=LOOKBACK), shape, seed=1)
    examples = dataset.split.holdout.test
    found = effective_memory(model, block, examples, shape, LOOKBACK, seed=1)

    inputs = [np.array(each) for each in inputs_of(block, examples, shape, LOOKBACK)]
    names = input_names(shape)
    past = inputs[names.index("past")]
    lengths = np.full(len(examples), LOOKBACK)
    if "mask" in names:
        lengths = inputs[names.index("mask")].sum(axis=1).astype(int)
    expected = np.zeros(LOOKBACK)
    for row in range(LOOKBACK):
        for column in range(past.shape[2]):
            answers = []
            for step in (-0.02, 0.02):
                moved = past.copy()
                moved[:, row, column] += step
                given = [
                    moved if name == "past" else each
                    for name, each in zip(names, inputs, strict=True)
                ]
                answers.append(model.predict_on_batch(given)[:, 0, 0])
            slope = np.abs(answers[1] - answers[0]) / 0.04
            for place, length in enumerate(lengths):
                if row < length:
                    expected[length - 1 - row] += slope[place]
    np.testing.assert_allclose(found, expected / expected.sum(), atol=2e-3)
    assert found.sum() == pytest.approx(1.0, abs=1e-5)


def test_a_planted_distance_is_found(tmp_path: Path) -> None:
    """The label is what a column was four rows ago: the sensitivity lies there."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1200, 1)).astype(np.float32)
    labels = np.roll(rows[:, 0], 4)
    parts = np.arange(8, 900), np.arange(900, 1000), np.arange(1000, 1200)
    dataset = tables.nowcast(rows, [float(each) for each in labels], *parts)
    order = Order(
        id="one",
        arrays=str(arrays.save(dataset, tmp_path)),
        candidate=Candidate("gru", width=16, lookback=12, batch=32, learning_rate=0.01),
        fold="test",
        seed=5,
        steps=1500,
        metric="mae",
        deadline=math.inf,
        memory=True,
    )
    fit = train(replace(order, candidate=replace(order.candidate, normalisation="none")))
    assert fit.memory is not None and fit.memory.shape == (12,)
    assert fit.memory.argmax() == 4 and fit.memory[4] > 0.5
    assert reach(fit.memory) in range(5, 9)
    assert train(replace(order, memory=False, steps=20)).memory is None


@pytest.mark.parametrize("kind", ["texts", "language", "codes"])
def test_of_tokens_and_categories_too(kind: str) -> None:
    texts = ["a b c", "", "b b a c a b c a b", "c", "a c b d", "d d e"]
    parts = np.arange(4), np.array([4]), np.array([5])
    made = {
        "texts": tables.texts(texts, ["x", "y"] * 3, *parts),
        "language": tables.language("abcab" * 20, until=60, steps=LOOKBACK),
        "codes": replace(numbers(), codes=RNG.integers(0, 4, (60, 1)).astype(np.int32)),
    }[kind]
    if kind == "codes":
        column = Column("sort", "past", "categorical", "", ("a", "b", "c"))
        made = replace(made, schema=replace(made.schema, columns=(*made.schema.columns, column)))
    block, shape = with_block(made)
    candidate = Candidate("lstm", width=4, lookback=LOOKBACK, embedding=3)
    model = core(candidate, shape, seed=1)
    for variable in model.trainable_variables:
        if variable.path.startswith("embedding"):
            variable.assign(RNG.normal(size=variable.shape))
    examples = np.arange(6)
    found = effective_memory(model, block, examples, shape, LOOKBACK, seed=1)
    assert found.shape == (LOOKBACK,) and found.sum() == pytest.approx(1.0, abs=1e-5)
    assert (found >= 0).all() and found[0] > found[-1]
