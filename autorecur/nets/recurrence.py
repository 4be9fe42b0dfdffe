"""LSTM and GRU over a batch of windows, with their gradients derived by hand, on JAX.

What autodiff would do once a step is done once a window: the inputs are multiplied by their kernel
before the loop, the gates' slopes are taken while the gates are at hand, and the gradients of the
weights are one product each after the loop backwards. In the loops only what depends on the step
before is left, in operations on whole rows. The equations and the weights are those of Keras' stock
layers; Appleyard et al. 2016 describe the rearrangement (arXiv 1604.01946), and
`tests/benchmarks/recurrence.py` measures what it gains.

Arrays are time-major, [steps, batch, features]. `mask` [steps, batch, 1] holds 1 where a row counts
and 0 where the state stays as it was, or is None. The first state is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["RECURRENCES"]

Array = Any  # of JAX

Weights = tuple[Array, Array, Array]  # kernel, recurrent kernel, bias, as Keras keeps them


def _lstm(weights: Weights, inputs: Array, mask: Array | None, keep: bool) -> tuple[Array, Any]:
    """The states after each step; `keep`: and what the gradients need."""
    import jax
    from jax import numpy as jnp

    kernel, recurrent, bias = weights
    units = recurrent.shape[0]
    # A sigmoid is a tanh of half the width and height, so that one call does for all four gates.
    scale = jnp.repeat(jnp.array([0.5, 0.5, 1.0, 0.5], inputs.dtype), units)
    rise = 2.0 * scale - 1.0  # a gate's slope is (1 - gate) (rise + gate)

    def step(t: Array, carried: Any) -> Any:
        state, cell, gates, states, kept = carried
        gate = scale * jnp.tanh(scale * (_at(gates, t) + state @ recurrent)) + (1.0 - scale)
        i, f, g, o = jnp.split(gate, 4, axis=-1)
        after = f * cell + i * g
        squashed = jnp.tanh(after)
        if keep:
            slopes = (1.0 - gate) * (rise + gate) * jnp.concatenate([g, cell, i, squashed], axis=-1)
            into_cell, stays = o * (1.0 - squashed * squashed), f
            slopes, into_cell, stays = _counting(mask, t, (slopes, into_cell), stays)
            gates = _put(gates, slopes, t)
            kept = _put(kept[0], into_cell, t), _put(kept[1], stays, t)
        state, cell = _left(mask, t, (o * squashed, after), (state, cell))
        return state, cell, gates, _put(states, state, t + 1), kept

    first, room = _zeros(inputs, units)
    start = (first, first, inputs @ kernel + bias, room, (room[1:], room[1:]) if keep else ())
    _, _, slopes, states, kept = jax.lax.fori_loop(0, len(inputs), step, start)
    return states[1:], (states, slopes, *kept)


def _lstm_gradients(
    weights: Weights, inputs: Array, mask: Array | None, kept: Any, wanted: Array
) -> tuple[Weights, Array]:
    """By the weights and by the inputs, of a loss whose gradient by the states is `wanted`."""
    import jax
    from jax import numpy as jnp

    (kernel, recurrent, _), (states, slopes, into_cells, stays) = weights, kept
    back, steps = recurrent.T, len(inputs)

    def step(number: Array, carried: Any) -> Any:
        (of_state, of_cell, of_gates), t = carried, steps - 1 - number
        of_state = of_state + _at(wanted, t)
        of_cell = of_cell + of_state * _at(into_cells, t)
        # Three gates move the cell, the last one the state.
        of_gate = _at(of_gates, t) * jnp.concatenate([of_cell] * 3 + [of_state], axis=-1)
        passed = of_gate @ back
        if mask is not None:
            passed = passed + of_state * (1.0 - _at(mask, t))
        return passed, of_cell * _at(stays, t), _put(of_gates, of_gate, t)

    start = (jnp.zeros_like(states[0]), jnp.zeros_like(states[0]), slopes)
    _, _, of_gates = jax.lax.fori_loop(0, steps, step, start)
    by_kernels = _product(inputs, of_gates), _product(states[:-1], of_gates)
    return (*by_kernels, of_gates.sum((0, 1))), of_gates @ kernel.T


def _gru(weights: Weights, inputs: Array, mask: Array | None, keep: bool) -> tuple[Array, Any]:
    """The states after each step; `keep`: and what the gradients need.

    The gates and the new content lie in arrays of their own: cut out of one, they would be gathered
    again in every step.
    """
    import jax
    from jax import numpy as jnp

    kernel, recurrent, (bias, recurrent_bias) = weights
    units = recurrent.shape[0]
    two = 2 * units

    def step(t: Array, carried: Any) -> Any:
        state, gates, fresh, states, kept = carried
        inner = state @ recurrent + recurrent_bias
        z_r = 0.5 * jnp.tanh(0.5 * (_at(gates, t) + inner[:, :two])) + 0.5
        z, r = z_r[:, :units], z_r[:, units:]
        inner = inner[:, two:]
        g = jnp.tanh(_at(fresh, t) + r * inner)
        if keep:
            of_g = (1.0 - z) * (1.0 - g * g)
            of_z, of_r = (state - g) * z * (1.0 - z), of_g * inner * r * (1.0 - r)
            slopes, of_g, stays = _counting(
                mask, t, (jnp.concatenate([of_z, of_r], axis=-1), of_g), z
            )
            gates, fresh = _put(gates, slopes, t), _put(fresh, of_g, t)
            kept = _put(kept[0], of_g * r, t), _put(kept[1], stays, t)
        (state,) = _left(mask, t, (g + z * (state - g),), (state,))
        return state, gates, fresh, _put(states, state, t + 1), kept

    first, room = _zeros(inputs, units)
    of_inputs = inputs @ kernel + bias
    kept = (room[1:], room[1:]) if keep else ()
    start = (first, of_inputs[..., :two], of_inputs[..., two:], room, kept)
    _, slopes, of_g, states, kept = jax.lax.fori_loop(0, len(inputs), step, start)
    return states[1:], (states, slopes, of_g, *kept)


def _gru_gradients(
    weights: Weights, inputs: Array, mask: Array | None, kept: Any, wanted: Array
) -> tuple[Weights, Array]:
    """By the weights and by the inputs, of a loss whose gradient by the states is `wanted`."""
    import jax
    from jax import numpy as jnp

    (kernel, recurrent, _), (states, slopes, of_g, of_inner, stays) = weights, kept
    steps, two = len(inputs), 2 * recurrent.shape[0]
    back_gates, back_inner = recurrent[:, :two].T, recurrent[:, two:].T

    def step(number: Array, carried: Any) -> Any:
        (of_state, gates, fresh, inner), t = carried, steps - 1 - number
        of_state = of_state + _at(wanted, t)
        of_gates = _at(gates, t) * jnp.concatenate([of_state] * 2, axis=-1)
        of_inner = _at(inner, t) * of_state
        passed = of_state * _at(stays, t) + of_gates @ back_gates + of_inner @ back_inner
        fresh = _put(fresh, _at(fresh, t) * of_state, t)
        return passed, _put(gates, of_gates, t), fresh, _put(inner, of_inner, t)

    start = (jnp.zeros_like(states[0]), slopes, of_g, of_inner)
    _, of_gates, of_g, of_inner = jax.lax.fori_loop(0, steps, step, start)
    before = states[:-1]
    by_kernel = jnp.concatenate([_product(inputs, of_gates), _product(inputs, of_g)], axis=-1)
    by_recurrent = jnp.concatenate(
        [_product(before, of_gates), _product(before, of_inner)], axis=-1
    )
    by_gates, by_g, by_inner = (each.sum((0, 1)) for each in (of_gates, of_g, of_inner))
    biases = jnp.stack([jnp.concatenate([by_gates, by_g]), jnp.concatenate([by_gates, by_inner])])
    by_inputs = of_gates @ kernel[:, :two].T + of_g @ kernel[:, two:].T
    return (by_kernel, by_recurrent, biases), by_inputs


def _counting(
    mask: Array | None, t: Array, slopes: tuple[Array, Array], stays: Array
) -> tuple[Array, Array, Array]:
    """What goes back through a step: nothing but the state itself where a row does not count."""
    from jax import numpy as jnp

    if mask is None:
        return *slopes, stays
    there = _at(mask, t)
    return slopes[0] * there, slopes[1] * there, jnp.where(there > 0, stays, 1.0)


def _zeros(inputs: Array, units: int) -> tuple[Array, Array]:
    """The first state, and room for it and the state after each step."""
    from jax import numpy as jnp

    first = jnp.zeros((inputs.shape[1], units), inputs.dtype)
    return first, jnp.zeros((len(inputs) + 1, *first.shape), inputs.dtype)


def _at(array: Array, place: Array) -> Array:
    import jax

    return jax.lax.dynamic_index_in_dim(array, place, keepdims=False)


def _put(array: Array, each: Array, place: Array) -> Array:
    """`array` with `each` at `place`. In a loop over `place` this writes in place.

    So slopes take the place of the gates' sums, and gradients that of slopes: a loop that stacked
    its results would fill another array with zeros first, and leave the cache sooner.
    """
    import jax

    return jax.lax.dynamic_update_index_in_dim(array, each, place, 0)


def _left(
    mask: Array | None, t: Array, after: tuple[Array, ...], before: tuple[Array, ...]
) -> tuple[Array, ...]:
    """What a step leaves: where a row does not count, what was before it."""
    from jax import numpy as jnp

    if mask is None:
        return after
    there = _at(mask, t) > 0
    return tuple(jnp.where(there, a, b) for a, b in zip(after, before, strict=True))


def _product(left: Array, right: Array) -> Array:
    """Summed over all steps and rows: [steps, batch, a] and [steps, batch, b] to [a, b].

    The barrier makes XLA write out the transposed matrix, whose product then is a plain one: on a
    CPU a third faster than the one that it would choose.
    """
    import jax

    turned = jax.lax.optimization_barrier(left.reshape(-1, left.shape[-1]).T)
    return turned @ right.reshape(-1, right.shape[-1])


def _differentiable(forward: Callable[..., Any], gradients: Callable[..., Any]) -> Any:
    """`states(weights, inputs, mask)`, which JAX differentiates by `gradients`."""
    import jax
    from jax import numpy as jnp

    def alone(weights: Weights, inputs: Array, mask: Array | None) -> Array:
        return forward(weights, inputs, mask, keep=False)[0]

    def with_kept(weights: Weights, inputs: Array, mask: Array | None) -> Any:
        states, kept = forward(weights, inputs, mask, keep=True)
        return states, (weights, inputs, mask, kept)

    def pulled_back(known: Any, wanted: Array) -> Any:
        mask = known[2]
        return *gradients(*known, wanted), None if mask is None else jnp.zeros_like(mask)

    states = jax.custom_vjp(alone)
    states.defvjp(with_kept, pulled_back)
    return states


@cache
def _of_lstm() -> Any:
    return _differentiable(_lstm, _lstm_gradients)


@cache
def _of_gru() -> Any:
    return _differentiable(_gru, _gru_gradients)


# By cell: what gives `states(weights, inputs, mask)`, made when JAX is there. A GRU's reset gate
# comes after the product, as in Keras by default.
RECURRENCES: dict[str, Callable[[], Any]] = {"lstm": _of_lstm, "gru": _of_gru}
