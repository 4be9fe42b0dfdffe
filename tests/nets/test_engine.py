"""The compiled step against plain Keras, and what a program does with rows and examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import keras
import numpy as np
import pytest
import tables
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset
from autorecur.nets import block as blocks
from autorecur.nets import engine
from autorecur.nets.batches import batches
from autorecur.nets.block import Block
from autorecur.nets.build import core
from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.checkpoint import Progress
from autorecur.nets.engine import Program
from autorecur.nets.programs import program
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.start import set_gate_bias
from autorecur.nets.state import AVERAGE_SHARE, CLIP_NORM, WARM, State

LOSS = "mean_absolute_error"
TINY = Candidate("gru", width=5, lookback=8, batch=8)


def block_of(dataset: Dataset) -> Block:
    fold = dataset.split.selection
    scaler = Scaler.fit(dataset, fold)
    return blocks.block_of(dataset, fold, scaler, Shape.of(dataset), scaled=False)


def materialised(
    dataset: Dataset, lookback: int, examples: NDArray[Any]
) -> tuple[list[NDArray[np.float32]], NDArray[np.float32], NDArray[np.float32]]:
    """What a network with the plainest of input pipelines would be given."""
    scaler, horizon = Scaler.fit(dataset, dataset.split.selection), dataset.horizon
    past = scaler.scale(np.concatenate([dataset.values, dataset.known], axis=1))
    known = past[:, dataset.values.shape[1] :]
    targets = scaler.scale_targets(dataset.values[:, : dataset.targets])
    inputs = [np.stack([past[o - lookback : o] for o in examples])]
    if known.shape[1]:
        inputs.append(np.stack([known[o : o + horizon] for o in examples]))
    truth = np.stack([targets[o : o + horizon] for o in examples])
    weight = np.stack([dataset.observed[o : o + horizon] for o in examples])
    return inputs, truth, weight.astype(np.float32)


def begun(candidate: Candidate, dataset: Dataset) -> tuple[Program, State, keras.Model]:
    shape = Shape.of(dataset)
    made = program(candidate, shape, LOSS)
    model = core(candidate, shape, seed=11)
    set_gate_bias(model)
    return made, made.start(model, candidate), model


def shake(model: keras.Model) -> None:
    """Off the start, where a network says the same of everything."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.3, w.shape) for w in model.get_weights()])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("depth", "decay"), [(1, 0.0), (2, 0.0), (1, 0.3)])
def test_fifty_steps_equal_plain_keras(cell: str, depth: int, decay: float, seasonal: Any) -> None:
    dataset = seasonal.dataset
    candidate = replace(TINY, cell=cell, depth=depth, learning_rate=0.01, normalisation="standard")
    candidate = replace(candidate, weight_decay=decay)
    made, state, model = begun(candidate, dataset)
    block = block_of(dataset)
    train = dataset.split.selection.train
    drawn = batches(train[train >= 8], 8, seed=3, first_step=0, steps=50)

    stock = keras.optimizers.Adam(0.01, weight_decay=decay, clipnorm=CLIP_NORM)
    model.compile(stock, loss=LOSS, run_eagerly=False)
    expected = []
    for examples in drawn:
        inputs, truth, _ = materialised(dataset, 8, examples)
        model.reset_metrics()
        expected.append(float(model.train_on_batch(inputs, truth)))

    losses = []
    for chunk in np.split(drawn, 5):
        state, of_chunk = made.advance(state, block, chunk)
        losses += np.asarray(of_chunk).tolist()
    np.testing.assert_allclose(losses, expected, atol=1e-5)
    assert losses[-1] < 0.9 * losses[0]
    for ours, theirs in zip(state.trainable, model.trainable_variables, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)


