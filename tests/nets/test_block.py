"""The rows on the device, and the windows gathered from them: those a saved network is given."""

from __future__ import annotations

from dataclasses import replace
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tables

from autorecur.data import arrays
from autorecur.data.dataset import Column, Dataset
from autorecur.nets import store
from autorecur.nets.block import Block, block_of, inputs_of, truth_of
from autorecur.nets.build import core, input_names
from autorecur.nets.candidate import Candidate
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.whole import whole

LOOKBACK = 6
PARTS = np.arange(20), np.arange(20, 26), np.arange(26, 30)


def noise(rows: int, columns: int = 2) -> np.ndarray:
    return np.random.default_rng(rows).normal(50, 4, (rows, columns)).astype(np.float32)


def with_codes(dataset: Dataset) -> Dataset:
    """`dataset` with a past column of three categories and two facts a series."""
    rng = np.random.default_rng(8)
    column = Column("sort", "past", "categorical", "", ("a", "b", "c"))
    columns = (*dataset.schema.columns, column)
    return replace(
        dataset,
        schema=replace(dataset.schema, columns=columns),
        codes=rng.integers(0, 4, (dataset.rows, 1)).astype(np.int32),
        static=rng.normal(9, 3, (len(dataset.offsets) - 1, 2)).astype(np.float32),
    )


def forecasts(series: int = 2) -> Dataset:
    offsets = tuple(range(0, 80 * series + 1, 80))
    made = tables.forecast(noise(80 * series), 4, 3, offsets=offsets, test=20)
    return with_codes(made)


def nowcasts() -> Dataset:
    labels = list(map(float, range(30)))
    return with_codes(tables.nowcast(noise(30), labels, *PARTS, offsets=(0, 11, 30)))


def sequences() -> Dataset:
    """Of one row, of as many as the lookback, and of more."""
    series = [noise(rows) for rows in (1, 3, 6, 9, 2, 4, 8, 5)]
    labels = ["x", "y"] * 4
    parts = np.arange(5), np.array([5, 6]), np.array([7])
    return with_codes(tables.sequences(series, labels, *parts))


def texts(tokens: str = "word") -> Dataset:
    documents = ["a b c", "", "b b a c a b c a b", "c", "a c b d", "d d e"]
    parts = np.arange(4), np.array([4]), np.array([5])
    return tables.texts(documents, ["x", "y"] * 3, *parts, tokens=tokens)


def resident(dataset: Dataset, scaled: bool = False) -> tuple[Block, Scaler, Shape]:
    fold, shape = dataset.split.holdout, Shape.of(dataset)
    scaler = Scaler.fit(dataset, fold)
    return block_of(dataset, fold, scaler, shape, scaled=scaled), scaler, shape


def standardised(dataset: Dataset) -> np.ndarray:
    scaler = resident(dataset)[1]
    return scaler.scale(np.concatenate([dataset.values, dataset.known], axis=1))


def seen_codes(dataset: Dataset, block: Block) -> np.ndarray:
    """Of each code what the fold takes it for."""
    seen = np.asarray(block.seen)
    assert len(seen) == dataset.code_sizes[0]
    return seen


def gathered(dataset: Dataset, examples: np.ndarray, lookback: int = LOOKBACK) -> dict[str, Any]:
    block, _, shape = resident(dataset)
    inputs = inputs_of(block, examples, shape, lookback)
    return dict(zip(input_names(shape), map(np.asarray, inputs), strict=True))


KINDS = {
    "forecast": (forecasts(1), np.array([0, 1, 5, 6, 40, 77])),
    "panel": (forecasts(), np.array([0, 2, 6, 79 - 2, 80, 83, 86, 157])),
    "nowcast": (nowcasts(), np.array([0, 4, 10, 11, 12, 16, 29])),
    "sequences": (sequences(), np.arange(8)),
    "texts": (texts(), np.arange(6)),
    "language": (tables.language("abcab" * 20, until=60, steps=LOOKBACK), np.array([0, 6, 93])),
}


