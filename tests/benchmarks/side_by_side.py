"""Ways to use two cores: threads of one worker, workers of one thread, members of a population.

    python tests/benchmarks/side_by_side.py [--seconds 3] [--members 1 4 16]

Training steps a second of the eight sizes of `recurrence.py`, summed over all that trains at once;
of a population, a step of each member counts. The first table sets `search.workers`' default, the
second says whether populations pay on this machine. On a GPU, more members do: --members 1 16 64.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from stepping import SIZES, ready, steps_a_second

from autorecur.search.workers import WorkerPool

WAYS = ((1, 1), (1, 2), (2, 1))  # workers, threads of each


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement")
    parser.add_argument("--members", type=int, nargs="+", default=[1, 4, 16])
    given = parser.parse_args(arguments)
    print("steps a second: workers × threads, and how many times the first of them\n")
    head = [f"{workers} × {threads}" for workers, threads in WAYS]
    _table(["size", *head, *(f"{each} / {head[0]}" for each in head[1:])])
    rows = {size: [_rate(size, *way, 1, given.seconds) for way in WAYS] for size in SIZES}
    for size, found in rows.items():
        _row([size, *(f"{each:.1f}" for each in found), *_times(found)])
    print("\nsteps a second of all members, one worker with all threads\n")
    _table(["size", *map(str, given.members), *(f"× {many}" for many in given.members[1:])])
    for size in SIZES:
        found = [_rate(size, 1, 2, many, given.seconds) for many in given.members]
        _row([size, *(f"{each:.1f}" for each in found), *_times(found)])
    return 0


def _times(found: list[float]) -> list[str]:
    return [f"{each / found[0]:.2f}" for each in found[1:]]


def _table(head: Sequence[str]) -> None:
    _row(head)
    _row(["---"] * len(head))


def _row(cells: Sequence[str]) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def _rate(size: str, workers: int, threads: int, members: int, seconds: float) -> float:
    """Steps a second, summed over workers that all train through the same seconds."""
    with WorkerPool(workers, threads=threads) as pool:
        for future in [pool.submit(ready, size, members) for _ in range(workers)]:
            future.result()
        until = time.monotonic() + seconds + 3.0
        futures = [
            pool.submit(steps_a_second, size, members, until - seconds, until)
            for _ in range(workers)
        ]
        total = sum(future.result() for future in futures)
        pool.shutdown(wait=False, cancel_futures=True)
    return float(total)


if __name__ == "__main__":
    sys.exit(main())
