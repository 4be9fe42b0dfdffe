"""A Candidate is one network that could be trained; a Space is all of them. Imports no Keras.

Ranges follow the literature: the learning rate matters most (Greff et al. 2016), then the width;
depth is mostly 1 or 2; both cells draw from the same space, so that a *pair* is one candidate with
both cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autorecur.errors import SettingError

__all__ = [
    "CELLS",
    "NORMALISATIONS",
    "POOLINGS",
    "REFERENCE_CELL",
    "REFERENCE_NAME",
    "Candidate",
    "Space",
    "other_cell",
]

CELLS = ("lstm", "gru")
REFERENCE_NAME = "SimpleRNN"
REFERENCE_CELL = "rnn"  # a plain recurrent network: measured beside the two, never recommended
NORMALISATIONS = ("none", "last", "standard", "season", "difference")
POOLINGS = ("last", "mean", "max", "attention")


def other_cell(cell: str) -> str:
    """The one that `cell` is compared with."""
    return CELLS[1 - CELLS.index(cell)]


@dataclass(frozen=True)
class Candidate:
    """One network: cell, size, what it sees, and how it learns.

    >>> Candidate("gru", depth=2, width=64, lookback=48).title
    'GRU 2 × 64'
    """

    cell: str
    depth: int = 1
    width: int = 64
    lookback: int = 24
    learning_rate: float = 3e-3
    dropout: float = 0.0
    batch: int = 64
    normalisation: str = "last"
    pooling: str = "last"  # what of the top layer's steps the head sees
    bidirectional: bool = False  # whole sequences and texts only
    residual: bool = False  # from the second layer on
    linear: bool = False  # a linear path from the window, beside the layers; forecasts only
    embedding: int = 0  # width of a token's vector; 0 where there are no tokens
    weight_decay: float = 0.0  # decoupled, times the learning rate at each step (AdamW)

    @property
    def title(self) -> str:
        name = REFERENCE_NAME if self.cell == REFERENCE_CELL else self.cell.upper()
        return f"{name} {self.depth} × {self.width}"

    @property
    def pair_key(self) -> tuple[Any, ...]:
        """What both cells of a pair have in common."""
        return tuple(value for name, value in asdict(self).items() if name != "cell")

    @property
    def program_key(self) -> tuple[Any, ...]:
        """All but what a compiled program takes as input."""
        inputs = ("learning_rate", "dropout", "weight_decay", "batch")
        baked = (value for name, value in asdict(self).items() if name not in inputs)
        return (*baked, self.dropout > 0)

    def with_cell(self, cell: str) -> Candidate:
        return replace(self, cell=cell)

    def with_settings_of(self, other: Candidate) -> Candidate:
        """This network with the rates and the decay of `other`, as far as one program goes.

        >>> Candidate("gru", dropout=0.2).with_settings_of(Candidate("gru", dropout=0.5)).dropout
        0.5
        """
        dropout = other.dropout if self.dropout and other.dropout else self.dropout
        return replace(
            self,
            learning_rate=other.learning_rate,
            dropout=dropout,
            weight_decay=other.weight_decay,
        )


@dataclass(frozen=True)
class Space:
    """What may be drawn: a tuple of choices a field; for the learning rate a log-uniform range."""

    cells: tuple[str, ...] = CELLS
    depth: tuple[int, ...] = (1, 1, 2, 2, 3)  # repeated: mostly 1 and 2
    width: tuple[int, ...] = (8, 16, 32, 64, 128)
    lookback: tuple[int, ...] = (24,)
    learning_rate: tuple[float, float] = (1e-3, 2e-2)
    dropout: tuple[float, ...] = (0.0, 0.0, 0.1, 0.2)
    batch: tuple[int, ...] = (32, 64)
    normalisation: tuple[str, ...] = NORMALISATIONS
    pooling: tuple[str, ...] = ("last",)
    bidirectional: tuple[bool, ...] = (False,)
    residual: tuple[bool, ...] = (False, True)
    linear: tuple[bool, ...] = (False,)
    embedding: tuple[int, ...] = (0,)
    weight_decay: tuple[float, ...] = (0.0,)

    def __post_init__(self) -> None:
        unknown = [cell for cell in self.cells if cell not in (*CELLS, REFERENCE_CELL)]
        if unknown or not self.pair:
            wrong = [*unknown, *self.cells][:1]
            what = f"unknown cell {wrong[0]!r}" if wrong else "the space has no cell"
            way = f"use {' or '.join(CELLS)}, and {REFERENCE_CELL} beside them for reference"
            raise SettingError(f"{what}: {way}")
        odd = [name for name in self.pooling if name not in POOLINGS]
        if odd:
            raise SettingError(f"unknown pooling {odd[0]!r}: use {', '.join(POOLINGS)}")
        if min(self.weight_decay) < 0:
            raise SettingError(
                f"the weight decay {min(self.weight_decay)} is below nought: give a number from 0 "
                "upwards"
            )
        if min(self.depth) < 1 or min(self.width) < 1 or min(self.lookback) < 1:
            raise SettingError("depth, width and lookback are whole numbers from 1 upwards")

    @property
    def pair(self) -> tuple[str, ...]:
        """The cells that are searched and compared."""
        return tuple(cell for cell in self.cells if cell in CELLS)

    @property
    def reference(self) -> bool:
        """Whether a plain recurrent network is to be measured beside the finalists."""
        return REFERENCE_CELL in self.cells

    def draw(self, rng: np.random.Generator) -> Candidate:
        """One candidate with the space's first cell; give it the other with `with_cell`.

        >>> Space(width=(16,)).draw(np.random.default_rng(1)).width
        16
        """
        low, high = np.log(self.learning_rate)
        depth = int(rng.choice(self.depth))
        return Candidate(
            cell=self.pair[0],
            depth=depth,
            width=int(rng.choice(self.width)),
            lookback=int(rng.choice(self.lookback)),
            learning_rate=float(f"{np.exp(rng.uniform(low, high)):.2g}"),
            dropout=float(rng.choice(self.dropout)),
            batch=int(rng.choice(self.batch)),
            normalisation=str(rng.choice(self.normalisation)),
            pooling=str(rng.choice(self.pooling)),
            bidirectional=bool(rng.choice(self.bidirectional)),
            residual=bool(rng.choice(self.residual)) and depth > 1,
            linear=bool(rng.choice(self.linear)),
            embedding=int(rng.choice(self.embedding)),
            weight_decay=float(rng.choice(self.weight_decay)),
        )

    def columns(self, rng: np.random.Generator, many: int) -> dict[str, NDArray[Any]]:
        """`many` candidates as `draw` draws them, at once: a column a field, but for the cell.

        >>> sorted(Space(width=(16,)).columns(np.random.default_rng(1), 3))[:3]
        ['batch', 'bidirectional', 'depth']
        """
        low, high = np.log(self.learning_rate)
        drawn: dict[str, NDArray[Any]] = {}
        for field in fields(self):
            if field.name not in ("cells", "learning_rate"):
                choices = np.array(getattr(self, field.name))
                drawn[field.name] = choices[rng.integers(len(choices), size=many)]
        drawn["learning_rate"] = np.exp(rng.uniform(low, high, many))
        drawn["residual"] = drawn["residual"] & (drawn["depth"] > 1)
        return drawn

    def at(self, columns: Mapping[str, NDArray[Any]], place: int) -> Candidate:
        """The candidate in `columns` at `place`, with the space's first cell."""
        values = {name: column[place].item() for name, column in columns.items()}
        rate = float(f"{values['learning_rate']:.2g}")
        return Candidate(cell=self.pair[0], **{**values, "learning_rate": rate})