def test_filled_in_targets_carry_no_loss(gappy: Any) -> None:
    dataset = gappy.dataset
    made, state, model = begun(TINY, dataset)
    block = block_of(dataset)
    examples = np.array([[33, 34, 35, 36, 37, 38, 39, 40]], np.int32)  # no window has a gap
    inputs, truth, weight = materialised(dataset, 8, examples[0])
    assert 0 < (weight == 0).sum() < weight.size
    after, loss = made.advance(state, block, examples)
    error = np.abs(truth - np.asarray(model(inputs)))
    assert float(loss[0]) == pytest.approx((error * weight).sum() / weight.sum(), abs=1e-6)

    nonsense = dataset.values.copy()
    nonsense[:, :1][~dataset.observed] = 1e3
    spoilt = block._replace(values=jax.numpy.asarray(nonsense))
    same, again = made.advance(state, spoilt, examples)
    np.testing.assert_array_equal(loss, again)
    for one, other in zip(after.trainable, same.trainable, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("cell", CELLS)
def test_forecasts_do_not_depend_on_their_company(cell: str, gappy: Any) -> None:
    dataset = gappy.dataset
    made, state, model = begun(replace(TINY, cell=cell), dataset)
    shake(model)
    state = made.start(model, TINY)
    block = block_of(dataset)
    examples = np.arange(20, 320)  # more than one compiled batch
    together = made.forecast(state, block, examples)
    assert together.shape == (300, 6, 1)
    for few in (examples[:1], examples[7:20], examples[250:263], examples[40:200]):
        alone = made.forecast(state, block, few)
        np.testing.assert_allclose(alone, together[few - 20], rtol=1e-6, atol=1e-6)
        # Batches of one compiled size, 1, 16 or 256, agree to the last bit, whoever else is in
        # them.
        for others in (few[::-1], np.resize(few[-3:], len(few))):
            again = made.forecast(state, block, others)
            np.testing.assert_array_equal(again, alone[others - few[0]])
    np.testing.assert_array_equal(made.forecast(state, block, examples[40:200]), together[40:200])
    inputs, _, _ = materialised(dataset, 8, examples)
    np.testing.assert_allclose(together, model.predict_on_batch(inputs), atol=1e-5)
    one = made.forecast_one(state, block, examples[5:6])
    np.testing.assert_allclose(one, together[5:6], atol=1e-5)
    assert made.forecast(state, block, examples[:0]).shape == (0, 6, 1)


def test_windows_are_never_materialised(co2: Any) -> None:
    """What a compiled chunk holds is less than all windows, and does not grow with its steps."""
    dataset = co2.dataset
    candidate = replace(TINY, width=4, lookback=104, batch=32)
    made, state, _ = begun(candidate, dataset)
    block = block_of(dataset)

    def held(steps: int) -> int:
        batches = np.zeros((steps, 32), np.int32)
        memory = made._advance.like(state, block, batches, np.int32(steps)).memory_analysis()
        return int(memory.temp_size_in_bytes + memory.argument_size_in_bytes)

    window_bytes = 104 * (block.values.shape[1] + block.known.shape[1]) * 4
    assert held(200) - held(10) < 190 * 32 * window_bytes / 50
    assert held(10) < dataset.rows * window_bytes


def test_the_rate_is_an_input_and_starts_as_asked(seasonal: Any) -> None:
    made, state, _ = begun(replace(TINY, learning_rate=0.02), seasonal.dataset)
    halved = made.with_rate(state, 0.5)
    assert float(state.optimiser[made._rate]) == pytest.approx(0.02)
    assert float(halved.optimiser[made._rate]) == pytest.approx(0.01)
    assert [float(np.abs(leaf).max()) for leaf in state.optimiser].count(0.0) == (
        len(state.optimiser) - 1
    )
    block, drawn = block_of(seasonal.dataset), np.arange(30, 38, dtype=np.int32)[None]
    whole, _ = made.advance(state, block, drawn)
    half, _ = made.advance(halved, block, drawn)
    begin = np.asarray(state.trainable[-1])
    np.testing.assert_allclose(
        np.asarray(whole.trainable[-1]) - begin,
        2 * (np.asarray(half.trainable[-1]) - begin),
        rtol=1e-4,
        atol=1e-7,
    )


def test_dropout_differs_from_step_to_step_and_not_in_forecasts(seasonal: Any) -> None:
    made, state, model = begun(replace(TINY, dropout=0.5), seasonal.dataset)
    shake(model)
    block, drawn = block_of(seasonal.dataset), np.arange(30, 38, dtype=np.int32)[None]
    still = replace(TINY, dropout=0.5, learning_rate=0.0)
    state = made.start(model, still)  # weights stay as they are: only the masks can differ
    losses = np.asarray(made.advance(state, block, np.repeat(drawn, 6, axis=0))[1])
    assert len(set(losses.tolist())) == 6
    again = np.asarray(made.advance(state, block, np.repeat(drawn, 6, axis=0))[1])
    np.testing.assert_array_equal(losses, again)
    examples = np.arange(30, 50)
    np.testing.assert_array_equal(
        made.forecast(state, block, examples), made.forecast(state, block, examples)
    )


def test_a_shape_is_compiled_once(seasonal: Any, gappy: Any) -> None:
    plain, knowing = Shape.of(seasonal.dataset), Shape.of(gappy.dataset)
    first = program(TINY, plain, LOSS)
    others = {"learning_rate": 0.5, "weight_decay": 0.1, "batch": 64}
    assert program(replace(TINY, **others), plain, LOSS) is first
    changes: list[tuple[Candidate, Shape, str]] = [
        (replace(TINY, width=6), plain, LOSS),
        (replace(TINY, normalisation="none"), plain, LOSS),
        (TINY, knowing, LOSS),
        (TINY, plain, "mean_squared_error"),
    ]
    assert all(program(*change) is not first for change in changes)


def test_a_checkpoint_brings_everything_back(seasonal: Any, tmp_path: Any) -> None:
    made, state, _ = begun(TINY, seasonal.dataset)
    later, _ = made.advance(
        state, block_of(seasonal.dataset), np.arange(30, 46, dtype=np.int32).reshape(2, 8)
    )
    progress = Progress(state=state)
    progress.see(0.5, 3.0)
    progress.state, progress.steps = later, 2
    progress.see(0.7, 4.0)
    progress.save(tmp_path / "one.npz")
    loaded = Progress.load(tmp_path / "one.npz", like=state)
    assert (loaded.score, loaded.steps, loaded.best_step, loaded.stale) == (3.0, 2, 0, 1)
    assert (loaded.watched, loaded.curve) == (0.5, [3.0, 4.0])
    for part in State._fields:
        for ours, theirs in ((loaded.state, later), (loaded.best, state)):
            for one, other in zip(getattr(ours, part), getattr(theirs, part), strict=True):
                np.testing.assert_array_equal(one, other)
                assert one.dtype == other.dtype
    assert [path.name for path in tmp_path.iterdir()] == ["one.npz"]  # no partial file is left


@pytest.mark.parametrize("scores", [(3.0, 2.0, 2.5), (0.3, 0.5, 0.4), (0.5, 0.3, 0.9)])
def test_what_is_watched_chooses_whichever_way_its_score_goes(scores: tuple[float, ...]) -> None:
    progress = Progress(state="first")
    for step, (watched, score) in enumerate(zip((3.0, 2.0, 2.5), scores, strict=True)):
        progress.steps, progress.state = step, f"after {step}"
        progress.see(watched, score)
    assert (progress.watched, progress.score) == (2.0, scores[1])
    assert (progress.best, progress.best_step) == ("after 1", 1)
    assert progress.stale == 1 and progress.curve == list(scores)


def test_two_padded_lengths_are_one_network() -> None:
    """What a series is padded to changes the work, and neither a loss nor an answer."""
    dataset = tables.unequal()
    shape, fold = Shape.of(dataset), dataset.split.selection
    assert 0 < shape.short < 10
    block = blocks.block_of(dataset, fold, Scaler.fit(dataset, fold), shape, scaled=False)
    candidate = Candidate("gru", width=4, lookback=19, pooling="max", bidirectional=True)
    drawn = batches(fold.train, 8, 1, 0, 12, short=dataset.lengths[fold.train] <= shape.short)
    given = []
    for each in (shape, replace(shape, short=0)):
        made = program(candidate, each, "sparse_categorical_crossentropy")
        assert made.short == each.short
        state, losses = made.advance(
            made.start(core(candidate, each, seed=2), candidate), block, drawn
        )
        given.append((np.asarray(losses), made.forecast(state, block, np.arange(72))))
    np.testing.assert_allclose(given[0][0], given[1][0], rtol=1e-4)
    np.testing.assert_allclose(given[0][1], given[1][1], rtol=1e-3, atol=1e-4)


def speech() -> Dataset:
    return tables.language("to be or not to be that is the question " * 20, until=600, steps=16)


@pytest.mark.parametrize("kind", ["numbers", "classes", "tokens"])
def test_a_batch_taken_in_parts_is_the_same_step(
    kind: str, gappy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = {"numbers": gappy.dataset, "classes": tables.unequal(), "tokens": speech()}[kind]
    shape, fold = Shape.of(dataset), dataset.split.selection
    loss = LOSS if kind == "numbers" else "sparse_categorical_crossentropy"
    block = blocks.block_of(dataset, fold, Scaler.fit(dataset, fold), shape, scaled=False)
    candidate = Candidate("gru", width=4, depth=2, lookback=16, embedding=5, learning_rate=0.01)
    drawn = batches(fold.train[fold.train >= 16], 8, seed=3, first_step=0, steps=20)
    if kind == "numbers":
        drawn[0] = np.arange(33, 41)  # windows that differ in how much of them counts
    given = []
    for cache, parts in ((0, 4), (engine.CACHE, 1)):
        monkeypatch.setattr(engine, "CACHE", cache)
        monkeypatch.setattr(engine, "FEWEST", 2)
        made = Program(candidate, shape, loss)
        assert made._parts(8, 16) == parts and made._parts(6, 16) == (2 if parts > 1 else 1)
        state, losses = made.advance(
            made.start(core(candidate, shape, seed=2), candidate), block, drawn
        )
        given.append((losses, state))
    np.testing.assert_allclose(given[0][0], given[1][0], rtol=1e-4, atol=1e-6)
    for ours, whole in zip(given[0][1].trainable, given[1][1].trainable, strict=True):
        np.testing.assert_allclose(ours, whole, atol=1e-4)


def test_each_part_of_a_batch_draws_its_own_dropout(
    seasonal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CACHE", 0)
    monkeypatch.setattr(engine, "FEWEST", 1)
    candidate = replace(TINY, dropout=0.5, learning_rate=0.0)
    shape = Shape.of(seasonal.dataset)
    made, block = Program(candidate, shape, LOSS), block_of(seasonal.dataset)
    model = core(candidate, shape, seed=11)
    shake(model)
    state = made.start(model, candidate)
    # Were the masks the same, so were the losses of one window twice and of that window alone.
    losses = [
        float(made.advance(state, block, np.array([those], np.int32))[1][0])
        for those in ([30], [30, 30])
    ]
    assert abs(losses[0] - losses[1]) > 1e-4


def test_a_second_chunk_does_not_compile_again(seasonal: Any, tmp_path: Any) -> None:
    candidate = replace(TINY, width=5)
    made, state, _ = begun(candidate, seasonal.dataset)
    block, drawn = block_of(seasonal.dataset), np.arange(30, 46, dtype=np.int32).reshape(2, 8)
    state, _ = made.advance(state, block, drawn)
    compiled = len(made._advance)
    for _ in range(2):
        state, _ = made.advance(state, block, drawn)
    made.advance(made.with_rate(state, 0.5), block, drawn)
    progress = Progress(state=state)
    progress.see(0.5, 3.0)
    progress.save(tmp_path / "one.npz")
    loaded = Progress.load(tmp_path / "one.npz", like=state)
    made.advance(made.bound(loaded.state), block, drawn)
    other = replace(candidate, learning_rate=0.3)
    made.advance(made.start(core(other, made.shape, seed=9), other), block, drawn)
    assert len(made._advance) == compiled


def test_rates_of_dropout_share_a_program_and_do_what_stock_dropout_does(seasonal: Any) -> None:
    block, drawn = block_of(seasonal.dataset), np.arange(30, 38, dtype=np.int32)[None]
    losses = {}
    for rate in (0.2, 0.6):
        candidate = replace(TINY, depth=2, width=32, dropout=rate)
        made, _, model = begun(candidate, seasonal.dataset)
        shake(model)
        state = made.start(model, candidate)
        inputs, truth, _ = materialised(seasonal.dataset, 8, drawn[0])
        losses[rate] = float(made.advance(state, block, drawn)[1][0])
        stock = np.abs(truth - np.asarray(model(inputs, training=True))).mean()
        assert losses[rate] == pytest.approx(float(stock), abs=1e-6)
    assert losses[0.2] != losses[0.6]
    first = program(replace(TINY, dropout=0.2), made.shape, LOSS)
    assert program(replace(TINY, dropout=0.6), made.shape, LOSS) is first
    assert program(TINY, made.shape, LOSS) is not first


def test_what_forecasts_is_the_average_of_the_last_steps(seasonal: Any) -> None:
    made, state, _ = begun(replace(TINY, learning_rate=0.05), seasonal.dataset)
    block = block_of(seasonal.dataset)
    drawn = np.arange(30, 30 + 60 * 8, dtype=np.int32).reshape(60, 8) % 200 + 30
    average = [np.asarray(leaf, np.float64) for leaf in state.trainable]
    now = state
    for step, batch in enumerate(drawn, 1):
        now, _ = made.advance(now, block, batch[None])
        share = max(AVERAGE_SHARE, (WARM - 1) / (WARM + step))
        average = [
            a + share * (np.asarray(w) - a) for a, w in zip(average, now.trainable, strict=True)
        ]
    for one, other in zip(now.average, average, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    examples = np.arange(30, 40)
    there = made.forecast(now._replace(trainable=state.trainable), block, examples)
    np.testing.assert_array_equal(made.forecast(now, block, examples), there)
    assert not np.array_equal(
        made.forecast(now._replace(average=now.trainable), block, examples), there
    )
