"""One program a shape, kept for the trainings to come; which engine makes it is Keras' backend."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autorecur.errors import SettingError
from autorecur.nets.block import Block
from autorecur.nets.candidate import Candidate
from autorecur.nets.engine import Program
from autorecur.nets.plain import PlainProgram
from autorecur.nets.shape import Shape
from autorecur.nets.state import State

if TYPE_CHECKING:
    import keras

__all__ = [
    "DEFAULT_ENGINE",
    "ENGINES",
    "PROCESSOR",
    "Engine",
    "device_name",
    "engine_name",
    "program",
]

MOST_PROGRAMS = 4  # kept compiled in one worker; the one not asked for longest goes first
DEFAULT_ENGINE = "jax"
PROCESSOR = f"CPU, {os.cpu_count()} cores"  # the device where there is no better one


class Engine(Protocol):
    """What trains the candidates of one shape; `engine.Program` says what its methods do."""

    lookback: int
    shape: Shape
    short: int
    model: keras.Model

    @property
    def compiling_seconds(self) -> float | None: ...
    def start(self, model: keras.Model, candidate: Candidate) -> State: ...
    def bound(self, state: State) -> State: ...
    def with_rate(self, state: State, factor: float) -> State: ...
    def advance(
        self, state: State, block: Block, batches: NDArray[np.int32]
    ) -> tuple[State, NDArray[np.float32]]: ...
    def forecast(
        self, state: State, block: Block, examples: NDArray[np.int64]
    ) -> NDArray[np.float32]: ...
    def forecast_one(self, state: State, block: Block, example: NDArray[np.int64]) -> Any: ...


ENGINES: dict[str, Callable[[Candidate, Shape, str], Engine]] = {
    "jax": Program,
    "tensorflow": PlainProgram,
}

_programs: dict[tuple[Any, ...], Engine] = {}


def engine_name() -> str:
    """The engine of this process: its Keras backend, which `search.workers` chose."""
    import keras

    name = str(keras.backend.backend())
    if name not in ENGINES:
        raise SettingError(
            f"the workers' Keras runs on {name!r}: use one of {', '.join(ENGINES)}, by setting "
            "KERAS_BACKEND where they start"
        )
    return name


def device_name() -> str:
    """What this process trains on: "CPU, 2 cores", or "GPU, " and its name."""
    if engine_name() == "jax":
        import jax

        device = jax.devices()[0]
        if device.platform != "cpu":
            return f"{device.platform.upper()}, {device.device_kind}"
    else:
        import tensorflow

        if graphics := tensorflow.config.list_physical_devices("GPU"):
            details = tensorflow.config.experimental.get_device_details(graphics[0])
            return f"GPU, {details.get('device_name', 'unknown')}"
    return PROCESSOR


def program(candidate: Candidate, shape: Shape, loss: str) -> Engine:
    """The program of the candidate's shape, which is made where it is not there."""
    # All that is baked into a program: what it takes as an input is in no key.
    key = (*candidate.program_key, shape, loss)
    if key not in _programs:
        if len(_programs) >= MOST_PROGRAMS:
            del _programs[next(iter(_programs))]
            gc.collect()  # a program refers to itself
        _programs[key] = ENGINES[engine_name()](candidate, shape, loss)
    _programs[key] = _programs.pop(key)  # now the last to go
    return _programs[key]
