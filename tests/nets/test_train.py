"""One training under limits: repeatable, resumable, on time, and never an exception."""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tables

from autorecur.data import arrays
from autorecur.data.dataset import Dataset
from autorecur.data.scoring import score
from autorecur.metrics import METRICS, metric
from autorecur.nets import store, training
from autorecur.nets.candidate import CELLS, Candidate
from autorecur.nets.cost import parameters
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.shape import Shape
from autorecur.nets.spelling import spelled
from autorecur.nets.start import EMBEDDING_LIMIT
from autorecur.nets.train import train
from autorecur.nets.training import CHUNK, PATIENCE

TINY = Candidate("gru", width=5, lookback=8, batch=16, learning_rate=0.01, normalisation="last")
NEVER = float("inf")


@pytest.fixture
def order(seasonal: Any) -> Order:
    return Order(
        id="one",
        arrays=seasonal.folder,
        candidate=TINY,
        fold="selection",
        seed=5,
        steps=60,
        metric="mae",
        deadline=NEVER,
    )


def ticking(seconds: float = 1.0) -> Callable[[], float]:
    """A clock that goes on by `seconds` whenever it is read."""
    reading = [0.0]

    def clock() -> float:
        reading[0] += seconds
        return reading[0]

    return clock


@pytest.mark.parametrize("cell", CELLS)
def test_the_same_order_gives_the_same_fit(cell: str, order: Order) -> None:
    order = replace(order, candidate=replace(TINY, cell=cell, dropout=0.1))
    one, again = train(order), train(order)
    assert one.status is Status.FINISHED and one.steps == one.steps_done == 60
    assert len(one.curve) == 6 and one.score == min(one.curve)
    assert (one.score, one.curve, one.best_step) == (again.score, again.curve, again.best_step)
    other = train(replace(order, seed=6))
    assert other.curve != one.curve


@pytest.mark.parametrize("cell", CELLS)
def test_training_beats_the_untrained_network(cell: str, order: Order, seasonal: Any) -> None:
    candidate = replace(TINY, cell=cell, lookback=24, learning_rate=0.02)
    fit = train(replace(order, candidate=candidate, steps=200, forecast=True, fold="holdout"))
    fold, dataset = seasonal.dataset.split.holdout, seasonal.dataset
    naive = np.repeat(dataset.values[fold.validation - 1, None, :1], 6, axis=1)
    assert fit.score is not None
    assert fit.score < 0.7 * metric("mae").score(dataset.actuals(fold.validation), naive)
    assert fit.forecasts is not None and fit.forecasts.shape == (len(fold.test), 6, 1)
    assert metric("mae").score(dataset.actuals(fold.test), fit.forecasts) < 2 * fit.score


def test_interrupted_and_resumed_is_as_if_never_interrupted(order: Order, tmp_path: Path) -> None:
    order = replace(order, candidate=replace(TINY, dropout=0.2))
    checkpoint = str(tmp_path / "there.npz")
    whole = train(replace(order, steps=90))
    first = train(replace(order, steps=30, checkpoint=checkpoint))
    second = train(replace(order, steps=90, resume_from=checkpoint, forecast=True))
    assert first.curve == whole.curve[:3]
    assert second.curve == whole.curve
    assert (second.steps, second.steps_done, second.score) == (90, 60, whole.score)
    assert second.best_step == whole.best_step


def test_a_checkpoint_that_is_gone_means_from_the_start(order: Order, tmp_path: Path) -> None:
    lost = train(replace(order, resume_from=str(tmp_path / "lost.npz")))
    assert lost.curve == train(order).curve and lost.steps_done == 60


def test_a_training_that_has_its_steps_already_adds_none(order: Order, tmp_path: Path) -> None:
    checkpoint = str(tmp_path / "there.npz")
    first = train(replace(order, steps=30, checkpoint=checkpoint))
    again = train(replace(order, steps=30, resume_from=checkpoint))
    assert again.steps_done == 0 and again.score == first.score and again.curve == first.curve


def test_a_deadline_is_kept_to_the_step(order: Order) -> None:
    """Every reading of the clock costs a second, whatever is done between two of them."""
    for deadline in (20.0, 41.0, 60.0):
        fit = train(replace(order, steps=10_000, deadline=deadline), clock=ticking())
        assert fit.status is Status.DEADLINE
        assert fit.score is not None and fit.steps > 0
        assert deadline - 12 <= fit.seconds <= deadline + 5
    longer = train(replace(order, steps=10_000, deadline=60.0), clock=ticking())
    shorter = train(replace(order, steps=10_000, deadline=20.0), clock=ticking())
    assert shorter.steps < longer.steps
    assert longer.curve[: len(shorter.curve)] == shorter.curve


