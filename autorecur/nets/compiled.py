"""A function compiled ahead of its calls, and nothing kept of it but the machine code.

`jax.jit` remembers, for as long as the process lives, what tracing a function has made: as much
memory again as its program, and not freed with it. A worker goes through dozens of programs, so it
is made to `forget` after each training.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["Compiled", "forget"]

_traced: list[object] = []  # functions, since it was last forgotten


class Compiled:
    """`function` on JAX, compiled once for each form of its inputs: shapes, types, structure."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.seconds = 0.0  # that compiling took so far
        self._made: dict[Any, Any] = {}

    def __len__(self) -> int:
        """How many forms it was compiled for."""
        return len(self._made)

    def __call__(self, *inputs: Any) -> Any:
        return self.like(*inputs)(*inputs)

    def like(self, *inputs: Any) -> Any:
        """What is called with inputs of the form of these."""
        import jax

        leaves, tree = jax.tree.flatten(inputs)
        form = (tree, *((leaf.shape, leaf.dtype) for leaf in leaves))
        if form not in self._made:
            begin = time.monotonic()
            self._made[form] = jax.jit(self._function).lower(*inputs).compile()
            self.seconds += time.monotonic() - begin
            _traced.append(self._function)
        return self._made[form]


def forget() -> None:
    """Let go of what tracing left behind, if there was any; what is compiled here stays."""
    if _traced:
        import jax

        jax.clear_caches()
        _traced.clear()
