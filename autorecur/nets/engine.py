"""The compiled training step: a pure function of weights, optimiser state and batch, on JAX.

`model.stateless_call` and a Keras optimiser's `stateless_apply` give a step without hidden state. A
chunk of steps is one compiled call (`lax.scan`): the host is entered once a chunk, for the
deadline, the curve and early stopping. The batch is gathered inside it, by index, from the resident
block of rows, so that windows are never materialised and memory does not grow with the lookback.

One `Program` serves every candidate of the same shape; learning rate, seed and data are its inputs.
Only worker processes call this module's functions; JAX and Keras are imported when they do.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autorecur.nets.build import Shape, core
from autorecur.nets.candidate import Candidate

if TYPE_CHECKING:
    import keras

__all__ = ["Block", "Program", "State", "program", "use_compilation_cache"]

CLIP_NORM = 1.0
FORECAST_BATCH = 256
MOST_PROGRAMS = 24  # kept compiled in one worker; the oldest goes first

Array = Any  # a JAX array


@dataclass(frozen=True, eq=False)
class Block:
    """The rows that windows are gathered from, resident on the device, standardised."""

    past: Array  # [rows, channels + known]
    known: Array  # [rows + horizon, known]
    truth: Array  # [rows, targets]
    weight: Array  # [rows, targets]: 0 where a target was filled in


@dataclass(frozen=True, eq=False)
class State:
    """Everything that a training step changes: lists of arrays, in Keras' order of variables."""

    trainable: list[Array]
    fixed: list[Array]
    optimiser: list[Array]


class Program:
    """The compiled functions of one shape: `advance` by a chunk of steps, and `forecast`."""

    def __init__(self, candidate: Candidate, shape: Shape, loss: str) -> None:
        import jax
        import keras

        self.lookback, self.shape = candidate.lookback, shape
        self.model = core(candidate, shape, seed=0)
        self.optimiser = keras.optimizers.Adam(learning_rate=1e-3, clipnorm=CLIP_NORM)
        self.optimiser.build(self.model.trainable_variables)
        self._rate = next(
            place
            for place, variable in enumerate(self.optimiser.variables)
            if variable is self.optimiser._learning_rate  # Keras has no public name for its place
        )
        self._loss = keras.losses.get(loss)
        self._advance = jax.jit(self._chunk)
        self._forecast = jax.jit(self._predict)

    def start(self, model: keras.Model, learning_rate: float) -> State:
        """The state of an untrained `model` of this program's shape."""
        import jax.numpy as jnp

        optimiser = [jnp.zeros_like(variable.value) for variable in self.optimiser.variables]
        optimiser[self._rate] = jnp.asarray(learning_rate, jnp.float32)
        return State(
            [jnp.array(variable.value) for variable in model.trainable_variables],
            [jnp.array(variable.value) for variable in model.non_trainable_variables],
            optimiser,
        )

    def with_rate(self, state: State, factor: float) -> State:
        """`state` with its learning rate multiplied: it is an input, so nothing compiles again."""
        optimiser = list(state.optimiser)
        optimiser[self._rate] = optimiser[self._rate] * factor
        return State(state.trainable, state.fixed, optimiser)

    def advance(
        self, state: State, block: Block, batches: NDArray[np.int32]
    ) -> tuple[State, Array]:
        """`state` after a step for each row of `batches` [steps, batch]; the losses [steps]."""
        import jax.numpy as jnp

        leaves, losses = self._advance(
            (state.trainable, state.fixed, state.optimiser),
            (block.past, block.known, block.truth, block.weight),
            jnp.asarray(batches),
        )
        return State(*leaves), losses

    def forecast(
        self, state: State, block: Block, examples: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Standardised forecasts [examples, horizon, targets], in batches of one compiled size."""
        import jax.numpy as jnp

        forecasts = np.empty((len(examples), self.shape.horizon, self.shape.targets), np.float32)
        for begin in range(0, len(examples), FORECAST_BATCH):
            batch = examples[begin : begin + FORECAST_BATCH]
            padded = np.resize(batch, FORECAST_BATCH).astype(np.int32)
            forecast = self._forecast(
                state.trainable, state.fixed, (block.past, block.known), jnp.asarray(padded)
            )
            forecasts[begin : begin + len(batch)] = np.asarray(forecast)[: len(batch)]
        return forecasts

    def forecast_one(self, state: State, block: Block, example: NDArray[np.int64]) -> Array:
        """One forecast alone, as a user in a hurry would ask for it; waits for the device."""
        import jax.numpy as jnp

        rows = (block.past, block.known)
        forecast = self._forecast(
            state.trainable, state.fixed, rows, jnp.asarray(example, jnp.int32)
        )
        return forecast.block_until_ready()

    def _windows(self, past: Array, known: Array, examples: Array) -> list[Array]:
        import jax.numpy as jnp

        inputs = [past[examples[:, None] + jnp.arange(-self.lookback, 0)]]
        if self.shape.known:
            inputs.append(known[examples[:, None] + jnp.arange(self.shape.horizon)])
        return inputs

    def _predict(self, trainable: Any, fixed: Any, rows: Any, examples: Array) -> Array:
        past, known = rows
        inputs = self._windows(past, known, examples)
        return self.model.stateless_call(trainable, fixed, inputs, training=False)[0]

    def _chunk(self, leaves: Any, rows: Any, batches: Array) -> Any:
        import jax
        import jax.numpy as jnp

        past, known, truth, weight = rows

        def objective(trainable: Any, fixed: Any, examples: Array) -> Any:
            inputs = self._windows(past, known, examples)
            forecast, fixed = self.model.stateless_call(trainable, fixed, inputs, training=True)
            steps = examples[:, None] + jnp.arange(self.shape.horizon)
            # Losses average over the last axis: targets and weights get one of their own.
            errors = self._loss(truth[steps][..., None], forecast[..., None])
            weights = weight[steps]
            return (errors * weights).sum() / jnp.maximum(weights.sum(), 1.0), fixed

        def step(leaves: Any, examples: Array) -> Any:
            trainable, fixed, optimiser = leaves
            (loss, fixed), gradients = jax.value_and_grad(objective, has_aux=True)(
                trainable, fixed, examples
            )
            trainable, optimiser = self.optimiser.stateless_apply(optimiser, gradients, trainable)
            return (list(trainable), list(fixed), list(optimiser)), loss

        return jax.lax.scan(step, leaves, batches)


_programs: dict[tuple[Any, ...], Program] = {}


def program(candidate: Candidate, shape: Shape, loss: str) -> tuple[Program, bool]:
    """The program of the candidate's shape, and whether it had to be made."""
    key = (
        candidate.cell,
        candidate.depth,
        candidate.width,
        candidate.lookback,
        candidate.dropout,  # Keras bakes the rate into its Dropout layer
        candidate.normalisation,
        shape,
        loss,
    )
    if made := key not in _programs:
        while len(_programs) >= MOST_PROGRAMS:
            del _programs[next(iter(_programs))]
        _programs[key] = Program(candidate, shape, loss)
    return _programs[key], made


def use_compilation_cache() -> None:
    """Keep compiled programs in the user's cache folder: a second run starts without compiling."""
    import jax

    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    jax.config.update("jax_compilation_cache_dir", str(home / "autorecur" / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
