"""How far a training has come: weights, optimiser state and curve, to disk and back."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autorecur.nets.state import State

__all__ = ["Progress"]


@dataclass
class Progress:
    """A training's present state, its best one, and its curve: a training's one mutable object."""

    state: Any = None  # State
    best: Any = None  # State with the best validation score so far
    watched: float | None = None  # what chose it
    score: float | None = None  # and its score
    steps: int = 0
    best_step: int = 0
    stale: int = 0  # validations since the best
    curve: list[float] = field(default_factory=list)

    def see(self, watched: float, score: float) -> None:
        """Take note of a validation of the present state; what is watched is better when lower."""
        self.curve.append(score)
        if self.watched is None or watched < self.watched:
            self.watched, self.score, self.best = watched, score, self.state
            self.best_step, self.stale = self.steps, 0
        else:
            self.stale += 1

    def save(self, path: Path) -> None:
        """Write a checkpoint at once or not at all."""
        leaves = {
            f"{owner}.{part}.{place}": np.asarray(leaf)
            for owner in ("state", "best")
            for part in State._fields
            for place, leaf in enumerate(getattr(getattr(self, owner), part))
        }
        facts = json.dumps(
            [self.watched, self.score, self.steps, self.best_step, self.stale, self.curve]
        )
        partial = path.with_name(f"{path.stem}.partial.npz")
        np.savez(partial, facts=np.array(facts), **leaves)  # type: ignore[arg-type]
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path, like: State) -> Progress:
        """The checkpoint in `path`, in NumPy; `like` is a state of the same shape."""
        with np.load(path) as file:
            watched, score, steps, best_step, stale, curve = json.loads(str(file["facts"]))
            state, best = (
                State(
                    *(
                        [file[f"{owner}.{part}.{place}"] for place in range(len(leaves))]
                        for part, leaves in ((part, getattr(like, part)) for part in State._fields)
                    )
                )
                for owner in ("state", "best")
            )
        return cls(state, best, watched, score, steps, best_step, stale, curve)