@pytest.mark.parametrize(("dataset", "examples"), KINDS.values(), ids=KINDS)
def test_trainings_and_saved_networks_see_the_same(dataset: Dataset, examples: np.ndarray) -> None:
    block, scaler, shape = resident(dataset)
    ours = gathered(dataset, examples)
    assert list(ours) == list(input_names(shape))
    network = core(Candidate("gru", width=2, lookback=LOOKBACK), shape, seed=1)
    model = whole(network, shape, scaler, LOOKBACK)
    given = store.windows(model, dataset, examples, dataset.kind)
    theirs = dict(zip((tensor.name for tensor in model.inputs), given, strict=True))
    assert list(theirs) == [name for name in ours if name != "mask"]
    there = np.ones((len(examples), LOOKBACK), bool)
    if dataset.kind.by_series:
        there = np.arange(LOOKBACK) < np.diff(dataset.offsets)[examples][:, None]
        np.testing.assert_array_equal(ours["mask"], there)
    if "past" in theirs:
        np.testing.assert_array_equal(np.isnan(theirs["past"]).any(axis=-1), ~there)
        expected = np.where(there[:, :, None], scaler.scale(theirs["past"]), 0.0)
        np.testing.assert_allclose(ours["past"], expected, atol=1e-6)
    if "codes" in theirs:
        expected = np.maximum(theirs["codes"], 0)
        if dataset.kind.text:
            expected = seen_codes(dataset, block)[expected]
        np.testing.assert_array_equal(ours["codes"], np.where(there[:, :, None], expected, 0))
    if "future" in theirs:
        expected = (theirs["future"] - scaler.mean[2:]) / scaler.deviation[2:]
        np.testing.assert_allclose(ours["future"], expected, atol=1e-6)
    if "static" in theirs:
        np.testing.assert_allclose(ours["static"], scaler.scale_static(theirs["static"]), atol=1e-6)


def test_before_a_series_its_first_row_is_repeated() -> None:
    dataset = forecasts()
    rows = standardised(dataset)
    codes = dataset.codes
    for example, expected in ((83, [80, 80, 80, 80, 81, 82]), (80, [80] * 6), (2, [0] * 5 + [1])):
        inputs = gathered(dataset, np.array([example]))
        np.testing.assert_allclose(inputs["past"][0], rows[expected], atol=1e-6)
        np.testing.assert_array_equal(inputs["codes"][0], codes[expected])
    inputs = gathered(nowcasts(), np.array([12]))  # the row itself is the last of its window
    expected = standardised(nowcasts())[[11] * 5 + [12]]
    np.testing.assert_allclose(inputs["past"][0], expected, atol=1e-6)


def test_a_longer_series_is_cut_and_a_shorter_one_padded() -> None:
    dataset = sequences()
    rows = standardised(dataset)
    inputs = gathered(dataset, np.array([1, 3]))
    padded = np.vstack([rows[1:4], np.zeros((3, 2))])
    np.testing.assert_allclose(inputs["past"][0], padded, atol=1e-6)
    np.testing.assert_allclose(inputs["past"][1], rows[10:16], atol=1e-6)
    np.testing.assert_array_equal(inputs["mask"], [[1, 1, 1, 0, 0, 0], [1] * 6])


def test_truths_of_a_forecast_are_its_steps() -> None:
    dataset = forecasts(1)
    observed = np.ones((80, 1), bool)
    observed[41] = False
    dataset = replace(dataset, observed=observed)
    block, scaler, shape = resident(dataset)
    truth, weight = map(np.asarray, truth_of(block, np.array([40]), shape, LOOKBACK))
    expected = scaler.scale_targets(dataset.values[40:43, :1])
    np.testing.assert_allclose(truth[0], expected, atol=1e-6)
    assert weight[0].ravel().tolist() == [1, 0, 1]


def test_errors_of_a_scaled_metric_count_in_their_series_units() -> None:
    dataset = forecasts()
    values = dataset.values.copy()
    values[80:] *= 100.0
    dataset = replace(dataset, values=values)
    block, scaler, shape = resident(dataset, scaled=True)
    scales = dataset.scales(dataset.split.holdout)[:, 0]
    assert scales[1] > 50 * scales[0]
    examples = np.array([5, 60, 80, 120])
    weight = np.asarray(truth_of(block, examples, shape, LOOKBACK)[1]) / scaler.target_deviation
    np.testing.assert_allclose(weight[:2] * scales[0], 1.0, rtol=1e-5)
    np.testing.assert_allclose(weight[2:] * scales[1], 1.0, rtol=1e-5)


