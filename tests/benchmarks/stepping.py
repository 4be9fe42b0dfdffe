"""Training steps of the eight usual sizes, for the benchmarks that count or time them.

A module of its own, so that worker processes can import it and keep what they have compiled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.understand import Asked, understand
from autorecur.nets.batches import batches
from autorecur.nets.block import Block, block_of
from autorecur.nets.build import core
from autorecur.nets.candidate import Candidate
from autorecur.nets.engine import Program
from autorecur.nets.population import Population
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.start import set_gate_bias
from autorecur.nets.state import State

INPUTS, ROWS, CHUNK = 8, 6_000, 30
SIZES = {
    f"{cell} {title}": (cell.lower(), depth, width, steps, batch)
    for cell in ("LSTM", "GRU")
    for title, depth, width, steps, batch in (
        ("32 × 50 × 32", 1, 32, 50, 32),
        ("64 × 100 × 64", 1, 64, 100, 64),
        ("2 × 64 × 100 × 64", 2, 64, 100, 64),
        ("2 × 128 × 100 × 64", 2, 128, 100, 64),
    )
}
LOSS = "mean_absolute_error"


def rate(chunk: Callable[[], Any], steps: int, seconds: float) -> float:
    """Milliseconds a step: the fastest chunk of those that fit into `seconds`."""
    fastest, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end or fastest == float("inf"):
        begin = time.perf_counter()
        chunk()
        fastest = min(fastest, time.perf_counter() - begin)
    return 1e3 * fastest / steps


def setting(size: str) -> tuple[Candidate, Shape, Block, NDArray[np.int64]]:
    """A candidate of the size, its table on the device, and the examples to train on."""
    cell, depth, width, steps, batch = SIZES[size]
    values = np.random.default_rng(1).normal(size=(ROWS, INPUTS))
    frame = pd.DataFrame(values, columns=[f"c{place}" for place in range(INPUTS)])
    dataset = understand(frame, Asked(target="c0", horizon=1, task="forecast"))
    candidate = Candidate(
        cell, depth=depth, width=width, lookback=steps, batch=batch, normalisation="none"
    )
    shape, fold = Shape.of(dataset), dataset.split.selection
    assert shape.channels + shape.known == INPUTS
    block = block_of(dataset, fold, Scaler.fit(dataset, fold), shape, scaled=False)
    return candidate, shape, block, fold.train[fold.train >= steps]


def begun(made: Program, candidate: Candidate, shape: Shape, seed: int) -> State:
    model = core(candidate, shape, seed)
    set_gate_bias(model)
    return made.start(model, candidate)


_made: dict[str, Program] = {}


def _chunks(size: str, members: int) -> Callable[[], object]:
    """A function that takes a chunk of steps of every member; one alone is no population."""
    candidate, shape, block, examples = setting(size)
    if size not in _made:
        _made[size] = Program(candidate, shape, LOSS)
    made = _made[size]
    states = [begun(made, candidate, shape, seed) for seed in range(members)]
    drawn = np.stack([batches(examples, candidate.batch, s, 0, CHUNK) for s in range(members)])
    if members > 1:
        population = Population(made, states)
        return lambda: population.advance(block, drawn)

    def alone() -> None:
        states[0], _ = made.advance(states[0], block, drawn[0])

    return alone


def ready(size: str, members: int) -> None:
    """Compile, and take so long that every worker gets one."""
    steps_a_second(size, members, time.monotonic(), time.monotonic() + 3.0)


def steps_a_second(size: str, members: int, begin: float, until: float) -> float:
    chunk = _chunks(size, members)
    chunk()
    while time.monotonic() < begin:
        time.sleep(0.001)
    chunks, start = 0, time.monotonic()
    while not chunks or time.monotonic() < until:
        chunk()
        chunks += 1
    return chunks * CHUNK * members / (time.monotonic() - start)