def test_how_steps_are_cut_into_calls_changes_nothing(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow machine is entered after every step, a fast one after fifty: the same fit."""
    fits = []
    for seconds in (0.0, 0.2, 1e9):
        monkeypatch.setattr(training, "CALL_SECONDS", seconds)
        fits.append(train(replace(order, candidate=replace(TINY, dropout=0.2), steps=150)))
    assert {fit.steps for fit in fits} == {150}
    assert fits[0].curve == fits[1].curve == fits[2].curve


def test_a_real_clock_is_kept_too(order: Order) -> None:
    train(order)  # compiled
    begin = time.monotonic()
    fit = train(replace(order, steps=10**6, deadline=begin + 0.4))
    assert fit.status in (Status.DEADLINE, Status.STOPPED) and fit.score is not None
    assert time.monotonic() - begin < 2.0


def test_a_deadline_that_has_passed_trains_nothing(order: Order, tmp_path: Path) -> None:
    saved, checkpoint = tmp_path / "model.keras", tmp_path / "there.npz"
    fit = train(
        replace(order, deadline=0.0, model=str(saved), checkpoint=str(checkpoint), forecast=True),
        clock=ticking(),
    )
    assert (fit.status, fit.score, fit.steps, fit.curve) == (Status.DEADLINE, None, 0, ())
    assert fit.sentence == "cut short by its deadline"
    assert fit.forecasts is None and not saved.exists() and not checkpoint.exists()


def test_a_deadline_before_the_first_validation_still_gives_a_score(order: Order, co2: Any) -> None:
    """The bundled table validates every 40 steps; this clock ends the training after fewer."""
    order = replace(order, arrays=co2.folder, candidate=replace(TINY, batch=32), steps=10_000)
    fit = train(replace(order, deadline=8.0), clock=ticking())
    assert fit.status is Status.DEADLINE and 0 < fit.steps < 40
    assert len(fit.curve) == 1 and fit.score == fit.curve[0] and fit.best_step == fit.steps


def test_the_longest_time_is_that_of_its_own_steps(order: Order) -> None:
    late = ticking()
    for _ in range(500):
        late()
    fit = train(replace(order, steps=10_000, longest_seconds=40.0), clock=late)
    assert fit.status is Status.DEADLINE and fit.score is not None
    used = fit.ledger["steps"] + fit.ledger["validation"]
    assert 25 <= used <= 42
    assert not fit.late  # its own limit, which is the same for both cells of a pair, has ended it
    assert train(replace(order, steps=10_000, deadline=40.0), clock=ticking()).late
    assert not train(replace(order, steps=30, deadline=1e9), clock=ticking()).late


def test_a_training_without_gain_stops_and_hands_back_its_best(order: Order) -> None:
    wild = replace(TINY, learning_rate=0.5)
    fit = train(replace(order, candidate=wild, steps=10_000, forecast=True))
    assert fit.status is Status.STOPPED and fit.sentence == "stopped early: no gain for a while"
    best = int(np.argmin(fit.curve))
    assert fit.score == fit.curve[best] and fit.best_step == CHUNK * (best + 1)
    assert len(fit.curve) == best + 1 + PATIENCE


def test_a_training_goes_on_for_the_seconds_that_its_cell_is_behind_by(order: Order) -> None:
    """At most as long again; what it gains there counts, and its usual end stays its end."""
    wild = replace(TINY, learning_rate=0.5)
    for usual, status in (
        (replace(order, candidate=wild, steps=10_000), Status.STOPPED),
        (replace(order, steps=60), Status.FINISHED),
    ):
        fit = train(usual, clock=ticking())
        for extra, least, most in ((5.0, 5.0, 30.0), (1e9, 0.95 * fit.working_seconds, math.inf)):
            longer = train(replace(usual, extra_seconds=extra), clock=ticking())
            more = longer.working_seconds - fit.working_seconds
            assert longer.status is fit.status is status
            assert longer.curve[: len(fit.curve)] == fit.curve
            assert least <= more <= min(most, 1.2 * fit.working_seconds)
            assert longer.score == min(longer.curve) <= min(fit.curve)


def test_a_deadline_beyond_the_usual_end_has_cut_nothing_short(order: Order) -> None:
    clock = ticking()
    fit = train(order, clock=clock)
    end = clock() + 8.0
    longer = train(replace(order, extra_seconds=1e9, deadline=end), clock=ticking())
    assert longer.status is fit.status is Status.FINISHED and not longer.late
    assert longer.steps > fit.steps == order.steps


@pytest.mark.parametrize("cell", CELLS)
def test_divergence_is_a_status(cell: str, order: Order, tmp_path: Path) -> None:
    saved, checkpoint = tmp_path / "model.keras", tmp_path / "there.npz"
    candidate = replace(TINY, cell=cell, learning_rate=1e38)
    order = replace(order, candidate=candidate, model=str(saved), checkpoint=str(checkpoint))
    fit = train(order)
    assert fit.status is Status.DIVERGED and fit.score is None
    assert fit.sentence == "diverged: its loss is not a number any more"
    assert not fit.status.scored and not saved.exists() and not checkpoint.exists()


def test_a_huge_learning_rate_does_no_harm(order: Order) -> None:
    fit = train(replace(order, candidate=replace(TINY, learning_rate=1e6)))
    assert fit.status is Status.DIVERGED or (fit.score is not None and np.isfinite(fit.score))


@pytest.mark.parametrize(("rival", "saved"), [(None, True), (1e9, True), (1e-9, False)])
def test_a_model_is_saved_if_it_is_better(
    rival: float | None, saved: bool, order: Order, tmp_path: Path
) -> None:
    path = tmp_path / "model.keras"
    fit = train(replace(order, steps=20, model=str(path), model_if_better=rival))
    assert path.exists() is saved
    assert fit.model == (str(path) if saved else None)
    exactly = replace(order, steps=20, model=str(path), model_if_better=fit.score)
    assert train(exactly).model is None  # equal is not better


def test_the_saved_model_forecasts_as_the_training_did(
    order: Order, gappy: Any, tmp_path: Path
) -> None:
    path, dataset = tmp_path / "model.keras", gappy.dataset
    order = replace(order, arrays=gappy.folder, fold="holdout", forecast=True, model=str(path))
    fit = train(replace(order, candidate=replace(TINY, learning_rate=0.5), steps=3000))
    assert fit.status is Status.STOPPED  # the last weights are not the best: they would differ
    model, fold = store.load(path), dataset.split.holdout
    got = store.forecast(model, dataset, fold.test, dataset.kind)
    np.testing.assert_allclose(got, fit.forecasts, rtol=1e-4, atol=1e-3)
    on_validation = store.forecast(model, dataset, fold.validation, dataset.kind)
    score = metric("mae").score(dataset.actuals(fold.validation), on_validation)
    assert score == pytest.approx(fit.score, rel=1e-4)


def test_a_fit_says_what_it_cost(order: Order, seasonal: Any) -> None:
    fit = train(replace(order, latency=True))
    assert fit.cost is not None and fit.cost.latency is not None
    assert 0 < fit.cost.latency.p50 <= fit.cost.latency.p95
    shape = Shape.of(seasonal.dataset)
    assert fit.cost.parameters == parameters(TINY, shape)
    assert sum(fit.ledger.values()) == pytest.approx(fit.seconds, rel=0.05)
    assert set(fit.ledger) == {"compile", "steps", "validation", "other"}


def test_orders_and_fits_travel(order: Order) -> None:
    assert pickle.loads(pickle.dumps(order)) == order
    fit = train(replace(order, steps=10, forecast=True))
    back: Fit = pickle.loads(pickle.dumps(fit))
    assert (back.status, back.score, back.cost) == (fit.status, fit.score, fit.cost)


def made_by_hand(kind: str) -> tuple[Dataset, str]:
    """A dataset of each kind that something can be learnt of, and its metric."""
    rng = np.random.default_rng(3)
    parts = np.arange(60), np.arange(60, 80), np.arange(80, 100)
    halves = ["high" if number % 2 else "low" for number in range(100)]
    series = [rng.normal(number % 2, 0.5, (3 + number % 7, 2)) for number in range(100)]
    if kind == "panel":
        wave = np.sin(np.arange(300) / 3)[:, None] + rng.normal(0, 0.1, (300, 1))
        values = np.concatenate([wave, 1e4 * (wave + 3)])
        return tables.forecast(values, 4, 3, offsets=(0, 300, 600), test=30), "mase"
    if kind == "nowcast":
        values = rng.normal(0, 1, (100, 2))
        return tables.nowcast(values, (3 * values[:, 0] + 7).tolist(), *parts), "mae"
    if kind == "sequences":
        return tables.sequences(series, halves, *parts), "accuracy"
    if kind == "texts":
        words = [["so", "good"] if half == "high" else ["too", "bad"] for half in halves]
        # The test part has words of the validation part alone: the vocabulary holds them.
        rare = [f"word{n - 20 * (n >= 80)}" for n in range(100)]
        texts = [" ".join([*pair, rare[n]][: 1 + n % 4]) for n, pair in enumerate(words)]
        return tables.texts(texts, halves, *parts), "macro_f1"
    return tables.language("abcd" * 300 + "zabc" * 20, until=1000, steps=8), "bits"


@pytest.mark.parametrize("kind", ["panel", "nowcast", "sequences", "texts", "language"])
def test_every_kind_is_trained_and_its_saved_model_answers_as_the_training_did(
    kind: str, order: Order, tmp_path: Path
) -> None:
    dataset, chosen = made_by_hand(kind)
    candidate = replace(TINY, lookback=8, normalisation="standard", embedding=4 * dataset.kind.text)
    path, fold = tmp_path / "model.keras", dataset.split.holdout
    fit = train(
        replace(
            order,
            arrays=str(arrays.save(dataset, tmp_path / "arrays")),
            candidate=candidate,
            fold=fold.name,
            steps=80,
            metric=chosen,
            forecast=True,
            calibrate=True,
            model=str(path),
        )
    )
    assert fit.score is not None and fit.forecasts is not None and fit.calibration is not None
    judged = METRICS[chosen], dataset, fold
    assert score(*judged, fold.validation, fit.calibration) == pytest.approx(fit.score, rel=1e-5)
    assert METRICS[chosen].gain(fit.score, fit.curve[0]) >= 0
    model, kind_ = store.load(path), dataset.kind
    told = store.forecast(model, dataset, fold.test, kind_)
    if kind == "language":
        following = dataset.codes[fold.test[:, None] + np.arange(1, 9)]
        told = -np.log(np.take_along_axis(told, following, axis=-1))
    np.testing.assert_allclose(told, fit.forecasts, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("fewest", [1, 1000])
def test_many_words_begin_by_their_spelling(
    fewest: int, order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the network of few begins as Keras' layers do."""
    monkeypatch.setattr(training, "FEWEST", fewest)
    dataset, chosen = made_by_hand("texts")
    given = {"arrays": str(arrays.save(dataset, tmp_path / "arrays")), "fold": "test"}
    order = replace(order, **given, candidate=replace(TINY, embedding=4), metric=chosen)
    started = training.Training(order, time.monotonic).model.get_layer("embedding_0")
    (vectors,) = started.get_weights()
    begun = spelled(dataset.vocabulary, 4, order.seed)
    assert np.array_equal(vectors, begun) == (fewest == 1)
    assert fewest == 1 or np.abs(vectors).max() <= EMBEDDING_LIMIT


def test_what_is_watched_is_not_what_is_reported(order: Order, tmp_path: Path) -> None:
    """Accuracy moves in steps: the log loss chooses the weights, and accuracy is their score."""
    dataset, _ = made_by_hand("sequences")
    given = {"arrays": str(arrays.save(dataset, tmp_path)), "fold": "test", "steps": 60}
    by_accuracy = train(replace(order, **given, metric="accuracy"))
    by_loss = train(replace(order, **given, metric="log_loss"))
    assert by_accuracy.best_step == by_loss.best_step
    assert len(by_accuracy.curve) == len(by_loss.curve) == 60 // CHUNK
    best = int(np.argmin(by_loss.curve))
    assert (by_loss.score, by_accuracy.score) == (by_loss.curve[best], by_accuracy.curve[best])


def test_calibration_is_of_the_best_weights_on_validation(order: Order, seasonal: Any) -> None:
    fit = train(replace(order, candidate=replace(TINY, learning_rate=0.3), calibrate=True))
    dataset = seasonal.dataset
    fold = dataset.split.selection
    assert fit.calibration is not None and fit.forecasts is None
    assert score(METRICS["mae"], dataset, fold, fold.validation, fit.calibration) == pytest.approx(
        fit.score
    )
    assert train(order).calibration is None


def test_series_too_short_for_their_window_are_trained_all_the_same(
    order: Order, tmp_path: Path
) -> None:
    """Fewer whole windows than a batch: those that begin before their series serve too."""
    rng = np.random.default_rng(1)
    values = rng.normal(0, 1, (100, 2))
    offsets = tuple(range(0, 101, 5))  # no series is as long as the window
    labels = (3 * values[:, 0] + 7).tolist()
    parts = np.arange(60), np.arange(60, 80), np.arange(80, 100)
    dataset = tables.nowcast(values, labels, *parts, offsets=offsets)
    given = {"arrays": str(arrays.save(dataset, tmp_path)), "fold": "test", "steps": 200}
    candidate = replace(TINY, normalisation="none", learning_rate=0.02)
    fit = train(replace(order, **given, candidate=candidate))
    assert fit.score is not None and fit.score < 0.6 * np.abs(np.array(labels) - 7).mean()
