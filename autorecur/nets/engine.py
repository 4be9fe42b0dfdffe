"""The compiled training step: a pure function of weights, optimiser state and batch, on JAX.

`model.stateless_call` and a Keras optimiser's `stateless_apply` give a step without hidden state. A
chunk of steps, as many as are asked for, is one compiled call: the host is entered once a chunk,
for the deadline, the curve and early stopping. The batch is gathered inside it, by index (see
`block.py`).

One `Program` serves every candidate of the same shape; learning rate, seed and data are its inputs.
Only worker processes call this module's functions; JAX and Keras are imported when they do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autorecur.nets.batches import in_pieces
from autorecur.nets.block import Block, inputs_of, truth_of
from autorecur.nets.build import core
from autorecur.nets.candidate import Candidate
from autorecur.nets.compiled import Compiled
from autorecur.nets.cost import kept_bytes
from autorecur.nets.shape import Shape
from autorecur.nets.state import (
    AVERAGE_SHARE,
    WARM,
    State,
    error_sum,
    optimiser_of,
    place_of,
    total,
)

if TYPE_CHECKING:
    import keras

__all__ = ["LONGEST_CHUNK", "Program", "padded", "use_compilation_cache"]

LONGEST_CHUNK = 50  # steps in one compiled call
# A CPU takes a large batch in parts, one after the other: what a part keeps for its gradients, in
# bytes, stays in the cache. With fewer rows in a part, its products of matrices would be slow.
CACHE, FEWEST = 12 * 2**20, 16

Array = Any  # a JAX array


class Program:
    """The compiled functions of one shape: `advance` by a chunk of steps, and `forecast`."""

    def __init__(self, candidate: Candidate, shape: Shape, loss: str) -> None:
        import jax
        import keras

        self.lookback, self.shape, self._candidate = candidate.lookback, shape, candidate
        # Padding is work: where most series are much shorter, they get a shorter form of their own.
        self.short = shape.short if shape.short < candidate.lookback else 0
        self.model = core(candidate, shape, seed=0, trained=True)
        self.optimiser = optimiser_of(self.model)
        self._rate = place_of(self.optimiser, self.optimiser._learning_rate)
        self._count = place_of(self.optimiser, self.optimiser.iterations)
        self._loss = keras.losses.get(loss)
        self._advance = Compiled(self._chunk)
        self._forecast = Compiled(self._predict)
        # The same for all members of a population at once.
        self.advance_all = Compiled(self._chunk_of_all)
        self.forecast_all = Compiled(jax.vmap(self._predict, in_axes=(0, 0, None, None)))

    @property
    def compiling_seconds(self) -> float | None:
        """What compiling took so far."""
        parts = self._advance, self._forecast, self.advance_all, self.forecast_all
        return sum(part.seconds for part in parts)

    def start(self, model: keras.Model, candidate: Candidate) -> State:
        """The state of an untrained stock `model` of this program's shape."""
        return self.bound(State.start(self.model, self.optimiser, model, candidate))

    def bound(self, state: State) -> State:
        """`state`, bound to the device as every state after a step is.

        To JAX, an array that is bound to no device is another kind of input: the second chunk of a
        training would compile all over again.
        """
        import jax

        there: State = jax.device_put(state, jax.devices()[0])
        return there

    def with_rate(self, state: State, factor: float | NDArray[np.float32]) -> State:
        """`state`, its learning rate multiplied: the rate is an input, nothing compiles again."""
        optimiser = list(state.optimiser)
        optimiser[self._rate] = optimiser[self._rate] * factor
        return state._replace(optimiser=optimiser)

    def advance(
        self, state: State, block: Block, batches: NDArray[np.int32]
    ) -> tuple[State, NDArray[np.float32]]:
        """`state` after a step for each row of `batches` [steps, batch], and the losses [steps]."""
        state, losses = self._advance(state, block, *padded(batches))
        return state, np.asarray(losses)[: len(batches)]  # waits for the device

    def forecast(
        self, state: State, block: Block, examples: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """What the network gives for `examples`, in batches of one compiled size.

        Numbers: standardised [examples, horizon, targets]. Classes: probabilities [examples, 1,
        classes]. A stream: for each of its tokens minus the log of the probability that it was
        given, [examples, lookback, 1].
        """
        if not len(examples):
            _, steps, values = self.model.output_shape
            return np.empty((0, steps, 1 if self.shape.output == "tokens" else values), np.float32)
        if not self.short:
            return np.concatenate(list(self._forecasts(state, block, examples)))
        order = np.argsort(np.diff(np.asarray(block.offsets))[examples], kind="stable")
        sorted_by_length = np.concatenate(list(self._forecasts(state, block, examples[order])))
        given = np.empty_like(sorted_by_length)
        given[order] = sorted_by_length
        return given

    def _forecasts(
        self, state: State, block: Block, examples: NDArray[np.int64]
    ) -> Iterator[NDArray[np.float32]]:
        import jax.numpy as jnp

        for piece, count in in_pieces(examples):
            those = jnp.asarray(piece, jnp.int32)
            yield np.asarray(self._forecast(state.average, state.fixed, block, those))[:count]

    def forecast_one(self, state: State, block: Block, example: NDArray[np.int64]) -> Array:
        """One forecast alone, as a user in a hurry would ask for it; waits for the device."""
        import jax.numpy as jnp

        one = jnp.asarray(example, jnp.int32)
        return self._forecast(state.average, state.fixed, block, one).block_until_ready()

    def _predict(self, trainable: Any, fixed: Any, block: Block, examples: Array) -> Array:
        import jax

        def call(lookback: int) -> Array:
            inputs = inputs_of(block, examples, self.shape, lookback)
            return self.model.stateless_call(trainable, fixed, inputs, training=False)[0]

        output = self._padded(block, examples, call)
        if self.shape.output == "numbers":
            return output
        if self.shape.output == "classes":
            return jax.nn.softmax(output, axis=-1)
        truth, _ = truth_of(block, examples, self.shape, self.lookback)
        return -jax.numpy.take_along_axis(jax.nn.log_softmax(output), truth[:, :, None], axis=-1)

    def _padded(self, block: Block, examples: Array, work: Callable[[int], Any]) -> Any:
        """`work` with the rows that the batch's series are padded to.

        Both forms are in the one compiled program; which runs is decided batch by batch.
        """
        import jax

        if not self.short:
            return work(self.lookback)
        longest = (block.offsets[examples + 1] - block.offsets[examples]).max()
        return jax.lax.cond(
            longest <= self.short, lambda: work(self.short), lambda: work(self.lookback)
        )

    def _chunk(self, state: State, block: Block, batches: Array, count: Array) -> Any:
        def step(state: State, examples: Array) -> tuple[State, Array]:
            loss, fixed, gradients = self._padded(
                block, examples, lambda rows: self._gradients(state, block, examples, rows)
            )
            return self._updated(state, fixed, gradients), loss

        return _repeated(step, state, batches, count, ())

    def _chunk_of_all(self, states: State, block: Block, batches: Array, count: Array) -> Any:
        """A chunk for members [members, …] side by side; `batches` is [steps, members, batch]."""
        import jax

        def step(states: State, examples: Array) -> tuple[State, Array]:
            def gradients_of_all(rows: int) -> Any:
                each = jax.vmap(lambda state, mine: self._gradients(state, block, mine, rows))
                return each(states, examples)

            losses, fixed, gradients = self._padded(block, examples, gradients_of_all)
            return jax.vmap(self._updated)(states, fixed, gradients), losses

        return _repeated(step, states, batches, count, (batches.shape[1],))

    def _gradients(self, state: State, block: Block, examples: Array, lookback: int) -> Any:
        """The loss of a batch, the network's other variables after it, and the gradients."""
        import jax

        count = total(truth_of(block, examples, self.shape, self.lookback)[1])

        def objective(trainable: Any, fixed: Any, examples: Array) -> Any:
            inputs = inputs_of(block, examples, self.shape, lookback)
            output, fixed = self.model.stateless_call(trainable, fixed, inputs, training=True)
            truth, weight = truth_of(block, examples, self.shape, self.lookback)
            return error_sum(self._loss, self.shape, truth, weight, output) / count, fixed

        slopes = jax.value_and_grad(objective, has_aux=True)

        def add(carried: Any, part: Array) -> Any:
            before, fixed, gradients = carried
            (loss, fixed), more = slopes(state.trainable, fixed, part)
            return (before + loss, fixed, jax.tree.map(jax.numpy.add, gradients, more)), None

        parts = self._parts(len(examples), lookback)
        if parts == 1:
            (loss, fixed), gradients = slopes(state.trainable, state.fixed, examples)
            return loss, fixed, gradients
        nothing = 0.0, state.fixed, jax.tree.map(jax.numpy.zeros_like, state.trainable)
        return jax.lax.scan(add, nothing, examples.reshape(parts, -1))[0]

    def _parts(self, examples: int, lookback: int) -> int:
        """In how many equal parts a batch is taken: see `CACHE`."""
        import jax

        rows = examples
        if jax.default_backend() == "cpu":
            each = kept_bytes(self._candidate, self.shape, lookback)
            while rows * each > CACHE and rows % 2 == 0 and rows >= 2 * FEWEST:
                rows //= 2
        return examples // rows

    def _updated(self, state: State, fixed: Any, gradients: Any) -> State:
        import jax.numpy as jnp

        trainable, optimiser = self.optimiser.stateless_apply(
            state.optimiser, gradients, state.trainable
        )
        share = jnp.maximum(AVERAGE_SHARE, (WARM - 1) / (WARM + optimiser[self._count]))
        average = [a + share * (w - a) for a, w in zip(state.average, trainable, strict=True)]
        return State(list(trainable), list(fixed), list(optimiser), average)


def padded(batches: NDArray[np.int32]) -> tuple[Array, Array]:
    """`batches` filled up to `LONGEST_CHUNK` steps, and how many they are: one program for all."""
    import jax.numpy as jnp

    count = len(batches)
    full = np.zeros((max(LONGEST_CHUNK, count), *batches.shape[1:]), np.int32)
    full[:count] = batches
    return jnp.asarray(full), jnp.asarray(count, jnp.int32)


def _repeated(
    step: Callable[[State, Array], tuple[State, Array]],
    state: State,
    batches: Array,
    count: Array,
    losses: tuple[int, ...],
) -> tuple[State, Array]:
    """The first `count` steps, and their losses, [steps, …]."""
    import jax
    import jax.numpy as jnp

    def body(place: Array, carried: tuple[State, Array]) -> tuple[State, Array]:
        state, told = carried
        state, loss = step(state, batches[place])
        return state, told.at[place].set(loss)

    told = jnp.zeros((len(batches), *losses), jnp.float32)
    repeated: tuple[State, Array] = jax.lax.fori_loop(0, count, body, (state, told))
    return repeated


def use_compilation_cache() -> None:
    """Keep compiled programs in the user's cache folder: a second run starts without compiling."""
    import jax

    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    jax.config.update("jax_compilation_cache_dir", str(home / "autorecur" / "jax"))
    # The many small programs that fill a network's variables count too: what a process has traced
    # it forgets after each training, and reading one is ten times as quick as compiling it.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
