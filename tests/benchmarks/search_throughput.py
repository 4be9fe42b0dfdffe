"""Trainings a minute in our search, against the same candidates by plain `fit`, one after another.

    python tests/benchmarks/search_throughput.py [--only trec6 …] [--pairs 4] [--steps 600]

Both cells of the pairs that our oracle draws first are trained on the same arrays for the steps of
a full training, or for fewer if asked, five times over: by `keras.Model.fit` on TensorFlow as a
practitioner writes it (a new model a candidate, windows in memory, validation after every epoch),
by the same `fit` on JAX, and by our trainings with one gain after the other switched on. Nothing
stops early. Needs the developers' data sets, and a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autorecur.data import arrays
from autorecur.data.understand import Asked, understand
from autorecur.metrics import METRICS
from autorecur.nets.candidate import Candidate
from autorecur.nets.defaults import first_candidate, full_steps, space_for
from autorecur.nets.order import Fit, Order
from autorecur.search.workers import WorkerPool

DATASETS = Path(__file__).resolve().parents[3] / "shared" / "datasets"
TABLES: dict[str, tuple[str, dict[str, Any], str]] = {
    "etth1": ("etth1.csv.gz", {"target": "OT", "time": "date", "horizon": 24}, "mae"),
    "japanese_vowels": (
        "japanese_vowels.csv.gz",
        {"target": "speaker", "time": "t", "series": "series_id", "split": "split"},
        "accuracy",
    ),
    "trec6": ("trec6.csv", {"text": "text", "target": "label", "split": "split"}, "accuracy"),
}
NEVER = float("inf")
# Of our own ways: workers, threads of each, whether programs are shared. Each adds one gain.
WAYS = {
    "ours, programs not shared": (1, 2, False),
    "ours, one worker": (1, 2, True),
    "ours, as it searches": (2, 1, True),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--steps", type=int, default=10**9, help="at most, of a training")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.plain:
        print(json.dumps(_plainly(json.loads(given.plain))))
        return 0
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    print("| table | trainings | steps of each | way | seconds | trainings a minute | gain |")
    print("|---|---|---|---|---|---|---|")
    for name in given.only:
        _compare(name, given.pairs, given.steps, given.seed)
    return 0


def _compare(name: str, pairs: int, most_steps: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        orders = _orders(name, Path(folder), pairs, most_steps, seed)
        seconds = {}
        for backend in ("tensorflow", "jax"):
            seconds[f"plain fit on {backend}"] = _in_a_process(name, orders, backend)
        for way, (workers, threads, shared) in WAYS.items():
            seconds[way] = _ours(orders, workers, threads, shared)
    before = first = next(iter(seconds.values()))
    for way, taken in seconds.items():
        rate = 60 * len(orders) / taken
        gain = f"{before / taken:.2f} × the line above, {first / taken:.1f} × in all"
        row = (name, len(orders), orders[0].steps, way, f"{taken:.1f}", f"{rate:.1f}", gain)
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
        before = taken


def _orders(name: str, folder: Path, pairs: int, most_steps: int, seed: int) -> list[Order]:
    """Both cells of the first pairs that a search would draw."""
    from autorecur.search.oracle import PairOracle

    file, asked, metric = TABLES[name]
    dataset = understand(DATASETS / file, Asked(**asked))
    arrays.save(dataset, folder)
    space = space_for(dataset)
    first = first_candidate(dataset, space)
    oracle = PairOracle(space, first, seed)
    steps = min(most_steps, full_steps(dataset, first)) // 10 * 10
    return [
        Order(
            id=f"{number} {cell}",
            arrays=str(folder),
            candidate=oracle.pair(number).with_cell(cell),
            fold="selection",
            seed=number,
            steps=steps,
            metric=metric,
            deadline=NEVER,
        )
        for number in range(pairs)
        for cell in space.pair
    ]


def _ours(orders: Sequence[Order], workers: int, threads: int, shared: bool) -> float:
    """Seconds for all orders, on warm workers and with an empty cache of compiled programs."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "true" if shared else "false"
        with WorkerPool(workers, threads=threads) as pool:
            for _ in range(workers * 2):
                pool.submit(_warm).result()
            begin = time.perf_counter()
            futures = [pool.submit(_trained, order, shared) for order in orders]
            fits = [future.result() for future in futures]
            taken = time.perf_counter() - begin
            pool.shutdown(wait=False, cancel_futures=True)
    wrong = [fit for fit in fits if fit.steps != orders[0].steps]
    if wrong:
        raise RuntimeError(f"a training ended early: {wrong[0].sentence}")
    return taken


def _warm() -> None:
    import keras  # noqa: F401

    from autorecur.nets import train  # noqa: F401


def _trained(order: Order, shared: bool) -> Fit:
    from autorecur.nets import programs, training
    from autorecur.nets.train import train

    training.PATIENCE = 10**9
    if not shared:
        programs._programs.clear()
    return train(order)


def _in_a_process(name: str, orders: Sequence[Order], backend: str) -> float:
    task = {
        "arrays": orders[0].arrays,
        "metric": orders[0].metric,
        "steps": orders[0].steps,
        "candidates": [vars(order.candidate) for order in orders],
    }
    done = subprocess.run(
        [sys.executable, __file__, "--plain", json.dumps(task)],
        env=os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout.splitlines()[-1]))


def _plainly(task: dict[str, Any]) -> float:
    """Seconds for the candidates one after another, as a practitioner writes it."""
    import keras

    from autorecur.nets.block import block_of, inputs_of, truth_of
    from autorecur.nets.build import core
    from autorecur.nets.resident import dataset_of, trainable
    from autorecur.nets.shape import Scaler, Shape

    dataset, metric = dataset_of(task["arrays"]), METRICS[task["metric"]]
    shape, fold = Shape.of(dataset), dataset.split.selection
    block = block_of(
        dataset, fold, Scaler.fit(dataset, fold), shape, scaled=metric.scaled, resident=False
    )
    classes = shape.output == "classes"
    loss = (
        keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if classes
        else keras.losses.MeanAbsoluteError()
    )
    begin = time.perf_counter()
    for values in task["candidates"]:
        candidate = Candidate(**values)
        keras.backend.clear_session()
        model = core(candidate, shape, seed=1)
        model.compile(
            keras.optimizers.Adam(candidate.learning_rate, clipnorm=1.0),
            loss,
            weighted_metrics=["accuracy"] if classes else None,
        )

        def windows(examples: Any, rows: int = candidate.lookback) -> Any:
            inputs = inputs_of(block, examples, shape, rows)
            truth, weight = truth_of(block, examples, shape, rows)
            return inputs, truth, weight if classes else None

        train = trainable(dataset, fold, candidate.lookback)
        per_epoch = len(train) // candidate.batch
        epochs, rest = divmod(task["steps"], per_epoch)
        inputs, truth, weight = windows(train[: per_epoch * candidate.batch])
        for many, part in ((epochs, len(truth)), (1, rest * candidate.batch)):
            if many and part:
                model.fit(
                    [each[:part] for each in inputs],
                    truth[:part],
                    batch_size=candidate.batch,
                    epochs=many,
                    sample_weight=None if weight is None else weight[:part],
                    validation_data=windows(fold.validation),
                    validation_batch_size=256,
                    verbose=0,
                )
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
