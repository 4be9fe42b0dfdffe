"""Whether a worker is still at it: it writes a file at every chunk of steps, and that is watched.

Without a deadline nothing else tells a training that takes long from a worker that sleeps for ever.
"""

from __future__ import annotations

from pathlib import Path

from autorecur.nets.pulse import Pulse

__all__ = ["Heart"]

# What a look at it adds at most: whoever watches may have been asleep, with the workers or without.
LOOK_SECONDS = 1.0


class Heart:
    """The file of one task: see `nets.order.Order.heart`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._mark = self._touched()
        self._looked: float | None = None
        self._silent = 0.0

    def silent_seconds(self, now: float, running: bool) -> float:
        """For how long it has not been written; none of it while the task waits for a worker."""
        mark, since = self._touched(), now if self._looked is None else self._looked
        alive = mark != self._mark or not running
        self._silent = 0.0 if alive else self._silent + min(now - since, LOOK_SECONDS)
        self._mark, self._looked = mark, now
        return self._silent

    def pulse(self) -> Pulse | None:
        """What the worker wrote last."""
        return Pulse.read(self.file)

    def forget(self) -> None:
        """The task is over."""
        self.file.unlink(missing_ok=True)

    def _touched(self) -> int | None:
        try:
            return self.file.stat().st_mtime_ns
        except OSError:
            return None
