"""What one training remembers and decides, whoever takes its steps: when to validate, when to end.

Everything is counted, nothing is timed, but for the deadlines: the same order takes the same course
alone, in a population, and on any machine that lets it end.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data import scoring
from autorecur.data.dataset import Examples
from autorecur.metrics import METRICS
from autorecur.nets import store
from autorecur.nets.batches import batches
from autorecur.nets.block import UNKNOWN, seen_tokens
from autorecur.nets.build import core
from autorecur.nets.checkpoint import Progress
from autorecur.nets.cost import TRAINING_FACTOR, Cost, measure_latency
from autorecur.nets.engine import LONGEST_CHUNK
from autorecur.nets.memory import MEMORY_SECONDS, effective_memory
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.programs import device_name, engine_name, program
from autorecur.nets.pulse import MOST_SCORES, Pulse
from autorecur.nets.resident import (
    dataset_of,
    fold_of,
    part_of,
    resident_block,
    scaler_of,
    trainable,
)
from autorecur.nets.shape import Shape
from autorecur.nets.spelling import FEWEST, spelled
from autorecur.nets.start import set_gate_bias
from autorecur.nets.state import State
from autorecur.nets.whole import whole

if TYPE_CHECKING:
    import keras

__all__ = ["CHUNK", "Training"]

CHUNK = 10  # steps of a training's first call, and what lengths of trainings are counted in
CALL_SECONDS = 0.2  # of one call, once a step's time is known: the grain of every deadline
PATIENCE = 12  # validations without a gain before a training ends
PATIENCE_OF_RATE = 4  # … before the learning rate is halved
MOST_BETWEEN = 50  # steps between two validations, …
VALIDATION_SHARE = 0.15  # … and more where validating would take more of a training's work
SLOWER = 1.5  # times the mean so far: what the next step is reckoned with
MOST_SCORED = 500  # training examples, after the training
FEWEST_VALIDATIONS = 20  # in a full training, whatever they take


class Training:
    """One object lives for one order. Whoever has it asks for batches, and tells what came of them:

    `drawn` → a chunk of steps → `stepped`; and where a validation is `due`, a forecast → `judged`.
    """

    def __init__(self, order: Order, clock: Callable[[], float]) -> None:
        self.order, self.clock, self._begin = order, clock, clock()
        self.progress = Progress()
        self._beat()
        self.dataset, self.metric = dataset_of(order.arrays), METRICS[order.metric]
        self.fold = fold_of(self.dataset, order.fold)
        self.program = program(order.candidate, Shape.of(self.dataset), self.metric.loss)
        self.scaler = scaler_of(order.arrays, order.fold)
        self.block = resident_block(order.arrays, order.fold, self.metric.scaled)
        examples = trainable(self.dataset, self.fold, order.candidate.lookback)
        self.train = part_of(self.dataset, self.fold, examples, order.train_share)
        self.model = self._untrained()
        self.status, self.progress = Status.FINISHED, self._starting_point()
        self.late = False  # whether the order's deadline has ended it, and no limit of its own
        self.first_step, self._validated = self.progress.steps, False
        self.timed_steps = 0  # whose seconds are in the ledger as those of steps
        self._compiled = self.program.compiling_seconds  # what is in the ledger of it so far
        self.ledger = {"compile": 0.0, "steps": 0.0, "validation": 0.0, "other": 0.0}
        self._usual: tuple[Status, float] | None = None  # its usual end, once it has come, and when
        self._ended = self.progress.steps >= order.steps
        short = self.program.short  # which examples are padded to the shorter length, if any is
        self._short = self.dataset.lengths[self.train] <= short if short else None
        self._between = max(1, self._steps_between() // CHUNK) * CHUNK

    def _beat(self) -> None:
        """A sign of life; where it cannot be given any more, nobody looks for it."""
        if self.order.heart:
            done = self.progress
            pulse = Pulse(
                order=self.order.id,
                steps=done.steps,
                of_steps=self.order.steps,
                scores=tuple(done.curve[-MOST_SCORES:]),
                stale=done.stale,
            )
            with suppress(OSError):
                pulse.write(Path(self.order.heart))

    def _untrained(self) -> keras.Model:
        model = core(self.order.candidate, self.program.shape, self.order.seed)
        set_gate_bias(model)
        dataset = self.dataset
        if dataset.vectors.size:
            model.get_layer("embedding_0").set_weights([dataset.vectors])
        elif dataset.kind.window == "whole" and len(dataset.vocabulary) >= FEWEST:
            table = model.get_layer("embedding_0")
            table.set_weights([spelled(dataset.vocabulary, table.output_dim, self.order.seed)])
        return model

    def _starting_point(self) -> Progress:
        made = self.program
        start = made.start(self.model, self.order.candidate)
        if not (self.order.resume_from and Path(self.order.resume_from).is_file()):
            return Progress(state=start)
        progress = Progress.load(Path(self.order.resume_from), like=start)
        progress.state, progress.best = made.bound(progress.state), made.bound(progress.best)
        return progress

    def _steps_between(self) -> int:
        """Steps between two validations. A forecast costs about a third of a training's step."""
        batch = self.order.candidate.batch
        usual = min(max(len(self.train) // batch, CHUNK), MOST_BETWEEN)
        dear = len(self.fold.validation) / (TRAINING_FACTOR * batch) / VALIDATION_SHARE
        return max(usual, int(min(dear, self.order.steps / FEWEST_VALIDATIONS)))

    @property
    def going(self) -> bool:
        """Whether there is a step left to do."""
        return not self._ended

    def _end(self, status: Status) -> None:
        """It is over. What happens beyond its usual end changes nothing in how it ended."""
        self.status, self._ended = self._usual[0] if self._usual else status, True

    def in_time(self) -> bool:
        """Whether a step and its share of a validation may be done; if not, the training has ended.

        The first chunk is always tried while the deadline is ahead: it compiles, which the next
        training of its shape will not have to, and a score from few steps is better than none.
        """
        if self.clock() <= self.order.deadline and self._steps_left_in_time() >= 1:
            return True
        self._end(Status.DEADLINE)
        if self.status is Status.DEADLINE:
            own = self.order.longest_seconds - self.worked
            self.late = self.order.deadline - self.clock() < own
        return False

    def _steps_left_in_time(self) -> float:
        """How many steps, with their validations, the time that is left has room for."""
        if not self.timed_steps:
            return float("inf")
        each = SLOWER * self.worked / self.timed_steps
        order = self.order
        left = min(order.deadline - self.clock(), order.longest_seconds - self.worked)
        return left / each if each else float("inf")

    def chunk(self) -> int:
        """Steps of the next call: as many as a call's time holds, to the next validation at most.

        Where a training's steps are cut into calls changes nothing that it computes.
        """
        steps = self.progress.steps
        due = self._between - steps % self._between
        if steps < self.order.steps:
            due = min(due, self.order.steps - steps)
        if not self.timed_steps:
            return min(CHUNK, due)
        each = self.ledger["steps"] / self.timed_steps
        wanted = min(CALL_SECONDS / max(each, 1e-9), self._steps_left_in_time(), LONGEST_CHUNK)
        return max(1, min(int(wanted), due))

    def drawn(self) -> NDArray[np.int32]:
        """The examples of the next chunk of steps, [steps, batch]."""
        return self.batches_of(self.chunk())

    def batches_of(self, steps: int) -> NDArray[np.int32]:
        """The examples of the next `steps` steps, [steps, batch]."""
        order = self.order
        return batches(
            self.train, order.candidate.batch, order.seed, self.progress.steps, steps, self._short
        )

    def stepped(self, steps: int, last_loss: float, seconds: float) -> None:
        """A chunk of `steps` was done."""
        worked = self._booked("steps", seconds, first=self.progress.steps == self.first_step)
        self.timed_steps += steps if worked else 0
        self.progress.steps += steps
        self._beat()
        if not np.isfinite(last_loss):
            self._end(Status.DIVERGED)

    def _booked(self, use: str, seconds: float, first: bool) -> float:
        """Put what a call took under `use`, less what compiling took of it; returns the rest.

        Where the engine does not tell, the first call is taken for compiling: taken for work, it
        would foretell trainings far too slow to do.
        """
        told = self.program.compiling_seconds
        compiling = seconds if told is None and first else 0.0
        if told is not None:
            compiling, self._compiled = min(seconds, told - (self._compiled or 0.0)), told
        self.ledger["compile"] += compiling
        self.ledger[use] += seconds - compiling
        return seconds - compiling

    def due(self) -> bool:
        """Whether the weights of now should be validated."""
        steps = self.progress.steps
        return not self._ended and (steps % self._between == 0 or steps == self.order.steps)

    def judged(self, given: NDArray[np.float32], seconds: Callable[[], float]) -> float:
        """What the weights of now forecast for the validation examples, as the program gave it.

        Returns the factor that the learning rate goes on with; `seconds` tells what it all took.
        """
        self._beat()
        judged = self.metric, self.dataset, self.fold, self.fold.validation
        forecast, factor = self._restored(given), 1.0
        watched = scoring.watched(*judged, forecast)
        if not np.isfinite(watched):
            self._end(Status.DIVERGED)
            return factor
        score = watched if self.metric.watch is None else scoring.score(*judged, forecast)
        self.progress.see(watched, score)
        stale = self.progress.stale
        if stale and stale % PATIENCE_OF_RATE == 0:
            factor = 0.5
        self._booked("validation", seconds(), first=not self._validated)
        self._validated = True
        stopped = stale >= PATIENCE
        if self._usual is None and (stopped or self.progress.steps >= self.order.steps):
            self._usual = Status.STOPPED if stopped else Status.FINISHED, self.worked
        if self._usual is not None:
            status, usual = self._usual
            if self.worked >= usual + min(self.order.extra_seconds, usual):
                self._end(status)
        return factor

    @property
    def worked(self) -> float:
        """Seconds of steps and validations so far."""
        return self.ledger["steps"] + self.ledger["validation"]

    def _restored(self, given: NDArray[np.float32]) -> NDArray[np.float32]:
        """In original units, probabilities, or minus log probabilities."""
        return self.scaler.restore(given) if self.program.shape.output == "numbers" else given

    def _forecasts(self, state: State, examples: Examples) -> NDArray[np.float32]:
        return self._restored(self.program.forecast(state, self.block, examples))

    def result(self) -> Fit:
        """What came of the order; its files are written."""
        order, progress = self.order, self.progress
        if progress.score is None:
            status = Status.DEADLINE if self.status is Status.FINISHED else self.status
            seconds = self.clock() - self._begin
            return Fit(
                order.id,
                status,
                status.value,
                steps=progress.steps,
                seconds=seconds,
                late=self.late,
            )
        if order.checkpoint:
            progress.save(Path(order.checkpoint))
        self._take_best_weights()
        saved = self._saved()
        latency = forecasts = calibration = train_score = None
        if order.latency:
            latency = measure_latency(self._one_forecast(self.fold.validation[:1]))
        if order.forecast:
            forecasts = self._forecasts(progress.best, self.fold.test)
        if order.calibrate:
            calibration = self._forecasts(progress.best, self.fold.validation)
            train_score = self._train_score()
        memory = self._memory()
        seconds = self.clock() - self._begin
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
            timed_steps=self.timed_steps,
            seconds=seconds,
            ledger=dict(self.ledger),
            cost=Cost.of(order.candidate, self.program.shape, latency),
            forecasts=forecasts,
            calibration=calibration,
            train_score=train_score,
            memory=memory,
            model=saved,
            engine=engine_name(),
            device=device_name(),
            late=self.late,
        )

    def _take_best_weights(self) -> None:
        best = self.progress.best.average
        for variable, weights in zip(self.model.trainable_variables, best, strict=True):
            variable.assign(weights)
        if self.dataset.kind.text:
            # What training did not see stays unknown, though the saved tokeniser has a code for it.
            table = self.model.get_layer("embedding_0")
            (vectors,) = table.get_weights()
            seen = seen_tokens(self.dataset, self.fold)
            table.set_weights([np.where(seen[:, None], vectors, vectors[UNKNOWN])])

    def _saved(self) -> str | None:
        """Where the whole network was saved, if that was asked for and it is good enough."""
        order, score = self.order, self.progress.score
        rival = order.model_if_better
        if not order.model or score is None:
            return None
        if rival is not None and self.metric.gain(score, rival) <= 0:
            return None
        complete = whole(self.model, self.program.shape, self.scaler, order.candidate.lookback)
        store.save(complete, Path(order.model))
        return order.model

    def _train_score(self) -> float | None:
        """The score on examples that were trained on, evenly spaced; a wide gap is overfitting."""
        seen = self.train[:: max(1, len(self.train) // MOST_SCORED)]
        told = self._forecasts(self.progress.best, seen)
        score = scoring.score(self.metric, self.dataset, self.fold, seen, told)
        return score if np.isfinite(score) else None

    def _memory(self) -> NDArray[np.float32] | None:
        """How far back the network looks, asked of test examples if that was ordered."""
        order = self.order
        late = self.clock() + MEMORY_SECONDS > order.deadline
        if not order.memory or late or engine_name() != "jax" or not len(self.fold.test):
            return None
        asked = self.block, self.fold.test, self.program.shape, order.candidate.lookback
        return effective_memory(self.model, *asked, order.seed)

    def _one_forecast(self, example: Examples) -> Callable[[], Any]:
        return lambda: self.program.forecast_one(self.progress.best, self.block, example)
