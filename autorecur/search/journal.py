"""The journal: append-only JSON lines, the truth about a run from its first second on."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from autorecur.errors import RunError

__all__ = ["INTERRUPT", "Journal", "plain"]

INTERRUPT = "interrupt"  # the event, and why a run ended


class Journal:
    """Writes one line an event, each on disk before the next thing happens.

    One process at a time: `RunError` where another one writes it. What is in the file already
    stays, but for a last line that a kill has cut in half.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Without a buffer: a line is one write, which no signal divides.
        self._file = path.open("ab", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until this process ends
        except BlockingIOError:
            self._file.close()
            raise RunError(
                f"the run in {str(path.parent)!r} has not ended: another process writes its journal"
            ) from None
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)

    def write(self, event: str, facts: Mapping[str, Any]) -> None:
        line = json.dumps({"event": event, **facts}, default=plain, allow_nan=False)
        rest = memoryview(f"{line}\n".encode())
        while rest:  # a disk that is nearly full takes a part, and refuses the rest
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    @staticmethod
    def read(path: Path) -> Iterator[dict[str, Any]]:
        """The events in `path`; a last line that a kill cut in half is left out."""
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if not line.endswith("\n"):
                    return
                yield json.loads(line)


def plain(value: Any) -> Any:
    """What JSON has no word for, as it has one; for `json.dumps`."""
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} does not belong in the journal")
