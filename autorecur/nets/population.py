"""Many candidates of one shape at once: the compiled step, mapped over its members.

On a GPU, which one small network leaves idle, a population takes hardly longer than one of its
members. On a CPU the cores are busy with one network already; see what
`tests/benchmarks/side_by_side.py` prints before asking for one there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.nets.batches import in_pieces
from autorecur.nets.block import Block
from autorecur.nets.engine import Program, padded
from autorecur.nets.state import State

__all__ = ["Population"]


class Population:
    """Members of one program, side by side; each has its weights, seed, rates and examples.

    Each takes the steps that it would take alone, up to rounding. Where series are padded to two
    lengths, the longest series of all members decides a step's: masks of dropout are then drawn for
    more rows than a member alone would need, and differ.

    Every number of members is a program of its own, which takes seconds to compile. So the places
    up to the next power of two are filled with copies of the last member, which nobody reads.
    """

    def __init__(self, made: Program, members: Sequence[State]) -> None:
        import jax
        import jax.numpy as jnp

        self._made, self._count = made, len(members)
        self._places = 1 << (len(members) - 1).bit_length()
        filled = [*members, *[members[-1]] * (self._places - len(members))]
        self._states = jax.tree.map(lambda *leaves: jnp.stack(leaves), *filled)

    def advance(self, block: Block, batches: NDArray[np.int32]) -> NDArray[np.float32]:
        """A step of every member for each row of its `batches` [members, steps, batch].

        Returns the losses, [members, steps].
        """
        in_order = padded(np.swapaxes(self._filled(batches), 0, 1))
        self._states, losses = self._made.advance_all(self._states, block, *in_order)
        return np.asarray(losses).T[: self._count, : batches.shape[1]]

    def forecast(self, block: Block, examples: NDArray[np.int64]) -> NDArray[np.float32]:
        """What each member gives for `examples`: [members, …], else as `Program.forecast`."""
        import jax.numpy as jnp

        states = self._states
        pieces = [
            np.asarray(
                self._made.forecast_all(
                    states.average, states.fixed, block, jnp.asarray(piece, jnp.int32)
                )
            )[: self._count, :count]
            for piece, count in in_pieces(examples)
        ]
        return np.concatenate(pieces, axis=1)

    def member(self, place: int) -> State:
        """The state of one member, as if it had been alone."""
        import jax

        state: State = jax.tree.map(lambda leaves: leaves[place], self._states)
        return state

    def scale_rates(self, factors: NDArray[np.float32]) -> None:
        """Multiply each member's learning rate by its factor, [members]."""
        self._states = self._made.with_rate(self._states, self._filled(factors))

    def _filled(self, of_members: NDArray[Any]) -> NDArray[Any]:
        """`of_members` [members, …], the last one's repeated: [places, …]."""
        more = np.repeat(of_members[-1:], self._places - self._count, axis=0)
        return np.concatenate([of_members, more])
