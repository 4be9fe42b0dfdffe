"""A training step of the eight usual sizes: ours, Keras on TensorFlow, PyTorch, side by side.

    pip install torch        # the CPU build will do; without it, that column stays empty
    python tests/benchmarks/recurrence.py [--rounds 3] [--seconds 2]

Each of the three lives in a process of its own, with all cores, and is asked in turn, size by size,
round by round; the fastest round counts. Keras is timed over whole calls of `fit`, PyTorch over a
bare loop, ours over compiled chunks that gather their windows from the table themselves. The last
line is one JSON object; ratios above 1 say that ours is faster.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from stepping import CHUNK, INPUTS, LOSS, ROWS, SIZES, begun, rate, setting

from autorecur.nets.batches import batches
from autorecur.nets.engine import Program

PEAK_SIZE = 1_536

Timed = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one measurement")
    parser.add_argument("--child", choices=CHILDREN, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.child:
        _serve(CHILDREN[given.child])
        return 0
    children = {name: _child(name) for name in CHILDREN}
    best: dict[str, dict[str, Timed]] = {size: {} for size in SIZES}
    peak = 0.0
    for number in range(given.rounds):
        for size in SIZES:
            for name, child in children.items():
                answer = _ask(child, {"size": size, "seconds": given.seconds})
                if answer is not None:
                    known = best[size].setdefault(name, answer)
                    best[size][name] = {key: min(known[key], answer[key]) for key in known}
            peak = max(peak, _peak())
        print(f"round {number + 1} of {given.rounds} done", flush=True)
    for child in children.values():
        child.stdin.close()  # type: ignore[union-attr]
        child.wait()
    _print_table(best, peak)
    print(json.dumps(_summary(best, peak)))
    return 0


def _print_table(best: dict[str, dict[str, Timed]], peak: float) -> None:
    print(f"\n{peak / 1e9:.0f} GFLOP/s: products of matrices {PEAK_SIZE} × {PEAK_SIZE}, float32\n")
    print("| units × steps × batch | ms a step: Keras/TF | PyTorch | ours |", end="")
    print(" s to the first step: Keras/TF | PyTorch | ours | second candidate, ms |")
    print("|---|---|---|---|---|---|---|---|")
    for size, of in best.items():
        cells = [
            f"{of[name][key]:.{digits}f}" if name in of else "–"
            for key, digits in (("step_ms", 2), ("first_seconds", 2))
            for name in ("tensorflow", "torch", "ours")
        ]
        print(f"| {size} | {' | '.join(cells)} | {of['ours']['second_ms']:.0f} |")


def _summary(best: dict[str, dict[str, Timed]], peak: float) -> dict[str, Any]:
    ours = {size: of["ours"]["step_ms"] for size, of in best.items()}
    torch = [of["torch"]["step_ms"] / ours[size] for size, of in best.items() if "torch" in of]
    mean = math.exp(sum(map(math.log, torch)) / len(torch)) if torch else None
    return {
        "vs_keras": {
            size: round(of["tensorflow"]["step_ms"] / ours[size], 2) for size, of in best.items()
        },
        "vs_torch_geomean": mean and round(mean, 2),
        "of_matmul_peak": {
            size: round(_operations(size) / (ours[size] / 1e3) / peak, 3) for size in best
        },
    }


def _operations(size: str) -> float:
    """Floating-point operations of a training step: two a multiply-add, three passes."""
    cell, depth, width, steps, batch = SIZES[size]
    gates = {"lstm": 4, "gru": 3}[cell]
    inputs = [INPUTS] + [width] * (depth - 1)
    forward = sum(gates * width * (each + width) for each in inputs) * steps * batch
    return 2.0 * 3.0 * forward


def _peak() -> float:
    a = np.random.default_rng(1).normal(size=(PEAK_SIZE, PEAK_SIZE)).astype(np.float32)
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        a @ a
        seconds.append(time.perf_counter() - begin)
    return 2.0 * PEAK_SIZE**3 / min(seconds)


def _child(name: str) -> subprocess.Popen[str]:
    backend = {"ours": "jax", "tensorflow": "tensorflow", "torch": "jax"}[name]
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        [sys.executable, __file__, "--child", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )


def _ask(child: subprocess.Popen[str], question: dict[str, Any]) -> Timed | None:
    child.stdin.write(json.dumps(question) + "\n")  # type: ignore[union-attr]
    child.stdin.flush()  # type: ignore[union-attr]
    answer = child.stdout.readline()  # type: ignore[union-attr]
    if not answer:
        raise RuntimeError("a benchmarked process has died")
    told: Timed | None = json.loads(answer)
    return told


def _serve(measure: Callable[[str, float], Timed | None]) -> None:
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(measure(question["size"], question["seconds"])), flush=True)


def _windows(steps: int, examples: int) -> tuple[np.ndarray, np.ndarray]:
    values = np.random.default_rng(1).normal(size=(ROWS, INPUTS)).astype(np.float32)
    starts = np.random.default_rng(2).integers(0, ROWS - steps - 1, examples)
    windows = np.stack([values[start : start + steps] for start in starts])
    return windows, values[starts + steps, :1]


def _tensorflow(size: str, seconds: float) -> Timed:
    import keras

    cell, depth, width, steps, batch = SIZES[size]
    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
    windows, truth = _windows(steps, CHUNK * 3 * batch)
    begin = time.perf_counter()
    model = keras.Sequential(
        [
            keras.Input((steps, INPUTS)),
            *(layer(width, return_sequences=number < depth - 1) for number in range(depth)),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3, clipnorm=1.0), "mean_absolute_error")
    model.fit(windows[:batch], truth[:batch], batch_size=batch, verbose=0)
    first = time.perf_counter() - begin
    steps_done = len(windows) // batch
    step = rate(lambda: model.fit(windows, truth, batch_size=batch, verbose=0), steps_done, seconds)
    return {"step_ms": step, "first_seconds": first}


def _torch(size: str, seconds: float) -> Timed | None:
    try:
        import torch
    except ImportError:
        return None
    cell, depth, width, steps, batch = SIZES[size]
    windows, truth = (torch.from_numpy(each) for each in _windows(steps, CHUNK * batch))
    begin = time.perf_counter()
    layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    recurrent = layer(INPUTS, width, num_layers=depth, batch_first=True)
    head = torch.nn.Linear(width, 1)
    weights = [*recurrent.parameters(), *head.parameters()]
    optimiser = torch.optim.Adam(weights, 1e-3)

    def chunk(many: int = CHUNK) -> None:
        for number in range(many):
            rows = slice(number * batch, (number + 1) * batch)
            optimiser.zero_grad()
            states, _ = recurrent(windows[rows])
            loss = (head(states[:, -1]) - truth[rows]).abs().mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()

    chunk(1)
    first = time.perf_counter() - begin
    return {"step_ms": rate(chunk, CHUNK, seconds), "first_seconds": first}


def _ours(size: str, seconds: float) -> Timed:
    candidate, shape, block, examples = setting(size)
    drawn = batches(examples, candidate.batch, 1, 0, CHUNK)
    begin = time.perf_counter()
    made = Program(candidate, shape, LOSS)
    state = begun(made, candidate, shape, 1)

    def chunk() -> None:
        nonlocal state
        state, losses = made.advance(state, block, drawn)
        np.asarray(losses)

    chunk()
    first = time.perf_counter() - begin
    step = rate(chunk, CHUNK, seconds)
    begin = time.perf_counter()
    state = begun(made, replace(candidate, learning_rate=3e-4), shape, 2)
    second = time.perf_counter() - begin
    chunk()
    return {"step_ms": step, "first_seconds": first, "second_ms": 1e3 * second}


CHILDREN = {"tensorflow": _tensorflow, "torch": _torch, "ours": _ours}


if __name__ == "__main__":
    sys.exit(main())
