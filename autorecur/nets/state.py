"""What a training step changes, and what all engines share: start, optimiser, loss, average."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autorecur.nets.candidate import Candidate
from autorecur.nets.layers import RATE
from autorecur.nets.shape import Shape

if TYPE_CHECKING:
    import keras

__all__ = [
    "AVERAGE_SHARE",
    "CLIP_NORM",
    "WARM",
    "State",
    "arrays_of",
    "error_sum",
    "mean_error",
    "optimiser_of",
    "place_of",
    "total",
]

CLIP_NORM = 1.0
# The weights that are validated and handed back are an average over about the last fifty steps,
# fewer in the beginning (Polyak and Juditsky 1992): the noise of single batches is not in them.
# After step n a share of max(AVERAGE_SHARE, (WARM - 1) / (WARM + n)) of it is what the step left.
AVERAGE_SHARE, WARM = 0.02, 10

Array = Any  # of NumPy or of JAX


class State(NamedTuple):
    """Everything that a training step changes: lists of arrays, in Keras' order of variables.

    JAX takes a NamedTuple for a tree of its leaves.
    """

    trainable: list[Array]
    fixed: list[Array]
    optimiser: list[Array]
    average: list[Array]  # of the trainable weights over the last steps: what forecasts

    @classmethod
    def start(
        cls,
        trained: keras.Model,
        optimiser: keras.optimizers.Optimizer,
        stock: keras.Model,
        candidate: Candidate,
    ) -> State:
        """Where `candidate` begins, as NumPy arrays.

        `stock` is the untrained network; `trained` is its like whose rates of dropout are
        variables, and `optimiser` is built for it.
        """
        weights = arrays_of(stock.trainable_variables)
        # A stock network's other variables are the seeds of its dropouts; ours have rates besides.
        seeds = iter(arrays_of(stock.non_trainable_variables))
        fixed = [
            np.float32(candidate.dropout) if variable.name == RATE else next(seeds)
            for variable in trained.non_trainable_variables
        ]
        moments = [np.zeros_like(each) for each in arrays_of(optimiser.variables)]
        moments[place_of(optimiser, optimiser._learning_rate)][()] = candidate.learning_rate
        moments[place_of(optimiser, optimiser.weight_decay)][()] = candidate.weight_decay
        return cls(weights, fixed, moments, [each.copy() for each in weights])


def arrays_of(variables: Any) -> list[Any]:
    """The values of Keras' variables, in NumPy."""
    import keras

    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def optimiser_of(model: keras.Model) -> keras.optimizers.Optimizer:
    """The optimiser of every training, built for `model`."""
    optimiser = _decaying()(learning_rate=1e-3, clipnorm=CLIP_NORM)
    optimiser.build(model.trainable_variables)
    return optimiser


@cache
def _decaying() -> Any:
    """Keras' Adam, whose weight decay is a variable: a compiled step takes it as an input."""
    import keras

    class Decaying(keras.optimizers.Adam):  # type: ignore[misc]
        def build(self, variables: Any) -> None:
            if not self.built:
                super().build(variables)
                self.weight_decay = self.add_variable((), "zeros", name="weight_decay")

    return Decaying


def place_of(optimiser: keras.optimizers.Optimizer, wanted: Any) -> int:
    """Where a variable stands among the optimiser's; Keras has no public name for it."""
    variables = enumerate(optimiser.variables)
    return next(place for place, variable in variables if variable is wanted)


def mean_error(loss: Any, shape: Shape, truth: Array, weight: Array, output: Array) -> Array:
    """The mean loss of a batch, weighted; `loss` is a loss function of Keras."""
    return error_sum(loss, shape, truth, weight, output) / total(weight)


def total(weight: Array) -> Array:
    """What a batch counts, more than nothing."""
    from keras import ops

    return ops.maximum(ops.sum(weight), 1e-6)


def error_sum(loss: Any, shape: Shape, truth: Array, weight: Array, output: Array) -> Array:
    """The loss of some examples, each as often as its weight says."""
    from keras import ops

    if shape.output == "numbers":
        # The loss functions average over the last axis: targets get one of their own.
        errors = loss(truth[..., None], output[..., None])
    else:
        errors = loss(truth, output, from_logits=True)
    return ops.sum(errors * weight)
