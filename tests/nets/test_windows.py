"""The networks of every kind: their size, and what padding does to them, which is nothing."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from autorecur.nets.build import core, input_names
from autorecur.nets.candidate import CELLS, POOLINGS, Candidate
from autorecur.nets.cost import multiply_adds, parameters
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.start import set_gate_bias
from autorecur.nets.whole import PADDING, whole

BEFORE = Shape(channels=3, targets=2, known=2, horizon=4, season=1)
UPTO = Shape(channels=3, targets=1, known=0, horizon=1, season=1, window="upto")
SERIES = replace(UPTO, window="whole")
TEXT = Shape(0, 1, 0, 1, 1, window="whole", output="classes", codes=(11,), classes=3)
STREAM = Shape(0, 1, 0, 7, 1, window="stream", output="tokens", codes=(9,), classes=9)
MIXED = replace(SERIES, output="classes", classes=3, codes=(5, 40), static=2)
SHAPES = {
    "before": BEFORE,
    "before, nothing known": replace(BEFORE, known=0),
    "before, categories and statics": replace(BEFORE, codes=(5, 60), static=3),
    "upto, a number": UPTO,
    "upto, classes": replace(UPTO, output="classes", classes=4, codes=(3,)),
    "whole, a number": SERIES,
    "whole, everything": MIXED,
    "text": TEXT,
    "text, a number": replace(TEXT, output="numbers", classes=0),
    "stream": STREAM,
}
LONG, SHORT = 9, 6  # two lookbacks; no series below is longer than the shorter


def built_weights(candidate: Candidate, shape: Shape) -> int:
    return int(core(candidate, shape, seed=1).count_params())


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_formula_counts_every_kind(shape: Shape, cell: str) -> None:
    plain = Candidate(cell, width=5, lookback=7)
    rich = replace(plain, depth=3, residual=True, embedding=6 if shape.codes else 0)
    for candidate in (plain, rich):
        assert parameters(candidate, shape) == built_weights(candidate, shape)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_the_formula_counts_poolings_and_directions(
    cell: str, bidirectional: bool, pooling: str
) -> None:
    candidate = Candidate(
        cell, 2, 5, 7, pooling=pooling, bidirectional=bidirectional, residual=True
    )
    assert parameters(candidate, MIXED) == built_weights(candidate, MIXED)


def test_multiply_adds_of_the_other_kinds_by_hand() -> None:
    gru = Candidate("gru", width=5, lookback=7, embedding=6)
    # 7 steps of 3 gates of [6 + 5] × 5, and of a score for each of 9 tokens.
    assert multiply_adds(gru, STREAM) == 7 * 3 * 11 * 5 + 7 * 5 * 9
    # Both directions of it, and one answer of 10 × 3.
    both = replace(gru, bidirectional=True)
    assert multiply_adds(both, TEXT) == 2 * 7 * 3 * 11 * 5 + 10 * 3
    # Attention looks at each of the 7 steps: 10 × 32, and 32 × 1.
    attentive = replace(both, pooling="attention")
    assert multiply_adds(attentive, TEXT) == multiply_adds(both, TEXT) + 7 * (10 * 32 + 32)


def unsettled(model: keras.Model) -> keras.Model:
    rng = np.random.default_rng(4)
    model.set_weights(
        [
            rng.normal(0, 0.5, w.shape) if w.dtype == np.float32 else w  # not a dropout's seed
            for w in model.get_weights()
        ]
    )
    return model


def padded(
    shape: Shape, lookback: int, padding: int
) -> tuple[dict[str, NDArray[np.generic]], NDArray[np.bool_]]:
    """Series of 1, 4 and 6 rows; `padding` seeds what stands after their ends."""
    rng, after = np.random.default_rng(7), np.random.default_rng(padding)
    rows, categories = 6, len(shape.codes)
    values = rng.normal(size=(3, rows, shape.channels))
    codes = rng.integers(1, 5, (3, rows, categories))
    there = np.arange(lookback) < np.array([1, 4, 6])[:, None]
    past = after.normal(0, 100, (3, lookback, shape.channels))
    coded = after.integers(0, 5, (3, lookback, categories))
    past[there], coded[there] = values[there[:, :rows]], codes[there[:, :rows]]
    given = {
        "past": past.astype(np.float32),
        "codes": coded.astype(np.int32),
        "mask": there.astype(np.float32),
        "static": rng.normal(size=(3, shape.static)).astype(np.float32),
    }
    return {name: given[name] for name in input_names(shape)}, there


def answers(model: keras.Model, given: dict[str, NDArray[np.generic]]) -> NDArray[np.float32]:
    return np.asarray(model.predict_on_batch(list(given.values())))


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forwards", "both ways"])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_is_never_seen(cell: str, bidirectional: bool, pooling: str) -> None:
    candidate = Candidate(
        cell, 2, 4, LONG, pooling=pooling, bidirectional=bidirectional, residual=True
    )
    model = unsettled(core(candidate, MIXED, seed=1))
    given, _ = padded(MIXED, LONG, padding=1)
    expected = answers(model, given)
    assert np.abs(expected[0] - expected[1]).max() > 1e-3  # it does see the rows
    np.testing.assert_allclose(
        answers(model, padded(MIXED, LONG, padding=2)[0]), expected, rtol=1e-5, atol=1e-6
    )
    shorter = unsettled(core(replace(candidate, lookback=SHORT), MIXED, seed=1))
    np.testing.assert_allclose(
        answers(shorter, padded(MIXED, SHORT, padding=3)[0]), expected, rtol=1e-5, atol=1e-6
    )
    unmasked = given | {"mask": np.ones_like(given["mask"])}
    assert np.abs(answers(model, unmasked) - expected)[:2].max() > 1e-3  # but for the mask


@pytest.mark.parametrize("cell", CELLS)
def test_both_ways_is_another_answer_for_rows_turned_round(cell: str) -> None:
    """Of a series without padding both directions see all: turned round, they trade places."""
    candidate = Candidate(cell, 1, 4, SHORT, bidirectional=True)
    model = unsettled(core(candidate, SERIES, seed=1))
    weights = model.get_weights()
    half = (len(weights) - 2) // 2
    forwards, backwards, (kernel, bias) = weights[:half], weights[half:-2], weights[-2:]
    traded = [*backwards, *forwards, np.concatenate([kernel[4:], kernel[:4]]), bias]
    rows = np.random.default_rng(3).normal(size=(2, SHORT, 3)).astype(np.float32)
    mask = np.ones((2, SHORT), np.float32)
    expected = np.asarray(model.predict_on_batch([rows, mask]))
    assert np.abs(np.asarray(model.predict_on_batch([rows[:, ::-1], mask])) - expected).max() > 1e-3
    model.set_weights(traded)
    turned = np.asarray(model.predict_on_batch([rows[:, ::-1], mask]))
    np.testing.assert_allclose(turned, expected, rtol=1e-5, atol=1e-6)


def test_the_gate_bias_is_set_in_both_directions() -> None:
    candidate = Candidate("gru", 2, 4, SHORT, bidirectional=True)
    model = core(candidate, TEXT, seed=1)
    set_gate_bias(model)
    for number in range(2):
        layer = model.get_layer(f"both_ways_{number}")
        for direction in (layer.forward_layer, layer.backward_layer):
            biases = direction.get_weights()[2]
            assert biases[0].tolist() == [1.0] * 4 + [0.0] * 8 and not biases[1].any()


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_whole_network_knows_its_padding(pooling: str) -> None:
    """Series of original units, ended by rows that are no numbers."""
    candidate = Candidate("gru", 2, 4, LONG, pooling=pooling, bidirectional=True, residual=True)
    mean, deviation = np.float32([340.0, -7.0, 0.01]), np.float32([12.0, 3.0, 0.002])
    facts, spreads = np.float32([1e3, 4.0]), np.float32([50.0, 0.5])
    for shape in (SERIES, MIXED):
        trained = unsettled(core(candidate, shape, seed=1))
        one = np.float32([20.0]), np.float32([3.0])
        scaler = Scaler(mean, deviation, *one, facts[: shape.static], spreads[: shape.static])
        given, there = padded(shape, LONG, padding=1)
        expected = answers(trained, given)
        numbers = shape.output == "numbers"
        expected = 20.0 + 3.0 * expected if numbers else softmax(expected)
        raw = {name: array for name, array in given.items() if name != "mask"}
        raw["past"] = np.where(there[:, :, None], given["past"] * deviation + mean, np.nan)
        if shape.static:
            raw["static"] = given["static"] * spreads + facts
        model = whole(trained, shape, scaler, LONG)
        assert [tensor.name for tensor in model.inputs] == list(raw)
        np.testing.assert_allclose(answers(model, raw), expected, rtol=1e-4, atol=1e-5)


def test_a_code_below_nought_is_padding_and_an_unknown_category_is_not() -> None:
    candidate = Candidate("lstm", 1, 4, LONG, pooling="mean", bidirectional=True)
    trained = unsettled(core(candidate, TEXT, seed=1))
    given, there = padded(TEXT, LONG, padding=1)
    nothing = np.empty(0, np.float32)
    scaler = Scaler(nothing, nothing, np.zeros(1), np.ones(1), nothing, nothing)
    model = whole(trained, TEXT, scaler, LONG)
    given["codes"][1, 2] = 0  # in the middle of a series
    got = answers(model, {"codes": np.where(there[:, :, None], given["codes"], PADDING)})
    np.testing.assert_allclose(got, softmax(answers(trained, given)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(got.sum(axis=-1), 1.0, rtol=1e-6)


def test_a_stream_looks_back_only() -> None:
    model = unsettled(core(Candidate("gru", 2, 4, 7, embedding=3), STREAM, seed=1))
    codes = np.random.default_rng(1).integers(1, 9, (2, 7, 1)).astype(np.int32)
    changed = codes.copy()
    changed[:, 4] = 9 - changed[:, 4]
    one, other = (np.asarray(model.predict_on_batch([c])) for c in (codes, changed))
    assert one.shape == (2, 7, 9)
    np.testing.assert_array_equal(one[:, :4], other[:, :4])
    assert (np.abs(one - other)[:, 4:].max(axis=(0, 2)) > 1e-4).all()
