"""What a training says of itself while it goes on, in a file: a sign of life, and how far it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["MOST_SCORES", "Pulse"]

MOST_SCORES = 8  # the last ones: enough to see where it is heading


@dataclass(frozen=True)
class Pulse:
    """Of one order. A file holds one of them, the last that was written."""

    order: str
    steps: int  # done, those before a checkpoint included
    of_steps: int  # asked for
    scores: tuple[float, ...] = ()  # of the last validations, natural sign, original units
    stale: int = 0  # validations since the best one

    def write(self, file: Path) -> None:
        """Nobody waits for it to be whole: whoever finds half of one looks again later."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Pulse | None:
        """What was written last; None where nothing was, or is only now being written.

        >>> Pulse.read(Path("no/such/file")) is None
        True
        """
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            return cls(**{**found, "scores": tuple(found["scores"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
