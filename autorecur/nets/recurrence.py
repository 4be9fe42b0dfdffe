"""LSTM and GRU over a batch of windows, with their gradients derived by hand, on JAX.

What autodiff would do once a step is done once a window: the inputs are multiplied by their kernel
before the loop, the gates' slopes are taken before the loop backwards, and the gradients of the
weights are one product each after it. In the loops only what depends on the step before is left, in
operations on whole rows. The equations and the weights are those of Keras' stock layers; Appleyard
et al. 2016 describe the rearrangement (arXiv 1604.01946), `tests/benchmarks/recurrence.py` measures
what it gains.

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

    def step(t: Array, carried: Any) -> Any:
        state, cell, gates, states, cells = carried
        gate = scale * jnp.tanh(scale * (_at(gates, t) + state @ recurrent)) + (1.0 - scale)
        i, f, g, o = jnp.split(gate, 4, axis=-1)
        after = f * cell + i * g
        state, cell = _left(mask, t, (o * jnp.tanh(after), after), (state, cell))
        if keep:
            gates, cells = _put(gates, gate, t), _put(cells, cell, t + 1)
        return state, cell, gates, _put(states, state, t + 1), cells

    first, all_states = _zeros(inputs, units)
    start = (first, first, inputs @ kernel + bias, all_states, all_states if keep else None)
    _, _, gates, states, cells = jax.lax.fori_loop(0, len(inputs), step, start)
    return states[1:], (states, cells, gates)


def _lstm_gradients(
    weights: Weights, inputs: Array, mask: Array | None, kept: Any, wanted: Array
) -> tuple[Weights, Array]:
    """By the weights and by the inputs, of a loss whose gradient by the states is `wanted`."""
    import jax
    from jax import numpy as jnp

    (kernel, recurrent, _), (states, cells, gates) = weights, kept
    back, steps = recurrent.T, len(inputs)
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    squashed = jnp.tanh(cells[1:])
    # Of the gates' sums: three as shares of the gradient by the cell, the last by the state.
    of_cell = [g * i * (1.0 - i), cells[:-1] * f * (1.0 - f), i * (1.0 - g * g)]
    slopes = jnp.concatenate([*of_cell, squashed * o * (1.0 - o)], axis=-1)
    into_cell, stays = o * (1.0 - squashed * squashed), f
    if mask is not None:
        slopes, into_cell, stays = slopes * mask, into_cell * mask, jnp.where(mask > 0, f, 1.0)

    def step(number: Array, carried: Any) -> Any:
        (of_state, of_cell, of_gates), t = carried, steps - 1 - number
        of_state = of_state + _at(wanted, t)
        of_cell = of_cell + of_state * _at(into_cell, t)
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
    """The states after each step; `keep`: and what the gradients need."""
    import jax
    from jax import numpy as jnp

    kernel, recurrent, (bias, recurrent_bias) = weights
    units = recurrent.shape[0]

    def step(t: Array, carried: Any) -> Any:
        state, gates, states, inners = carried
        projected, inner = _at(gates, t), state @ recurrent + recurrent_bias
        z_r = 0.5 * jnp.tanh(0.5 * (projected + inner)[:, : 2 * units]) + 0.5
        z, r = jnp.split(z_r, 2, axis=-1)
        inner = inner[:, 2 * units :]
        g = jnp.tanh(projected[:, 2 * units :] + r * inner)
        (state,) = _left(mask, t, (g + z * (state - g),), (state,))
        if keep:
            gates = _put(gates, jnp.concatenate([z_r, g], axis=-1), t)
            inners = _put(inners, inner, t + 1)
        return state, gates, _put(states, state, t + 1), inners

    first, all_states = _zeros(inputs, units)
    start = (first, inputs @ kernel + bias, all_states, all_states if keep else None)
    _, gates, states, inners = jax.lax.fori_loop(0, len(inputs), step, start)
    return states[1:], (states, gates, inners)


def _gru_gradients(
    weights: Weights, inputs: Array, mask: Array | None, kept: Any, wanted: Array
) -> tuple[Weights, Array]:
    """By the weights and by the inputs, of a loss whose gradient by the states is `wanted`."""
    import jax
    from jax import numpy as jnp

    (kernel, recurrent, _), (states, gates, inners) = weights, kept
    back, steps = recurrent.T, len(inputs)
    z, r, g = jnp.split(gates, 3, axis=-1)
    of_g, stays = (1.0 - z) * (1.0 - g * g), z
    if mask is not None:
        of_g, stays = of_g * mask, jnp.where(mask > 0, z, 1.0)
    # Of the gates' sums, as shares of the gradient by the state.
    of_z, of_r = (states[:-1] - g) * z * (1.0 - stays), of_g * inners[1:] * r * (1.0 - r)
    slopes = jnp.concatenate([of_z, of_r, of_g * r], axis=-1)

    def step(number: Array, carried: Any) -> Any:
        (of_state, of_states, of_inners), t = carried, steps - 1 - number
        of_state = of_state + _at(of_states, t)
        of_inner = _at(of_inners, t) * jnp.concatenate([of_state] * 3, axis=-1)
        passed = of_state * _at(stays, t) + of_inner @ back
        return passed, _put(of_states, of_state, t), _put(of_inners, of_inner, t)

    start = (jnp.zeros_like(states[0]), wanted, slopes)
    _, of_states, of_inners = jax.lax.fori_loop(0, steps, step, start)
    of_z_r = of_inners[..., : 2 * z.shape[-1]]
    of_projected = jnp.concatenate([of_z_r, of_states * of_g], axis=-1)
    by_kernels = _product(inputs, of_projected), _product(states[:-1], of_inners)
    biases = jnp.stack([of_projected.sum((0, 1)), of_inners.sum((0, 1))])
    return (*by_kernels, biases), of_projected @ kernel.T


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

    So gates take the place of their sums, and gradients that of slopes: a loop that stacked its
    results would fill another array with zeros first, and a window's arrays would leave the cache.
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