def test_truths_of_labels() -> None:
    labels = list(map(float, range(30)))
    labels[4] = np.nan
    dataset = tables.nowcast(noise(30), labels, *PARTS)
    block, scaler, shape = resident(dataset)
    truth, weight = map(np.asarray, truth_of(block, np.array([3, 4]), shape, LOOKBACK))
    assert truth.shape == weight.shape == (2, 1, 1)
    np.testing.assert_allclose(scaler.restore(truth[0]), [[3.0]], rtol=1e-5)
    assert weight.ravel().tolist() == [1, 0] and np.isfinite(truth).all()


def test_rare_classes_count_for_more_by_the_root_of_their_rarity() -> None:
    labels = np.array(["often"] * 16 + ["seldom"] * 4 + ["often", "seldom"] * 5)
    dataset = tables.nowcast(noise(30), labels.tolist(), *PARTS)
    dataset.labels[25] = np.nan
    block, _, shape = resident(dataset)
    truth, weight = map(np.asarray, truth_of(block, np.arange(30), shape, LOOKBACK))
    assert truth.dtype == np.int32 and truth.shape == weight.shape == (30, 1)
    often, seldom = weight[0, 0], weight[19, 0]
    assert seldom / often == pytest.approx(np.sqrt(16 / 4))
    assert weight[:20].mean() == pytest.approx(1.0)  # of what is trained on
    np.testing.assert_allclose(weight[[20, 21, 22], 0], [often, seldom, often])
    assert weight[25, 0] == 0.0


def test_a_class_that_training_never_saw_is_no_division_by_nothing() -> None:
    labels = ["a", "b"] * 10 + ["c"] * 10
    block, _, _ = resident(tables.nowcast(noise(30), labels, *PARTS))
    counts = np.asarray(block.counts)
    assert len(counts) == 3 and np.isfinite(counts).all() and (counts > 0).all()


def test_tokens_that_training_did_not_see_are_unknown() -> None:
    dataset = texts()
    vocabulary = dataset.vocabulary
    assert set(vocabulary) == {"a", "b", "c", "d"}  # "d" of the validation part, "e" of neither
    unseen = vocabulary.index("d") + 2
    seen = seen_codes(dataset, resident(dataset)[0])
    assert seen[unseen] == 1 and unseen in dataset.codes
    others = np.delete(np.arange(len(seen)), unseen)
    np.testing.assert_array_equal(seen[others], others)


def test_of_a_text_its_first_part_is_what_training_saw() -> None:
    dataset = tables.language("abab" * 15 + "abcb" * 15, until=100, steps=5)
    fold = dataset.split.holdout
    early = replace(fold, fit_until=np.array([60]))
    scaler, shape = Scaler.fit(dataset, early), Shape.of(dataset)
    seen = seen_codes(dataset, block_of(dataset, early, scaler, shape, scaled=False))
    codes = seen[dataset.codes[:, 0]]
    unseen = dataset.vocabulary.index("c") + 2
    assert unseen in dataset.codes
    np.testing.assert_array_equal(
        codes, np.where(dataset.codes[:, 0] == unseen, 1, dataset.codes[:, 0])
    )
    truth, weight = map(np.asarray, truth_of(
        block_of(dataset, early, scaler, shape, scaled=False), np.array([0, 60]), shape, 5
    ))  # fmt: skip
    np.testing.assert_array_equal(truth, [codes[1:6], codes[61:66]])
    assert weight.shape == (2, 5) and (weight == 1).all()


def test_the_rows_are_the_files_own_pages(tmp_path: Path) -> None:
    """No worker holds a copy of the table: what it trains on lies where it was mapped."""
    dataset = arrays.load(arrays.save(forecasts(), tmp_path))
    block, _, _ = resident(dataset)
    for name in ("values", "known", "codes"):
        mapped = getattr(dataset, name)
        assert isinstance(mapped.base, np.memmap | mmap)
        assert getattr(block, name).unsafe_buffer_pointer() == mapped.ctypes.data
