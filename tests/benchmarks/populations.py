"""Trainings a minute in populations of one program, against Keras one after another.

    KERAS_BACKEND=jax python tests/benchmarks/populations.py [--members 1 16 64] [--steps 500]

For a machine with a GPU and JAX's build for it; without one it says what a CPU makes of the same.
A training begins with a network's first weights and takes so many steps; none is validated. Keras
is `fit` of stock layers, as a practitioner writes it: a new model each time, which builds, traces
and compiles anew; the column beside it leaves that out. Ours compiles once for all candidates of a
shape; those seconds stand in the last columns.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np
from stepping import INPUTS, LOSS, ROWS, SIZES, begun, setting

from autorecur.nets.batches import batches
from autorecur.nets.engine import LONGEST_CHUNK, Program
from autorecur.nets.population import Population
from autorecur.nets.programs import device_name

CHOSEN = [size for size in SIZES if "2 × 64" not in size]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--steps", type=int, default=500, help="of a training")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=CHOSEN)
    given = parser.parse_args(arguments)
    print(f"trainings of {given.steps} steps a minute on {device_name()}\n")
    many = [str(each) for each in given.members]
    _row(
        ["units × steps × batch", "Keras", "its steps alone", *many]
        + [f"{each} / Keras" for each in many]
        + [f"{each} / its steps" for each in many]
        + [f"s to compile {each}" for each in many]
    )
    _row(["---"] * (3 + 4 * len(many)))
    for size in given.sizes:
        whole, steps = _keras(size, given.steps)
        found = [_ours(size, each, given.steps) for each in given.members]
        rates = [each / seconds for each, (_, seconds) in zip(given.members, found, strict=True)]
        _row(
            [size, *(f"{60 * rate:.1f}" for rate in (1 / whole, 1 / steps, *rates))]
            + [f"{rate * against:.1f}" for against in (whole, steps) for rate in rates]
            + [f"{compiling:.1f}" for compiling, _ in found]
        )
    return 0


def _row(cells: Sequence[str]) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def _ours(size: str, members: int, steps: int) -> tuple[float, float]:
    """Seconds that the first chunk compiles, and that all members take together from then on."""
    candidate, shape, block, examples = setting(size)
    made = Program(candidate, shape, LOSS)

    def train(until: int) -> float:
        begin = time.perf_counter()
        states = [begun(made, candidate, shape, seed) for seed in range(members)]
        population = Population(made, states) if members > 1 else None
        for step in range(0, until, LONGEST_CHUNK):
            count = min(LONGEST_CHUNK, until - step)
            drawn = np.stack(
                [batches(examples, candidate.batch, seed, step, count) for seed in range(members)]
            )
            if population is not None:
                population.advance(block, drawn)
            else:
                states[0], _ = made.advance(states[0], block, drawn[0])
        return time.perf_counter() - begin

    compiling = train(1)
    return compiling, train(steps)


def _keras(size: str, steps: int) -> tuple[float, float]:
    """Seconds of a training by `fit`, the first of a process left out: whole, and its steps."""
    import keras

    cell, depth, width, rows, batch = SIZES[size]
    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
    draw = np.random.default_rng(1)
    values = draw.normal(size=(ROWS, INPUTS)).astype(np.float32)
    starts = draw.integers(0, ROWS - rows - 1, batch * steps)
    windows, truth = values[starts[:, None] + np.arange(rows)], values[starts + rows, :1]
    times = []
    for _ in range(2):
        begin = time.perf_counter()
        model = keras.Sequential(
            [
                keras.Input((rows, INPUTS)),
                *(layer(width, return_sequences=number < depth - 1) for number in range(depth)),
                keras.layers.Dense(1),
            ]
        )
        model.compile(keras.optimizers.Adam(1e-3, clipnorm=1.0), "mean_absolute_error")
        model.fit(windows, truth, batch_size=batch, verbose=0)
        whole = time.perf_counter() - begin
        begin = time.perf_counter()
        model.fit(windows, truth, batch_size=batch, verbose=0)
        times.append((whole, time.perf_counter() - begin))
    return times[-1]


if __name__ == "__main__":
    sys.exit(main())
