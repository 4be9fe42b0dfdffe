"""As many seconds for one cell as for the other: who had fewer trains on for the difference.

Both cells of a pair are asked for as many steps, and may stop when they gain no more. A GRU's step
takes less than an LSTM's, and one cell stops sooner than the other: over a run that adds up. What a
cell is behind by, over the pairs whose halves are both there, its next training goes on for beyond
its usual end; its best weights are handed back as ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from autorecur.nets.candidate import CELLS, other_cell
from autorecur.nets.order import Fit, Order

__all__ = ["Balance"]


@dataclass
class Balance:
    """Seconds of steps and validations, cell beside cell."""

    _halves: dict[str, float] = field(default_factory=dict)  # of a pair whose other is not there
    _given: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CELLS, 0.0))
    _promised: dict[str, tuple[str, float]] = field(default_factory=dict)  # by order, not yet done

    def evened(self, order: Order) -> Order:
        """`order`, with as many seconds more as its cell is behind by."""
        cell = order.candidate.cell
        if cell not in CELLS or (owed := self._behind(cell)) <= 0:
            return order
        self._promised[order.id] = cell, owed
        return replace(order, extra_seconds=owed)

    def _behind(self, cell: str) -> float:
        promised = sum(seconds for those, seconds in self._promised.values() if those == cell)
        return self._given[other_cell(cell)] - self._given[cell] - promised

    def book(self, order: Order, fit: Fit) -> None:
        """What came of `order`: it counts once the other cell's half of its pair is there too."""
        cell = order.candidate.cell
        self._promised.pop(order.id, None)
        if cell not in CELLS:
            return
        pair, other = order.id.removesuffix(cell), other_cell(cell)
        if (beside := self._halves.pop(f"{pair}{other}", None)) is None:
            self._halves[order.id] = fit.working_seconds
        else:
            self._given[cell] += fit.working_seconds
            self._given[other] += beside

    def forget(self, orders: Iterable[Order]) -> None:
        """Of orders that will not be carried out, what was promised to them."""
        for order in orders:
            self._promised.pop(order.id, None)
