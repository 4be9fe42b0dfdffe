"""The same trainings by plain `keras.Model.fit`: what TensorFlow trains by.

Slower than `engine.py` throughout, and the same in all else: start, order of examples, loss,
optimiser, average of the weights, validations. (TensorFlow clips the gradients of vectors of words
by a norm of their parts, so that texts take slightly other steps.) For those who want the trainings
on the backend that they know; windows are gathered in NumPy, one chunk's at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autorecur.nets.batches import in_pieces
from autorecur.nets.block import Block, inputs_of, truth_of
from autorecur.nets.build import core
from autorecur.nets.candidate import Candidate
from autorecur.nets.shape import Shape
from autorecur.nets.state import (
    AVERAGE_SHARE,
    WARM,
    State,
    arrays_of,
    mean_error,
    optimiser_of,
    place_of,
)

if TYPE_CHECKING:
    import keras

__all__ = ["PlainProgram"]


class PlainProgram:
    """The trainings of one shape; see `engine.Program`, whose methods it has."""

    compiling_seconds: float | None = None  # Keras does not tell
    short = 0  # one padded length: Keras would trace the whole training again for a second one

    def __init__(self, candidate: Candidate, shape: Shape, loss: str) -> None:
        import keras

        self.lookback, self.shape = candidate.lookback, shape
        self.model = core(candidate, shape, seed=0, trained=True)
        self.optimiser = optimiser_of(self.model)  # built before `fit`, which then traces once
        self._rate = place_of(self.optimiser, self.optimiser._learning_rate)
        self._speaker = core(candidate, shape, seed=0)  # forecasts with the averaged weights
        self.model.compile(self.optimiser, loss=partial(_packed, keras.losses.get(loss), shape))
        self._held: State | None = None  # what the model's variables are just now

    def start(self, model: keras.Model, candidate: Candidate) -> State:
        """The state of an untrained stock `model` of this program's shape."""
        return State.start(self.model, self.optimiser, model, candidate)

    def bound(self, state: State) -> State:
        return state

    def with_rate(self, state: State, factor: float) -> State:
        """`state`, its learning rate multiplied."""
        optimiser = list(state.optimiser)
        optimiser[self._rate] = np.asarray(optimiser[self._rate] * factor, np.float32)
        return state._replace(optimiser=optimiser)

    def advance(
        self, state: State, block: Block, batches: NDArray[np.int32]
    ) -> tuple[State, NDArray[np.float32]]:
        """`state` after a step for each row of `batches` [steps, batch], and the losses [steps]."""
        import keras

        if state is not self._held:
            for part, variables in zip(state, self._variables(), strict=False):
                for variable, value in zip(variables, part, strict=True):
                    variable.assign(value)
        examples = batches.reshape(-1)
        truth, weight = truth_of(block, examples, self.shape, self.lookback)
        done = int(keras.ops.convert_to_numpy(self.optimiser.iterations))
        watch = _watch(self.model, [each.copy() for each in state.average], done)
        self.model.fit(
            inputs_of(block, examples, self.shape, self.lookback),
            np.stack([truth, weight], axis=-1).astype(np.float32),
            batch_size=batches.shape[1],
            shuffle=False,
            verbose=0,
            callbacks=[watch],
        )
        trainable, fixed, optimiser = map(arrays_of, self._variables())
        self._held = State(trainable, fixed, optimiser, watch.average)
        return self._held, np.array(watch.losses, np.float32)

    def _variables(self) -> tuple[list[Any], list[Any], list[Any]]:
        """In the order of a State's parts."""
        model = self.model
        return model.trainable_variables, model.non_trainable_variables, self.optimiser.variables

    def forecast(
        self, state: State, block: Block, examples: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """See `engine.Program.forecast`."""
        if not len(examples):
            _, steps, values = self.model.output_shape
            return np.empty((0, steps, 1 if self.shape.output == "tokens" else values), np.float32)
        self._speak_for(state)
        given = [self._answer(block, piece)[:count] for piece, count in in_pieces(examples)]
        return np.concatenate(given)

    def forecast_one(self, state: State, block: Block, example: NDArray[np.int64]) -> Any:
        """One forecast alone, as a user in a hurry would ask for it."""
        self._speak_for(state)
        return self._answer(block, example)

    def _speak_for(self, state: State) -> None:
        for variable, value in zip(self._speaker.trainable_variables, state.average, strict=True):
            variable.assign(value)

    def _answer(self, block: Block, examples: NDArray[np.int64]) -> NDArray[np.float32]:
        from keras import ops

        inputs = inputs_of(block, examples, self.shape, self.lookback)
        output: NDArray[np.float32] = self._speaker.predict_on_batch(inputs)
        if self.shape.output == "numbers":
            return output
        if self.shape.output == "classes":
            return np.asarray(ops.convert_to_numpy(ops.softmax(output, axis=-1)))
        truth, _ = truth_of(block, examples, self.shape, self.lookback)
        logs = np.asarray(ops.convert_to_numpy(ops.log_softmax(output, axis=-1)))
        return -np.take_along_axis(logs, truth[:, :, None], axis=-1)


def _packed(loss: Callable[..., Any], shape: Shape, packed: Any, output: Any) -> Any:
    """The loss of a batch whose truths come with their weights, [..., 2]."""
    from keras import ops

    truth, weight = packed[..., 0], packed[..., 1]
    if shape.output != "numbers":
        truth = ops.cast(truth, "int32")
    return mean_error(loss, shape, truth, weight, output)


def _watch(model: keras.Model, average: list[NDArray[np.float32]], done: int) -> Any:
    """A callback that keeps the average of the weights, and the loss of every step."""
    import keras

    class Watch(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.average = average
            self.losses: list[float] = []
            self._sum = 0.0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            share = max(AVERAGE_SHARE, (WARM - 1) / (WARM + done + batch + 1))
            for kept, variable in zip(self.average, model.trainable_variables, strict=True):
                kept += share * (keras.ops.convert_to_numpy(variable) - kept)
            # Keras tells the mean of the losses so far.
            total = logs["loss"] * (batch + 1)
            self.losses.append(total - self._sum)
            self._sum = total

    return Watch()
