"""One training under limits: an Order in, a Fit out, both picklable.

The order names everything that the result may depend on; the same order gives the same fit,
whichever worker runs it. A training stops by itself at the chunk that its deadline falls in, and
hands back its best weights, not its last ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data import arrays, scoring
from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.metrics import METRICS, Metric
from autorecur.nets import store
from autorecur.nets.batches import batches
from autorecur.nets.block import UNKNOWN, Block, block_of, seen_tokens
from autorecur.nets.build import core, set_gate_bias
from autorecur.nets.candidate import Candidate
from autorecur.nets.checkpoint import Progress
from autorecur.nets.cost import TRAINING_FACTOR, Cost, measure_latency
from autorecur.nets.programs import Engine, engine_name, program
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.state import State
from autorecur.nets.whole import whole

if TYPE_CHECKING:
    import keras

__all__ = ["CHUNK", "Fit", "Order", "Status", "train"]

CHUNK = 10  # steps in one compiled call: the grain of every deadline
PATIENCE = 12  # validations without a gain before a training ends
PATIENCE_OF_RATE = 4  # … before the learning rate is halved
FEWEST_WHOLE = 16  # whole windows; with fewer, windows that begin before their series serve too
MOST_BETWEEN = 50  # steps between two validations, …
VALIDATION_SHARE = 0.15  # … and more where validating would take more of a training's work
FEWEST_VALIDATIONS = 20  # in a full training, whatever they take


class Status(Enum):
    """How a training ended; the value is the sentence that the report shows."""

    FINISHED = "all its steps were done"
    STOPPED = "stopped early: no gain for a while"
    DEADLINE = "cut short by its deadline"
    DIVERGED = "diverged: its loss is not a number any more"
    FAILED = "failed"
    SKIPPED = "not started: at the speed measured, it could not have been trained in time"
    KILLED = "its worker did not answer and was ended"

    @property
    def scored(self) -> bool:
        """Whether a training that ended so has a score."""
        return self in (Status.FINISHED, Status.STOPPED, Status.DEADLINE)


@dataclass(frozen=True)
class Order:
    """One training to be done."""

    id: str
    arrays: str  # the folder of `data.arrays`
    candidate: Candidate
    fold: str  # "selection", "holdout" or the name of one of the duel's folds
    seed: int
    steps: int  # in all, those before a checkpoint included
    metric: str
    deadline: float  # on `time.monotonic`, which processes of one machine share; inf for none
    resume_from: str | None = None  # a checkpoint of the same candidate and seed
    checkpoint: str | None = None  # where to leave one
    longest_seconds: float = float("inf")  # of steps and validations; compiling is not counted
    model: str | None = None  # where to save the whole network …
    model_if_better: float | None = None  # … when its validation score is better than this
    forecast: bool = False  # hand back the answers to the fold's test examples
    calibrate: bool = False  # and to its validation examples, for the bands
    latency: bool = False  # measure it


@dataclass(frozen=True, eq=False)
class Fit:
    """What came of an order."""

    order: str
    status: Status
    sentence: str
    score: float | None = None  # best on validation, natural sign, original units
    watched: float | None = None  # what chose it, lower is better: see `Metric.watched`
    curve: tuple[float, ...] = ()
    steps: int = 0  # in all
    best_step: int = 0
    steps_done: int = 0  # by this order alone
    seconds: float = 0.0
    ledger: dict[str, float] = field(default_factory=dict)
    cost: Cost | None = None
    forecasts: NDArray[np.float32] | None = None
    calibration: NDArray[np.float32] | None = None
    model: str | None = None
    engine: str | None = None  # what trained it


def train(order: Order, clock: Callable[[], float] = time.monotonic) -> Fit:
    """Carry out `order`."""
    begin = clock()
    dataset = _dataset(order.arrays)
    fold, chosen, shape = _fold(dataset, order.fold), METRICS[order.metric], Shape.of(dataset)
    scaler = _scaler(order.arrays, order.fold)
    made, _ = program(order.candidate, shape, chosen.loss)
    model = core(order.candidate, shape, order.seed)
    set_gate_bias(model)
    if dataset.vectors.size:
        model.get_layer("embedding_0").set_weights([dataset.vectors])
    session = _Training(order, dataset, fold, chosen, scaler, made, clock)
    session.run(_starting_point(order, made, model))
    if order.checkpoint and session.progress.score is not None:
        session.progress.save(Path(order.checkpoint))
    return session.result(model, begin)


class _Training:
    """The loop and what it remembers; one object lives for one order."""

    def __init__(
        self,
        order: Order,
        dataset: Dataset,
        fold: Fold,
        chosen: Metric,
        scaler: Scaler,
        made: Engine,
        clock: Callable[[], float],
    ) -> None:
        self.order, self.dataset, self.fold, self.metric = order, dataset, fold, chosen
        self.scaler, self.program, self.clock = scaler, made, clock
        self.train = _trainable(dataset, fold, order.candidate.lookback)
        self.block = _block(order.arrays, order.fold, chosen.scaled)
        self.status, self.progress = Status.FINISHED, Progress()
        self._validated = False
        self.ledger = {"compile": 0.0, "steps": 0.0, "validation": 0.0, "other": 0.0}
        self.short = self._short()
        self.chunks_between = max(1, self._steps_between() // CHUNK)

    def _short(self) -> NDArray[np.bool_] | None:
        """Of the training examples, which are padded to the shorter length; None without one."""
        short = self.program.short
        return self.dataset.lengths[self.train] <= short if short else None

    def _steps_between(self) -> int:
        """Steps between two validations: by counts alone, never by the clock.

        A forecast costs about a third of the step that trains on it.
        """
        batch = self.order.candidate.batch
        usual = min(max(len(self.train) // batch, CHUNK), MOST_BETWEEN)
        dear = len(self.fold.validation) / (TRAINING_FACTOR * batch) / VALIDATION_SHARE
        return max(usual, int(min(dear, self.order.steps / FEWEST_VALIDATIONS)))

    def run(self, progress: Progress) -> None:
        self.progress = progress
        self.first_step = progress.steps
        chunk = self.first_step // CHUNK
        while progress.steps < self.order.steps:
            if self._out_of_time():
                self.status = Status.DEADLINE
                break
            self._advance()
            chunk += 1
            due = chunk % self.chunks_between == 0 or progress.steps >= self.order.steps
            if due and not self._validate():
                break
        if progress.score is None and self.status is not Status.DIVERGED and progress.steps:
            self._validate()  # a deadline before the first validation: the score of what there is

    def _advance(self) -> None:
        progress, order = self.progress, self.order
        begin = self.clock()
        drawn = batches(
            self.train, order.candidate.batch, order.seed, progress.steps, CHUNK, self.short
        )
        progress.state, losses = self.program.advance(progress.state, self.block, drawn)
        progress.last_loss = float(np.asarray(losses)[-1])  # waits for the device
        first = progress.steps == self.first_step
        self.ledger["compile" if first else "steps"] += self.clock() - begin
        progress.steps += CHUNK

    def _validate(self) -> bool:
        """Score the weights of now; False when the training should end."""
        begin, progress = self.clock(), self.progress
        if not np.isfinite(progress.last_loss):
            self.status = Status.DIVERGED
            return False
        judged = self.metric, self.dataset, self.fold, self.fold.validation
        forecast = self._forecasts(progress.state, self.fold.validation)
        watched = scoring.watched(*judged, forecast)
        if not np.isfinite(watched):
            self.status = Status.DIVERGED
            return False
        score = watched if self.metric.watch is None else scoring.score(*judged, forecast)
        compiled = self._validated
        self._validated = True
        progress.see(watched, score)
        if progress.stale and progress.stale % PATIENCE_OF_RATE == 0:
            progress.state = self.program.with_rate(progress.state, 0.5)
        # The first one compiles: taken for work, it would foretell trainings far too slow to do.
        self.ledger["validation" if compiled else "compile"] += self.clock() - begin
        if progress.stale >= PATIENCE:
            self.status = Status.STOPPED
            return False
        return True

    def _out_of_time(self) -> bool:
        """Whether one more chunk and its validation would pass the deadline, or the longest time.

        The first chunk is always tried while the deadline is ahead: it compiles, which the next
        training of its shape will not have to, and a score from few steps is better than none.
        """
        chunks = (self.progress.steps - self.first_step) // CHUNK
        spent = self.ledger["steps"] + self.ledger["validation"]
        expected = 1.5 * spent / (chunks - 1) if chunks > 1 else 0.0
        late = self.clock() + expected > self.order.deadline
        return late or (chunks > 1 and spent + expected > self.order.longest_seconds)

    def result(self, model: keras.Model, begin: float) -> Fit:
        order, progress = self.order, self.progress
        if progress.score is None:
            seconds = self.clock() - begin
            status = Status.DEADLINE if self.status is Status.FINISHED else self.status
            return Fit(order.id, status, status.value, steps=progress.steps, seconds=seconds)
        shape = self.program.shape
        for variable, weights in zip(model.trainable_variables, progress.best.average, strict=True):
            variable.assign(weights)
        if self.dataset.kind.text:
            # What training did not see stays unknown, though the saved tokeniser has a code for it.
            table = model.get_layer("embedding_0")
            (vectors,) = table.get_weights()
            seen = seen_tokens(self.dataset, self.fold)
            table.set_weights([np.where(seen[:, None], vectors, vectors[UNKNOWN])])
        saved = None
        rival = order.model_if_better
        if order.model and (rival is None or self.metric.gain(progress.score, rival) > 0):
            lookback = order.candidate.lookback
            store.save(whole(model, shape, self.scaler, lookback), Path(order.model))
            saved = order.model
        latency = None
        if order.latency:
            one = self.fold.validation[:1]
            latency = measure_latency(self._one_forecast(one))
        forecasts = None
        if order.forecast:
            forecasts = self._forecasts(progress.best, self.fold.test)
        calibration = None
        if order.calibrate:
            calibration = self._forecasts(progress.best, self.fold.validation)
        seconds = self.clock() - begin
        self.ledger["other"] = max(0.0, seconds - sum(self.ledger.values()))
        return Fit(
            order=order.id,
            status=self.status,
            sentence=self.status.value,
            score=progress.score,
            watched=progress.watched,
            curve=tuple(progress.curve),
            steps=progress.steps,
            best_step=progress.best_step,
            steps_done=progress.steps - self.first_step,
            seconds=seconds,
            ledger=dict(self.ledger),
            cost=Cost.of(order.candidate, shape, latency),
            forecasts=forecasts,
            calibration=calibration,
            model=saved,
            engine=engine_name(),
        )

    def _forecasts(self, state: State, examples: Examples) -> NDArray[np.float32]:
        """In original units, probabilities, or minus log probabilities."""
        given = self.program.forecast(state, self.block, examples)
        return self.scaler.restore(given) if self.program.shape.output == "numbers" else given

    def _one_forecast(self, example: Examples) -> Callable[[], Any]:
        return lambda: self.program.forecast_one(self.progress.best, self.block, example)


@lru_cache(maxsize=1)
def _dataset(folder: str) -> Dataset:
    return arrays.load(Path(folder))


def _fold(dataset: Dataset, name: str) -> Fold:
    folds = (dataset.split.selection, *dataset.split.duel, dataset.split.holdout)
    return next(fold for fold in folds if fold.name == name)


def _trainable(dataset: Dataset, fold: Fold, lookback: int) -> Examples:
    """The training examples with a whole window before them, or all where too few have one."""
    if dataset.kind.window not in ("before", "upto"):
        return fold.train
    history = fold.train - dataset.first_rows(fold.train) + (dataset.kind.window == "upto")
    whole = fold.train[history >= lookback]
    return whole if len(whole) >= FEWEST_WHOLE else fold.train


@lru_cache(maxsize=2)
def _block(folder: str, fold: str, scaled: bool) -> Block:
    """The rows on the device, as one fold may see them; two folds' worth are kept."""
    dataset = _dataset(folder)
    chosen = _fold(dataset, fold)
    return block_of(
        dataset,
        chosen,
        _scaler(folder, fold),
        Shape.of(dataset),
        scaled=scaled,
        resident=engine_name() == "jax",
    )


@lru_cache(maxsize=2)
def _scaler(folder: str, fold: str) -> Scaler:
    """Fitted once for all trainings on a fold: it reads every row that the fold may see."""
    dataset = _dataset(folder)
    return Scaler.fit(dataset, _fold(dataset, fold))


def _starting_point(order: Order, made: Engine, model: keras.Model) -> Progress:
    start = made.start(model, order.candidate)
    if order.resume_from and Path(order.resume_from).is_file():
        progress = Progress.load(Path(order.resume_from), like=start)
        progress.state, progress.best = made.bound(progress.state), made.bound(progress.best)
        return progress
    return Progress(state=start)
