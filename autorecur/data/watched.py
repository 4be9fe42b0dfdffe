"""A file that says how far it has been read, every few seconds: a large table takes minutes.

The bytes are counted where they leave the disk, a block at a time, so that no row is read slower,
and whoever reads, be it pandas, need not know of it.
"""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

__all__ = ["BLOCK_BYTES", "EVERY_SECONDS", "Tell", "Watched"]

BLOCK_BYTES = 1 << 20
EVERY_SECONDS = 5.0

Tell = Callable[[str], None]


class Watched:
    """A file on disk, gzipped or not, that may be read more than once."""

    def __init__(
        self,
        path: Path,
        zipped: bool = False,
        tell: Tell | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path, self.name, self._zipped = path, path.name, zipped
        self._tell, self._clock, self._told = tell, clock, clock()

    @contextmanager
    def open(self, doing: str) -> Iterator[IO[bytes]]:
        """Its bytes, unpacked; `doing` says what is done with them, as in "checked"."""
        with io.BufferedReader(self._raw(doing), BLOCK_BYTES) as packed:
            if not self._zipped:
                yield packed
                return
            with gzip.open(packed, "rb") as unpacked:
                yield unpacked  # type: ignore[misc]

    def _raw(self, doing: str) -> io.RawIOBase:
        size = self.path.stat().st_size

        def count(done: int) -> None:
            if self._tell is not None and self._clock() - self._told >= EVERY_SECONDS:
                self._told = self._clock()
                self._tell(f"{self.name}: {done / 1e6:,.0f} of {size / 1e6:,.0f} MB {doing}")

        return _Counted(self.path.open("rb", buffering=0), count)


class _Counted(io.RawIOBase):
    """A raw file that calls `count` with the bytes read so far after every block."""

    def __init__(self, file: BinaryIO, count: Callable[[int], None]) -> None:
        self._file, self._count, self._done = file, count, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        read = self._file.readinto(buffer)  # type: ignore[attr-defined]
        self._done += read
        self._count(self._done)
        return int(read)

    def close(self) -> None:
        self._file.close()
        super().close()
