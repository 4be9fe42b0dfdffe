"""What the tests give to workers; a module of its own, so that a worker can import it."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Surroundings:
    pid: int
    backend: str
    tensorflow: str
    environment: dict[str, str]


def surroundings() -> Surroundings:
    import keras

    return Surroundings(
        pid=os.getpid(),
        backend=keras.backend.backend(),
        tensorflow=repr(sys.modules.get("tensorflow", "never imported")),
        environment={name: os.environ.get(name, "") for name in ("KERAS_BACKEND", "NPROC")},
    )


def pid_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def note(folder: str, name: str, seconds: float) -> str:
    """Leaves a file when it begins, and its place in the order of beginnings."""
    Path(folder, name).write_text(str(time.monotonic()))
    time.sleep(seconds)
    return name


def fail(sentence: str) -> None:
    raise ValueError(sentence)


def hang(order: Any) -> None:
    """In place of a training: says who it is, and never comes back."""
    Path(order.model).write_text(str(os.getpid()))
    time.sleep(600)


def take_all_the_time(orders: Any) -> Any:
    """In place of trainings: they come back when their deadline has passed."""
    from autorecur.nets.order import Fit, Status

    time.sleep(max(0.0, max(order.deadline for order in orders) - time.monotonic()))
    return [Fit(order.id, Status.DEADLINE, Status.DEADLINE.value) for order in orders]


def room_for_two(orders: Any) -> Any:
    from autorecur.nets.train import train_together

    if len(orders) > 2:
        raise MemoryError(f"no room for {len(orders)}")
    return train_together(orders)


def hang_or_train(orders: Any) -> Any:
    from autorecur.nets.train import train_together

    (order,) = orders
    if order.id == "hanging":
        hang(order)
    if order.id == "raising":
        raise ValueError("a reason\nof two lines " + "x" * 500)
    if order.id == "dying":
        os._exit(3)
    return train_together(orders)
